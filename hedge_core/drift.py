"""Drift: how far what is short has come away from the method's target today, and the whole lots that bring it back.

    drift = (N∘n)'S x / (x'S x) − 1

with N∘n the dollars short of each coin, x the target and S the covariance of the coins (undefined at x = 0).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hedge_core.assessment import HedgeAssessment
from hedge_core.contracts import Contract
from hedge_core.margin import initial_rate
from hedge_core.market import Floats
from hedge_core.position_state import PositionState
from hedge_core.sizing import HedgeLeg


@dataclass(frozen=True, slots=True)
class Trade:
    """Lots to sell (positive: more short) or to buy back (negative) of one contract, and what is held and wanted."""

    contract: Contract
    lots: int
    held: float
    target: float

    @property
    def text(self) -> str:
        """The order in words."""
        if self.lots > 0:
            return f"sell {self.contract.quantity(self.lots):,.10g} {self.contract.code} more"
        return f"buy {self.contract.quantity(-self.lots):,.10g} {self.contract.code} back"


def _held(assessment: HedgeAssessment, state: PositionState | None) -> Floats:
    return np.array([state.notional_of(leg.underlying) if state else 0.0 for leg in assessment.legs])


def drift_of(assessment: HedgeAssessment, state: PositionState | None) -> float | None:
    """(N∘n)'S x / (x'S x) − 1 against the method's own target x today; None at x = 0 or without a position."""
    return None if state is None else _drift_of(assessment, _held(assessment, state))


def _drift_of(assessment: HedgeAssessment, held: Floats) -> float | None:
    x = np.array([leg.target_notional for leg in assessment.legs])
    if not x.any():
        return None
    weighted = assessment.covariance @ x
    return float(held @ weighted) / float(x @ weighted) - 1.0


def trades_to_target(assessment: HedgeAssessment, state: PositionState | None) -> tuple[Trade, ...]:
    """For each leg the lots that bring what is held to the count that the plan asks for today; () without a position.

    In another contract than the plan's, the whole lots that come nearest to the dollars of that count.
    """
    if state is None:
        return ()
    trades = []
    for leg in assessment.legs:
        contract, lot = _contract_held(leg, state)
        held = state.notional_of(leg.underlying)
        mine = [p for p in state.open_positions if p.contract.underlying == leg.underlying]
        if all(position.contract.id == leg.contract.id for position in mine):
            lots = -leg.contracts - state.lots_of(leg.contract)
        else:
            exact = (leg.notional - held) / lot
            lots = int(math.copysign(math.floor(abs(exact) + 0.5), exact))
        if lots:
            trades.append(Trade(contract, lots, held, leg.target_notional))
    return tuple(trades)


def drift_after(assessment: HedgeAssessment, state: PositionState, trades: tuple[Trade, ...]) -> float | None:
    """The drift once these trades are done."""
    done = {trade.contract.underlying: trade.lots * _lot(state, trade.contract) for trade in trades}
    added = np.array([done.get(leg.underlying, 0.0) for leg in assessment.legs])
    return _drift_of(assessment, _held(assessment, state) + added)


def _contract_held(leg: HedgeLeg, state: PositionState) -> tuple[Contract, float]:
    """The contract in which a leg's coin is short most, else the plan's; and USD of one lot."""
    mine = [p for p in state.open_positions if p.contract.underlying == leg.underlying and p.contracts < 0]
    if not mine:
        return leg.contract, leg.lot_notional
    largest = max(mine, key=lambda position: abs(position.notional(state.marks[position.key])))
    return largest.contract, largest.contract.lot_notional(state.marks[largest.key])


def can_add(state: PositionState, trades: tuple[Trade, ...]) -> bool:
    """Whether today's equity opens what is held and what would be added; True where none is stated."""
    if state.equity is None:
        return True
    added = sum(_initial(trade.contract) * trade.lots * _lot(state, trade.contract) for trade in trades)
    return state.margin.initial + added <= state.equity


def _initial(contract: Contract) -> float:
    leg = HedgeLeg(
        contract=contract,
        underlying=contract.underlying,
        price=1.0,
        lot_notional=1.0,
        ideal_notional=0.0,
        target_notional=0.0,
        exact_contracts=0.0,
        contracts=0,
    )
    return initial_rate(leg)


def _lot(state: PositionState, contract: Contract) -> float:
    """USD of one lot at its mark."""
    return contract.lot_notional(_mark(state, contract))


def _mark(state: PositionState, contract: Contract) -> float:
    for position in state.open_positions:
        if position.contract.id == contract.id:
            return state.marks[position.key]
    return next(leg.price for leg in state.assessment.legs if leg.contract.id == contract.id)
