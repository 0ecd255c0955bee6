"""The report: one HTML file that contains a whole plan, opens offline, runs no script and prints on A4 and Letter.

A Content-Security-Policy in the file allows only its own style sheet, by hash: no script, no request, no form. The plan
document is embedded as data that no browser runs; `documents.plan_file.read_plan` reads it back.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from hedge_core.documents.plan_file import plan_element
from hedge_core.errors import InvalidInput
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.insurance import insurance_quote
from hedge_core.hedge.squeeze import worst_squeeze
from hedge_core.history.backtest import compare_hedges, untested_reason
from hedge_core.monitoring.filled import AsFilled, as_filled, filled_sentence
from hedge_core.reports.alternatives import reading
from hedge_core.reports.answer import answer
from hedge_core.reports.drawings import BAG, HEDGE, NET, PHONE, Line, Step, pnl_drawing, waterfall_drawing
from hedge_core.reports.html import hedge, outlook, position
from hedge_core.reports.html.order_list import MOST_BELOW_FILLS, MOST_ON_FIRST_PAGE, order_lines, paged, ticket_lines
from hedge_core.reports.html.table import source_text
from hedge_core.reports.ticket.stages import tickets_to_open
from hedge_core.scenarios.dangers import hurts_reading, what_hurts
from hedge_core.scenarios.presets import run_presets
from hedge_core.scenarios.run import (
    MOVES,
    TERMS,
    ScenarioResult,
    break_even_moves,
    run_range,
    run_scenario,
    scenario_table,
    to_the_border,
)
from hedge_core.scenarios.shocks import Shock
from hedge_core.scenarios.stress import run_stress, stress_reading
from hedge_core.simulation.ways import Alternatives
from hedge_core.text import NO_BREAK, PRACTICE, percent, plain_text, signed_usd, usd

if TYPE_CHECKING:
    from jinja2 import Environment

FALL = -0.15
"""The fall of the bag that the report explains step by step."""

_DRAWN = 61
"""Points on each line of the chart, spread evenly over its range."""

_LOWEST, _HIGHEST, _FARTHEST = -0.5, 0.6, 1.2
"""The moves of the market on the first page: beyond the liquidation, but not farther than the last."""

_NEGATIVE = re.compile(r"−\$[\d,.]*\d")


def report_html(assessment: HedgeAssessment, *, made_at: datetime, alternatives: Alternatives | None = None) -> str:
    """The report on an assessment as one HTML document, dated `made_at` (aware, UTC).

    Orders, contracts and costs are the plan's. Margin, and what may happen (moves, crashes, dangers, the test on the
    past), is that of what is filled, once there are fills.
    `alternatives` adds a section on puts, collars, a stop-loss and selling.
    """
    market, plan = assessment.market, assessment.plan
    watched = position.monitored(assessment, made_at)
    report = None if isinstance(watched, str) else watched
    filled = as_filled(assessment)
    held = assessment if filled is None else filled.assessment
    comparison = compare_hedges(held)
    squeeze = worst_squeeze(held)
    stressed, hurts = run_stress(held), what_hurts(held)
    drawn, presets = _drawn(held), run_presets(held)
    said = answer(held)
    payoff = _payoff(held, said.crash)
    style, tickets = _style(assessment), tickets_to_open(assessment)
    assumed = "" if held.options is None else held.options.assumed
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            policy=f"default-src 'none'; style-src '{_hash(style)}'; base-uri 'none'; form-action 'none'",
            style=_markup(style),
            heading=_heading(assessment),
            name=plain_text(plan.name) or "Hedge plan",
            made_at=made_at,
            market=market,
            source=source_text(market),
            lead=said.lead,
            terms=said.terms,
            summary=hedge.summary(assessment),
            filled=_filled(assessment, filled),
            tickets=paged(
                ticket_lines(assessment, tickets), MOST_ON_FIRST_PAGE if filled is None else MOST_BELOW_FILLS
            ),
            has_orders=bool(order_lines(assessment, tickets[0])),
            is_wanted=assessment.hedge_ratio > 0.0,
            bag=hedge.bag_table(assessment),
            has_own_price=any(held.is_own_price for held in assessment.held_coins),
            proxies=hedge.proxy_table(assessment),
            verdict=untested_reason(assessment) if comparison is None else comparison.verdict,
            legs=hedge.leg_table(assessment),
            leg_sentence=hedge.leg_sentence(assessment),
            margin_sentence=hedge.margin_sentence(held),
            unshorted=hedge.unshorted_sentence(held),
            collateral=hedge.collateral_table(held) if held.margin.notional > 0 else None,
            ends=hedge.end_table(held),
            squeeze=squeeze.sentence if squeeze is not None else "",
            costs=hedge.cost_table(assessment),
            insurance=insurance_quote(held).sentence,
            moves=outlook.move_table(scenario_table(held)),
            presets=outlook.preset_table(presets),
            pnl=_pnl(payoff, break_even_moves(payoff), said.crash),
            selected=percent(-said.crash.shock.move),
            options_assumed=assumed,
            break_even=outlook.break_even_sentence(break_even_moves(drawn)),
            closed=any(result.is_liquidated for result in payoff),
            ends_early=any(result.is_liquidated for result in (*drawn, *(result for _, result in presets))),
            fall=_fall(held, assumed),
            stress=outlook.stress_table(stressed),
            stress_reading=_unsaid(stress_reading(held, stressed), assumed),
            dangers=outlook.danger_table(hurts),
            dangers_reading=_unsaid(hurts_reading(held, hurts), assumed),
            entries=position.entry_texts(report.entries) if report is not None else (),
            alternatives=alternatives,
            ways=outlook.ways_table(alternatives) if alternatives is not None else None,
            ways_reading=reading(alternatives) if alternatives is not None else (),
            rules=position.rule_texts(report.rules) if report is not None else (),
            calendar=outlook.calendar_table(assessment),
            position=position.position_table(report) if report is not None else None,
            option_sentences=position.option_sentences(report) if report is not None else (),
            position_sentence=watched if isinstance(watched, str) else position.position_sentence(watched),
            alerts=[f"{alert.severity.upper()}: {alert.text}" for alert in report.alerts]
            if report is not None and (report.state is not None or report.options is not None)
            else [],
            closing=report.closing_order if report is not None else (),
            journal=position.journal_table(assessment),
            notices=[plain_text(notice.text) for notice in assessment.notices],
            notes=[plain_text(line) for line in plan.notes.splitlines() if line.strip()],
            contracts=hedge.contract_table(assessment),
            data=hedge.data_sentence(assessment),
            plan=_markup(plan_element(plan)),
        )
    )


def _heading(assessment: HedgeAssessment) -> str:
    if assessment.is_practice:
        return PRACTICE
    return "Example on SIMULATED prices: not for orders" if assessment.market.simulated else ""


def _filled(assessment: HedgeAssessment, filled: AsFilled | None) -> str:
    """What is filled beside the plan, and which sections are about it; '' without fills."""
    if filled is None:
        return ""
    of = filled.why or (
        "Margin, moves, past periods, dangers and the test on the past below are those of what is filled; the "
        "tables of contracts and of costs are those of the whole plan."
    )
    return f"{filled_sentence(assessment)} {of}".strip()


def _drawn(assessment: HedgeAssessment) -> tuple[ScenarioResult, ...]:
    step = (MOVES[-1] - MOVES[0]) / (_DRAWN - 1)
    return run_range(assessment, [round(MOVES[0] + step * place, 6) for place in range(_DRAWN)], Shock(move=0.0))


def _payoff(assessment: HedgeAssessment, selected: ScenarioResult) -> tuple[ScenarioResult, ...]:
    """The results by move of the market that the first page draws, to beyond the liquidation if that is near."""
    rally = assessment.market_rally_survived
    end = _HIGHEST if rally is None or rally == math.inf else min(max(_HIGHEST, rally + 0.15), _FARTHEST)
    step = (end - _LOWEST) / (_DRAWN - 1)
    moves = [round(_LOWEST + step * place, 6) for place in range(_DRAWN)]
    return to_the_border(assessment, run_range(assessment, moves, selected.shock))


def _unsaid(text: str, assumed: str) -> str:
    """The text without what the report has said already of options that are held."""
    return " ".join(part.strip() for part in text.split(assumed) if part.strip()) if assumed else text


def _pnl(drawn: Sequence[ScenarioResult], even: Sequence[float], selected: ScenarioResult) -> dict[str, str]:
    closed = [result for result in drawn if result.is_liquidated]
    first = min(closed, key=lambda result: abs(result.shock.move), default=None)
    ends = "; ".join(
        f"at {percent(result.shock.move, signed=True)} bag {signed_usd(result.bag_pnl)}, hedge "
        f"{signed_usd(result.hedge_pnl)}, net {signed_usd(result.net_pnl)}"
        for result in (drawn[0], selected, drawn[-1])
    )
    draw = partial(
        pnl_drawing,
        [result.shock.move for result in drawn],
        (
            Line("Bag", [result.bag_pnl for result in drawn], BAG, 2.0, "7 4"),
            Line("Hedge", [result.hedge_pnl for result in drawn], HEDGE, 2.5, "2 3", when_closed="ends"),
            Line("Net", [result.net_pnl for result in drawn], NET, 3.5, when_closed="dashed"),
        ),
        title="Profit and loss of the bag, the hedge and both together, by market move",
        description=f"Three lines in US dollars: {ends}.",
        selected=selected.shock.move,
        break_evens=[move for move in even if abs(move) >= 5e-4],
        closed=(closed[0].shock.move, closed[-1].shock.move) if closed else None,
        lost=usd(-first.hedge_pnl) if first is not None and first.hedge_pnl <= -0.5 else "",
    )
    return _for_both(draw, "pnl")


def _for_both(draw: Callable[..., str], name: str) -> dict[str, str]:
    """A chart twice: for paper and wide screens, and for phones."""
    return {"wide": _markup(draw(name=name)), "phone": _markup(draw(name=f"{name}-phone", width=PHONE))}


def _fall(assessment: HedgeAssessment, assumed: str) -> dict[str, Any] | None:
    """The result of a 15% fall of the bag, step by step; None without a hedge or if betas are close to zero."""
    if not assessment.is_hedged:
        return None
    try:
        result = run_scenario(assessment, Shock(move=FALL, of="bag"))
    except InvalidInput:
        return None
    ideal = (1.0 - assessment.hedge_ratio) * result.bag_pnl
    terms = [(name, float(getattr(result.attribution, key))) for key, name in TERMS.items()]
    draw = partial(
        waterfall_drawing,
        [
            Step(f"Exact {percent(assessment.hedge_ratio)} hedge", ideal, is_total=True),
            *(Step(name, value) for name, value in terms if abs(value) >= 0.5),
            Step("Net, after costs", result.net_after_costs, is_total=True),
        ],
        title="From an exact hedge to the result if the bag falls 15%",
        description=f"An exact hedge would leave {signed_usd(ideal)}; the plan leaves "
        f"{signed_usd(result.net_after_costs)} after costs. The table below lists every step.",
    )
    return {
        "bag": signed_usd(result.bag_pnl),
        "hedge": signed_usd(result.hedge_pnl),
        "net": signed_usd(result.net_pnl),
        "proxies": percent(result.proxy_move, signed=True),
        "offset": None if result.offset is None else percent(result.offset),
        "table": outlook.attribution_table(result, assessment.hedge_ratio),
        "drawing": _for_both(draw, "fall"),
        "notes": [note for note in result.notes if note != assumed],
    }


def _style(assessment: HedgeAssessment) -> str:
    """The style sheet; with simulated prices, it prints a warning at the top of every page."""
    style = files("hedge_core").joinpath("reports/html/report.css").read_text(encoding="utf-8")
    heading = _heading(assessment)
    return f'{style}@page {{ @top-right {{ content: "{heading}"; }} }}\n' if heading else style


def _hash(style: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}"


def _markup(text: str) -> str:
    """Text from this module or from `drawings` that is markup already and must not be escaped again."""
    from markupsafe import Markup

    return Markup(text)


def _shown(value: Any) -> Any:
    """A value as the page shows it: text loses characters that do not print or that change the writing direction."""
    from markupsafe import Markup

    if isinstance(value, str) and not isinstance(value, Markup):
        return "".join(mark for mark in value if mark.isprintable() or mark == NO_BREAK)
    return value


def _unbroken(text: str) -> str:
    """The text, escaped, with each negative amount kept on one line: browsers may break after the minus sign."""
    from markupsafe import escape

    return _markup(_NEGATIVE.sub(r'<span class="kept">\g<0></span>', str(escape(_shown(text)))))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("hedge_core", "reports/html"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["unbroken"] = _unbroken
    return environment
