"""What hurts most: everything that can take the hedge away or turn it against the plan, ranked in dollars.

Each `Danger` is one situation, worked out with and without what goes wrong in it. Dangers of a crash look at one crash
day and the day after (see `crash`). Amounts are USD before the ordinary costs of the hedge, and the most expensive
danger comes first. A chance is that over the plan's horizon; None means that nothing at hand tells it.
"""

from __future__ import annotations

import math

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.deleveraging import EXPECTED_SHARE, STRESS_SHARE, WHOLE, several_venues
from hedge_core.hedge.overnight import margin_by_time
from hedge_core.market.snapshot import PROXY_COINS
from hedge_core.market.venues import venue_of
from hedge_core.market.venues.hedge_dangers import HedgeDangers
from hedge_core.scenarios.crash import Crash
from hedge_core.scenarios.crash_days import DEEP_DAYS, RECORD_DAYS, crash_day
from hedge_core.scenarios.danger import (
    CRASH as CRASH,
    Danger as Danger,
    chance_over as chance_over,
    chance_text as chance_text,
    crash_chance,
    left_text,
    of_the_short,
)
from hedge_core.scenarios.margin_dangers import halt_in_rally, pledged_coins
from hedge_core.scenarios.run import ScenarioResult, run_scenario
from hedge_core.scenarios.shocks import Shock
from hedge_core.scenarios.stress import OUTRUN, basis_deviation, outrunning_leg
from hedge_core.text import days_text, exact_percent, listed, percent, quantity, usd

FAR = 1.645
"""Standard deviations that a normal figure exceeds with a chance of 5%."""


def what_hurts(assessment: HedgeAssessment, *, liquidation_chance: float | None = None) -> tuple[Danger, ...]:
    """The dangers of this plan, the most expensive first; () if nothing is short.

    `liquidation_chance` is the chance over the horizon that margin runs out, if it has been simulated.
    """
    if not assessment.traded_legs:
        return ()
    crash = Crash(assessment, crash_day(CRASH))
    found = [
        _deleveraging(crash),
        _halt(crash),
        pledged_coins(crash),
        halt_in_rally(assessment),
        _venue_loss(crash),
        _broken_peg(assessment),
        _overnight(assessment),
        _liquidation(assessment, liquidation_chance),
        _leg_outruns(assessment),
        _basis(assessment),
        _crash(crash),
    ]
    return tuple(sorted((one for one in found if one is not None), key=lambda one: -one.cost))


def hurts_reading(assessment: HedgeAssessment, dangers: tuple[Danger, ...]) -> str:
    """The list in one or two sentences."""
    held = assessment.options
    if not dangers:
        return (
            "Nothing is shorted, so there is no hedge to lose."
            if held is None
            else "Nothing is shorted, so no short can be taken away. Options are lost only with their venue or, those "
            "sold, with their margin."
        )
    first = dangers[0]
    text = f"What hurts most: {first.title[0].lower()}{first.title[1:]}, {usd(first.cost)}{_chance_text(first)}."
    taken = next((one for one in dangers if one.key == "venue_loss"), None)
    venue = assessment.plan.decisions.venue
    if assessment.margin.is_by_venue:
        text += " Each venue does to your shorts there what it does in a crash, and the others stay."
        venue = "the venue that holds most"
    if taken is not None and taken is not first:
        text += f" If {venue} fails in a crash, you lose {usd(taken.cost)}."
    return text if held is None else f"{text} {held.assumed}"


def _chance_text(danger: Danger) -> str:
    return "" if danger.chance is None else f" (chance {chance_text(danger.chance)} over the horizon)"


def _venue(assessment: HedgeAssessment) -> HedgeDangers:
    return venue_of(assessment.plan.decisions.venue).dangers


def _deleveraging(crash: Crash) -> Danger | None:
    """Closed by the venue on the crash day; None at a venue that closes no winning short."""
    assessment, figures = crash.assessment, crash.assessment.plan.overrides.dangers
    usual = crash.deleveraged()
    there = _that_deleverage(crash)
    if not usual.share:
        return None
    closed = [
        f"{leg.contract.quantity_text(int(lots))} of {leg.contract.quantity_text(leg.lots)} {leg.contract.id}"
        for lots, leg in zip(usual.lots.tolist(), assessment.traded_legs, strict=True)
        if lots
    ]
    others = [
        f"{usd(max(-crash.deleveraged(share).change, 0.0))} with {exact_percent(share)} of each short"
        for share in (STRESS_SHARE, WHOLE)
        if share > usual.share
    ]
    without = crash.both_days.net_pnl
    share_left = _share_left(crash, usual.lots.tolist())
    left = left_text(share_left)
    happens = (
        f"On a day like {crash.day.said} the venue closes {listed(closed)}; the coins fall another "
        f"{exact_percent(figures.further_fall)} the day after, without that part of the hedge."
        if closed
        else f"On a day like {crash.day.said}, {exact_percent(usual.share)} of each short is less than one contract, "
        "or no contract is struck."
    )
    if others:
        happens += f" It would cost {listed(others)}."
    return Danger(
        key="deleveraging",
        title="The venue closes your winning short",
        without=without,
        with_it=without + usual.change,
        chance=crash_chance(assessment),
        happens=happens,
        left=left if share_left == 1.0 else f"{left[:-1]}, until it can be opened again.",
        to_do=(
            f"Post more: at most venues a low leverage comes late in the queue. {_rank(crash)}"
            if all(one.low_leverage_helps for one in there)
            else "A low leverage did not protect there. "
        )
        + "Keep a part of the hedge at a venue that clears centrally, and open again at the next chance.",
        assumed=f"{exact_percent(EXPECTED_SHARE)} of each winning short unless you state another share; closed at "
        f"{exact_percent(figures.fill_price)} of the close, for the fee and spread of buying back (some venues charge "
        f"nothing for it), and opened again for the same; {DEEP_DAYS} such days in {RECORD_DAYS:,}"
        + (
            ""
            if all(one.deleverages for one in there)
            else "; whether this venue deleverages is not known, so it counts as if it did"
        ),
    )


def _that_deleverage(crash: Crash) -> list[HedgeDangers]:
    """What the venues do that close shorts here: the plan's, or those of several that deleverage or may do so."""
    several = [venue_of(venue).dangers for venue in dict.fromkeys(several_venues(crash.assessment.margin))]
    return [one for one in several if one.can_deleverage] or [_venue(crash.assessment)]


def _rank(crash: Crash) -> str:
    """What more cash does to the rank of the short in the queue; '' if nothing wins, or no cash is stated."""
    cash = crash.assessment.margin.collateral
    if not cash or not crash.lots.any() or crash.first_day.shorts_pnl <= 0.0:
        return ""
    mine, more = crash.queue_score(cash), crash.queue_score(2.0 * cash)
    return f"Yours ranks {mine:.2f} there (profit × leverage at that close), and {more:.2f} with twice the cash. "


def _share_left(crash: Crash, closed: list[float]) -> float:
    legs = crash.assessment.traded_legs
    whole = sum(leg.notional for leg in legs)
    return 1.0 - sum(lots * leg.lot_notional for lots, leg in zip(closed, legs, strict=True)) / whole


def _halt(crash: Crash) -> Danger | None:
    """No trading around the low; None if the plan assumes no such hour."""
    if not crash.halt_hours:
        return None
    at_close = crash.first_day.net_pnl
    source = venue_of(crash.halted_venue).dangers.halt_source
    if crash.assessment.plan.overrides.dangers.halt_hours is not None:
        source = "as you stated it"
    return Danger(
        key="halt",
        title="You cannot trade at the low",
        without=at_close + crash.missed_in_halt,
        with_it=at_close,
        chance=crash_chance(crash.assessment),
        happens=f"On a day like {crash.day.said} nothing trades for {_hours(crash.halt_hours)} around the low: what "
        "the hedge has gained there cannot be taken, and your reserve cannot be paid in.",
        left="The whole short; it is worth less when trading begins again.",
        to_do="Do not count on buying back at the low. Leave limit orders in the book, and post what you cannot pay "
        "in.",
        assumed=f"{_hours(crash.halt_hours)}: {source}; prices go from the low to the close in 2 hours 45 minutes",
    )


def _hours(hours: float) -> str:
    return "1 hour" if hours == 1.0 else f"{quantity(hours)} hours"


def _venue_loss(crash: Crash) -> Danger | None:
    """Collateral and open profit are gone; None if the plan assumes a chance of 0."""
    assessment = crash.assessment
    stated = assessment.plan.overrides.dangers.loss_chance
    chance = venue_of(crash.lost_venue.venue).dangers.loss_chance if stated is None else stated
    if not chance:
        return None
    without, days = crash.first_day.net_pnl, assessment.plan.decisions.horizon_days
    assumed = "" if assessment.margin.collateral is not None else "; no collateral is stated, so what opens the hedge"
    return Danger(
        key="venue_loss",
        title="The venue fails",
        without=without,
        with_it=without - crash.lost_with_venue,
        chance=chance_over(chance, days, 365.0),
        happens=f"{_who(crash)} stops paying out on a day like {crash.day.said}: {usd(crash.cash_at_venue)} of "
        + ("collateral, " + f"coins worth {usd(crash.pledged_at_venue)}" if assessment.margin.pledged else "collateral")
        + (f", options worth {usd(crash.options_at_venue)}" if crash.options_at_venue else "")
        + f" and {usd(max(crash.lost_with_venue - crash.at_venue, 0.0))} of open profit are lost.",
        left="Nothing of the hedge.",
        to_do="Keep the reserve elsewhere, draw profit out, and split a large hedge between venues.",
        assumed=f"a chance of {exact_percent(chance)} per year"
        f"{'' if stated is not None else ', which is assumed'}{assumed}",
    )


def _who(crash: Crash) -> str:
    """The venue that fails, by name if there are several."""
    return crash.lost_venue.venue if crash.assessment.margin.is_by_venue else "The venue"


def _broken_peg(assessment: HedgeAssessment) -> Danger | None:
    """The currency of the margin loses its peg; None if it is the dollar.

    With a loss d, a collateral W and linear shorts of notional N at unchanged prices in dollars, prices in the currency
    rise by d/(1 − d), so the shorts lose N·d and the collateral W·d dollars.
    """
    currency, loss = _venue(assessment).margin_currency, assessment.plan.overrides.dangers.peg_loss
    if currency == "USD" or not loss:
        return None
    margin = assessment.margin
    exposed = sum(leg.notional for leg in margin.legs if not leg.instrument.settles_in_coin)
    posted = margin.cash_to_open if margin.collateral is None else margin.collateral
    rise = loss / (1.0 - loss)
    survived = margin.rally_survived
    ends = survived is not None and survived < rise
    return Danger(
        key="broken_peg",
        title=f"{currency} loses its peg",
        without=0.0,
        with_it=-loss * (posted + exposed),
        chance=None,
        happens=f"{currency} falls by {exact_percent(loss)} while coins keep their prices in dollars: prices in "
        f"{currency} rise by {percent(rise)}, so the short loses, and the collateral is worth less."
        + (" Margin runs out on the way." if ends else ""),
        left="Whatever margin is left for." if ends else "The whole short.",
        to_do="Post dollars or the stablecoin that you trust most, and only what the hedge needs.",
        assumed=f"a loss of {exact_percent(loss)}; twice that costs {usd(2.0 * loss * (posted + exposed))}",
    )


def _overnight(assessment: HedgeAssessment) -> Danger | None:
    """An account that is funded for the day alone; None where no lower margin by day is known."""
    by_time, figures = margin_by_time(assessment), assessment.plan.overrides.dangers
    if by_time is None:
        return None
    margin = assessment.margin
    held = by_time.intraday if margin.collateral is None else margin.collateral + margin.pledged_value
    lacks = max(by_time.overnight - held, 0.0)
    closed = lacks / by_time.overnight
    cost = closed * assessment.margin.notional * figures.further_fall
    if not cost:
        return None
    return Danger(
        key="overnight",
        title="Margin rises when the day ends",
        without=0.0,
        with_it=-cost,
        chance=None,
        happens=f"Funded for the day alone, the account lacks {usd(lacks)} when the margin rises, and "
        f"{of_the_short(closed)} is closed before a fall of {exact_percent(figures.further_fall)}.",
        left=left_text(1.0 - closed),
        to_do=f"Post {usd(by_time.overnight)}, the margin overnight, before {by_time.until}.",
        assumed="only what the margin overnight does not cover is closed",
    )


def _liquidation(assessment: HedgeAssessment, chance: float | None) -> Danger | None:
    """A rally to the liquidation that comes back; None if no rally ends the hedge or no collateral is stated."""
    closing = _closing_rally(assessment)
    if closing is None:
        return None
    rally, outcome = closing
    words = assessment.breach.rule.how
    if assessment.margin.is_by_venue:
        words = "the account at one venue ends, and the others do not"
    return Danger(
        key="liquidation",
        title="A rally takes your margin, then comes back",
        without=0.0,
        with_it=outcome.shorts_pnl * (1.0 - outcome.open_share),
        chance=chance,
        happens=f"The market rises by {percent(rally)} and margin runs out: {words}. When prices come back, what "
        "the closed part has lost stays lost.",
        left=left_text(outcome.open_share),
        to_do=f"Post {usd(assessment.collateral_for(max(2.0 * rally, 0.25)))} to survive "
        f"{percent(max(2.0 * rally, 0.25))}, or hedge less.",
        assumed="one straight rise and back; the loss is that of the part that is closed",
    )


def _closing_rally(assessment: HedgeAssessment) -> tuple[float, ScenarioResult] | None:
    """The least rise of the market (a fraction) that closes contracts, and its outcome; None if there is none.

    A reserve that is paid in lifts it to what both amounts survive.
    """
    held, reserve = assessment.market_margin, assessment.breach.reserve
    rallies = [held.rally_survived]
    if reserve > 0.0 and held.margin.collateral is not None:
        rallies.append(held.with_collateral(held.margin.collateral + reserve).rally_survived)
    for rally in rallies:
        if rally is None or math.isinf(rally):
            continue
        outcome = run_scenario(assessment, Shock(move=min(rally * 1.001 + 1e-6, 10.0), of="market"))
        if outcome.open_share < 1.0:
            return rally, outcome
    return None


def _leg_outruns(assessment: HedgeAssessment) -> Danger | None:
    """One leg rises alone; None if that does not cost anything, because the bag holds enough of the coin."""
    coin = outrunning_leg(assessment)
    result = run_scenario(assessment, Shock(move=0.0, own_moves={coin: OUTRUN}), days=0)
    if result.net_pnl >= 0.0:
        return None
    return Danger(
        key="leg_outruns",
        title=f"{coin} rises alone",
        without=0.0,
        with_it=result.net_pnl,
        chance=None,
        happens=f"{coin} rises by {exact_percent(OUTRUN)} while every other coin stands still.",
        left="Nothing of the hedge; it is liquidated." if result.is_liquidated else "The whole short, at a loss.",
        to_do="Hedge with more than one contract, Bitcoin and Ether among them, and re-size after such a rise.",
        assumed="BNB rose by 469% and ADA by 256% in February 2021 while others did not",
    )


def _basis(assessment: HedgeAssessment) -> Danger | None:
    """Contracts that stray from their coins; None if the plan assumes no noise."""
    days = assessment.plan.decisions.horizon_days
    loss = FAR * basis_deviation(assessment, days)
    if not loss:
        return None
    return Danger(
        key="basis",
        title="Contracts stray from their coins",
        without=0.0,
        with_it=-loss,
        chance=0.05,
        happens=f"Over {days_text(days)} the contracts end that much above their coins; on a crash day the bad case is "
        f"{usd(FAR * basis_deviation(assessment, 1, dict.fromkeys(PROXY_COINS, -1.0)))}.",
        left="The whole short.",
        to_do="Nothing; buy back when contract and coin agree.",
        assumed=f"a standard deviation of {exact_percent(assessment.plan.overrides.dangers.basis_noise)} for each "
        "contract, one independent of the other",
    )


def _crash(crash: Crash) -> Danger:
    """What the crash day costs although the hedge holds."""
    result = crash.first_day
    return Danger(
        key="crash",
        title="A crash, the hedge intact",
        without=0.0,
        with_it=result.net_pnl,
        chance=crash_chance(crash.assessment),
        happens=f"The coins close as on {crash.day.said}: the bag makes {usd(result.bag_pnl)}, the hedge "
        f"{usd(result.hedge_pnl)}.",
        left="The whole short.",
        to_do="Hedge more, if that is more than you want to lose.",
        assumed=f"{DEEP_DAYS} such days in {RECORD_DAYS:,}; a coin that did not trade then moves by its beta",
    )
