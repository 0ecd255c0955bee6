"""The derivations of the short account: margin to open, rally survived, carry per month and fees.

The figures are the inputs and results of `hedge.margin` (one account for all legs) and `hedge.costs`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.costs import LegCost, fee_rate, is_fee_assumed
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.margin import MOST_RALLY, PledgedCoin, is_beyond_rates
from hedge_core.market.instruments import ASSUMED_MARGIN_RATE
from hedge_core.reports.why.step import Derivation, Row, shortened, total
from hedge_core.text import days_text, dollars, exact_percent, percent, signed_usd, unit_price, usd

NOTHING = "Nothing is shorted."
ASSUMED_SPREAD = "Spread and slippage are estimates that you can change"
SLIPPAGE = {
    False: "short × half spread × (1 + √(short / depth))",
    True: "short × (half spread + factor × volatility × √(short / volume))",
}
"""Spread and slippage of one side, by whether they come from the contract's volume."""

LAST_RALLY = 2.0 ** math.floor(math.log2(MOST_RALLY))
"""An account that survives a larger rally than this one (a fraction) survives any."""


def _rate_words(leg: SizedLeg) -> str:
    contract = leg.contract
    if contract.maintenance_margin_rate is None and not contract.margin_tiers:
        return f"assumed: no source, so {exact_percent(ASSUMED_MARGIN_RATE)} of the notional"
    if is_beyond_rates(leg):
        return f"assumed: the venue's rate is known only up to {usd(contract.margin_tier_limit or 0.0)}"
    if contract.margin_is_assumed and contract.is_catalogued:
        return "assumed: check it with your broker"
    if not contract.is_catalogued:
        return "entered by you"
    return "the venue's margin table" if contract.margin_tiers else "the venue's rate"


def margin_to_open(assessment: HedgeAssessment) -> Derivation:
    """Initial margin (USD) of all legs in one account."""
    rows = []
    for leg, asked in zip(assessment.traded_legs, assessment.margin.legs, strict=True):
        N, least, amount = leg.notional, asked.maintenance_at(0.0), asked.initial
        rate = asked.table.tier(N).initial_rate
        worked = f"{leg.lots:,} × {unit_price(leg.lot_notional)}"
        words = _rate_words(leg)
        lines = [f"{leg.contract.id}: {worked} × {exact_percent(rate)} = {dollars(rate * N)} ({words})"]
        if least > rate * N * (1.0 + 1e-9):
            lines.append(f"{leg.contract.id}: at least the maintenance margin, {dollars(least)}")
        rows.append(Row(amount, tuple(lines)))
    amounts = [row.amount for row in rows]
    needed, pledged, is_open = sum(amounts), assessment.margin.pledged, assessment.margin.is_open
    held = assessment.margin.collateral if is_open else assessment.plan.decisions.collateral
    steps = [*shortened(rows), *total(amounts)] if rows else [NOTHING]
    in_cash = max(needed - assessment.margin.pledged_value, 0.0) if pledged else needed
    if rows and pledged:
        counted = " − ".join(dollars(one.counted) for one in pledged)
        steps += [
            *_counted_lines(pledged),
            f"Cash to open: {dollars(needed)} − {counted}, at least 0: {dollars(in_cash)}",
        ]
    if rows and held is None:
        steps.append("Enter your collateral to see whether it is enough")
    elif rows and held is not None:
        short, left = in_cash - held, "left beyond that" if is_open else "left after opening"
        steps.append(
            f"Missing: {dollars(in_cash)} − {dollars(held)} = {dollars(short)} (your collateral is too little)"
            if short > 0.0
            else f"Collateral {left}: {dollars(held)} − {dollars(in_cash)} = {dollars(-short)}"
        )
    return Derivation(
        name="Margin to open",
        formula="sum of whole contracts × value of one × initial margin rate; at least the maintenance margin",
        steps=tuple(steps),
        value=needed,
        result=usd(needed),
    )


def rally_survived(assessment: HedgeAssessment) -> Derivation:
    """The rise of the market (a fraction) at which collateral minus loss equals the maintenance margin, and a check.

    r = (W − sum(mu·N − c)) / (sum(b·N) − sum(b·C) + sum(mu·b·N over linear legs)), with collateral W, notionals N,
    posted coins C (all USD), betas to the market b, and the maintenance rates mu and deductions c (USD) of the tiers
    that apply at that rise. What pledged coins count for is part of W and of C. For an inverse leg, maintenance margin
    stays mu times its face value, and its share of the collateral rises with the coin. `value` is None without
    collateral or shorts, inf if no rise uses up the margin.
    """
    margin, legs, alone = assessment.margin, assessment.traded_legs, assessment.market_margin.first_to_end
    of_account = slice(None) if alone is None else slice(alone, alone + 1)
    if alone is not None:
        margin, legs = margin.accounts[alone], legs[of_account]
    cash, r, pledged = margin.collateral, assessment.market_rally_survived, margin.pledged
    name, formula = (
        "Survives a rally of",
        "(collateral − maintenance margin today) / (loss of the short + increase in maintenance margin if the market, "
        "half Bitcoin and half Ether, doubles)",
    )
    if cash is None or r is None or not legs:
        why = NOTHING if not legs else "Enter your collateral to see which rally the short survives."
        return Derivation(name, formula, (why,), None, percent(None))
    held = cash + margin.pledged_value
    N, last = [leg.notional for leg in margin.legs], LAST_RALLY if r == math.inf else r
    all_betas = _betas(assessment, last)
    betas, of_pledged = all_betas[: len(assessment.margin.legs)][of_account], all_betas[len(assessment.margin.legs) :]
    loss = [b * n for b, n in zip(betas, N, strict=True)]
    coins = [b * posted for b, posted in zip(betas, margin.coins_posted, strict=True)]
    coins += [b * one.counted for b, one in zip(of_pledged, pledged, strict=True)]
    then = [leg.notional_at(b * last) for leg, b in zip(margin.legs, betas, strict=True)]
    rates = [leg.table.tier(x).maintenance_rate for leg, x in zip(margin.legs, then, strict=True)]
    less = [leg.table.deduction(x) for leg, x in zip(margin.legs, then, strict=True)]
    today = sum(mu * n - c for mu, n, c in zip(rates, N, less, strict=True))
    grows = sum(mu * (leg.notional_at(b) - n) for leg, mu, b, n in zip(margin.legs, rates, betas, N, strict=True))
    first = [_kept_line(leg, mu, n, c) for leg, mu, n, c in zip(legs, rates, N, less, strict=True)]
    steps = [
        *_counted_lines(pledged),
        *([f"Collateral: {dollars(cash)} + {dollars(margin.pledged_value)} = {dollars(held)}"] if pledged else []),
        *shortened(
            Row(lost, (f"{leg.contract.id}: {dollars(n)} × {b:.4f} = {dollars(lost)} (its beta to the market)",))
            for leg, n, b, lost in zip(legs, N, betas, loss, strict=True)
        ),
        *total(loss, label="Loss of the short if the market doubles"),
        *shortened(Row(mu * n - c, (line,)) for mu, n, c, line in zip(rates, N, less, first, strict=True)),
        *total([mu * n - c for mu, n, c in zip(rates, N, less, strict=True)], label="Maintenance margin today"),
    ]
    if any(less):
        steps.append("Rates and deductions are those of the margin tiers that apply after this rally")
    posted = f" − {dollars(sum(coins))}" if sum(coins) else ""
    if posted:
        steps.append(f"Gain on collateral posted in coins if the market doubles: {dollars(sum(coins))}")
    quotient = f"({dollars(held)} − {dollars(today)}) / ({dollars(sum(loss))}{posted} + {dollars(grows)})"
    if r == math.inf:
        steps.append("The collateral, with any gain on posted coins, covers the loss of the short at any rise")
    elif held <= today:
        steps.append(f"The collateral of {dollars(held)} is not above the maintenance margin, so no rise is survived")
    else:
        steps.append(f"Rally: {quotient} = {exact_percent(r)}")
        steps += _check(held, sum(loss), sum(coins), today, grows, r)
    if alone is not None:
        steps.insert(0, f"Isolated margin: {legs[0].contract.id} ends first, on {dollars(held)} of its own")
    if assessment.margin.is_assumed:
        steps.append("Assumed: at least one margin rate is not from the venue (see Margin to open)")
    return Derivation(name, formula, tuple(steps), r, percent(r))


def _counted_lines(pledged: Sequence[PledgedCoin]) -> list[str]:
    """What pledged coins count for, one line each."""
    return [
        f"{one.name} as margin: {dollars(one.value)} × {exact_percent(one.counted / one.value)} = "
        f"{dollars(one.counted)} ({one.source})"
        for one in pledged
    ]


def _betas(assessment: HedgeAssessment, rally: float) -> Sequence[float]:
    """The moves of the legs' coins per move of the market in this rally; no price falls below zero."""
    betas = assessment.market_margin.betas
    moves: list[float] = (np.maximum(betas * rally, -1.0) / rally if rally > 0.0 else betas).tolist()
    return moves


def _kept_line(leg: SizedLeg, rate: float, notional: float, deduction: float) -> str:
    amount = dollars(rate * notional - deduction)
    less = f" − {dollars(deduction)}" if deduction else ""
    face = " (on the face value, which does not change)" if leg.instrument.settles_in_coin else ""
    return (
        f"Maintenance margin of {leg.contract.id}: {dollars(notional)} × {exact_percent(rate)}{less} = {amount}{face}"
    )


def _check(held: float, doubled: float, coins: float, today: float, grows: float, r: float) -> list[str]:
    """Lines that check the solution: at a rise of the market by `r`, the collateral left equals the maintenance margin.

    `doubled`, `coins` and `grows` are the loss, the gain on posted coins and the growth of the margin if it doubles.
    """
    rise, loss, gain = exact_percent(r), doubled * r, coins * r
    steps = [f"Check, loss of the short at that rally: {dollars(doubled)} × {rise} = {dollars(loss)}"]
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
        rows.append(_carry(leg, cost, cost.carry_rate, horizon))
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


def _carry(leg: SizedLeg, cost: LegCost, rate: float, horizon: int) -> Row:
    N, days = leg.notional, cost.carry_days
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
        formula=f"sides × (fee + {SLIPPAGE[assessment.plan.overrides.costs.depth is None]}); 2 sides to open and "
        "close, 2 per roll" + ("; opening is paid, so 1 of them is left" if assessment.costs.is_open else ""),
        steps=(*shortened(rows), *total(amounts), ASSUMED_SPREAD) if rows else (NOTHING,),
        value=sum(amounts),
        result=usd(sum(amounts)),
    )


def _leg_fees(assessment: HedgeAssessment, leg: SizedLeg, cost: LegCost) -> Row:
    given, n, lot, N = assessment.plan.overrides.costs, leg.lots, leg.lot_notional, leg.notional
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
    side = cost.one_side
    assert side is not None
    slipped = N * side.rate
    half, worked_side = exact_percent(side.half_spread_rate), dollars(N)
    if given.depth is not None:
        worked_side += f" × {half} × (1 + √({dollars(N)} / {dollars(given.depth)}))"
    else:
        law = f"{given.slippage:g} × {exact_percent(side.volatility)} × √({dollars(N)} / {dollars(side.volume)})"
        worked_side += f" × ({half} + {law})"
    rolls = len(cost.roll_days)
    sides = (1 if cost.is_open else 2) + 2 * rolls
    why = "close" if cost.is_open else "open and close"
    if rolls:
        why = f"{why.replace(' and', ',')} and {rolls} {'roll' if rolls == 1 else 'rolls'}"
    amount = cost.fees
    sum_of_sides = f"{sides} × ({dollars(fee)} + {dollars(slipped)})"
    if not math.isclose(amount, sides * (fee + slipped), rel_tol=1e-9):
        sum_of_sides = f"{dollars(cost.fees - cost.roll_cost)} + {dollars(cost.roll_cost)} for rolls"
        why += "; later months trade less, so their sides cost more"
    return Row(
        amount,
        (
            f"{name}, fee per side: {worked} = {dollars(fee)} ({words})",
            f"{name}, spread and slippage per side: {worked_side} = {dollars(slipped)}",
            f"{name}, all sides: {sum_of_sides} = {dollars(amount)} ({why})",
        ),
    )
