"""The derivations of the short account: margin to open, rally survived, carry per month and fees.

The formulas are those of `hedge.margin` (one account for all legs) and `hedge.costs`. Maintenance margin is computed
here in brackets: each tier's rate applies to the part of the notional inside that tier.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.costs import LegCost, fee_rate, is_fee_assumed, quote_of
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.margin import ASSUMED_MARGIN_RATE, MOST_RALLY, MarginLeg
from hedge_core.market.contracts import MarginTier
from hedge_core.reports.why.step import Derivation, Row, lot_of, notional_of, shortened, total
from hedge_core.text import days_text, dollars, exact_percent, percent, signed_usd, unit_price, usd

NOTHING = "Nothing is shorted."
ASSUMED_SPREAD = "The half spread and the market depth are assumptions that you can change"
LAST_RALLY = 2.0 ** math.floor(math.log2(MOST_RALLY))
"""An account that survives a larger rally than this one (a fraction) survives any."""


def _tier(tiers: Sequence[MarginTier], notional: float) -> int:
    return max(0, sum(tier.notional_from <= notional for tier in tiers) - 1)


def kept(tiers: Sequence[MarginTier], notional: float) -> float:
    """Maintenance margin (USD) on a notional (USD): each tier's rate times the part of the notional in that tier."""
    place = _tier(tiers, notional)
    amount, below = 0.0, 0.0
    for tier, following in pairwise(tiers[: place + 1]):
        amount += tier.maintenance_rate * (following.notional_from - below)
        below = following.notional_from
    return amount + tiers[place].maintenance_rate * (notional - below)


def _deduction(tiers: Sequence[MarginTier], notional: float) -> float:
    """USD by which the maintenance margin is below rate × notional, in the tier of this notional; 0 on flat rates."""
    floor = tiers[place].notional_from if (place := _tier(tiers, notional)) else 0.0
    return tiers[place].maintenance_rate * floor - kept(tiers, floor)


def _to_open(leg: MarginLeg, notional: float) -> float:
    """USD to open a leg: the tier's initial rate × notional, at least the maintenance margin."""
    return max(leg.tiers[_tier(leg.tiers, notional)].initial_rate * notional, kept(leg.tiers, notional))


def _rate_words(leg: SizedLeg) -> str:
    contract = leg.contract
    if contract.maintenance_margin_rate is None and not contract.margin_tiers:
        return f"assumed: no source, so {exact_percent(ASSUMED_MARGIN_RATE)} of the notional"
    limit = contract.margin_tier_limit
    if limit is not None and notional_of(leg) > limit and not contract.margin_tiers:
        return f"assumed: the venue's rate is known only up to {usd(limit)}"
    if contract.margin_is_assumed and contract.is_catalogued:
        return "assumed: check it with your broker"
    if not contract.is_catalogued:
        return "entered by you"
    return "the venue's margin table" if contract.margin_tiers else "the venue's rate"


def margin_to_open(assessment: HedgeAssessment) -> Derivation:
    """Initial margin (USD) of all legs in one account."""
    rows = []
    for leg, asked in zip(assessment.traded_legs, assessment.margin.legs, strict=True):
        N = notional_of(leg)
        rate, least, amount = asked.tiers[_tier(asked.tiers, N)].initial_rate, kept(asked.tiers, N), _to_open(asked, N)
        worked = f"{abs(leg.contracts):,} × {unit_price(lot_of(leg))}"
        words = _rate_words(leg)
        lines = [f"{leg.contract.id}: {worked} × {exact_percent(rate)} = {dollars(rate * N)} ({words})"]
        if least > rate * N * (1.0 + 1e-9):
            lines.append(f"{leg.contract.id}: at least the maintenance margin, {dollars(least)}")
        rows.append(Row(amount, tuple(lines)))
    amounts = [row.amount for row in rows]
    needed, held = sum(amounts), assessment.plan.decisions.collateral
    steps = [*shortened(rows), *total(amounts)] if rows else [NOTHING]
    if rows and held is None:
        steps.append("Enter your collateral to see whether it is enough")
    elif rows and held is not None:
        short = needed - held
        steps.append(
            f"Missing: {dollars(needed)} − {dollars(held)} = {dollars(short)} (your collateral is too little)"
            if short > 0.0
            else f"Collateral left after opening: {dollars(held)} − {dollars(needed)} = {dollars(-short)}"
        )
    return Derivation(
        name="Margin to open",
        formula="sum of whole contracts × value of one × initial margin rate; at least the maintenance margin",
        steps=tuple(steps),
        value=needed,
        result=usd(needed),
    )


def rally_survived(assessment: HedgeAssessment) -> Derivation:
    """The common rise (a fraction) at which collateral minus loss equals the maintenance margin, solved and checked.

    r = (W − sum(mu·N − c)) / (sum(N) − sum(C) + sum(mu·N over linear legs)), with collateral W, notionals N, posted
    coins C (all USD), and the maintenance rates mu and deductions c (USD) of the tiers that apply at that rise. For an
    inverse leg, maintenance margin stays mu times its face value, and its share of the collateral rises with the coin.
    `value` is None without collateral or shorts, inf if no rise uses up the margin.
    """
    held, legs, r = assessment.plan.decisions.collateral, assessment.traded_legs, assessment.margin.rally_survived
    name, formula = (
        "Survives a rally of",
        "(collateral − maintenance margin today) / (short + increase in maintenance margin if prices double)",
    )
    if held is None or r is None or not legs:
        why = NOTHING if not legs else "Enter your collateral to see which rally the short survives."
        return Derivation(name, formula, (why,), None, percent(None))
    asked = assessment.margin.legs
    N = [notional_of(leg) for leg in legs]
    coins = _coins_posted(asked, N, held)
    at = LAST_RALLY if r == math.inf else r
    then = [n if leg.is_inverse else n * (1.0 + at) for leg, n in zip(asked, N, strict=True)]
    rates = [leg.tiers[_tier(leg.tiers, x)].maintenance_rate for leg, x in zip(asked, then, strict=True)]
    less = [_deduction(leg.tiers, x) for leg, x in zip(asked, then, strict=True)]
    today = sum(mu * n - c for mu, n, c in zip(rates, N, less, strict=True))
    grows = sum(0.0 if leg.is_inverse else mu * n for leg, mu, n in zip(asked, rates, N, strict=True))
    slope = sum(N) - sum(coins) + grows
    solved = math.inf if slope <= 0.0 or held - today > slope * LAST_RALLY else max(0.0, (held - today) / slope)
    first = [_kept_line(leg, mu, n, c) for leg, mu, n, c in zip(legs, rates, N, less, strict=True)]
    steps = [
        f"Total short: {dollars(sum(N))}",
        *shortened(Row(mu * n - c, (line,)) for mu, n, c, line in zip(rates, N, less, first, strict=True)),
        *total([mu * n - c for mu, n, c in zip(rates, N, less, strict=True)], label="Maintenance margin today"),
    ]
    if any(less):
        steps.append("Rates and deductions are those of the margin tiers that apply after this rally")
    posted = f" − {dollars(sum(coins))}" if sum(coins) else ""
    if posted:
        steps.append(f"Collateral posted in coins for inverse contracts, which rises too: {dollars(sum(coins))}")
    quotient = f"({dollars(held)} − {dollars(today)}) / ({dollars(sum(N))}{posted} + {dollars(grows)})"
    if solved == math.inf:
        steps.append("The collateral, with any gain on posted coins, covers the loss of the short at any rise")
    elif held <= today:
        steps.append(f"The collateral of {dollars(held)} is not above the maintenance margin, so no rise is survived")
    else:
        steps.append(f"Rally: {quotient} = {exact_percent(solved)}")
        steps += _check(held, sum(N), sum(coins), today, grows, solved)
    if assessment.margin.is_assumed:
        steps.append("Assumed: at least one margin rate is not from the venue (see Margin to open)")
    return Derivation(name, formula, tuple(steps), solved, percent(solved))


def _coins_posted(asked: Sequence[MarginLeg], N: Sequence[float], held: float) -> list[float]:
    """The collateral (USD) that each inverse leg holds in coins: its share by initial margin; 0 for linear legs."""
    initial = [_to_open(leg, n) for leg, n in zip(asked, N, strict=True)]
    all_of_it = sum(initial)
    shares = [held * part / all_of_it if all_of_it > 0.0 else held / len(asked) for part in initial]
    return [share if leg.is_inverse else 0.0 for leg, share in zip(asked, shares, strict=True)]


def _kept_line(leg: SizedLeg, rate: float, notional: float, deduction: float) -> str:
    amount = dollars(rate * notional - deduction)
    less = f" − {dollars(deduction)}" if deduction else ""
    face = " (on the face value, which does not change)" if leg.contract.style == "inverse" else ""
    return (
        f"Maintenance margin of {leg.contract.id}: {dollars(notional)} × {exact_percent(rate)}{less} = {amount}{face}"
    )


def _check(held: float, N: float, coins: float, today: float, grows: float, r: float) -> list[str]:
    """Lines that check the solution: at a rise of `r`, the collateral left equals the maintenance margin."""
    rise, loss, gain = exact_percent(r), N * r, coins * r
    steps = [f"Check, loss of the short at that rally: {dollars(N)} × {rise} = {dollars(loss)}"]
    if coins:
        steps.append(f"Check, gain on the posted coins: {dollars(coins)} × {rise} = {dollars(gain)}")
    plus = f" + {dollars(gain)}" if coins else ""
    left, must = held - loss + gain, today + grows * r
    steps.append(f"Check, collateral left: {dollars(held)} − {dollars(loss)}{plus} = {dollars(left)}")
    steps.append(
        f"Check, maintenance margin needed: {dollars(today)} + {dollars(grows)} × {rise} = {dollars(must)} (the same)"
    )
    return steps


def carry_a_month(assessment: HedgeAssessment) -> Derivation:
    """Carry of the shorts over 30 days (USD, positive if earned), from rates per year; None if any rate is unknown."""
    horizon, rows, unknown = assessment.costs.horizon_days, [], []
    for leg, cost in zip(assessment.traded_legs, assessment.costs.legs, strict=True):
        if cost.carry_rate is None:
            unknown.append(f"{leg.contract.id}: unknown ({cost.carry_basis})")
            continue
        rows.append(_carry(assessment, leg, cost, cost.carry_rate, horizon))
    month = sum(row.amount for row in rows)
    steps = [*shortened(rows), *unknown[:8], *total([row.amount for row in rows])]
    if len(unknown) > 8:
        steps.append(f"and {len(unknown) - 8} more with unknown carry")
    return Derivation(
        name="Carry per month",
        formula="sum of short × carry per year × 30 / 365; positive if you earn it, and future rates may differ",
        steps=tuple(steps) or (NOTHING,),
        value=None if unknown else month,
        result="unknown" if unknown else signed_usd(month),
    )


def _carry(assessment: HedgeAssessment, leg: SizedLeg, cost: LegCost, rate: float, horizon: int) -> Row:
    N, days = notional_of(leg), horizon
    quote = quote_of(leg, assessment.market) if leg.contract.kind != "perpetual" else None
    if quote is not None and assessment.plan.overrides.costs.carry_rate is None:
        left = (quote.expiry - assessment.market.as_of.date()).days
        days = min(left, horizon) if left < 14 else horizon
    head = f"{leg.contract.id}: {dollars(N)} × {exact_percent(rate)}"
    if days == horizon:
        amount = N * rate * 30.0 / 365.0
        return Row(amount, (f"{head} × 30 / 365 = {dollars(amount)} ({cost.carry_basis})",))
    amount = N * rate * days / 365.0 * 30.0 / horizon
    words = f"{cost.carry_basis}; counted until expiry, {days_text(days)} of {horizon}"
    return Row(amount, (f"{head} × {days} / 365 × 30 / {horizon} = {dollars(amount)} ({words})",))


def fees(assessment: HedgeAssessment) -> Derivation:
    """Costs (USD, positive) to open, roll and close all legs: fees, half spread and slippage."""
    rows = [
        _leg_fees(assessment, leg, cost)
        for leg, cost in zip(assessment.traded_legs, assessment.costs.legs, strict=True)
    ]
    amounts = [row.amount for row in rows]
    return Derivation(
        name=f"Fees over {days_text(assessment.costs.horizon_days)}",
        formula="sides × (fee + short × half spread × (1 + √(short / depth))); 2 sides to open and close, 2 per roll",
        steps=(*shortened(rows), *total(amounts), ASSUMED_SPREAD) if rows else (NOTHING,),
        value=sum(amounts),
        result=usd(sum(amounts)),
    )


def _leg_fees(assessment: HedgeAssessment, leg: SizedLeg, cost: LegCost) -> Row:
    given, n, lot, N = assessment.plan.overrides.costs, abs(leg.contracts), lot_of(leg), notional_of(leg)
    rate, name = fee_rate(leg, given), leg.contract.id
    least, fixed = (leg.contract.minimum_fee, leg.contract.fixed_fee) if given.fee_rate is None else (0.0, 0.0)
    if least > rate * lot:
        fee, worked, words = n * least, f"{n:,} × {unit_price(least)}", "the venue's minimum fee per contract"
    else:
        fee, worked = n * rate * lot, f"{n:,} × {unit_price(lot)} × {exact_percent(rate)}"
        words = "set by you" if given.fee_rate is not None else "taker fee"
        if is_fee_assumed(leg, given):
            words = "assumed: the fee has no source or depends on your broker"
    if fixed:
        fee, worked = fee + n * fixed, f"{worked} + {n:,} × {unit_price(fixed)}"
        words = f"{words}, and a fixed fee per contract"
    half = given.half_spread_rate
    slipped = half * N * (1.0 + math.sqrt(N / given.depth))
    root = f"(1 + √({dollars(N)} / {dollars(given.depth)}))"
    rolls = len(cost.roll_days)
    sides = 2 + 2 * rolls
    why = "open and close" if not rolls else f"open, close and {rolls} {'roll' if rolls == 1 else 'rolls'}"
    amount = sides * (fee + slipped)
    return Row(
        amount,
        (
            f"{name}, fee per side: {worked} = {dollars(fee)} ({words})",
            f"{name}, spread and slippage per side: {dollars(N)} × {exact_percent(half)} × {root} = {dollars(slipped)}",
            f"{name}, all sides: {sides} × ({dollars(fee)} + {dollars(slipped)}) = {dollars(amount)} ({why})",
        ),
    )
