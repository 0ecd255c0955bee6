"""Drift: how far what is short has come away from the method's target today, and the whole lots that bring it back.

    drift = (N∘n)'S x / (x'S x) − 1

with N∘n the dollars short of each coin, x the target and S the covariance of the coins (undefined at x = 0).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import numpy as np

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.margin import margin_requirement
from hedge_core.market.contracts import Contract
from hedge_core.market.snapshot import Floats
from hedge_core.monitoring.position import PositionState


@dataclass(frozen=True, slots=True)
class Trade:
    """Lots to sell (positive: more short) or to buy back (negative) of one contract, and what is held and wanted."""

    contract: Contract
    lots: int
    held: float
    target: float
    expiry: date | None = None

    @property
    def text(self) -> str:
        """The order in words."""
        name = f"{self.contract.code} of {self.expiry:%b %Y}" if self.expiry else self.contract.code
        if self.lots > 0:
            return f"sell {self.contract.quantity(self.lots):,.10g} {name} more"
        return f"buy {self.contract.quantity(-self.lots):,.10g} {name} back"


def _held(assessment: HedgeAssessment, state: PositionState | None) -> Floats:
    return np.array([state.short_of(leg.underlying) if state else 0.0 for leg in assessment.legs])


def drift_of(assessment: HedgeAssessment, state: PositionState | None) -> float | None:
    """(N∘n)'S x / (x'S x) − 1 against the method's own target x today; None at x = 0 or without a position."""
    return None if state is None or state.is_flat else _drift_of(assessment, _held(assessment, state))


def _drift_of(assessment: HedgeAssessment, held: Floats) -> float | None:
    x = left_of(assessment) * np.array([leg.target_notional for leg in assessment.legs])
    if not x.any():
        return None
    weighted = assessment.covariance @ x
    return float(held @ weighted) / float(x @ weighted) - 1.0


def trades_to_target(assessment: HedgeAssessment, state: PositionState | None) -> tuple[Trade, ...]:
    """For each leg the lots that bring what is held to the count that the plan asks for today.

    In another contract than the plan's, the whole lots that come nearest to the dollars of that count. What exit rules
    have lifted stays lifted. () without a position, where everything is flat, and where the drift would not shrink.
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
            lots = round(-leg.contracts * left) - state.lots_of(leg.contract)
        else:
            exact = (leg.notional * left - held) / lot
            lots = int(math.copysign(math.floor(abs(exact) + 0.5), exact))
        if lots:
            trades.append(Trade(contract, lots, held, leg.target_notional * left, _month(state, contract)))
    now, after = drift_of(assessment, state), drift_after(assessment, state, tuple(trades))
    return () if now is not None and after is not None and abs(after) >= abs(now) else tuple(trades)


def left_of(assessment: HedgeAssessment) -> float:
    """The share of the target that exit rules which were carried out have left."""
    left = 1.0
    for rule in assessment.plan.watch.exit_rules:
        left *= 1.0 - rule.share if rule.is_done else 1.0
    return left


def _month(state: PositionState, contract: Contract) -> date | None:
    """The expiry to trade in: the one that is held, where it is a single one."""
    expiries = {p.expiry for p in state.open_positions if p.contract.id == contract.id}
    return expiries.pop() if len(expiries) == 1 else None


def drift_after(assessment: HedgeAssessment, state: PositionState, trades: tuple[Trade, ...]) -> float | None:
    """The drift once these trades are done."""
    done = {trade.contract.underlying: trade.lots * _lot(state, trade.contract) for trade in trades}
    added = np.array([done.get(leg.underlying, 0.0) for leg in assessment.legs])
    return _drift_of(assessment, _held(assessment, state) + added)


def _contract_held(leg: SizedLeg, state: PositionState) -> tuple[Contract, float]:
    """The contract in which a leg's coin is short most, else the plan's; and USD of one lot."""
    mine = [p for p in state.open_positions if p.contract.underlying == leg.underlying and p.contracts < 0]
    if not mine:
        return leg.contract, leg.lot_notional
    largest = max(mine, key=lambda position: abs(position.notional(state.marks[position.key])))
    return largest.contract, largest.contract.lot_notional(state.marks[largest.key])


def can_add(state: PositionState, trades: tuple[Trade, ...], rally: float) -> bool:
    """Whether today's equity carries the shorts after these trades through a common `rally`; True without equity."""
    if state.equity is None:
        return True
    lots = {trade.contract.id: trade.lots for trade in trades}
    legs = []
    for position in state.open_positions:
        mark = state.marks[position.key]
        count = position.contracts - lots.pop(position.contract.id, 0)
        legs.append(_leg(position.contract, mark, count))
    for trade in trades:
        if trade.contract.id in lots:
            legs.append(_leg(trade.contract, _mark(state, trade.contract), -trade.lots))
    return margin_requirement(legs, None).collateral_for(rally) <= max(state.equity, 0.0)


def _leg(contract: Contract, mark: float, contracts: int) -> SizedLeg:
    return SizedLeg(
        contract=contract,
        underlying=contract.underlying,
        price=mark,
        lot_notional=contract.lot_notional(mark),
        ideal_notional=0.0,
        target_notional=0.0,
        exact_contracts=0.0,
        contracts=min(contracts, 0),
    )


def _lot(state: PositionState, contract: Contract) -> float:
    """USD of one lot at its mark."""
    return contract.lot_notional(_mark(state, contract))


def _mark(state: PositionState, contract: Contract) -> float:
    for position in state.open_positions:
        if position.contract.id == contract.id:
            return state.marks[position.key]
    return next(leg.price for leg in state.assessment.legs if leg.contract.id == contract.id)
