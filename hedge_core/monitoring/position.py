"""The position as it is: the ledger of a plan at today's marks, its equity, and what it has made day by day.

A mark is the coin's price; of a dated future it is the market's quote for that very expiry, or, where there is none,
the spot price, and then the position is named as marked at spot. Equity is the collateral that the plan states plus
all that the position has made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from hedge_core.errors import MissingPrice
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.contract_choice import known_contracts
from hedge_core.hedge.held_coins import underlying_price
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.margin import MarginRequirement, margin_requirement
from hedge_core.market.contracts import Contract
from hedge_core.monitoring.ledger import Key, Ledger, OpenPosition, post


@dataclass(frozen=True, eq=False, kw_only=True)
class PositionState:
    """A plan's position at today's prices, USD.

    `marks` (USD a coin) by position, `at_spot` those that had no quote of their own. `margin` is the account as it
    runs, with today's equity as collateral (None: none is stated); `equity` is the collateral and all that the
    shorts have made, below zero where they have lost more.
    """

    assessment: HedgeAssessment
    ledger: Ledger
    marks: Mapping[Key, float]
    at_spot: tuple[Key, ...]
    margin: MarginRequirement
    equity: float | None

    @property
    def open_positions(self) -> tuple[OpenPosition, ...]:
        """What is open and still alive; a future that has ended hedges nothing."""
        return tuple(position for position in self.ledger.open_positions if position not in self.ended)

    @cached_property
    def ended(self) -> tuple[OpenPosition, ...]:
        """Positions in futures that have ended, whose settlement is missing."""
        return self.ledger.ended(self.assessment.market.as_of.date())

    @property
    def is_flat(self) -> bool:
        """Whether nothing is open."""
        return not self.ledger.open_positions

    @property
    def pnl(self) -> float:
        """All that the shorts have made: realised, open and funding, less fees."""
        return self.ledger.total_pnl(self.marks)

    def short_of(self, underlying: str) -> float:
        """USD that the shorts in one coin lose when it doubles, positive: coins·mark, of inverse contracts too."""
        mine = (p for p in self.open_positions if p.contract.underlying == underlying)
        return -sum(position.coins * self.marks[position.key] for position in mine)

    def lots_of(self, contract: Contract) -> int:
        """Lots short of one contract over all expiries, positive."""
        return -sum(position.contracts for position in self.open_positions if position.contract.id == contract.id)

    @property
    def underlyings(self) -> tuple[str, ...]:
        """The coins that are short."""
        return tuple(dict.fromkeys(position.contract.underlying for position in self.open_positions))

    @property
    def next_expiry(self) -> date | None:
        """The nearest end of a future that is held."""
        return min((p.expiry for p in self.open_positions if p.expiry is not None), default=None)


def position_state(assessment: HedgeAssessment) -> PositionState | None:
    """The plan's position at the market's prices; None where no fill is entered.

    Raises as `ledger.post` does, and MissingPrice where a coin that is short has no price.
    """
    plan, market = assessment.plan, assessment.market
    if not plan.execution.fills:
        return None
    ledger = post(plan.execution.fills, plan.execution.payments, known_contracts(plan, market))
    marks, at_spot = _marks(assessment, ledger)
    pnl = ledger.total_pnl(marks)
    collateral = plan.decisions.collateral
    today = assessment.market.as_of.date()
    alive = [p for p in ledger.open_positions if p.contracts < 0 and p not in ledger.ended(today)]
    legs = [_leg(position, marks[position.key]) for position in alive]
    equity = None if collateral is None else collateral + pnl
    margin = margin_requirement(legs, None if equity is None else max(equity, 0.0))
    return PositionState(
        assessment=assessment, ledger=ledger, marks=marks, at_spot=at_spot, margin=margin, equity=equity
    )


def _marks(assessment: HedgeAssessment, ledger: Ledger) -> tuple[dict[Key, float], tuple[Key, ...]]:
    marks: dict[Key, float] = {}
    at_spot = []
    for position in ledger.open_positions:
        coin = position.contract.underlying
        spot = underlying_price(assessment.plan, assessment.market, coin)
        if spot is None:
            raise MissingPrice(coin, assessment.market.source)
        quoted = [q for q in assessment.market.futures if q.underlying == coin and q.expiry == position.expiry]
        if position.expiry is not None and not quoted:
            at_spot.append(position.key)
        marks[position.key] = quoted[0].price if quoted and position.expiry is not None else spot
    return marks, tuple(at_spot)


def _leg(position: OpenPosition, mark: float) -> SizedLeg:
    """An open short as a leg at its mark."""
    notional = -position.notional(mark)
    return SizedLeg(
        contract=position.contract,
        underlying=position.contract.underlying,
        price=mark,
        lot_notional=notional / -position.contracts,
        ideal_notional=0.0,
        target_notional=0.0,
        exact_contracts=float(-position.contracts),
        contracts=position.contracts,
    )
