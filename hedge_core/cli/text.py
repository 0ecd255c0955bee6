"""Results as lines of text: what a command prints without --json.

Every function returns the text without a final newline. Amounts are in USD. A plus is money to the holder; costs, and
what is given up, are printed without a sign.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from hedge_core.cli.option_text import option_lines
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.held_coins import unconfirmed_text
from hedge_core.hedge.insurance import insurance_quote
from hedge_core.hedge.market_margin import rally_text, survived_text
from hedge_core.hedge.pledged_coins import pledged_sentence
from hedge_core.hedge.venue_comparison import VenueComparison
from hedge_core.history.backtest import Comparison, untested_reason
from hedge_core.history.elsewhere import better_venues, elsewhere_sentence
from hedge_core.market.figure_ages import ages_text
from hedge_core.monitoring.alerts import Alert
from hedge_core.monitoring.daily_check import MonitorReport
from hedge_core.monitoring.filled import filled_sentence
from hedge_core.monitoring.position import PositionState
from hedge_core.monitoring.watch import Glance
from hedge_core.reports.alternatives import COLUMNS, reading, row as way_row
from hedge_core.reports.json import scenario_document
from hedge_core.reports.orders import opening_text, short_of_wanted
from hedge_core.reports.ticket.order import Ticket
from hedge_core.reports.ticket.stages import tickets_to_open
from hedge_core.reports.ticket.tickets import rolls_of, top_up
from hedge_core.scenarios.dangers import chance_text
from hedge_core.scenarios.run import ScenarioResult
from hedge_core.scenarios.stress import StressResult, stress_reading
from hedge_core.simulation.cash_advice import CashAdvice
from hedge_core.simulation.frontier import Frontier
from hedge_core.simulation.policy_comparison import PolicyComparison
from hedge_core.simulation.simulation import Simulation
from hedge_core.simulation.ways import Alternatives
from hedge_core.simulation.what_hurts import WhatHurts
from hedge_core.text import PRACTICE, cents, moment_text, signed_usd


def assessment_text(assessment: HedgeAssessment) -> str:
    """Return what `propose` prints: orders, hedge ratio, margin and costs."""
    market, margin, costs = assessment.market, assessment.margin, assessment.costs
    lines = _heading(assessment)
    lines += [
        f"{assessment.plan.name}: bag ${assessment.bag_value:,.0f}, hedgeable ${assessment.hedgeable_value:,.0f}",
        f"Target hedge ratio {assessment.hedge_ratio:.1%}, achieved {assessment.achieved_hedge_ratio:.1%}, "
        f"unhedged ${assessment.residual_exposure:,.2f}",
        *(f"{text} The orders below are those of the whole plan." for text in [filled_sentence(assessment)] if text),
        "",
        *(f"  {line}" for line in _order_lines(tickets_to_open(assessment))),
        *(f"  {short}" for short in [short_of_wanted(assessment)] if short),
        *(f"  {stop.sentence}" for stop in assessment.stop_orders if stop.sentence),
        "",
        f"Initial margin ${margin.initial:,.0f}" + _survives_text(assessment),
        *([pledged_sentence(margin.pledged)] if margin.pledged else []),
        f"Fees and spread ${costs.fees:,.2f}, carry over {costs.horizon_days} days {cents(costs.carry)}",
        insurance_quote(assessment).sentence,
        *(f"Old figures: {old}. Check them with the venue." for old in [ages_text(assessment.old_figures)] if old),
        f"Prices: {market.source}, {market.as_of:%Y-%m-%d %H:%M} UTC",
        *(f"Prices: {text}" for text in [unconfirmed_text(assessment.held_coins)] if text),
        *(f"{notice.severity}: {notice.text}" for notice in assessment.notices),
    ]
    if assessment.plan.notes:
        lines += ["", assessment.plan.notes]
    return "\n".join(lines)


def _order_lines(tickets: Sequence[Ticket]) -> list[str]:
    """The orders of the tickets, under their titles if there are several."""
    lines = []
    for ticket in tickets:
        titles = [ticket.title] if len(tickets) > 1 else []
        lines += [*titles, *(order.sentence for order in ticket.orders), *ticket.refused]
    return lines


def ticket_text(assessment: HedgeAssessment, tickets: Sequence[Ticket], *, is_closing: bool = False) -> str:
    """Return what `ticket` prints: the tickets, the stops, when to send collateral, and when to roll.

    With `is_closing` the tickets close the hedge, so that nothing is left to stop, to top up or to roll.
    """
    topping_up = top_up(assessment)
    stops = "\n".join(stop.sentence for stop in assessment.stop_orders if stop.sentence)
    after = (stops, topping_up.sentence if topping_up else "", *rolls_of(assessment, tickets))
    closing = [] if is_closing else [part for part in after if part]
    head = "\n".join(_heading(assessment))
    return "\n\n".join([*([head] if head else []), *(one.text for one in tickets), *closing])


def venues_text(assessment: HedgeAssessment, comparison: VenueComparison) -> str:
    """Return what `venues` prints: the recommendation, a line for each usable venue, and why not the others."""
    lines = [*_heading(assessment), comparison.reason, ""]
    lines.append(f"  {'Venue':22} {'hedged':>7} {'own':>5} {'to open':>11} {'survives':>9} {'earns':>9}")
    for row in comparison.rows:
        if not row.is_usable or row.assessment is None or row.quote is None:
            continue
        there = row.assessment
        rally = None if there.is_limited else there.market_rally_survived
        survives = "-" if rally is None else "any rally" if rally == math.inf else f"{rally:.0%}"
        lines.append(
            f"{'*' if row is comparison.recommended else ' '} {row.facts.name:22} {there.achieved_hedge_ratio:7.1%} "
            f"{row.own_share:5.0%} {_margin_cell(there):>11} {survives:>9} "
            f"{'unknown' if row.quote.cost is None else signed_usd(-row.quote.cost):>9}"
        )
    lines += [
        "",
        "To open: the margin of the full hedge, at the highest leverage allowed; with ~ some margins are assumed, "
        "those not known at 100%. Earns: carry less costs over the horizon, of what your collateral opens; a minus "
        "is a cost.",
        "",
    ]
    for row in comparison.rows:
        if row.barred:
            lines.append(f"{row.facts.name} does not serve you: {row.barred}.")
        elif row.fault:
            lines.append(f"{row.facts.name}: {row.fault}")
        if row.unsized and not row.barred:
            lines.append(f"{row.facts.name}: listed, size not known: {', '.join(row.unsized)}.")
    return "\n".join(lines)


def _margin_cell(there: HedgeAssessment) -> str:
    return f"{'~' if there.margin_wanted.is_assumed else ''}${there.margin_wanted.initial:,.0f}"


def backtest_text(assessment: HedgeAssessment, comparison: Comparison | None) -> str:
    """Return what `backtest` prints; `comparison` is None if the hedge cannot be tested."""
    lines = _heading(assessment)
    if comparison is None:
        return "\n".join([*lines, untested_reason(assessment)])
    better = elsewhere_sentence(better_venues(assessment, comparison))
    lines += [f"{comparison.verdict} {better}".rstrip(), ""]
    for hedge in comparison.hedges:
        result = hedge.effectiveness
        if result is None:
            why = "covered by construction" if hedge.is_by_construction else "not tested"
            lines.append(f"  {hedge.label:54} {why}")
            continue
        low, high = result.variance_interval
        grade = f", grade {result.grade}" if comparison.is_graded else ""
        lines.append(
            f"  {hedge.label:54} {result.variance_reduction:6.1%} less variance ({low:.0%} to {high:.0%}), "
            f"{result.tail_reduction:6.1%} less on the worst days{grade}"
        )
    if comparison.coins_missing:
        lines += ["", f"note: {', '.join(comparison.coins_missing)} did not trade on all days."]
    return "\n".join(lines)


def stress_text(assessment: HedgeAssessment, results: Sequence[StressResult]) -> str:
    """Return what `stress` prints: every window of history, the worst first."""
    lines = [*_heading(assessment), stress_reading(assessment, tuple(results)), ""]
    lines.append(f"  {'window':32} {'kind':8} {'bag':>12} {'hedge':>12} {'net':>12}")
    for result in results:
        marks = "*" if result.estimated else ""
        marks += " liquidated" if result.is_closed else ""
        lines.append(
            f"  {result.window.name:32} {result.window.kind:8} {_signed(result.bag_pnl, 12, 0)} "
            f"{_signed(result.hedge_pnl, 12, 0)} {_signed(result.net_pnl, 12, 0)} {marks}".rstrip()
        )
    if any(result.estimated for result in results):
        lines.append("  * some coins did not trade then; their move is their beta times that of their proxy")
    return "\n".join(lines)


def dangers_text(found: WhatHurts) -> str:
    """Return what `dangers` prints: each danger with its cost and chance, what happens and what to do."""
    lines = [*_heading(found.assessment), found.reading, ""]
    for danger in found.dangers:
        lines += [
            f"  {signed_usd(-danger.cost):>12}  {danger.title} (chance {chance_text(danger.chance)})",
            f"{'':16}{danger.happens}",
            f"{'':16}Left: {danger.left}",
            f"{'':16}To do: {danger.to_do}",
            f"{'':16}Assumed: {danger.assumed}.",
        ]
    return "\n".join([*lines, "", found.on_paths]).rstrip()


def _survives_text(assessment: HedgeAssessment) -> str:
    """The rally of the market that the short survives, and that of all its coins alike; empty without collateral."""
    of_market, of_all = assessment.market_rally_survived, assessment.margin.rally_survived
    if of_market is None or of_all is None:
        return ""
    return f"; the short survives {_rally_of_the_market(of_market)} ({rally_text(of_all)} of all its coins alike)"


def _rally_of_the_market(rally: float) -> str:
    return "any rally of the market" if rally == math.inf else f"a rally of the market by {survived_text(rally)}"


def _heading(assessment: HedgeAssessment) -> list[str]:
    if assessment.is_practice:
        return [PRACTICE]
    return ["Example on simulated prices"] if assessment.market.simulated else []


def _moved(result: ScenarioResult) -> str:
    """What moves how far. If several contracts move differently, that is their average, weighted by exposure."""
    if result.market_move is None or len(result.moves) < 2:
        return f"The proxies move {result.proxy_move:+.2%}"
    return f"The market moves {result.market_move:+.2%}, the proxies {result.proxy_move:+.2%} on average"


def scenario_text(assessment: HedgeAssessment, result: ScenarioResult) -> str:
    """Return what `scenario` prints: profit and loss, and why it differs from the ideal hedge."""
    offset = "" if result.offset is None else f" ({result.offset:.1%} offset)"
    lines = _heading(assessment)
    lines += [
        _moved(result),
        f"  bag               {_signed(result.bag_pnl, 14)}",
        f"  hedge             {_signed(result.hedge_pnl, 14)}{offset}",
        f"  net               {_signed(result.net_pnl, 14)}",
        f"  net after costs   {_signed(result.net_after_costs, 14)}",
        f"  unhedged holdings {_signed(result.unhedged_pnl, 14)}",
        f"Difference from the ideal hedge {_signed(result.attribution.total)}, made up of:",
        *(
            f"  {name:17} {_signed(value, 14)}"
            for name, value in scenario_document(result)["attribution"].items()
            if name != "total"
        ),
        *(f"note: {note}" for note in result.notes),
    ]
    if assessment.plan.notes:
        lines += ["", assessment.plan.notes]
    return "\n".join(lines)


def _signed(amount: float, width: int = 0, places: int = 2) -> str:
    """The amount with its sign; what rounds to nothing is +0, never -0."""
    return f"{round(amount, places) + 0.0:+{width},.{places}f}"


def simulation_text(
    assessment: HedgeAssessment,
    simulation: Simulation,
    comparison: PolicyComparison,
    frontier: Frontier,
    advice: CashAdvice | None,
) -> str:
    """Return what `simulate` prints: outcomes, policies and hedge ratios."""
    lines = [*_heading(assessment), simulation.sentence, ""]
    lines.append(f"  {'':10} {'mean':>12} {'median':>12} {'5% quantile':>12} {'95% quantile':>12} {'worst 5%':>12}")
    for name, outcome in (("bag", simulation.bag), ("hedge", simulation.hedge), ("net", simulation.net)):
        figures = (outcome.mean.value, outcome.median, outcome.quantiles[0], outcome.quantiles[-1])
        worst = -outcome.expected_shortfall.value
        lines.append(f"  {name:10} " + " ".join(_signed(value, 12, 0) for value in (*figures, worst)))
    if advice is not None:
        lines += ["", *advice.sentences]
    lines += ["", *comparison.sentences, ""]
    lines.append(f"  {'policy':26} {'mean':>10} {'worst 5%':>10} {'lowest':>10} {'costs':>8} {'regret':>9}")
    for policy in comparison.simulated:
        ends = (policy.end.mean.value, -policy.end.expected_shortfall.value, policy.lowest)
        signed = " ".join(_signed(value, 10, 0) for value in ends)
        lines.append(f"  {policy.label:26} {signed} {policy.costs:8,.0f} {policy.regret:9,.0f}")
    lines += ["", *frontier.sentences, ""]
    lines.append(f"  {'hedge ratio':12} {'worst 5%':>10} {'given up':>10} {'cost':>8} {'closed out':>11}")
    for place, point in enumerate(frontier.points):
        closed = "-" if point.closed is None else f"{point.closed.value:.1%}"
        mark = "  <- yours" if place == frontier.chosen else ""
        mark += "  more margin than your collateral" if point.is_funded is False else ""
        lines.append(
            f"  {point.ratio:12.0%} {_signed(-point.risk.value, 10, 0)} {point.given_up:10,.0f} {point.cost:8,.0f} "
            f"{closed:>11}{mark}"
        )
    lines += ["", f"{simulation.paths:,} paths: {simulation.model}", *(f"note: {note}" for note in simulation.notes)]
    return "\n".join(lines)


def alternatives_text(assessment: HedgeAssessment, found: Alternatives) -> str:
    """Return what `alternatives` prints: the verdict, a row for each way, the options to trade, and the notes."""
    lines = [*_heading(assessment), found.verdict, ""]
    rows = [way_row(way) for way in found.ways]
    widths = [max(len(line[place]) for line in (COLUMNS, *rows)) for place in range(len(COLUMNS))]
    for cells in (COLUMNS, *rows):
        way, *figures = cells
        right = (f"{cell:>{width}}" for cell, width in zip(figures, widths[1:], strict=True))
        lines.append(f"  {way:{widths[0]}}  {'  '.join(right)}")
    for one in found.ways:
        if one.orders:
            lines += ["", f"{one.label}:", *(f"  {order.text}" for order in one.orders)]
    return "\n".join([*lines, "", *reading(found), f"{found.paths:,} paths: {found.model}"])


def monitor_text(report: MonitorReport) -> str:
    """Return what `monitor` prints: alerts, position, margin, exit rules, and the orders that close everything."""
    assessment = report.assessment
    market = assessment.market
    lines = [*_heading(assessment), f"{assessment.plan.name}: {report.severity or 'calm'}"]
    lines += [_alert_line(alert) for alert in report.alerts] or ["  no alerts"]
    lines += ["", "Position", *_position_lines(report)]
    if report.options is not None:
        lines += ["", "Options", *option_lines(report.options, report.covers, report.cover_ratio)]
    if report.state is not None:
        lines += [_margin_line(report), *_account_lines(report.state)]
    if report.drift is not None:
        lines.append(f"Drift from the target {report.drift:+.1%}{_drift_end(report)}")
    if report.unfunded:
        missing = "; ".join(trade.text for trade in report.unfunded)
        lines.append(f"Your equity does not open the contracts that are missing ({missing}): add collateral first.")
    if report.entries:
        lines += ["", "Entry rules"]
    for entry in report.entries:
        mark = "MET" if entry.is_met else "armed" if entry.is_armed else "not armed"
        lines.append(f"  {mark}: {entry.rule.text}. {entry.evidence}")
    if any(report.is_opening(alert) for alert in report.alerts):
        lines += ["", "To open the hedge", *(f"  {line}" for line in opening_text(assessment).splitlines())]
    if report.rules:
        lines += ["", "Exit rules"]
    for check in report.rules:
        mark = "done" if check.rule.is_done else "MET" if check.is_met else "not met"
        lines.append(f"  {mark}: {check.rule.text}, then buy back {check.rule.share:.0%}. {check.evidence}")
    if report.closing_order:
        lines += ["", "To close everything", *(f"  {order}" for order in report.closing_order)]
    return "\n".join([*lines, "", f"Prices: {market.source}, {market.as_of:%Y-%m-%d %H:%M} UTC"])


def _drift_end(report: MonitorReport) -> str:
    """What follows from the drift: trades only where an alert asks for them, and the collateral carries them."""
    if any(alert.code == "drift" for alert in report.alerts):
        trades = "; ".join(trade.text for trade in report.trades) if "drift" in report.lots else ""
        return f"; to correct it: {trades}" if trades else ""
    limit = report.assessment.plan.watch.thresholds.drift
    is_inside = report.drift is not None and abs(report.drift) <= limit
    return f"; your limit is {limit:.0%}, so no trade is needed" if is_inside and report.trades else ""


def _position_lines(report: MonitorReport) -> list[str]:
    """Return one line for each open position in futures, then the profit and loss of all."""
    state = report.state
    if state is None:
        return ["  no fills entered"] if report.options is None else ["  no future is short; your options are below"]
    lines = []
    for position in state.open_positions:
        mark = state.marks[position.key]
        side = "short" if position.contracts < 0 else "long"
        name = position.contract.id + (f" of {position.expiry:%d %b %Y}" if position.expiry else "")
        note = " (marked at spot)" if position.key in state.at_spot else ""
        lines.append(
            f"  {side} {position.quantity_text} x {name}, entry ${position.entry_price or 0.0:,.10g}, "
            f"now ${mark:,.10g}, unrealised {_signed(position.open_pnl(mark))}{note}"
        )
    ledger = state.ledger
    total = (
        f"  total {_signed(state.pnl)}: realised {_signed(ledger.realised_pnl)}, "
        f"unrealised {_signed(ledger.open_pnl(state.marks))}, funding {_signed(ledger.funding)}, "
        f"fees {_signed(0.0 - ledger.fees)}"
    )
    nothing = "  nothing is open" if not report.covers else "  no future is open; your options are below"
    return [*(lines or [nothing]), total]


def _margin_line(report: MonitorReport) -> str:
    state = report.state
    if state is None or state.equity is None:
        return "Margin room: unknown, because the plan states no collateral"
    left = report.market_rally_left
    of_market = ", any of the market" if left == math.inf else f", of the market by {survived_text(left)}"
    of_market = "" if left is None else of_market
    pledged = state.margin.pledged_value
    backed = f", and ${pledged:,.0f} that pledged coins count for" if pledged else ""
    return f"Margin room: {rally_text(report.rally_left)}{of_market} (equity ${state.equity:,.0f}{backed})"


def _account_lines(state: PositionState) -> list[str]:
    """One line for the account at each of several venues."""
    return [
        f"  Account at {one.venue}: {rally_text(one.margin.rally_survived)}"
        + (f" (equity ${one.margin.collateral:,.0f}, your collateral split by the margin that opened the shorts)")
        for one in state.accounts
        if one.margin.collateral is not None
    ]


def _alert_line(alert: Alert) -> str:
    threshold = f" (threshold: {alert.threshold})" if alert.threshold else ""
    return f"  {alert.severity.upper()} {alert.text}{threshold}"


def glance_line(glance: Glance) -> str:
    """Return what `monitor --every` prints for one check: always one line."""
    if glance.report is None:
        text = f"no prices: {glance.no_prices}"
    else:
        count = len(glance.report.alerts)
        new = [alert for alert in glance.report.alerts if alert.key in glance.new]
        text = f"{glance.report.severity or 'calm'}, {count} {'alert' if count == 1 else 'alerts'}"
        text += "".join(f"; new: {alert.severity} {alert.text}" for alert in new)
    fault = f"; the plan cannot be read: {glance.plan_fault}" if glance.plan_fault else ""
    return f"{moment_text(glance.moment)} {text}{fault}".replace("\n", " ")
