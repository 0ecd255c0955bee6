"""The report's sections on the hedge, as tables and sentences: bag, proxies, contracts, margin, costs and data."""

from __future__ import annotations

import math
from collections.abc import Callable

from hedge_core.exposure.betas import BetaEstimate
from hedge_core.exposure.proxies import judge
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.held_coins import HeldCoin
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.market_margin import RALLIES, survived_text
from hedge_core.hedge.option_legs import maintenance_margin
from hedge_core.hedge.pledged_coins import pledged_sentence
from hedge_core.market.figure_ages import ages_text
from hedge_core.monitoring.filled import as_filled
from hedge_core.reports.html.table import Table, source_text
from hedge_core.text import cents, percent, plain_text, price, quantity, short_percent, signed_usd, two_decimals, usd

UNKNOWN = "unknown"

LEAST_RALLY = 0.0005
"""A smaller rise would read as 0.0%."""


def summary(assessment: HedgeAssessment) -> tuple[tuple[str, str], ...]:
    """The key figures at the top of the report, as pairs of label and value; of what is filled once there are fills."""
    filled = as_filled(assessment)
    is_filled = filled is not None and not filled.why
    of = filled.assessment if filled is not None else assessment
    rally, costs = of.market_rally_survived, of.costs
    plan = f", plan {percent(assessment.achieved_hedge_ratio)}" if is_filled else ""
    return (
        ("Bag", usd(of.bag_value)),
        ("To hedge", usd(of.hedgeable_value)),
        ("Short, filled" if is_filled else "Short", usd(of.margin.notional)),
        (f"Hedged (target {percent(of.hedge_ratio)}{plan})", percent(of.achieved_hedge_ratio)),
        ("Survives a market rally of", survived_text(rally) if rally is not None or not of.traded_legs else UNKNOWN),
        ("Carry per month", signed_usd(costs.carry_a_month) if costs.is_carry_known else UNKNOWN),
    )


def bag_table(assessment: HedgeAssessment) -> Table:
    """One row per holding (quantity, price, value, share of the bag, status, note) and a row with the total.

    A price that the user entered is marked with *. The column for notes is left out if there are none.
    """
    total = assessment.bag_value
    rows: list[tuple[str, ...]] = [
        (
            held.holding.coin,
            quantity(held.holding.quantity),
            price(held.price) + (" *" if held.is_own_price else ""),
            usd(held.value),
            percent(held.value / total if total > 0 else 0.0),
            _treatment(held),
            plain_text(held.holding.note),
        )
        for held in assessment.held_coins
    ]
    rows.append(("Total", "", "", usd(total), "", "", ""))
    columns: tuple[str, ...] = ("Coin", "Quantity", "Price", "Value", "Share", "Status", "Note")
    if not any(row[-1] for row in rows):
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    return Table(columns, tuple(rows), frozenset((1, 2, 3, 4)), frozenset((6,)), total=True)


def _treatment(held: HeldCoin) -> str:
    if held.status == "speculative":
        stop = held.holding.stop_loss
        return "trade without a stop-loss" if stop is None else f"trade with a stop-loss at −{percent(stop)}"
    return {"hedged": "hedged", "stablecoin": "stablecoin, not hedged"}.get(held.status, "cannot be hedged")


def proxy_table(assessment: HedgeAssessment) -> Table:
    """One row per coin except stablecoins: what hedges it, its beta, the 95% range, the verdict and its reason."""
    rows = []
    for held in assessment.held_coins:
        if held.status == "stablecoin":
            continue
        verdict, why = _verdict(held)
        rows.append(
            (
                held.holding.coin,
                _route(held),
                _each(held, lambda estimate: two_decimals(estimate.beta)),
                _each(held, _interval),
                verdict,
                why,
            )
        )
    columns = ("Coin", "Hedged with", "Beta", "Beta over the next 90 days (95% range)", "Fit", "Reason")
    has_one_beta_each = not any("," in row[2] for row in rows)
    return Table(columns, tuple(rows), frozenset((2,) if has_one_beta_each else ()))


def _route(held: HeldCoin) -> str:
    if held.status != "hedged":
        return "nothing"
    name = " and ".join(held.proxies)
    return {
        "own future": "its own future",
        "set by you": f"{name}, set by you",
        "bag": f"{', '.join(held.proxies)}, as part of the whole bag",
    }.get(held.route, name)


def _each(held: HeldCoin, of: Callable[[BetaEstimate], str]) -> str:
    """One figure per beta in use, each with its proxy's name if there are several; a dash if there are none."""
    estimates = held.estimates if held.status == "hedged" else ()
    texts = [of(estimate) for estimate in estimates]
    if len(texts) == 1 or (texts and set(texts) == {UNKNOWN}):
        return texts[0]
    return ", ".join(f"{estimate.proxy} {text}" for estimate, text in zip(estimates, texts, strict=True)) or "–"


def _interval(estimate: BetaEstimate) -> str:
    if estimate.is_own_future:
        return "one to one"
    interval = estimate.interval_to_come
    return UNKNOWN if interval is None else f"{two_decimals(interval[0])} to {two_decimals(interval[1])}"


def _verdict(held: HeldCoin) -> tuple[str, str]:
    """The verdict on a coin's proxy, and the reason; for a coin hedged with the bag, on its best-correlated proxy."""
    chosen = held.choice.chosen if held.choice else None
    if held.route == "bag" and held.choice is not None:
        used = [c for c in held.choice.candidates if c.proxy in held.proxies and c.estimate is not None]
        closest = max(used, key=lambda c: (c.estimate and c.estimate.correlation) or 0.0, default=None)
        if closest is not None and closest.estimate is not None:
            return judge(closest.estimate)
    if held.status != "hedged" or chosen is None:
        return "none" if held.status == "unhedgeable" else "unknown" if held.route == "bag" else "–", held.reason
    return chosen.verdict, chosen.reason


def leg_table(assessment: HedgeAssessment) -> Table:
    """One row per contract: its size and value, exact and whole number, target and short notional (USD)."""
    rows = tuple(
        (
            leg.contract.id,
            leg.contract.size_text(),
            usd(leg.lot_notional, cents=True),
            f"{leg.exact_contracts:,.2f}",
            _lots_text(leg),
            usd(leg.target_notional),
            usd(leg.notional),
        )
        for leg in assessment.legs
    )
    columns = ("Contract", "Size of one", "Value of one", "Exact number", "Whole number", "Target", "Short")
    return Table(columns, rows, frozenset((2, 3, 4, 5, 6)))


def _lots_text(leg: SizedLeg) -> str:
    """The lots of a leg, beside the size of one; and how many are wanted, where the collateral opens others."""
    wanted = abs(leg.wanted_contracts)
    return f"{leg.lots:,}" if leg.lots == wanted else f"{leg.lots:,} (wanted {wanted:,})"


def leg_sentence(assessment: HedgeAssessment) -> str:
    """How much is shorted in whole contracts, how much of the bag's move that offsets, and what stays unhedged."""
    whose = "The whole plan's short" if assessment.plan.execution.fills else "The short"
    return (
        f"{whose} is {usd(assessment.margin.notional)} in total. It offsets "
        f"{percent(assessment.achieved_hedge_ratio)} of the bag's expected move (target "
        f"{percent(assessment.hedge_ratio)}). Of the {usd(assessment.hedgeable_value)} to hedge, "
        f"{usd(assessment.residual_exposure)} stays unhedged."
    )


def margin_sentence(assessment: HedgeAssessment) -> str:
    """The margin needed, the collateral set aside, and the rally at which the hedge is liquidated."""
    margin = assessment.margin
    if margin.notional <= 0 and assessment.is_limited:
        return (
            f"Your collateral of {usd(margin.collateral or 0.0)} opens no contract; the full hedge needs "
            f"{usd(assessment.cash_for_wanted)}."
        )
    if margin.notional <= 0:
        return unshorted_sentence(assessment)
    text = (
        f"You need {usd(margin.initial)} of margin to open the hedge and at least {usd(margin.maintenance)} to keep it "
        "open. "
    )
    if margin.is_open:
        text = f"You need {usd(margin.maintenance)} of margin to keep the short open. "
    if margin.collateral is None:
        return f"{text}Enter your collateral to see which rally would liquidate the hedge."
    has = (
        "Your account has {}, what the shorts have made or lost included. "
        if margin.is_open
        else "You have set aside {}. "
    )
    text += has.format(usd(margin.collateral))
    if margin.pledged:
        text += f"{pledged_sentence(margin.pledged)} "
    if assessment.is_limited:
        besides = " of collateral besides" if margin.pledged else ""
        needed = f"The full hedge needs {usd(assessment.cash_for_wanted)}{besides} to open"
        if assessment.cash_for_wanted > assessment.margin_wanted.cash_to_open:
            needed += f" and to survive a rally of {assessment.plan.decisions.rally_to_survive:.0%}"
        text += f"{needed}; this is what your collateral opens. "
    if margin.is_enough_to_open is False:
        return f"{text}That is too little to open the hedge."
    rally = assessment.market_rally_survived
    if rally is None or rally == math.inf:
        return f"{text}No rally would liquidate the hedge."
    traded = all(leg.is_exchange_traded for leg in margin.legs)
    ends = "you get a margin call, and the broker may close the short earlier" if traded else "the short is liquidated"
    market = "the market (half Bitcoin, half Ether)"
    when = (
        f"As soon as {market} rises"
        if rally < LEAST_RALLY
        else f"If {market} rises by {survived_text(rally)}, and each shorted coin by its beta times that"
    )
    return f"{text}{when}, {ends}. Gains on coins that you hold elsewhere do not count as margin."


def unshorted_sentence(assessment: HedgeAssessment) -> str:
    """The margin that is needed where no future is short: that of the options sold, if there are any."""
    sold = () if assessment.options is None else assessment.options.sold
    if not sold:
        return "Nothing is shorted, so no margin is needed."
    whose = "options" if any(leg.option.kind == "put" for leg in sold) else "calls"
    return (
        f"No futures are short; the {whose} you sold need {usd(maintenance_margin(sold))} of margin to stay open, "
        "beside what it costs to buy them back."
    )


def collateral_table(assessment: HedgeAssessment) -> Table:
    """The collateral (USD) needed to survive each of RALLIES."""
    rows = tuple((short_percent(rally), usd(assessment.collateral_for(rally))) for rally in RALLIES)
    return Table(("The market rises by", "Collateral needed"), rows, frozenset((0, 1)))


def end_table(assessment: HedgeAssessment) -> Table | None:
    """The price of each shorted coin at the rally that uses up the margin; None if there is no such rally."""
    account = assessment.market_margin
    if account.rally_survived is None or account.rally_survived == math.inf:
        return None
    by_coin = {leg.underlying: leg for leg in account.margin.legs}
    rows = tuple((coin, price(leg.price), price(account.end_price(leg))) for coin, leg in by_coin.items())
    return Table(("Coin", "Price now", "Price at that rally"), rows, frozenset((1, 2)))


def cost_table(assessment: HedgeAssessment) -> Table:
    """The costs of each leg over the horizon, and its carry (positive: earned), with the source of the carry."""
    rows = [
        (
            cost.contract_id,
            usd(cost.commission, cents=True),
            usd(cost.spread, cents=True),
            f"{usd(cost.roll_cost, cents=True)} ({len(cost.roll_days)})" if cost.roll_days else "none",
            UNKNOWN if cost.carry is None else cents(cost.carry),
            cost.carry_basis if cost.carry_rate is None else f"{percent(cost.carry_rate)} per year, {cost.carry_basis}",
        )
        for cost in assessment.costs.legs
    ]
    columns = ("Contract", "Fees", "Spread", "Rolls", "Carry", "Source of carry")
    return Table(columns, tuple(rows), frozenset((1, 2, 3, 4)))


def contract_table(assessment: HedgeAssessment) -> Table:
    """Expiry, margin and fees of each contract, with the source and the day of the last check."""
    rows = tuple(
        (
            leg.contract.id,
            leg.contract.expiry_rule or leg.instrument.term,
            leg.contract.margin_note or "not known: counts 100%",
            leg.contract.fee_note or "0.1% fee per side assumed",
            plain_text(leg.contract.source),
            leg.contract.verified_on or "–",
            leg.contract.confidence,
        )
        for leg in assessment.legs
    )
    columns = ("Contract", "Expiry", "Margin", "Fees", "Source", "Checked on", "Confidence")
    return Table(columns, rows, frozenset((5,)))


def data_sentence(assessment: HedgeAssessment) -> str:
    """The prices, the price history and the settings that the figures are based on."""
    market, days = assessment.market, assessment.market.history.days
    text = f"Prices: {source_text(market)}, {market.as_of:%d %b %Y %H:%M} UTC. "
    if len(days):
        text += f"History: daily closes from {days[0].item():%d %b %Y} to {days[-1].item():%d %b %Y}. "
    old = ages_text(assessment.old_figures)
    if old:
        text += f"Old figures: {old}; check them with the venue. "
    decisions = assessment.plan.decisions
    text += f"Betas use the last {decisions.window_days} days; the horizon is {decisions.horizon_days} days. "
    return text + (
        f"Approach: {decisions.approach.replace('_', ' ')}; sizing: {decisions.method.replace('_', ' ')}; "
        f"rounding: {decisions.rounding}; venue: {plain_text(decisions.venue)}."
    )
