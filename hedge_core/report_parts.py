"""The parts of the report in words: an assessment in, tables and sentences out. Nothing here knows of markup.

Text that a user wrote goes through `plain_text`: on one line, without marks that steer a terminal or turn the direction
of writing, and with an apostrophe where a spreadsheet that opens the report would read a formula.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePath

from hedge_core.assessment import HedgeAssessment
from hedge_core.errors import HedgeError
from hedge_core.events import CalendarEvent, expiry_events, merged, one_line, upcoming
from hedge_core.export import spreadsheet_safe
from hedge_core.exposure import BetaEstimate
from hedge_core.figures import percent, price, quantity, short_percent, signed_usd, usd
from hedge_core.market import MarketSnapshot
from hedge_core.monitor import MonitorReport, RuleCheck, check
from hedge_core.positions import Position
from hedge_core.proxy import judge
from hedge_core.rules import instruction
from hedge_core.scenarios import TERMS, ScenarioResult
from hedge_core.stress import StressResult
from hedge_core.words import listed

RALLIES = (0.25, 0.5, 1.0)
"""Rises of all coins for which the report says how much collateral lives through them."""

AHEAD_DAYS = 90
MOST_EVENTS = 20
UNKNOWN = "unknown"
NO_BREAK = "\u00a0"
MOST_ENTRIES = 20
WORST = 5
"""Crashes and squeezes that are listed, each."""


@dataclass(frozen=True, slots=True)
class Table:
    """Cells in words. `numbers` are the columns that stand to the right, `free` those that hold a user's own words.

    `total` says that the last row sums up.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()
    free: frozenset[int] = frozenset()
    total: bool = False


def plain_text(text: str) -> str:
    """The text on one line, harmless wherever it is shown or opened."""
    return spreadsheet_safe(one_line(text))


def source_text(market: MarketSnapshot) -> str:
    """Where prices are from; of a price file its name, not its place."""
    kind, is_file, path = market.source.partition(":")
    name = f"your price file {PurePath(path).name}" if is_file and kind == "csv" else market.source
    return plain_text(name)


def summary(assessment: HedgeAssessment) -> tuple[tuple[str, str], ...]:
    """The figures on top: name and value."""
    rally, costs = assessment.margin.rally_survived, assessment.costs
    return (
        ("Bag", usd(assessment.bag_value)),
        ("To hedge", usd(assessment.hedgeable_value)),
        ("Short", usd(assessment.margin.notional)),
        ("Hedged / target", f"{percent(assessment.achieved_hedge_ratio)} / {percent(assessment.hedge_ratio)}"),
        ("Rally survived", "not known" if rally is None else percent(rally)),
        ("Carry a month", signed_usd(costs.carry_a_month) if costs.is_carry_known else "not known"),
    )


def bag_table(assessment: HedgeAssessment) -> Table:
    """Every holding: quantity, price, value, its share, and what is done with it."""
    total = assessment.bag_value
    rows: list[tuple[str, ...]] = [
        (
            position.holding.coin,
            quantity(position.holding.quantity),
            price(position.price) + (" *" if position.is_own_price else ""),
            usd(position.value),
            percent(position.value / total if total > 0 else 0.0),
            _treatment(position),
            plain_text(position.holding.note),
        )
        for position in assessment.positions
    ]
    rows.append(("Together", "", "", usd(total), "", "", ""))
    columns: tuple[str, ...] = ("Coin", "Quantity", "Price", "Value", "Share", "What is done", "Note")
    if not any(row[-1] for row in rows):
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    return Table(columns, tuple(rows), frozenset((1, 2, 3, 4)), frozenset((6,)), total=True)


def _treatment(position: Position) -> str:
    if position.status == "speculative":
        stop = position.holding.stop_loss
        return "trade, without a stop" if stop is None else f"trade, stop {percent(stop)} below"
    return {"hedged": "hedged", "stablecoin": "stablecoin, not hedged"}.get(position.status, "cannot be hedged")


def proxy_table(assessment: HedgeAssessment) -> Table:
    """For each coin that is or could be hedged: with what, beta and its interval, the verdict and its reason."""
    rows = []
    for position in assessment.positions:
        if position.status == "stablecoin":
            continue
        verdict, why = _verdict(position)
        rows.append(
            (
                position.holding.coin,
                _route(position),
                _each(position, lambda estimate: _number(estimate.beta)),
                _each(position, _interval),
                verdict,
                why,
            )
        )
    columns = ("Coin", "Hedged with", "Beta", "Beta of the next 90 days (95%)", "Fit", "Why")
    return Table(columns, tuple(rows), frozenset((2,)))


def _route(position: Position) -> str:
    if position.status != "hedged":
        return "nothing"
    name = " and ".join(position.proxies)
    return {
        "own future": "a future of its own",
        "set by you": f"{name}, set by you",
        "bag": f"{', '.join(position.proxies)}, with the rest of the bag",
    }.get(position.route, name)


def _each(position: Position, of: Callable[[BetaEstimate], str]) -> str:
    """One figure for each beta in use, with the proxy's name where there are several."""
    estimates = position.estimates if position.status == "hedged" else ()
    texts = [of(estimate) for estimate in estimates]
    if len(texts) == 1 or (texts and set(texts) == {UNKNOWN}):
        return texts[0]
    return ", ".join(f"{estimate.proxy} {text}" for estimate, text in zip(estimates, texts, strict=True)) or "–"


def _interval(estimate: BetaEstimate) -> str:
    if estimate.method == "own future":
        return "one to one"
    interval = estimate.interval_to_come
    return UNKNOWN if interval is None else f"{_number(interval[0])} to {_number(interval[1])}"


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _verdict(position: Position) -> tuple[str, str]:
    """The verdict on what is shorted, and its reason; of a coin hedged with the bag, on the closest of the proxies."""
    chosen = position.choice.chosen if position.choice else None
    if position.route == "bag" and position.choice is not None:
        used = [c for c in position.choice.candidates if c.proxy in position.proxies and c.estimate is not None]
        closest = max(used, key=lambda c: (c.estimate and c.estimate.correlation) or 0.0, default=None)
        if closest is not None and closest.estimate is not None:
            return judge(closest.estimate)
    if position.status != "hedged" or chosen is None:
        return "none" if position.status == "unhedgeable" else "–", position.reason
    return chosen.verdict, chosen.reason


def leg_table(assessment: HedgeAssessment) -> Table:
    """Each contract: exact and whole count, what one is worth, and what the leg comes to against its target."""
    rows = tuple(
        (
            leg.contract.id,
            leg.contract.size_text(),
            usd(leg.lot_notional, cents=True),
            f"{leg.exact_contracts:,.2f}",
            f"{abs(leg.contracts):,}",
            usd(leg.target_notional),
            usd(leg.notional),
        )
        for leg in assessment.legs
    )
    columns = ("Contract", "One is", "Worth", "Exact", "Whole", "Target", "Short")
    return Table(columns, rows, frozenset((2, 3, 4, 5, 6)))


def leg_sentence(assessment: HedgeAssessment) -> str:
    """What the whole contracts achieve together."""
    return (
        f"Together the short comes to {usd(assessment.margin.notional)}. It offsets "
        f"{percent(assessment.achieved_hedge_ratio)} of the bag's expected move; the target is "
        f"{percent(assessment.hedge_ratio)}. {usd(assessment.residual_exposure, cents=True)} of the "
        f"{usd(assessment.hedgeable_value)} to hedge stay open."
    )


def margin_sentence(assessment: HedgeAssessment) -> str:
    """What is needed to open, what there is, and what ends the hedge."""
    margin = assessment.margin
    if margin.notional <= 0:
        return "Nothing is shorted, so no margin is needed."
    text = f"Opening takes {usd(margin.initial)} of margin, {usd(margin.maintenance)} must stay. "
    if margin.collateral is None:
        return f"{text}No collateral is stated, so it is not known which rally ends the hedge."
    text += f"You set aside {usd(margin.collateral)}. "
    if margin.is_enough_to_open is False:
        return f"{text}That does not open the hedge."
    rally = margin.rally_survived
    if rally is None or rally == math.inf:
        return f"{text}No rally ends the hedge."
    traded = all(leg.is_exchange_traded for leg in margin.legs)
    ends = "the margin is called, and the broker may close earlier" if traded else "the short is liquidated"
    return (
        f"{text}If all coins that are short rise by {percent(rally)} together, {ends}. Gains on coins held elsewhere "
        "do not support the short."
    )


def collateral_table(assessment: HedgeAssessment) -> Table:
    """How much collateral lives through a rise of all coins together."""
    margin = assessment.margin
    rows = tuple((short_percent(rally), usd(margin.collateral_for(rally))) for rally in RALLIES)
    return Table(("All coins rise by", "Collateral that lives through it"), rows, frozenset((0, 1)))


def end_table(assessment: HedgeAssessment) -> Table | None:
    """The price of each coin at the rally that ends the account; None where there is no such rally."""
    margin = assessment.margin
    rally = margin.rally_survived
    if rally is None or rally == math.inf:
        return None
    by_coin = {leg.underlying: leg.price for leg in margin.legs}
    rows = tuple((coin, price(now), price(now * (1.0 + rally))) for coin, now in by_coin.items())
    return Table(("Coin", "Price now", "Price at that rally"), rows, frozenset((1, 2)))


def cost_table(assessment: HedgeAssessment) -> Table:
    """What each leg costs, and what it earns, over the horizon."""
    rows = [
        (
            cost.contract_id,
            usd(cost.commission, cents=True),
            usd(cost.spread, cents=True),
            f"{usd(cost.roll_cost, cents=True)} ({len(cost.roll_days)})" if cost.roll_days else "none",
            "not known" if cost.carry is None else _cents(cost.carry),
            cost.carry_basis if cost.carry_rate is None else f"{percent(cost.carry_rate)} a year, {cost.carry_basis}",
        )
        for cost in assessment.costs.legs
    ]
    columns = ("Contract", "Fees", "Spread", "Rolls", "Carry", "Carry from")
    return Table(columns, tuple(rows), frozenset((1, 2, 3, 4)))


def _cents(amount: float) -> str:
    return f"{'+' if amount > 0 else ''}{usd(amount, cents=True)}"


def move_table(results: Sequence[ScenarioResult]) -> Table:
    """Profit and loss at each move of the market."""
    rows = tuple(
        (
            short_percent(result.shock.move),
            signed_usd(result.bag_pnl),
            signed_usd(result.hedge_pnl) + (" ✕" if result.is_liquidated else ""),
            signed_usd(result.net_pnl),
            signed_usd(result.net_after_costs),
            signed_usd(result.unhedged_pnl),
        )
        for result in results
    )
    columns = ("Market moves", "Hedged coins", "Hedge", "Together", "After costs", "Not hedged")
    return Table(columns, rows, frozenset(range(6)))


def break_even_sentence(moves: Sequence[float]) -> str:
    """Where bag and hedge together neither gain nor lose."""
    found = [short_percent(move) for move in moves if abs(move) >= 5e-4]
    if not found:
        return "Break-even before costs: only where nothing moves."
    return f"Break-even before costs: {listed(['no move', *found])}."


def attribution_table(result: ScenarioResult, hedge_ratio: float) -> Table:
    """From an exact hedge to the result after costs, term by term, to the cent."""
    terms = [(name, float(getattr(result.attribution, key))) for key, name in TERMS.items()]
    rows = [
        (f"An exact hedge of {percent(hedge_ratio)} leaves", _cents((1.0 - hedge_ratio) * result.bag_pnl)),
        *((name, _cents(value)) for name, value in terms if abs(value) >= 0.005),
        ("Together, after costs", _cents(result.net_after_costs)),
    ]
    return Table(("Why", "USD"), tuple(rows), frozenset((1,)), total=True)


def stress_table(results: Sequence[StressResult]) -> Table:
    """The worst crashes, then the worst squeezes, each the worst for this plan first."""
    worst = [
        result
        for kind in ("crash", "squeeze")
        for result in [result for result in results if result.window.kind == kind][:WORST]
    ]
    rows = tuple(
        (
            result.window.label + (" *" if result.estimated else ""),
            result.window.kind,
            signed_usd(result.bag_pnl),
            signed_usd(result.hedge_pnl) + (" ✕" if result.is_closed else ""),
            signed_usd(result.net_pnl),
        )
        for result in worst
    )
    return Table(("When", "Kind", "Bag", "Hedge", "Together"), rows, frozenset((2, 3, 4)))


def calendar(assessment: HedgeAssessment) -> tuple[CalendarEvent, ...]:
    """Expiries of the contracts that are short and the user's own dates in the next AHEAD_DAYS."""
    today = assessment.market.as_of.date()
    contracts = {leg.contract.id: leg.contract for leg in assessment.legs if leg.contracts}
    ends = expiry_events(contracts.values(), today, AHEAD_DAYS)
    return upcoming(merged(assessment.plan.watch.events, ends), today, AHEAD_DAYS)[:MOST_EVENTS]


def calendar_table(assessment: HedgeAssessment) -> Table:
    """The calendar in words."""
    today = assessment.market.as_of.date()
    rows = tuple(
        (_day(event.day, "%a %d %b %Y"), f"{(event.day - today).days}", plain_text(event.title), plain_text(event.note))
        for event in calendar(assessment)
    )
    return Table(("Day", "In days", "What", "Note"), rows, frozenset((1,)), frozenset((2, 3)))


def _day(day: date, shape: str) -> str:
    """A day that stays on one line."""
    return f"{day:{shape}}".replace(" ", NO_BREAK)


def rule_texts(rules: Sequence[RuleCheck]) -> tuple[str, ...]:
    """Each exit rule with what to do, and how it stands."""
    return tuple(
        f"If {plain_text(found.rule.text)}: {instruction(found.rule)} "
        + ("Done." if found.rule.is_done else f"{'MET. ' if found.is_met else ''}{plain_text(found.evidence)}")
        for found in rules
    )


def monitored(assessment: HedgeAssessment, now: datetime) -> MonitorReport | str:
    """The position as executed and its rules at `now` (aware, UTC), or the sentence that says why it cannot be read."""
    try:
        return check(assessment, now=now)
    except HedgeError as error:
        return f"The position cannot be worked out: {plain_text(str(error))}"


def position_table(report: MonitorReport) -> Table | None:
    """What is open, at today's marks; None where no fill is entered."""
    state = report.state
    if state is None:
        return None
    rows = tuple(
        (
            position.contract.id + (f" of {position.expiry:%d %b %Y}" if position.expiry else ""),
            f"{'short' if position.contracts < 0 else 'long'} {abs(position.contracts):,}",
            "–" if position.entry_price is None else price(position.entry_price),
            price(state.marks[position.key]) + (" (spot)" if position.key in state.at_spot else ""),
            _cents(position.open_pnl(state.marks[position.key])),
        )
        for position in state.open_positions
    )
    return Table(("Contract", "Open", "Entry", "Now", "Open profit"), rows, frozenset((1, 2, 3, 4)))


def position_sentence(report: MonitorReport) -> str:
    """What the position has made, and how much room it has."""
    state = report.state
    if state is None:
        return "No fill is entered: this is a proposal, and no position is known."
    ledger = state.ledger
    text = (
        f"In all the shorts have made {_cents(state.pnl)}: realised {_cents(ledger.realised_pnl)}, open "
        f"{_cents(ledger.open_pnl(state.marks))}, funding {_cents(ledger.funding)}, fees {_cents(0.0 - ledger.fees)}."
    )
    if state.equity is not None and state.open_positions and report.rally_left is not None:
        rise = "any rise" if report.rally_left == math.inf else f"a rise of {percent(report.rally_left)}"
        text += f" With {usd(state.equity)} of equity the account lives through {rise}."
    if report.drift is not None:
        text += f" The hedge stands {short_percent(report.drift)} from its target."
    return text


def journal_table(assessment: HedgeAssessment) -> Table:
    """The last entries of the journal."""
    entries = assessment.plan.execution.journal[-MOST_ENTRIES:]
    rows = tuple((_day(entry.day, "%d %b %Y"), plain_text(entry.text)) for entry in entries)
    return Table(("Day", "What"), rows, free=frozenset((1,)))


def contract_table(assessment: HedgeAssessment) -> Table:
    """Where the facts of the contracts are from, and when they were checked."""
    rows = tuple(
        (
            leg.contract.id,
            leg.contract.expiry_rule or ("perpetual" if leg.contract.kind == "perpetual" else "dated"),
            leg.contract.margin_note or "margin of 40% assumed",
            leg.contract.fee_note or "fee of 0.1% a side assumed",
            plain_text(leg.contract.source),
            leg.contract.verified_on or "–",
            leg.contract.confidence,
        )
        for leg in assessment.legs
    )
    columns = ("Contract", "Ends", "Margin", "Fees", "Source", "Checked on", "Confidence")
    return Table(columns, rows, frozenset((5,)))


def data_sentence(assessment: HedgeAssessment) -> str:
    """Which prices and which stretch of history the figures rest on."""
    market, days = assessment.market, assessment.market.history.days
    text = f"Prices: {source_text(market)}, {market.as_of:%d %b %Y %H:%M} UTC. "
    if len(days):
        text += f"History: daily closes from {days[0].item():%d %b %Y} to {days[-1].item():%d %b %Y}. "
    decisions = assessment.plan.decisions
    text += f"Betas on the last {decisions.window_days} days; horizon {decisions.horizon_days} days. "
    return text + (
        f"Approach {decisions.approach.replace('_', ' ')}, sizing {decisions.method.replace('_', ' ')}, "
        f"rounding {decisions.rounding}, venue {plain_text(decisions.venue)}."
    )
