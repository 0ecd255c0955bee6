"""Futures contracts: the catalogue that ships with the program, and contracts that the user defines.

A contract is identified by venue and code, because venues use the same code for different sizes. Contracts are
counted in *lots*, the smallest quantity that the venue trades (contract size × amount step); for most listed futures
a lot is one contract. Every catalogue row states its source, the date of the last check and how reliable it is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal, cast

from annotated_types import Ge, Le, Lt

from hedge_core.errors import InvalidInput, UnknownContract
from hedge_core.market.coins import coin_symbol
from hedge_core.market.margin_tiers import MarginTier as MarginTier
from hedge_core.market.venues import venue_of
from hedge_core.tables import shipped_rows

Kind = Literal["future", "perpetual"]
OwnKind = Literal["future", "perpetual"]
"""The kinds that a user can define."""

Style = Literal["linear", "inverse"]
Expiry = Literal["none", "weekly", "monthly", "dated"]
"""weekly, monthly: a series with a new contract every week or month. dated: one future that ends on `expires_on`."""

OWN_VENUE = "My contracts"
"""The venue name of contracts that the user defines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A futures contract as its venue specifies it.

    `contract_size` is in coins of `underlying`, or in USD if `size_in_usd` (an inverse contract, or one that the user
    defined in USD). `amount_step` is the smallest increment of an order and `minimum_amount` the smallest order, both
    in contracts; an order must also be worth `minimum_notional` USD (see `with_minimum_at`). `tick` is the smallest
    price increment; a price is for `quote_per_coins` coins. Margin rates are fractions of notional:
    `initial_margin_rate` and `maintenance_margin_rate` are what a short held overnight needs, `intraday_margin_rate`
    and `long_margin_rate` are for comparison only. Fee rates are fractions of notional per side, `minimum_fee` and
    `fixed_fee` USD per contract and side: one side costs max(rate × notional, minimum) + fixed. `fee_is_assumed` means
    that the fee depends on the broker, and this is one broker's.
    `margin_tier_limit` is the notional (USD) up to which the margin rates apply. `verified_on` is the day of the source
    of the size, and `second_source` says what agrees with that source; `tick_as_of`, `fee_as_of` and `margin_as_of` are
    the days of the other figures ('' if a figure is not known or the user stated it). None means that no source states
    the value. `conflict` describes facts about the contract that contradict each other ('' if none do); a contract in
    conflict is not sized. Raises InvalidInput for a
    dated future without `expires_on`.
    """

    venue: str
    code: str
    underlying: str
    kind: Kind
    style: Style
    contract_size: float
    size_in_usd: bool = False
    amount_step: float = 1.0
    minimum_amount: float = 0.0
    minimum_notional: float = 0.0
    quote: str = "USD"
    quote_per_coins: int = 1
    tick: float | None = None
    expiry: Expiry = "none"
    expiry_rule: str = ""
    expires_on: date | None = None
    funding_interval_hours: int | None = None
    maker_fee_rate: float | None = None
    taker_fee_rate: float | None = None
    minimum_fee: float = 0.0
    fixed_fee: float = 0.0
    fee_is_assumed: bool = False
    fee_note: str = ""
    initial_margin_rate: float | None = None
    maintenance_margin_rate: float | None = None
    intraday_margin_rate: float | None = None
    long_margin_rate: float | None = None
    margin_is_assumed: bool = True
    margin_note: str = ""
    margin_tier_limit: float | None = None
    margin_tiers: tuple[MarginTier, ...] = ()
    source: str = ""
    second_source: str = ""
    verified_on: str = ""
    tick_as_of: str = ""
    fee_as_of: str = ""
    margin_as_of: str = ""
    confidence: str = ""
    conflict: str = ""

    def __post_init__(self) -> None:
        if self.expiry == "dated" and self.expires_on is None:
            raise InvalidInput(f"{self.id[:80]}: a dated future needs the day on which it expires (expires_on).")

    @property
    def id(self) -> str:
        """`venue:code`. The code alone is not unique."""
        return f"{self.venue}:{self.code}"

    @property
    def is_catalogued(self) -> bool:
        """Whether the contract is from the catalogue or a venue's list (False: the user defined it)."""
        return self.venue != OWN_VENUE

    @property
    def is_exchange_traded(self) -> bool:
        """Whether the contract is traded through a broker, with margin calls instead of liquidation by the venue."""
        return venue_of(self.venue).is_exchange_traded

    def multiplier(self, price: float) -> float:
        """Coins per lot at `price` (USD per coin): fixed, or face value / price for a contract sized in USD."""
        size = self.contract_size / price if self.size_in_usd else self.contract_size
        return size * self.amount_step

    def lot_notional(self, price: float) -> float:
        """The notional of one lot in USD at `price` (USD per coin): multiplier × price."""
        return self.contract_size * self.amount_step * (1.0 if self.size_in_usd else price)

    def with_minimum_at(self, price: float) -> Contract:
        """This contract with a `minimum_amount` that is worth `minimum_notional` at `price` (USD per coin)."""
        lot = self.lot_notional(price)
        least = math.ceil(self.minimum_notional / lot - 1e-9) if lot > 0 else 0
        return self if least <= self.minimum_lots else replace(self, minimum_amount=least * self.amount_step)

    def quantity(self, lots: int) -> float:
        """The quantity to enter in the venue's order form for `lots` lots, always positive, without a float's error."""
        return float(abs(lots) * Decimal(repr(self.amount_step)))

    def quantity_text(self, lots: int) -> str:
        """`quantity` as text, such as '25' or '1.36': what a trader types, whatever a lot is."""
        return f"{self.quantity(lots):,.10g}"

    def with_margin_tiers(self, tiers: tuple[MarginTier, ...]) -> Contract:
        """This contract with the margin tiers of the venue's own list, the smallest first; unchanged without any."""
        if not tiers:
            return self
        return replace(
            self,
            initial_margin_rate=tiers[0].initial_rate,
            maintenance_margin_rate=tiers[0].maintenance_rate,
            margin_is_assumed=False,
            margin_note="the venue's own table",
            margin_tier_limit=tiers[1].notional_from if len(tiers) > 1 else None,
            margin_tiers=tiers,
            margin_as_of=self.verified_on,
        )

    @property
    def minimum_lots(self) -> int:
        """The smallest number of lots that the venue accepts as one order."""
        return max(1, math.ceil(self.minimum_amount / self.amount_step - 1e-9))

    def size_text(self, lots: int = 1) -> str:
        """The size of `lots` lots as text: '0.1 ETH', '$100 of ETH'."""
        size = self.contract_size * self.amount_step * lots
        if self.size_in_usd:
            return f"${size:,.10g} of {self.underlying}"
        return f"{size:,.10g} {self.underlying}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomContract:
    """A contract that the user defines, sized either in coins (`coins`) or in USD (`usd`) per contract.

    Set exactly one of the two. `fee_rate` (per side) and `maintenance_margin_rate` are fractions of notional. Raises
    InvalidInput if the code, the underlying or the size is not valid.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "allow_inf_nan": False}

    code: str
    underlying: str
    coins: Annotated[float, Ge(1e-12), Lt(1e18)] | None = None
    usd: Annotated[float, Ge(1e-9), Lt(1e12)] | None = None
    kind: OwnKind = "perpetual"
    fee_rate: Annotated[float, Ge(0), Lt(0.1)] = 0.0
    maintenance_margin_rate: Annotated[float, Ge(0), Le(1)] = 0.01

    def __post_init__(self) -> None:
        object.__setattr__(self, "underlying", coin_symbol(self.underlying))
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ._/$-]{0,31}", self.code):
            raise InvalidInput(
                f"code: {self.code[:40]!r} cannot be the name of a contract; use up to 32 letters, digits, "
                "spaces, dots, dashes or slashes, and begin with a letter or digit."
            )
        if (self.coins is None) == (self.usd is None):
            raise InvalidInput(
                f"Contract '{self.code}': give its size either in coins (field 'coins') or in USD (field 'usd')."
            )
        size = self.coins if self.coins is not None else self.usd
        if size is None or not 0 < size < 1e18:
            raise InvalidInput(f"Contract '{self.code}': its size must be a positive number below 1e18, not {size}.")

    def contract(self) -> Contract:
        """This contract as a `Contract` of the venue OWN_VENUE."""
        size = self.coins if self.coins is not None else self.usd
        assert size is not None
        return Contract(
            venue=OWN_VENUE,
            code=self.code,
            underlying=self.underlying,
            kind=self.kind,
            style="linear",
            contract_size=size,
            size_in_usd=self.usd is not None,
            maker_fee_rate=self.fee_rate,
            taker_fee_rate=self.fee_rate,
            initial_margin_rate=self.maintenance_margin_rate,
            maintenance_margin_rate=self.maintenance_margin_rate,
            margin_note="as you stated it",
            fee_note="as you stated it",
            source="defined by you",
            confidence="yours",
        )


@dataclass(frozen=True)
class Catalogue:
    """Contracts by id, in file order. Contracts with an id in `preferred` are chosen before others on the same coin."""

    by_id: Mapping[str, Contract]
    preferred: frozenset[str] = frozenset()

    def __iter__(self) -> Iterator[Contract]:
        return iter(self.by_id.values())

    def __len__(self) -> int:
        return len(self.by_id)

    @property
    def venues(self) -> tuple[str, ...]:
        """The venues that have a contract, in catalogue order."""
        return tuple(dict.fromkeys(contract.venue for contract in self))

    def get(self, contract_id: str) -> Contract:
        """The contract with this id. Raises UnknownContract."""
        try:
            return self.by_id[contract_id]
        except KeyError:
            venue = contract_id.partition(":")[0]
            raise UnknownContract(
                contract_id, [known for known in self.by_id if known.startswith(f"{venue}:")]
            ) from None

    def on(self, venue: str, underlying: str) -> tuple[Contract, ...]:
        """The venue's contracts on one coin."""
        return tuple(c for c in self if c.venue == venue and c.underlying == underlying)

    def with_listed(self, listed: Iterable[Contract]) -> Catalogue:
        """This catalogue plus contracts that venues list right now; a contract in both is merged by `confirm`."""
        merged: dict[str, Contract] = {}
        for contract in listed:
            known = merged.get(contract.id) or self.by_id.get(contract.id)
            merged[contract.id] = contract if known is None else confirm(known, contract)
        return self.with_replaced(merged.values())

    def with_preferred(self, contracts: Iterable[Contract]) -> Catalogue:
        """This catalogue plus `contracts` as its preferred ones; each replaces the contract with the same id."""
        preferred = {contract.id: contract for contract in contracts}
        return Catalogue(MappingProxyType({**self.by_id, **preferred}), frozenset(preferred))

    def with_replaced(self, contracts: Iterable[Contract]) -> Catalogue:
        """This catalogue with each of `contracts` in place of the one with the same id, or at the end."""
        changed = {contract.id: contract for contract in contracts}
        return Catalogue(MappingProxyType({**self.by_id, **changed}), self.preferred) if changed else self

    def with_custom(self, contracts: Iterable[CustomContract]) -> Catalogue:
        """This catalogue plus the user's own contracts. Raises InvalidInput if two of them have the same code."""
        added: dict[str, Contract] = {}
        for custom in contracts:
            contract = custom.contract()
            if contract.id in self.by_id or contract.id in added:
                raise InvalidInput(f"Two of your own contracts are called '{custom.code}': rename one of them.")
            added[contract.id] = contract
        return self.with_replaced(added.values())


def confirm(row: Contract, listed: Contract) -> Contract:
    """The catalogue's `row`, updated from the venue's own listing of the same contract.

    Order step, smallest orders, tick, expiry, margin and conflict are taken from the listing; fees stay as in the
    catalogue, and so does a margin table of which the listing states the first tier only. If size or underlying differ,
    we cannot tell which is right: only `conflict` is set, and describes the difference.
    """
    if (row.contract_size, row.size_in_usd, row.underlying) != (
        listed.contract_size,
        listed.size_in_usd,
        listed.underlying,
    ):
        return replace(
            row,
            conflict=f"the catalogue ({row.verified_on}) says {size_words(row)} per contract, "
            f"{listed.source} says {size_words(listed)}",
        )
    is_margin_listed = listed.maintenance_margin_rate is not None and not _is_first_tier_of(row, listed)
    return replace(
        row,
        amount_step=listed.amount_step,
        minimum_amount=listed.minimum_amount,
        minimum_notional=listed.minimum_notional or row.minimum_notional,
        tick=listed.tick or row.tick,
        expires_on=listed.expires_on,
        initial_margin_rate=listed.initial_margin_rate if is_margin_listed else row.initial_margin_rate,
        maintenance_margin_rate=listed.maintenance_margin_rate if is_margin_listed else row.maintenance_margin_rate,
        margin_is_assumed=row.margin_is_assumed and not is_margin_listed,
        margin_note=listed.margin_note if is_margin_listed else row.margin_note,
        margin_tier_limit=listed.margin_tier_limit if is_margin_listed else row.margin_tier_limit,
        margin_tiers=listed.margin_tiers if is_margin_listed else row.margin_tiers,
        margin_as_of=listed.margin_as_of if is_margin_listed else row.margin_as_of,
        tick_as_of=listed.tick_as_of or row.tick_as_of,
        conflict=listed.conflict,
        source=f"{row.source}; size confirmed by {listed.source}",
        verified_on=listed.verified_on,
    )


def _is_first_tier_of(row: Contract, listed: Contract) -> bool:
    """Whether the listing states one tier, and the same as the first of the row's table."""
    return len(row.margin_tiers) > 1 and listed.margin_tiers == row.margin_tiers[:1]


def size_words(contract: Contract) -> str:
    """The size of one contract, which need not be a lot, as text."""
    return replace(contract, amount_step=1.0).size_text()


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """The catalogue that ships with the program: contracts.csv and margin_tiers.csv in hedge_core/data."""
    tiers: dict[str, tuple[MarginTier, ...]] = {}
    for row in shipped_rows("margin_tiers.csv"):
        tier = MarginTier(*(float(row[name]) for name in ("notional_from", "initial_rate", "maintenance_rate")))
        contract_id = f"{row['venue']}:{row['code']}"
        tiers[contract_id] = (*tiers.get(contract_id, ()), tier)
    contracts = (_contract(row) for row in shipped_rows("contracts.csv"))
    contracts = (replace(one, margin_tiers=tiers[one.id]) if one.id in tiers else one for one in contracts)
    return Catalogue(MappingProxyType({contract.id: contract for contract in contracts}))


def _contract(row: Mapping[str, str]) -> Contract:
    def number(name: str) -> float | None:
        return float(row[name]) if row[name] else None

    def day(figure: str, column: str) -> str:
        return (row[f"{figure}_as_of"] or row["verified_on"]) if row[column] else ""

    hours = row["funding_interval_hours"]
    return Contract(
        venue=row["venue"],
        code=row["code"],
        underlying=row["underlying"],
        kind=cast(Kind, row["kind"]),
        style=cast(Style, row["style"]),
        contract_size=float(row["contract_size"]),
        size_in_usd=row["style"] == "inverse",
        amount_step=float(row["amount_step"]),
        minimum_amount=number("minimum_amount") or 0.0,
        minimum_notional=number("minimum_notional") or 0.0,
        quote=row["quote"],
        quote_per_coins=int(row["quote_per_coins"]),
        tick=number("tick"),
        expiry=cast(Expiry, row["expiry"]),
        expiry_rule=row["expiry_rule"],
        expires_on=date.fromisoformat(row["expires_on"]) if row["expires_on"] else None,
        funding_interval_hours=int(hours) if hours else None,
        maker_fee_rate=number("maker_fee_rate"),
        taker_fee_rate=number("taker_fee_rate"),
        minimum_fee=number("minimum_fee") or 0.0,
        fixed_fee=number("fixed_fee") or 0.0,
        fee_is_assumed=row["fee_is_assumed"] == "yes",
        fee_note=row["fee_note"],
        initial_margin_rate=number("initial_margin_rate"),
        maintenance_margin_rate=number("maintenance_margin_rate"),
        intraday_margin_rate=number("intraday_margin_rate"),
        long_margin_rate=number("long_margin_rate"),
        margin_is_assumed=row["margin_is_assumed"] == "yes",
        margin_note=row["margin_note"],
        margin_tier_limit=number("margin_tier_limit"),
        source=row["source"],
        second_source=row["second_source"],
        verified_on=row["verified_on"],
        tick_as_of=day("tick", "tick"),
        fee_as_of=day("fee", "taker_fee_rate"),
        margin_as_of=day("margin", "maintenance_margin_rate"),
        confidence=row["confidence"],
    )
