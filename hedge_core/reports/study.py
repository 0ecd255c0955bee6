"""A study as JSON, as tables in Markdown, and as one HTML file with pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from html import escape
from typing import Any

from hedge_core.history.risk_tests import RiskTest
from hedge_core.history.study import Study, SubjectResult
from hedge_core.reports.drawings import GREY, HEDGE
from hedge_core.text import plain_text

LIMITS = (
    "Only coins that still trade are in the history, and past days use today's list of contracts, with lots worth what "
    "they were worth then. Single coins are hedged without their own contract, bags without the contracts on any of "
    "their coins. Nothing here says what returns will be."
)

SUBJECT_TITLES = (
    "coins",
    "spans",
    "removed, reset daily",
    "95% range",
    "half BTC, half ETH",
    "difference",
    "whole contracts",
    "as planned",
    "95% range",
    "worst spans: bag",
    "hedged",
    "saved, 95% range",
    "at the plan's ratio",
    "cost per year",
)
RISK_TITLES = (
    "paths of",
    "days",
    "forecasts",
    "dates",
    "VaR exceeded",
    "coverage p",
    "independence p",
    "shortfall p",
    "pinball loss",
)
SCALING_TITLES = ("chosen on", "power g", "tested on", "pinball loss", "p")
SCALING_HEADING = "Paths scaled to today's volatility, on coins that the power was not chosen on"
COST_TITLES = ("days", "coins", "ranges", "held", "mean width per year")


def study_document(study: Study) -> dict[str, Any]:
    """What `study --json` prints."""
    return {
        "source": study.source,
        "simulated": study.simulated,
        "terms": asdict(study.terms),
        "seed": study.seed,
        "first_day": study.first_day,
        "last_day": study.last_day,
        "subjects": [_subject_document(one) for one in study.subjects],
        "risk": [{"of": name, "horizon_days": days, **asdict(test)} for (name, days), test in study.risk.items()],
        "close_out": None if study.close_out is None else asdict(study.close_out),
        "scaling": [asdict(test) for test in study.scaling],
        "residual_ratios": dict(study.residual_ratios),
        "cost_ranges": [asdict(test) for test in study.costs],
        "limits": LIMITS,
    }


def _subject_document(result: SubjectResult) -> dict[str, Any]:
    document = asdict(result)
    document["subject"] = {
        "name": result.subject.name,
        "coins": list(result.subject.coins),
        "barred": sorted(result.subject.barred),
    }
    for name in ("full", "planned"):
        document[name]["yearly_cost"] = getattr(result, name).yearly_cost
    document["as_planned"] = document["planned"]["effectiveness"]
    return document


def study_markdown(study: Study) -> str:
    """The tables of a study in Markdown, with a heading for each."""
    terms = study.terms
    parts = [
        f"Source: {plain_text(study.source)}{' (simulated prices)' if study.simulated else ''}, {study.first_day} to "
        f"{study.last_day}. Venue: {terms.venue}; approach {terms.approach}; bags of ${terms.value:,.0f}; plan's ratio "
        f"{terms.ratio:.0%}; betas of {terms.window_days} days; seed {study.seed}.",
        "",
        "### Effectiveness",
        "",
        *_table(SUBJECT_TITLES, _subject_rows(study)),
    ]
    if study.risk:
        parts += [
            "",
            "### Value at risk and expected shortfall of the paths",
            "",
            *_table(RISK_TITLES, _risk_rows(study)),
        ]
        parts += ["", _residual_text(study)] if study.residual_ratios else []
    if study.scaling:
        parts += ["", f"### {SCALING_HEADING}", "", *_table(SCALING_TITLES, _scaling_rows(study))]
    chance = study.close_out
    if chance is not None:
        low, high = chance.skill_interval
        parts += [
            "",
            "### Chance that the shorts lose 25% of their notional",
            "",
            f"{chance.forecasts:,} forecasts on {chance.dates} dates. Brier score {chance.brier:.4f}; of the share of "
            f"earlier spans {chance.climatology:.4f}; skill "
            + _minus(f"{chance.skill:+.3f} (95% range {low:+.3f} to {high:+.3f})."),
            "",
            *_table(
                ("mean chance", "happened", "forecasts"),
                [(_share(c), _share(h), f"{n:,}") for c, h, n in chance.reliability],
            ),
        ]
    if study.costs:
        parts += ["", "### Range of the insurance quote (goal 90%)", "", *_table(COST_TITLES, _cost_rows(study))]
    return "\n".join([*parts, "", LIMITS])


def _subject_rows(study: Study) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for one in study.subjects:
        reset, naive, difference, planned = one.reset, one.naive, one.difference, one.planned.effectiveness
        rows.append(
            (
                one.subject.name,
                str(one.spans),
                "unknown" if reset is None else _share(reset.variance_reduction),
                "" if reset is None else _range(*reset.variance_interval),
                "unknown" if naive is None else _share(naive.variance_reduction),
                "" if difference is None else _range(*difference, signed=True),
                _share(one.full.variance_reduction),
                _share(one.planned.variance_reduction),
                "" if planned is None else _range(*planned.variance_interval),
                _share(one.shortfall_bag),
                _share(one.full.shortfall),
                "" if one.full.shortfall_saved is None else _range(*one.full.shortfall_saved, signed=True),
                _share(one.planned.shortfall),
                _minus(f"{one.full.yearly_cost:.1%}"),
            )
        )
    return rows


def _risk_rows(study: Study) -> list[tuple[str, ...]]:
    return [_risk_row(name, days, test) for (name, days), test in study.risk.items()]


def _risk_row(name: str, days: int, test: RiskTest) -> tuple[str, ...]:
    p_values = (test.coverage, test.independence, test.shortfall)
    return (
        name,
        str(days),
        f"{test.forecasts:,}",
        str(test.dates),
        f"{test.exceeded:.1%}",
        *("none" if p is None else f"{p:.3f}" for p in p_values),
        f"{test.pinball:.3%}",
    )


def _scaling_rows(study: Study) -> list[tuple[str, ...]]:
    return [
        (
            ", ".join(one.chosen_on),
            f"{one.power:g}",
            ", ".join(one.tested_on),
            _minus(f"{one.change:+.1%}"),
            "none" if one.p is None else f"{one.p:.3f}",
        )
        for one in study.scaling
    ]


def _residual_text(study: Study) -> str:
    """How much more a hedge left after it was made than in the days from which it was made; '' if unknown."""
    parts = [f"{ratio:.2f} times for {kind}" for kind, ratio in study.residual_ratios.items()]
    if not parts:
        return ""
    return f"What a hedge left was, beside the window from which it was made, {' and '.join(parts)} as large."


def _cost_rows(study: Study) -> list[tuple[str, ...]]:
    return [
        (str(one.horizon_days), ", ".join(one.coins), f"{one.ranges:,}", f"{one.held:.1%}", f"{one.width:.1%}")
        for one in study.costs
    ]


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(titles)} |", f"|---|{'--:|' * (len(titles) - 1)}"]
    return lines + [f"| {' | '.join(row)} |" for row in rows]


def _minus(text: str) -> str:
    """A number with the minus sign that all texts have."""
    return text.replace("-", "−")


def _share(fraction: float) -> str:
    return _minus(f"{fraction:.0%}")


def _range(low: float, high: float, *, signed: bool = False) -> str:
    return _minus(f"{low:+.0%} to {high:+.0%}") if signed else f"{_share(low)} to {_share(high)}"


# ------------------------------------------------------------------------------------------------------------- the page

ROW, LEFT, WIDTH = 26, 260, 680


def study_html(study: Study) -> str:
    """The study as one HTML file without scripts: two pictures, then the tables."""
    tables = [
        ("Effectiveness", SUBJECT_TITLES, _subject_rows(study)),
        ("Value at risk and expected shortfall of the paths", RISK_TITLES, _risk_rows(study)),
        (SCALING_HEADING, SCALING_TITLES, _scaling_rows(study)),
        ("Range of the insurance quote (goal 90%)", COST_TITLES, _cost_rows(study)),
    ]
    head, *_ = study_markdown(study).splitlines()
    body = [f"<h1>How well hedges did</h1><p>{escape(head)}</p>", _effect_picture(study), _reliability_picture(study)]
    for title, titles, rows in tables:
        if rows:
            cells = "".join(f"<th>{escape(one)}</th>" for one in titles)
            lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
            body.append(f"<h2>{title}</h2><table><thead><tr>{cells}</tr></thead><tbody>{lines}</tbody></table>")
    body.append(f"<p>{escape(LIMITS)}</p>")
    style = (
        "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1b232c}"
        "table{border-collapse:collapse;font-size:13px}th,td{padding:.2rem .5rem;text-align:right;"
        "border-bottom:1px solid #e4e7ea}th:first-child,td:first-child{text-align:left}svg{max-width:100%}"
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Study of hedges</title>'
        f"<style>{style}</style></head><body>{''.join(body)}</body></html>\n"
    )


def _effect_picture(study: Study) -> str:
    """Each subject's variance removed with its 95% range, and that of half Bitcoin and half Ether as a hollow dot."""
    known = [(one.subject.name, one.reset, one.naive) for one in study.subjects if one.reset is not None]
    if not known:
        return ""
    low = min(0.0, *(reset.variance_interval[0] for _, reset, _ in known))

    def x(share: float) -> float:
        return LEFT + (WIDTH - LEFT - 20) * (share - low) / (1.0 - low)

    parts = [f'<line x1="{x(0):.1f}" x2="{x(0):.1f}" y1="0" y2="{ROW * len(known)}" stroke="{GREY}"/>']
    for row, (name, reset, naive) in enumerate(known):
        y = ROW * row + ROW / 2
        bottom, top = reset.variance_interval
        shown = name if len(name) <= 34 else f"{name[:33]}…"
        parts.append(f'<text x="0" y="{y + 4:.0f}" font-size="12">{escape(shown)}</text>')
        parts.append(
            f'<line x1="{x(bottom):.1f}" x2="{x(top):.1f}" y1="{y}" y2="{y}" stroke="{HEDGE}" stroke-width="3"/>'
        )
        parts.append(f'<circle cx="{x(reset.variance_reduction):.1f}" cy="{y}" r="5" fill="{HEDGE}"/>')
        if naive is not None:
            parts.append(
                f'<circle cx="{x(naive.variance_reduction):.1f}" cy="{y}" r="5" fill="none" stroke="{GREY}" '
                'stroke-width="2"/>'
            )
    caption = "Share of the daily variance removed, with its 95% range; hollow: half Bitcoin, half Ether."
    return _svg(caption, ROW * len(known), parts)


def _reliability_picture(study: Study) -> str:
    """The chance of a close-out beside how often it happened; the diagonal is a perfect forecast."""
    if study.close_out is None:
        return ""
    size = 260.0
    parts = [f'<line x1="0" y1="{size}" x2="{size}" y2="0" stroke="{GREY}" stroke-dasharray="4 4"/>']
    for chance, happened, count in study.close_out.reliability:
        parts.append(
            f'<circle cx="{size * chance:.1f}" cy="{size * (1.0 - happened):.1f}" r="6" fill="{HEDGE}">'
            f"<title>{chance:.0%} foretold, {happened:.0%} happened, {count} forecasts</title></circle>"
        )
    return _svg("Chance of a close-out: foretold (to the right) and how often it happened (up).", size, parts)


def _svg(caption: str, height: float, parts: Sequence[str]) -> str:
    label = escape(caption)
    box = f'viewBox="0 -8 {WIDTH} {height + 16:.0f}" width="{WIDTH}"'
    return (
        f'<figure><svg role="img" aria-label="{label}" {box}>{"".join(parts)}</svg>'
        f"<figcaption>{label}</figcaption></figure>"
    )
