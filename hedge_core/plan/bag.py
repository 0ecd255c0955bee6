"""The bag: what the holder owns, and which part of it is to be hedged.

Step one of the method sorts the holdings. A *hold* is kept for years and is hedged. A *speculative* trade
stays out of the hedge and has a stop-loss instead. Stablecoins are never hedged: they do not fall with the
market (they can lose their peg, which no short on a coin covers).

Symbols are resolved here as well: a renamed coin is carried over with its ratio, a wrapped coin is the coin
that it wraps, a staked coin moves with its underlying but is worth a different amount.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar, Literal

from annotated_types import Gt, Lt, MaxLen

from hedge_core.errors import Fault, InvalidInput
from hedge_core.market.coins import coin_symbol
from hedge_core.text import cell_text, parse_number

Role = Literal["hold", "speculative"]

MAX_HOLDINGS = 500
"""More rows than this are refused: no bag that a person looks after is larger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One line of the bag.

    `quantity` is in coins. `stop_loss` is the fraction below today's price at which a speculative holding
    is sold (0.1: ten percent below). Raises InvalidInput for a symbol that is none, a quantity that is not
    positive, or a stop-loss outside (0, 1).
    """

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "allow_inf_nan": False}

    coin: str
    quantity: Annotated[float, Gt(0), Lt(1e18)]
    role: Role = "hold"
    stop_loss: Annotated[float, Gt(0), Lt(1)] | None = None
    note: Annotated[str, MaxLen(500)] = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "coin", coin_symbol(self.coin))
        if not 0 < self.quantity < 1e18:
            raise InvalidInput(f"{self.coin}: the quantity must be a positive number, not {self.quantity}.")
        if self.stop_loss is not None and not 0 < self.stop_loss < 1:
            raise InvalidInput(f"{self.coin}: the stop-loss must lie between 0% and 100%.")


@dataclass(frozen=True, slots=True)
class Bag:
    """All holdings, one row for each coin and role (rows of the same coin and role are added up).

    Raises InvalidInput when there are more than MAX_HOLDINGS rows.
    """

    holdings: tuple[Holding, ...] = ()

    def __post_init__(self) -> None:
        if len(self.holdings) > MAX_HOLDINGS:
            raise InvalidInput(
                f"A bag may have {MAX_HOLDINGS} rows; this one has {len(self.holdings)}. "
                "Leave out the smallest holdings, or add up rows of the same coin."
            )
        merged: dict[tuple[str, Role, float | None], Holding] = {}
        for holding in self.holdings:
            key = (holding.coin, holding.role, holding.stop_loss)
            known = merged.get(key)
            merged[key] = (
                holding
                if known is None
                else replace(known, quantity=known.quantity + holding.quantity, note=known.note or holding.note)
            )
        object.__setattr__(self, "holdings", tuple(merged.values()))

    @property
    def coins(self) -> tuple[str, ...]:
        """Every coin held, in the order of the rows."""
        return tuple(dict.fromkeys(holding.coin for holding in self.holdings))


@dataclass(frozen=True, slots=True)
class StopOrder:
    """A stop order for a speculative holding: sell `quantity` of `coin` when the price falls to `stop_price`."""

    coin: str
    quantity: float
    price: float
    stop_price: float | None

    @property
    def loss(self) -> float | None:
        """Loss in USD from today's price if the stop fills at its price (a gap fills lower)."""
        return None if self.stop_price is None else self.quantity * (self.stop_price - self.price)


@dataclass(slots=True)
class HoldingRows:
    """Collects rows typed by hand or read from a file: the good become holdings, the bad are kept as faults."""

    holdings: list[Holding] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def add(self, row: int, values: Mapping[str, object]) -> Holding | None:
        """Read one row (`coin`, `quantity`, and optionally `role`, `stop_loss`, `note`).

        `row` is the number that the user sees. Returns the holding, or None after recording every fault.
        """
        before = len(self.faults)
        coin = self._coin(row, values.get("coin"))
        quantity = self._number(row, "quantity", values.get("quantity"), required=True)
        stop_loss = self._number(row, "stop_loss", values.get("stop_loss"), required=False)
        role = self._role(row, values.get("role"))
        if quantity is not None and not 0 < quantity < 1e18:
            self._fault(row, "quantity", f"must be a positive number of coins, not {quantity:g}")
        if stop_loss is not None and not 0 < stop_loss < 1:
            self._fault(row, "stop_loss", "must lie between 0% and 100% below the price, as in 10%")
        if len(self.faults) > before or coin is None or quantity is None:
            return None
        holding = Holding(
            coin=coin,
            quantity=quantity,
            role=role,
            stop_loss=stop_loss,
            note=cell_text(values.get("note"))[:500],
        )
        self.holdings.append(holding)
        return holding

    def own_price(self, row: int, value: object) -> float | None:
        """A price that the user states, USD a coin; None when empty, or after recording the fault."""
        price = self._number(row, "own_price", value, required=False)
        if price is not None and not 0 < price < 1e15:
            self._fault(row, "own_price", f"must be a positive number of USD, not {price:g}")
            return None
        return price

    def _fault(self, row: int, name: str, message: str) -> None:
        self.faults.append(Fault(message, row=row, field=name))

    def _coin(self, row: int, value: object) -> str | None:
        text = cell_text(value)
        if not text:
            self._fault(row, "coin", "is empty: write the coin's ticker, as in SOL")
            return None
        try:
            return coin_symbol(text)
        except InvalidInput as error:
            self._fault(row, "coin", str(error))
            return None

    def _number(self, row: int, name: str, value: object, *, required: bool) -> float | None:
        text = cell_text(value)
        if not text:
            if required:
                self._fault(row, name, "is empty: write a number")
            return None
        try:
            return parse_number(text)
        except ValueError:
            self._fault(row, name, f"'{text[:40]}' is not a number; write it as 1234.5 or 1,234.5")
            return None

    def _role(self, row: int, value: object) -> Role:
        text = cell_text(value).lower()
        if text in {"", "hold", "long-term", "long term", "hodl", "hedge"}:
            return "hold"
        if text in {"speculative", "spec", "trade", "speculation"}:
            return "speculative"
        self._fault(row, "role", f"'{text[:40]}' is not a role; write hold or speculative")
        return "hold"
