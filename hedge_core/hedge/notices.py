"""Notices: warnings about a finished assessment that the holder should read before trading."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date

import numpy as np

from hedge_core.errors import Notice
from hedge_core.exposure.bag_fit import BagFit
from hedge_core.exposure.proxies import GOOD_CORRELATION
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.held_coins import HeldCoin
from hedge_core.hedge.influence_notice import influence_notice
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.margin import is_beyond_rates
from hedge_core.hedge.methods import METHODS
from hedge_core.hedge.overnight import margin_by_time
from hedge_core.hedge.pledge_notices import pledge_notices
from hedge_core.hedge.since_saved import changes_since_saved
from hedge_core.hedge.trading_costs import LARGE_SHARE, MOST_SHARE, SLICE_SHARE, TradingCost
from hedge_core.hedge.unsold_legs import unsold_notice
from hedge_core.market.contracts import Catalogue, Contract
from hedge_core.market.expiries import ROLL_AHEAD_DAYS
from hedge_core.market.figure_ages import old_figures
from hedge_core.market.residence import PERPETUAL_MARGIN
from hedge_core.market.snapshot import MAX_PRICE_AGE_DAYS
from hedge_core.market.venues import venue_of
from hedge_core.text import days_text, listed, price

MOST_LEVERAGE = 5.0
"""Leverage above which a notice is given; optimal hedges with a liquidation probability under 1% mostly use less
(Alexander, Deng, Zou, EJOR 306)."""

THIN_MARGIN = 0.1
"""The rally, a fraction, that the collateral should survive even if the plan states none."""

MOST_HEDGED = 1.05
"""Achieved hedge ratio above which the bag counts as over-hedged."""

MOST_POSTED = 0.25
"""Coins posted as collateral above this share of the short take so much of the hedge that it is a warning."""

OWN_PRICE_ROOM = 0.1
"""A price of the user's own that is further from the market's than this fraction is warned about."""

DEEP = 20.0
"""An order larger than this many times the depth is beyond any estimate of slippage."""


def notices_of(assessment: HedgeAssessment, known: Catalogue) -> list[Notice]:
    """Every notice on an assessment; `known` holds the contracts that the plan can use."""
    return [
        *_of_source(assessment),
        *_of_residence(assessment, known),
        *_of_sizing(assessment, known),
        *influence_notice(assessment),
        *_of_evidence(assessment),
        *_of_coins(assessment),
        *_of_prices(assessment),
        *_of_several_venues(assessment),
        *_of_legs(assessment),
        *_of_account(assessment),
        *_of_money(assessment),
        *_of_isolated_margin(assessment),
        *pledge_notices(assessment),
        *changes_since_saved(assessment, known),
    ]


def _of_source(assessment: HedgeAssessment) -> Iterator[Notice]:
    if assessment.market.simulated:
        yield Notice(
            "simulated",
            "Prices and history are simulated: for practice only. Choose live or own prices before you trade.",
        )
    yield from assessment.market.notices


def _of_residence(assessment: HedgeAssessment, known: Catalogue) -> Iterator[Notice]:
    """Whether the venue serves the place where the holder lives, what the law there asks, and margins without use."""
    plan = assessment.plan
    access = venue_of(plan.decisions.venue).access(plan.residence)
    if access.is_served is False:
        text = f"{plan.decisions.venue} does not serve you where you live: {access.text}. Choose another venue."
        yield Notice("venue_bars_you", text, severity="warning")
    floor = PERPETUAL_MARGIN.get(plan.residence)
    if floor is not None and any(leg.contract.margin_note == floor.text for leg in assessment.traded_legs):
        yield Notice("residence_margin", f"Margin is raised to what the law asks where you live: {floor.text}.")
    unknown = [contract_id for contract_id in plan.overrides.margins if contract_id not in known.by_id]
    if unknown:
        text = f"The margin that you stated for {listed(unknown)} is not used: there is no contract of that name."
        yield Notice("margin_unused", text)


def _of_sizing(assessment: HedgeAssessment, known: Catalogue) -> Iterator[Notice]:
    """The sizing method, and contracts that are too large or have contradictory data."""
    decisions = assessment.plan.decisions
    method = METHODS[decisions.method]
    if method.notice is not None and (assessment.legs or method.is_always_said):
        yield method.notice
    if assessment.is_covariance_assumed:
        yield Notice(
            "covariance_assumed",
            "The contracts have too few days of history in common, so the achieved ratio assumes that they move as "
            "one. Use prices with a longer history for an exact figure.",
        )
    for leg in assessment.legs:
        if leg.wanted_contracts == 0 and leg.contracts == 0 and leg.target_notional > 0:
            yield unsold_notice(leg, known, decisions.rounding)
    refused: dict[str, list[str]] = {}
    for contract in known:
        if contract.conflict and contract.venue == decisions.venue:
            refused.setdefault(contract.conflict, []).append(contract.id)
    for conflict, ids in refused.items():
        verb = "is" if len(ids) == 1 else "are"
        codes = [name.removeprefix(f"{decisions.venue}:") for name in ids]
        text = f"{decisions.venue}: {listed(codes)} {verb} not used: {conflict}. Check with the venue."
        yield Notice("contract_conflict", text, severity="warning")


def _of_evidence(assessment: HedgeAssessment) -> Iterator[Notice]:
    """What is known of hedges like this one, and what is not; a plan with a basket says it of its basket."""
    if assessment.basket is not None or not assessment.traded_legs:
        return
    if isinstance(assessment.bag_fit, BagFit):
        text = (
            "On twelve other coins from 2021 to 2026, hedges of this kind removed about 46% of a coin's variance and "
            "73% of a bag's, half Bitcoin and half Ether 43% and 73%, baskets of more contracts 55% and 84%."
        )
    elif all(held.route == "own future" for held in assessment.hedged_coins):
        text = "Each coin is hedged with a future on itself, which follows it by construction: nothing was tested."
    else:
        text = (
            "How well a proxy hedged a coin on past days that its beta had not seen is said with the coin, where it "
            "could be tested."
        )
    yield Notice("evidence", f"{text} That says nothing about returns, and little about events of a single coin.")


def _of_coins(assessment: HedgeAssessment) -> Iterator[Notice]:
    """How the coins were resolved and hedged, and which betas and proxies are unreliable."""
    overrides = assessment.plan.overrides
    for note in dict.fromkeys(held.note for held in assessment.held_coins if held.note):
        yield Notice("coin_resolved", note)
    for held in assessment.held_coins:
        if held.status == "unhedgeable":
            yield Notice("unhedgeable", f"{held.holding.coin} is not hedged. {held.reason}", severity="warning")
    for held in assessment.hedged_coins:
        coin = held.holding.coin
        if held.proxy == held.moves_with and {coin, held.moves_with} & set(overrides.betas):
            yield Notice(
                "beta_unused",
                f"{coin} is hedged with its own future, so the beta that you set is not used. "
                "To use it, choose ETH or BTC as the proxy.",
            )
        estimate = held.estimates[0] if held.estimates else None
        if estimate is not None and estimate.is_measured and estimate.observations < min(estimate.window_days, 180):
            yield Notice(
                "young_coin",
                f"{coin}: beta is estimated on only {estimate.observations} days; treat it as a guess.",
            )
    loose = [p.holding.coin for p in assessment.hedged_coins if _best_correlation(assessment, p) < GOOD_CORRELATION]
    if loose:
        yield Notice(
            "weak_proxy",
            f"{', '.join(dict.fromkeys(loose))}: the correlation with the contracts sold short is below "
            f"{GOOD_CORRELATION}. Much of the risk of {'this coin' if len(loose) == 1 else 'these coins'} is not "
            "hedged; expect losses that the short does not offset.",
        )


def _best_correlation(assessment: HedgeAssessment, held: HeldCoin) -> float:
    """The highest correlation between the coin and the proxies that hedge it, or with what a basket predicts of it.

    1 if the coin is not hedged, is hedged with its own future, or has no measured correlation.
    """
    if held.route in ("own future", "none") or held.choice is None:
        return 1.0
    if assessment.basket is not None and held.route == "bag":
        known = assessment.co_movement(held)
        return 1.0 if known is None else known[1]
    used = [c.estimate for c in held.choice.candidates if c.proxy in held.proxies and c.estimate is not None]
    return max((e.correlation for e in used if e.correlation is not None and not e.is_own_future), default=1.0)


def _of_prices(assessment: HedgeAssessment) -> Iterator[Notice]:
    """Prices of the user's own that are not the market's, and prices that are out of date or jump implausibly."""
    plan, market = assessment.plan, assessment.market
    yield from _of_own_prices(assessment)
    priced = {p.moves_with for p in assessment.held_coins if not p.is_own_price}
    underlyings = {leg.underlying for leg in assessment.legs} - set(plan.overrides.prices)
    ages = {coin: market.price_age_days(coin) for coin in sorted(priced | underlyings)}
    stale = [f"{coin} by {age} days" for coin, age in ages.items() if age > MAX_PRICE_AGE_DAYS]
    if stale:
        yield Notice(
            "stale_price",
            f"Some prices are older than the newest day in {market.source}: {', '.join(stale)}. Update them before you "
            "trade.",
            severity="warning",
        )
    used = {p.moves_with for p in assessment.hedged_coins} | {leg.underlying for leg in assessment.legs}
    coins, window = [coin for coin in sorted(used) if coin in market.history], plan.decisions.window_days
    returns = market.history.returns[-window:, [market.history.column_of[coin] for coin in coins]]
    is_jump = (returns > 9.0) | (returns < -0.9)
    for place in np.flatnonzero(is_jump.any(axis=0)):
        day = market.history.days[1:][-window:][is_jump[:, place].argmax()]
        yield Notice(
            "suspicious_price",
            f"The price of {coins[place]} changes tenfold on {day}. Check that close: if it is wrong, so is the beta.",
            severity="warning",
        )


def _of_own_prices(assessment: HedgeAssessment) -> Iterator[Notice]:
    """The user's own prices that are far from those of a market that is not simulated."""
    own, market = assessment.plan.overrides.prices, assessment.market
    used = (*(held.holding.coin for held in assessment.held_coins), *(leg.underlying for leg in assessment.legs))
    far = []
    for coin in dict.fromkeys(coin for coin in used if coin in own and not market.simulated):
        quoted = market.price_or_none(coin)
        if quoted and abs(own[coin] / quoted - 1.0) > OWN_PRICE_ROOM:
            far.append(f"{coin} {price(own[coin])} (market {price(quoted)})")
    if far:
        yield Notice(
            "own_price_far",
            f"Prices that you typed are far from the market's: {listed(far)}. Values, counts and limits rest on yours. "
            "Remove them unless you are sure.",
            severity="warning",
        )


def _of_several_venues(assessment: HedgeAssessment) -> Iterator[Notice]:
    """How the collateral is taken to be split where each venue has its own account."""
    if assessment.margin.is_by_venue:
        venues = listed(list(dict.fromkeys(assessment.margin.venues)))
        split = "Your collateral is taken to be split by the margin that each asks: post each share where it belongs."
        yield Notice(
            "several_accounts", f"The contracts trade at {venues}, and each venue has its own account. {split}"
        )


def _of_legs(assessment: HedgeAssessment) -> Iterator[Notice]:
    """Rolls, large orders, and what the margin and cost figures of the contracts in use leave out."""
    horizon, today = assessment.plan.decisions.horizon_days, assessment.market.as_of.date()
    for leg, cost in zip(assessment.traded_legs, assessment.costs.legs, strict=True):
        yield from _of_contract(leg.contract, today)
        if cost.roll_days:
            times = len(cost.roll_days)
            yield Notice(
                "rolled",
                f"{leg.contract.id} expires on {cost.held_until}. Within your horizon of {horizon} days it must be "
                f"rolled {times} {'time' if times == 1 else 'times'}, first on {cost.roll_days[0]}, for "
                f"${cost.roll_cost:,.0f} of the fees.",
            )
        if cost.month is not None and cost.month.is_thin:
            yield Notice(
                "thin_month", f"{leg.contract.id}, {cost.month.reason}. Check its order book first.", "warning"
            )
        depth = assessment.plan.overrides.costs.depth
        if depth is None and cost.one_side is not None:
            yield from _of_size(leg, cost.one_side)
        elif depth is not None and leg.notional > DEEP * depth:
            yield Notice(
                "large_order",
                f"{leg.contract.id}: an order of ${leg.notional:,.0f} is far beyond the ${depth:,.0f} at which "
                "slippage is assumed to equal the half spread, so its slippage cannot be estimated. Split the order.",
            )
        if is_beyond_rates(leg):
            yield Notice(
                "margin_tier",
                f"{leg.contract.id}: above ${leg.contract.margin_tier_limit:,.0f} the venue requires more margin than "
                "is shown here. Check its margin table.",
            )


def _of_account(assessment: HedgeAssessment) -> Iterator[Notice]:
    """Collateral held in coins, a margin that is soon used up, high leverage, and a hedge that is too large."""
    margin = assessment.margin
    if margin.coin_collateral > 0.0:
        yield Notice(
            "coin_collateral",
            f"${margin.coin_collateral:,.0f} of the collateral is held in coins, as inverse contracts require. These "
            "coins are not part of the bag and are not hedged: in a fall they lose what as large a short gains.",
            severity="warning" if margin.coin_collateral > MOST_POSTED * margin.notional else "note",
        )
    least = max(assessment.plan.decisions.rally_to_survive, THIN_MARGIN)
    rally = assessment.market_rally_survived
    if rally is not None and margin.is_enough_to_open and rally < least * (1.0 - 1e-9):
        survived = math.floor(rally * 1_000.0 + 1e-9) / 1_000.0  # rounded down, as the liquidation level is elsewhere
        is_thin, want = rally < THIN_MARGIN, f", less than the {least:.0%} that you want to survive"
        rise = f"a rally of the market by {survived:.1%}" if survived else "any rise of the market"
        yield Notice(
            "thin_margin",
            f"With this collateral {rise} liquidates the hedge{': one bad day is enough' if is_thin else want}. "
            "Add collateral, or hedge less.",
            severity="warning",
        )
    elif margin.leverage is not None and margin.is_enough_to_open and margin.leverage > MOST_LEVERAGE:
        yield Notice(
            "high_leverage",
            f"The short is {margin.leverage:.1f} times its collateral. A hedge needs no leverage; published research "
            f"finds that sound hedges mostly stay under {MOST_LEVERAGE:.0f} times. Add collateral to survive larger "
            "rallies.",
        )
    if assessment.achieved_hedge_ratio > MOST_HEDGED:
        yield Notice(
            "over_hedged",
            f"The short offsets {assessment.achieved_hedge_ratio:.0%} of the bag's exposure, so in a rally it loses "
            "more than the bag gains. Sell fewer contracts.",
        )


def _of_isolated_margin(assessment: HedgeAssessment) -> Iterator[Notice]:
    """What isolated margin means for the figures, and that a broker's account has none."""
    if not assessment.margin.is_isolated or not assessment.traded_legs:
        return
    venue = assessment.plan.decisions.venue
    if any(leg.is_exchange_traded for leg in assessment.margin.legs):
        yield Notice(
            "isolated_at_broker",
            f"{venue} is reached through a broker, whose account is one for all positions. Choose cross margin unless "
            "you keep an account for each position.",
            "warning",
        )
    first = assessment.market_margin.first_to_end
    if first is not None:
        one = assessment.margin.isolated()[first]
        yield Notice(
            "isolated_margin",
            "Each position has collateral of its own, in proportion to its initial margin (isolated margin). The rally "
            f"that the hedge survives is that of the first position to end: {one.leg.contract_id}, with "
            f"${one.collateral:,.0f}.",
        )


def _of_size(leg: SizedLeg, cost: TradingCost) -> Iterator[Notice]:
    """An order that is large for what its contract trades per day."""
    volume = cost.venue_volume
    share = leg.notional / volume
    if share > LARGE_SHARE and cost.liquidity.says_how_much:
        assumed = " (assumed)" if cost.liquidity.is_volume_assumed else ""
        advice = (
            f"above {MOST_SHARE:.0%}, so no order is printed"
            if share > MOST_SHARE
            else f"send it in parts of at most {SLICE_SHARE:.0%} of the volume per day"
        )
        yield Notice(
            "large_order",
            f"{leg.contract.id}: an order of ${leg.notional:,.0f} is {share:.0%} of the ${volume:,.0f}{assumed} that "
            f"it trades per day; {advice}.",
            "warning",
        )


def _of_contract(contract: Contract, today: date) -> Iterator[Notice]:
    """Contract data that may be out of date, and a future that is about to expire."""
    if contract.expires_on is not None and (contract.expires_on - today).days < ROLL_AHEAD_DAYS:
        days = (contract.expires_on - today).days
        when = "has expired" if days < 0 else "expires today" if days == 0 else f"expires in {days_text(days)}"
        yield Notice("ends_soon", f"{contract.id} {when}. Choose a contract that expires later.")
    for old in old_figures(contract, today):
        if old.figure == "size":
            yield Notice(
                "contract_old",
                f"{contract.id}: its size was last checked {old.days} days ago, on {old.as_of}. Check it with the "
                "venue.",
            )


def _of_money(assessment: HedgeAssessment) -> Iterator[Notice]:
    """Collateral that is too small, assumed margins and costs, and missing stop-losses."""
    margin, costs = assessment.margin, assessment.costs
    if margin.is_enough_to_open is False:  # links of the first edition keep their counts
        yield Notice(
            "collateral_short",
            f"Your collateral of ${margin.collateral:,.0f} is below the initial margin of ${margin.initial:,.0f}, so "
            "the hedge cannot be opened in full. Add collateral, or hedge less.",
            severity="warning",
        )
    by_time = margin_by_time(assessment)
    if by_time is not None:
        yield Notice("overnight_margin", by_time.sentence)
    if margin.is_assumed and margin.notional:
        yield Notice("margin_assumed", "Some margin rates are assumptions. Check them with your venue or broker.")
    if costs.is_fee_assumed:
        yield Notice(
            "fee_assumed", "Some fees depend on your broker or have no source. Enter your own rate if you know it."
        )
    if not costs.is_carry_known:
        yield Notice("carry_unknown", "The carry of at least one contract is unknown and is left out of the totals.")
    for order in assessment.stop_orders:
        if order.stop_price is None:
            yield Notice(
                "no_stop",
                f"{order.coin} is speculative but has no stop-loss, so nothing protects it. Set a stop-loss.",
                severity="warning",
            )
