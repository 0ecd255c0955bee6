"""The tickets of a plan: open the hedge in one go, close it, roll it, bring it to size, and top it up."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.contract_choice import known_contracts
from hedge_core.hedge.costs import estimate_costs
from hedge_core.hedge.margin import MarginRequirement
from hedge_core.hedge.pledged_coins import pledged_sentence
from hedge_core.market.expiries import roll_day
from hedge_core.market.snapshot import Floats
from hedge_core.monitoring.drift import left_of, trades_to_target
from hedge_core.monitoring.filled import as_filled, lots_toward
from hedge_core.monitoring.ledger import OpenPosition
from hedge_core.monitoring.option_ledger import has_option_fills
from hedge_core.monitoring.position import PositionState, position_state
from hedge_core.monitoring.rolls import roll_statements
from hedge_core.reports.ticket.build import PlannedTrade, opening_trade, ticket_of
from hedge_core.reports.ticket.order import Ticket
from hedge_core.text import bare_percent, listed, percent

ALL_FILLED = "Your fills hold every lot of the plan."
NO_POSITION = "No position is entered, so there is nothing to trade."
ONLY_OPTIONS = "Your fills hold only options, which are not in this ticket: no short is open."
NO_HEDGE = "Nothing to sell: the target is 0%."
NO_ORDER = "Nothing to sell: `propose` says why."


def opening_ticket(assessment: HedgeAssessment) -> Ticket:
    """The orders that open the plan's hedge, or a note that there is none."""
    trades = [opening_trade(leg, assessment.expiry_of(leg)) for leg in assessment.traded_legs]
    if not trades:
        return Ticket("Open the hedge", (), (), (NO_ORDER if assessment.hedge_ratio > 0.0 else NO_HEDGE,))
    return with_funding(assessment, ticket_of(assessment, "Open the hedge", trades))


def remaining_ticket(assessment: HedgeAssessment) -> Ticket:
    """The orders that open what the plan's fills do not hold yet, with a note on what they hold.

    Nothing is bought back: of what is held beyond the plan's lots there is a note. What exit rules have closed stays
    closed.
    """
    held, left = lots_toward(assessment), left_of(assessment)
    legs = assessment.traded_legs
    wanted = {leg.contract.id: round(leg.lots * left) for leg in legs}
    beyond = _beyond_plan(assessment, held, wanted)
    if not any(held.get(name) for name in wanted) and left == 1.0:
        ticket = opening_ticket(assessment)
        return replace(ticket, notes=(*beyond, *ticket.notes))
    trades = [
        replace(opening_trade(leg, assessment.expiry_of(leg)), lots=missing)
        for leg in legs
        if (missing := wanted[leg.contract.id] - held.get(leg.contract.id, 0)) > 0
    ]
    if not trades:
        return Ticket("Open the hedge", (), (ALL_FILLED,), beyond)
    filled = [
        f"{min(held[leg.contract.id], wanted[leg.contract.id]):,} of {wanted[leg.contract.id]:,} lots of "
        f"{leg.contract.code}"
        for leg in legs
        if leg.contract.id in held
    ]
    notes = (f"Your fills hold {listed(filled)}; these are the orders for the rest.",) if filled else ()
    ticket = ticket_of(assessment, "Open the rest of the hedge", trades)
    return replace(ticket, notes=(*notes, *beyond, *ticket.notes))


def _beyond_plan(assessment: HedgeAssessment, held: Mapping[str, int], wanted: Mapping[str, int]) -> tuple[str, ...]:
    """Notes on what is short beyond the `wanted` lots, or in contracts that the plan does not sell; () without any.

    `held` are the lots that count for the contracts of the plan.
    """
    legs = {leg.contract.id: leg for leg in assessment.legs}
    more = [
        f"{beyond:,} {'lot' if beyond == 1 else 'lots'} of {legs[name].contract.code}"
        for name, lots in held.items()
        if (beyond := lots - wanted.get(name, 0)) > 0
    ]
    notes = [f"You hold {listed(more)} more than the plan sells. The resizing ticket buys that back."] if more else []
    state = position_state(assessment) if assessment.plan.execution.fills else None
    coins = {leg.underlying for leg in assessment.legs}
    other = {one.contract.id: one for one in (() if state is None else state.open_positions) if one.lots > 0}
    counted = [name for name, one in other.items() if name not in legs and one.contract.underlying in coins]
    apart = [name for name, one in other.items() if one.contract.underlying not in coins]
    if counted:
        notes.append(f"What you hold of {listed(counted)} counts as lots of the plan's contract on the same coin.")
    if apart:
        notes.append(f"You also hold {listed(apart)}, on coins that the plan does not sell.")
    return tuple(notes)


def with_funding(assessment: HedgeAssessment, ticket: Ticket) -> Ticket:
    """The ticket with a note on the cash that must be at the venue before its first order."""
    margin = assessment.margin
    if not ticket.orders:
        return ticket
    note = f"Before the first order: the whole hedge takes ${margin.initial:,.0f} of initial margin"
    if margin.collateral:
        there = "at the venue"
        if margin.is_by_venue:
            parts = [f"${one.collateral or 0.0:,.0f} of it at {one.venues[0]}" for one in margin.accounts]
            there = f"where it belongs: {listed(parts)}"
        note += f"; have your ${margin.collateral:,.0f} of collateral {there}"
    backed = (pledged_sentence(margin.pledged).replace("count as", "must lie at the venue and count as"),)
    return replace(ticket, notes=(f"{note}.", *(backed if margin.pledged else ()), *ticket.notes))


def closing_ticket(assessment: HedgeAssessment) -> Ticket:
    """The orders that close every open position in futures."""
    state = position_state(assessment)
    if state is None or not state.open_positions:
        has_options = has_option_fills(assessment.plan)
        return Ticket("Close the hedge", (), (ONLY_OPTIONS if has_options else NO_POSITION,))
    return ticket_of(assessment, "Close the hedge", (_closing(state, position) for position in state.open_positions))


def rolling_ticket(assessment: HedgeAssessment) -> Ticket:
    """The orders that roll every open future whose roll day has come: buy it back, sell the month chosen today."""
    title, state, today = "Roll the hedge", position_state(assessment), assessment.market.as_of.date()
    stated = assessment.plan.watch.thresholds.stated_roll_days
    trades: list[PlannedTrade] = []
    later: list[str] = []
    for position in state.open_positions if state is not None else ():
        if state is None or position.expiry is None:
            continue
        due = roll_day(position.contract, position.expiry, stated)
        if due > today:
            later.append(f"{position.contract.code} of {position.expiry:%d %b %Y} is rolled on {due:%d %b %Y}.")
            continue
        trades += [_closing(state, position), _next_month(assessment, state, position)]
    if not trades:
        return Ticket(title, (), tuple(later) or (NO_POSITION if state is None else "Nothing that is open expires.",))
    ticket = ticket_of(assessment, title, trades, keeps_order=True)
    spread = "Where the form offers the calendar spread, send each pair as one order; else buy back first."
    return replace(ticket, notes=(*ticket.notes, spread, *later))


def resizing_ticket(assessment: HedgeAssessment) -> Ticket:
    """The orders that cut or add to the open position, so that it has the plan's counts of today."""
    title, state = "Bring the hedge to size", position_state(assessment)
    trades = trades_to_target(assessment, state)
    if state is None or not trades:
        return Ticket(title, (), (NO_POSITION if state is None else "The position has the plan's size.",))
    planned = []
    for trade in trades:
        expiry = trade.expiry or assessment.expiries.get(trade.contract.id)
        instrument = next(leg.instrument for leg in assessment.legs if leg.underlying == trade.contract.underlying)
        is_cut = trade.lots < 0
        is_sale = (instrument.direction < 0) != is_cut
        planned.append(
            PlannedTrade(
                action=(instrument.lifts if is_cut else instrument.order).capitalize(),
                contract=trade.contract,
                lots=abs(trade.lots),
                side="sell" if is_sale else "buy",
                spot=assessment.underlying_price(trade.contract.underlying),
                expiry=expiry,
                is_reducing=is_cut,
            )
        )
    return ticket_of(assessment, title, planned)


TICKETS: Mapping[str, Callable[[HedgeAssessment], Ticket]] = {
    "open": remaining_ticket,
    "close": closing_ticket,
    "roll": rolling_ticket,
    "resize": resizing_ticket,
}
"""The tickets by the word with which a command asks for them."""


@dataclass(frozen=True, slots=True)
class TopUp:
    """Send `amount` USD once `what` has risen by `rise`, so that it can rise by a further `rally` (fractions).

    `what` is the market, with the `coin` to watch and its own rise beside it, or the shorted coins, all by the same.
    `is_filled`: it is for the short that is filled, not for that of the plan.
    """

    what: str
    rise: float
    amount: float
    rally: float
    coin: str = ""
    coin_rise: float = 0.0
    is_filled: bool = False

    @property
    def sentence(self) -> str:
        """The instruction as a sentence."""
        further = f"rise of the market of {bare_percent(self.rally)}" if self.coin else bare_percent(self.rally)
        what = "what is filled" if self.is_filled else "the hedge"
        then = f"{what} then survives a further {further}."
        if self.rise < 0.0005:
            return f"Send ${self.amount:,.0f} of collateral now: {then}"
        beside = f" ({self.coin} {percent(self.coin_rise)})" if self.coin else ""
        return f"If {self.what} rises {percent(self.rise)}{beside}, send ${self.amount:,.0f} of collateral: {then}"


def top_up(assessment: HedgeAssessment, *, of: Literal["market", "proxy"] = "market") -> TopUp | None:
    """When to send collateral, and how much; None if the plan states none, or if it survives any rise.

    It is for the short that is filled, with today's equity, once there is one, and for the plan's short before.

    `of` says what rises: the market, and the coin of leg k by b_k times that, or every coin alike (b_k = 1). Let c be
    the critical threshold of the monitor. After a rise by u only a further c is survived:

        room at the moves (1 + b_k·u)(1 + b_k·c) − 1 is zero

    To survive a further r from there, the account needs the collateral for the moves (1 + b_k·u)(1 + b_k·r) − 1 from
    today's prices; what is missing is sent. r is the rally that the plan must survive, or the warning threshold if it
    is larger.
    """
    filled = as_filled(assessment)
    is_filled = filled is not None and not filled.why and filled.assessment.margin.notional > 0.0
    if filled is not None and is_filled:
        assessment = filled.assessment
    margin, limits = assessment.margin, assessment.plan.watch.thresholds
    betas = assessment.market_margin.betas if of == "market" else np.ones(len(margin.coins))
    survived = margin.rally_along(betas.tolist())
    if survived is None or survived == math.inf:
        return None
    rise = _rise_before(margin, betas, limits.rally_critical, survived)
    rally = max(assessment.plan.decisions.rally_to_survive, limits.rally_warning)
    amount = math.ceil(margin.missing(_twice(betas, rise, rally)) / 10.0) * 10.0
    if amount <= 0.0:
        return None
    coins = list(dict.fromkeys(leg.underlying for leg in margin.legs))
    if of == "proxy":
        return TopUp(coins[0] if len(coins) == 1 else "every shorted coin", rise, amount, rally, is_filled=is_filled)
    largest = max(range(len(margin.legs)), key=lambda leg: margin.legs[leg].notional)
    coin, coin_rise = margin.legs[largest].underlying, float(betas[largest]) * rise
    return TopUp("the market", rise, amount, rally, coin, coin_rise, is_filled)


def rolls_of(assessment: HedgeAssessment, tickets: Iterable[Ticket]) -> tuple[str, ...]:
    """What to roll and by when: of the futures that the tickets sell, and of what is filled."""
    known = known_contracts(assessment.plan, assessment.market)
    sold = [
        (known.get(f"{order.venue}:{order.contract}"), order.ends_on)
        for ticket in tickets
        for order in ticket.orders
        if not order.is_reducing
    ]
    return roll_statements(assessment, sold)


def _rise_before(margin: MarginRequirement, betas: Floats, further: float, survived: float) -> float:
    """The rise after which only a `further` one is survived; 0 if not even that is survived from today's prices.

    `survived` is the rise that is survived from today's prices, which is the largest that can come back.
    """
    from scipy.optimize import brentq

    def room(rise: float) -> float:
        return margin.room(_twice(betas, rise, further))

    return float(brentq(room, 0.0, survived)) if room(0.0) > 0.0 else 0.0


def _twice(betas: Floats, first: float, then: float) -> Floats:
    """The moves of the coins after a rise by `first` and another one by `then`; no price falls below zero."""
    once, again = (np.maximum(1.0 + betas * rise, 0.0) for rise in (first, then))
    moves: Floats = once * again - 1.0
    return moves


def _closing(state: PositionState, position: OpenPosition) -> PlannedTrade:
    """The trade that closes an open position."""
    is_short = position.contracts < 0
    return PlannedTrade(
        action="Buy back" if is_short else "Sell",
        contract=position.contract,
        lots=abs(position.contracts),
        side="buy" if is_short else "sell",
        spot=state.assessment.underlying_price(position.contract.underlying),
        expiry=position.expiry,
        is_reducing=True,
    )


def _next_month(assessment: HedgeAssessment, state: PositionState, position: OpenPosition) -> PlannedTrade:
    """The trade that opens the same lots in the month that is chosen today."""
    leg = position.leg(state.coin_prices[position.key])
    basis = replace(assessment.cost_basis, held={})
    horizon = assessment.plan.decisions.horizon_days
    (cost,) = estimate_costs([leg], assessment.market, horizon_days=horizon, basis=basis).legs
    spot = assessment.underlying_price(position.contract.underlying)
    return replace(opening_trade(leg, cost.held_until), spot=spot)
