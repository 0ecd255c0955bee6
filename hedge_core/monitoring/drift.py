"""Drift: how far the executed shorts are from the method's target today, and the trades that bring them back.

    drift = (N∘n)'S x / (x'S x) − 1

N∘n is USD short of each coin (positive), x the target in USD and S the covariance of the coins. A drift of 0.1 means
that the hedge is 10% too large. It is undefined at x = 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import numpy as np

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.legs import ShortLeg, SizedLeg
from hedge_core.hedge.margin import margin_requirement
from hedge_core.hedge.market_margin import market_margin
from hedge_core.market.contracts import Contract
from hedge_core.market.instruments import instrument_of
from hedge_core.market.snapshot import Floats
from hedge_core.monitoring.position import PositionState


@dataclass(frozen=True, slots=True)
class Trade:
    """Lots of one contract to add (positive) or lift (negative); `held` and `target` are USD short of its coin."""

    contract: Contract
    lots: int
    held: float
    target: float
    expiry: date | None = None

    @property
    def text(self) -> str:
        """The order as text, such as 'sell 2 more ETP' or 'buy back 2 ETP'."""
        name = f"{self.contract.code} of {self.expiry:%b %Y}" if self.expiry else self.contract.code
        instrument = instrument_of(self.contract)
        if self.lots > 0:
            return f"{instrument.adds} {self.contract.quantity(self.lots):,.10g} more {name}"
        return f"{instrument.lifts} {self.contract.quantity(-self.lots):,.10g} {name}"


def _held(assessment: HedgeAssessment, state: PositionState | None) -> Floats:
    return np.array([state.short_of(leg.underlying) if state else 0.0 for leg in assessment.legs])


def drift_of(assessment: HedgeAssessment, state: PositionState | None) -> float | None:
    """Return (N∘n)'S x / (x'S x) − 1 for the method's target x today; None at x = 0 or without a position."""
    return None if state is None or state.is_flat else _drift_of(assessment, _held(assessment, state))


def _drift_of(assessment: HedgeAssessment, held: Floats) -> float | None:
    x = left_of(assessment) * np.array([leg.target_notional for leg in assessment.legs])
    if not x.any():
        return None
    weighted = assessment.covariance @ x
    return float(held @ weighted) / float(x @ weighted) - 1.0


def trades_to_target(assessment: HedgeAssessment, state: PositionState | None) -> tuple[Trade, ...]:
    """Return, for each leg, the trade that brings the position to the plan's number of contracts today.

    If a coin is short in another contract than the plan's, the trade is the whole number of lots nearest to the same
    USD. Parts of the hedge that exit rules have closed stay closed. Returns () without an open position, and if the
    trades would not reduce the drift.
    """
    if state is None or state.is_flat:
        return ()
    left = left_of(assessment)
    trades = []
    for leg in assessment.legs:
        contract, lot = _contract_held(leg, state)
        held = state.short_of(leg.underlying)
        mine = [p for p in state.open_positions if p.contract.underlying == leg.underlying]
        if all(position.contract.id == leg.contract.id for position in mine):
            lots = round(leg.lots * left) - state.lots_of(leg.contract)
        else:
            exact = (leg.notional * left - held) / lot
            lots = int(math.copysign(math.floor(abs(exact) + 0.5), exact))
        if lots:
            trades.append(Trade(contract, lots, held, leg.target_notional * left, _month(state, contract)))
    now, after = drift_of(assessment, state), drift_after(assessment, state, tuple(trades))
    return () if now is not None and after is not None and abs(after) >= abs(now) else tuple(trades)


def left_of(assessment: HedgeAssessment) -> float:
    """Return the share of the target that remains after the exit rules marked as done (1: none is)."""
    left = 1.0
    for rule in assessment.plan.watch.exit_rules:
        left *= 1.0 - rule.share if rule.is_done else 1.0
    return left


def _month(state: PositionState, contract: Contract) -> date | None:
    """Return the expiry held in this contract, None if there are several or none."""
    expiries = {p.expiry for p in state.open_positions if p.contract.id == contract.id}
    return expiries.pop() if len(expiries) == 1 else None


def drift_after(assessment: HedgeAssessment, state: PositionState, trades: tuple[Trade, ...]) -> float | None:
    """Return the drift after these trades; None at x = 0."""
    done = {trade.contract.underlying: trade.lots * _lot(state, trade.contract) for trade in trades}
    added = np.array([done.get(leg.underlying, 0.0) for leg in assessment.legs])
    return _drift_of(assessment, _held(assessment, state) + added)


def _contract_held(leg: SizedLeg, state: PositionState) -> tuple[Contract, float]:
    """Return the contract with the largest short in a leg's coin, else the plan's contract, and USD per lot."""
    mine = [p for p in state.open_positions if p.contract.underlying == leg.underlying and p.lots > 0]
    if not mine:
        return leg.contract, leg.lot_notional
    largest = max(mine, key=lambda position: abs(position.notional(state.coin_prices[position.key])))
    return largest.contract, largest.contract.lot_notional(state.coin_prices[largest.key])


def can_add(state: PositionState, trades: tuple[Trade, ...], rally: float) -> bool:
    """Whether today's equity survives a `rally` of the market after these trades; True if no collateral is stated."""
    if state.equity is None:
        return True
    lots = {trade.contract.id: trade.lots for trade in trades}
    counts = [(p.contract, state.coin_prices[p.key], p.lots + lots.pop(p.contract.id, 0)) for p in state.open_positions]
    counts += [(t.contract, _price(state, t.contract), t.lots) for t in trades if t.contract.id in lots]
    legs = [
        ShortLeg.of(contract, price, instrument_of(contract).direction * max(count, 0))
        for contract, price, count in counts
    ]
    pledged = state.assessment.pledged
    margin = margin_requirement(legs, None, is_isolated=state.margin.is_isolated, pledged=pledged)
    betas = state.assessment.estimates.market_betas(margin.movers)
    return market_margin(margin, betas).collateral_for(rally) <= max(state.equity, 0.0)


def unfunded_trades(state: PositionState | None, trades: tuple[Trade, ...]) -> tuple[Trade, ...]:
    """Return the trades that add lots, if today's equity does not cover the initial margin after all trades."""
    if state is None or can_add(state, trades, 0.0):
        return ()
    return tuple(trade for trade in trades if trade.lots > 0)


def _lot(state: PositionState, contract: Contract) -> float:
    """Return the USD value of one lot at its price."""
    return contract.lot_notional(_price(state, contract))


def _price(state: PositionState, contract: Contract) -> float:
    for position in state.open_positions:
        if position.contract.id == contract.id:
            return state.coin_prices[position.key]
    return next(leg.price for leg in state.assessment.legs if leg.contract.id == contract.id)
