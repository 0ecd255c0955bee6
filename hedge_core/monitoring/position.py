"""The executed position of a plan at today's prices: ledger, marks, margin and equity.

The mark of a position is the coin's price. The mark of a dated future is the market's quote for its expiry; if there
is no quote it is the spot price, and the position is listed in `at_spot`. Equity is the collateral stated in the plan
plus the total profit of the position. `season` has the daily history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import NamedTuple

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.contract_choice import known_contracts
from hedge_core.hedge.legs import venue_held
from hedge_core.hedge.margin import MarginRequirement, is_isolated, margin_requirement
from hedge_core.hedge.market_margin import MarketMargin, market_margin
from hedge_core.hedge.option_legs import initial_margin
from hedge_core.market.contracts import Contract
from hedge_core.monitoring.ledger import Key, Ledger, OpenPosition, post
from hedge_core.monitoring.option_ledger import OptionBook, has_option_fills, option_book, without_options


@dataclass(frozen=True, eq=False)
class VenueAccount:
    """The shorts at one of several venues in their account, whose collateral is its equity."""

    venue: str
    market: MarketMargin

    @property
    def margin(self) -> MarginRequirement:
        """The margin requirement of the account."""
        return self.market.margin

    @property
    def rally_survived(self) -> float | None:
        """The rise of the market (a fraction) that the account survives; None and infinity as in `MarketMargin`."""
        return self.market.rally_survived


@dataclass(frozen=True, eq=False, kw_only=True)
class PositionState:
    """A plan's position at today's prices, in USD.

    `marks` are in USD per coin, by position; `coin_prices` are those at which a position counts as exposure and for
    margin. `at_spot` are the dated futures marked at the spot price. `equity` is the collateral plus the total profit
    of the shorts, and negative if they lost more than the collateral; None if the plan states no collateral. `margin`
    is the margin requirement with that equity as collateral, of which isolated positions each have their own, and from
    which the share of sold options is taken (`sold_share`). Venues cannot be netted: the shorts of each are an account
    by themselves (`accounts`).
    """

    assessment: HedgeAssessment
    ledger: Ledger
    marks: Mapping[Key, float]
    coin_prices: Mapping[Key, float]
    at_spot: tuple[Key, ...]
    margin: MarginRequirement
    equity: float | None

    @property
    def open_positions(self) -> tuple[OpenPosition, ...]:
        """Open positions, without futures that have expired, which no longer hedge anything."""
        return tuple(position for position in self.ledger.open_positions if position not in self.ended)

    @cached_property
    def ended(self) -> tuple[OpenPosition, ...]:
        """Open positions in futures that have expired; their settlement is not entered yet."""
        return self.ledger.ended(self.assessment.market.as_of.date())

    @cached_property
    def market_margin(self) -> MarketMargin:
        """The margin of the open shorts under moves of the market."""
        return market_margin(self.margin, self.assessment.estimates.market_betas(self.margin.movers))

    @cached_property
    def accounts(self) -> tuple[VenueAccount, ...]:
        """The accounts of the open shorts at several venues, in the order of the fills; () at one venue."""
        if not self.margin.is_by_venue:
            return ()
        found = []
        for one in self.margin.accounts:
            betas = self.assessment.estimates.market_betas(tuple(dict.fromkeys(leg.underlying for leg in one.legs)))
            found.append(VenueAccount(one.venues[0], market_margin(one, betas)))
        return tuple(found)

    @property
    def first_account(self) -> VenueAccount | None:
        """The account of several that ends at the smallest rise of the market; None if there is one for all."""
        return min(self.accounts, key=lambda one: one.rally_survived or 0.0, default=None)

    @property
    def is_flat(self) -> bool:
        """Whether no position is open, not even in an expired future."""
        return not self.ledger.open_positions

    @property
    def pnl(self) -> float:
        """Total profit in USD: realised + open + funding − fees."""
        return self.ledger.total_pnl(self.marks)

    def short_of(self, underlying: str) -> float:
        """Return the USD value of the shorts in one coin, positive: coins·mark, also for inverse contracts."""
        mine = (p for p in self.open_positions if p.contract.underlying == underlying)
        return sum(position.hedged(self.coin_prices[position.key]) for position in mine)

    def lots_of(self, contract: Contract) -> int:
        """Return the lots short of one contract over all expiries, positive if short."""
        return sum(position.lots for position in self.open_positions if position.contract.id == contract.id)

    @property
    def underlyings(self) -> tuple[str, ...]:
        """The coins with an open position."""
        return tuple(dict.fromkeys(position.contract.underlying for position in self.open_positions))

    @property
    def next_expiry(self) -> date | None:
        """The nearest expiry of the open positions, None if none expires."""
        return min((p.expiry for p in self.open_positions if p.expiry is not None), default=None)


def position_state(assessment: HedgeAssessment) -> PositionState | None:
    """Return the plan's position in futures at the market's prices, None if no fill of a future is entered.

    Raises the same errors as `ledger.post`, and MissingPrice if a coin with an open position has no price.
    """
    plan, market = assessment.plan, assessment.market
    fills = without_options(plan.execution.fills)
    if not fills:
        return None
    ledger = post(fills, plan.execution.payments, known_contracts(plan, market))
    marks, coins, at_spot = _prices(assessment, ledger)
    pnl = ledger.total_pnl(marks)
    collateral = plan.decisions.collateral
    today = assessment.market.as_of.date()
    alive = [p for p in ledger.open_positions if p.lots > 0 and p not in ledger.ended(today)]
    equity = None if collateral is None else collateral + pnl
    return PositionState(
        assessment=assessment,
        ledger=ledger,
        marks=marks,
        coin_prices=coins,
        at_spot=at_spot,
        margin=_beside_options(assessment, _margin(assessment, ledger, alive, Prices(marks, coins), equity)),
        equity=equity,
    )


class Prices(NamedTuple):
    """Marks and coin prices by position, see `PositionState`."""

    marks: Mapping[Key, float]
    coins: Mapping[Key, float]


def _margin(
    assessment: HedgeAssessment, ledger: Ledger, alive: Sequence[OpenPosition], prices: Prices, equity: float | None
) -> MarginRequirement:
    """The margin of the open shorts with the equity and the pledged coins of the plan.

    Accounts of their own have the collateral they were opened with: a share of the plan's by the initial margin at
    entry. An isolated position's own profit is added to it, and that of positions which are closed or were opened the
    other way supports none of them. To the account of a venue, every profit made there is added.
    """
    decisions, (marks, coins) = assessment.plan.decisions, prices
    is_apart, home = is_isolated(decisions) and len(alive) > 1, decisions.venue
    legs = [position.leg(coins[position.key]) for position in alive]
    margin = margin_requirement(legs, None, is_isolated=is_apart, pledged=assessment.pledged, home=home)
    if decisions.collateral is None or not margin.is_split:
        return replace(margin, collateral=None if equity is None else max(equity, 0.0))
    opened = margin_requirement([position.leg(position.entry_price or coins[position.key]) for position in alive], None)
    own: list[float] = (decisions.collateral * opened.shares).tolist()
    if is_apart:
        held = [max(part + one.pnl(marks[one.key]), 0.0) for part, one in zip(own, alive, strict=True)]
    else:
        made: dict[str, float] = {}
        for position in ledger.positions.values():  # a flat one has no mark and needs none
            venue = venue_held(position.contract, home)
            made[venue] = made.get(venue, 0.0) + position.pnl(marks.get(position.key, 0.0))
        held = [0.0] * len(alive)
        for group in margin.groups:
            posted = sum(own[leg] for leg in group)
            equity_there = max(posted + made[margin.venues[group[0]]], 0.0)
            for leg in group:
                held[leg] = equity_there * own[leg] / posted if posted else equity_there / len(group)
    return replace(margin, collateral=sum(held), weights=tuple(held))


def sold_share(book: OptionBook | None, margin: MarginRequirement) -> float:
    """The share of the plan's collateral that sold options have beside the shorts, by the margin that opens each."""
    sold = 0.0 if book is None else initial_margin(book.legs)
    return sold / (sold + margin.initial) if sold else 0.0


def _beside_options(assessment: HedgeAssessment, margin: MarginRequirement) -> MarginRequirement:
    """The margin of the shorts with the collateral that sold options leave them."""
    stated = assessment.plan.decisions.collateral
    if stated is None or margin.collateral is None or not margin.legs or not has_option_fills(assessment.plan):
        return margin
    taken = stated * sold_share(option_book(assessment), margin)
    if not taken:
        return margin
    left = max(margin.collateral - taken, 0.0)
    share = left / margin.collateral if margin.collateral else 0.0
    weights = None if margin.weights is None else tuple(weight * share for weight in margin.weights)
    return replace(margin, collateral=left, weights=weights)


def _prices(assessment: HedgeAssessment, ledger: Ledger) -> tuple[dict[Key, float], dict[Key, float], tuple[Key, ...]]:
    """Marks and coin prices by position, and the positions marked at spot."""
    market = assessment.market
    marks: dict[Key, float] = {}
    coins: dict[Key, float] = {}
    at_spot = []
    for position in ledger.open_positions:
        contract = position.contract
        spot = assessment.underlying_price(contract.underlying)
        mark = position.instrument.mark(contract, market, spot, position.expiry)
        if mark is None:
            at_spot.append(position.key)
        marks[position.key] = position.instrument.spot_mark(spot) if mark is None else mark
        coins[position.key] = position.instrument.coin_price(marks[position.key], spot)
    return marks, coins, tuple(at_spot)
