"""The bag: the coins that the holder owns, and the role of each.

Step one of the method gives each holding a role. A *hold* is kept for years and is hedged. A *speculative* holding is
a short-term trade: it is not hedged and has a stop-loss instead.

A symbol is only checked and put in capitals here. Prices, stablecoins, and renamed, wrapped or staked coins are looked
up later, by `hedge.held_coins`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar, Literal, TypeVar, get_args

from annotated_types import Ge, Lt, MaxLen

from hedge_core.errors import Fault, InvalidInput, InvalidPlan
from hedge_core.market.coins import coin_symbol
from hedge_core.market.ticks import plain_number
from hedge_core.plan.fills import LEAST_PRICE, MAX_MONEY
from hedge_core.plan.schema import STRICT, About
from hedge_core.text import cell_text, parse_number, quantity

Role = Literal["hold", "speculative"]

LEAST_QUANTITY, MAX_QUANTITY = 1e-18, 1e18
"""Bounds of a quantity in coins; no coin is divisible further than the lower one."""

LEAST_STOP_LOSS = 1e-6
"""The smallest stop-loss: nearer to the price, no order can be told from a sale at once."""

T = TypeVar("T")

MAX_HOLDINGS = 500
"""The most rows that a bag may have; no bag kept by a person is larger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One row of the bag.

    `quantity` is in coins. `stop_loss` is how far below today's price a speculative holding is sold, as a fraction
    (0.1: at 10% below). Raises InvalidInput if the symbol is not a valid ticker, the role is neither of the two, the
    quantity is not positive, or the stop-loss is outside (0, 1).
    """

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    coin: Annotated[str, About(link=0, label="coin")]
    quantity: Annotated[float, Ge(LEAST_QUANTITY), Lt(MAX_QUANTITY), About(link=1, label="quantity")]
    role: Annotated[Role, About(link=2, label="role")] = "hold"
    stop_loss: Annotated[float, Ge(LEAST_STOP_LOSS), Lt(1), About(link=3, label="stop-loss")] | None = None
    note: Annotated[str, MaxLen(500), About(link=4, label="note")] = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "coin", coin_symbol(self.coin))
        if self.role not in get_args(Role):
            raise InvalidInput(f"{self.coin}: the role must be 'hold' or 'speculative', not {self.role!r}.")
        if not LEAST_QUANTITY <= self.quantity < MAX_QUANTITY:
            raise InvalidInput(
                f"{self.coin}: the quantity must be a positive number of at least {LEAST_QUANTITY:g} and below "
                f"{MAX_QUANTITY:g}, not {self.quantity}."
            )
        if self.stop_loss is not None and not LEAST_STOP_LOSS <= self.stop_loss < 1:
            raise InvalidInput(f"{self.coin}: the stop-loss must be between 0% and 100% below the price.")


@dataclass(frozen=True, slots=True)
class Bag:
    """All holdings; rows with the same coin, role and stop-loss are added together.

    Raises InvalidInput if there are more than MAX_HOLDINGS rows.
    """

    holdings: tuple[Holding, ...] = ()

    def __post_init__(self) -> None:
        if len(self.holdings) > MAX_HOLDINGS:
            raise InvalidInput(
                f"A bag may have at most {MAX_HOLDINGS} rows; this one has {len(self.holdings)}. "
                "Leave out the smallest holdings, or combine rows of the same coin."
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
        """The symbol of every coin in the bag, each once, in the order of the rows."""
        return tuple(dict.fromkeys(holding.coin for holding in self.holdings))


@dataclass(frozen=True, slots=True)
class StopOrder:
    """A stop order for a speculative holding: sell `quantity` coins when the price falls to `stop_price`.

    `price` is today's price. Both prices are in USD per coin; `stop_price` is None if the holding has no stop-loss.
    `is_placed`: the plan says at which price the stop was placed, and `stop_price` is that one.
    """

    coin: str
    quantity: float
    price: float
    stop_price: float | None
    is_placed: bool = False

    @property
    def sentence(self) -> str:
        """The order in words, with the price to type; '' without a stop-loss."""
        if self.stop_price is None:
            return ""
        at = plain_number(float(f"{self.stop_price:.10g}"), thousands=True)
        cents = f"{at}0" if at.partition(".")[2].isdecimal() and len(at.partition(".")[2]) == 1 else at
        what = f"{quantity(self.quantity)} {self.coin} at ${cents}"
        return f"Stop placed: sell {what}." if self.is_placed else f"Sell stop {what}."

    @property
    def loss(self) -> float | None:
        """Profit or loss in USD, negative for a loss, if the stop fills at exactly its price; None without a stop.

        If the price jumps past the stop, the real loss is larger.
        """
        return None if self.stop_price is None else self.quantity * (self.stop_price - self.price)


@dataclass(slots=True)
class HoldingRows:
    """Reads rows that were typed or come from a file: valid rows go into `holdings`, errors into `faults`."""

    holdings: list[Holding] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def add(self, row: int, values: Mapping[str, object]) -> Holding | None:
        """The holding that one row describes, or None after recording every fault in the row.

        `values` holds `coin`, `quantity` and optionally `role`, `stop_loss` and `note`. `row` is the row number that
        the user sees.
        """
        before = len(self.faults)
        coin = self._coin(row, values.get("coin"))
        quantity = self._number(row, "quantity", values.get("quantity"), required=True)
        stop_loss = self._number(row, "stop_loss", values.get("stop_loss"), required=False)
        role = self._role(row, values.get("role"))
        if quantity is not None and not LEAST_QUANTITY <= quantity < MAX_QUANTITY:
            self.refuse(row, "quantity", f"must be a positive number of coins, not {quantity:g}")
        if stop_loss is not None and not LEAST_STOP_LOSS <= stop_loss < 1:
            self.refuse(row, "stop_loss", "must be between 0% and 100% below the price, for example 10%")
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
        """The user's own price in USD per coin; None if the cell is empty or invalid (then a fault is recorded)."""
        price = self._number(row, "own_price", value, required=False)
        if price is not None and not LEAST_PRICE <= price < MAX_MONEY:
            self.refuse(row, "own_price", f"must be a positive number of USD, not {price:g}")
            return None
        return price

    def refuse(self, row: int, name: str, message: str) -> None:
        """Record a fault of a field of a row."""
        self.faults.append(Fault(message, row=row, field=name))

    def _coin(self, row: int, value: object) -> str | None:
        text = cell_text(value)
        if not text:
            self.refuse(row, "coin", "is empty: enter the coin's ticker, for example SOL")
            return None
        try:
            return coin_symbol(text)
        except InvalidInput as error:
            self.refuse(row, "coin", str(error))
            return None

    def _number(self, row: int, name: str, value: object, *, required: bool) -> float | None:
        text = cell_text(value)
        if not text:
            if required:
                self.refuse(row, name, "is empty: enter a number")
            return None
        try:
            return parse_number(text)
        except ValueError:
            self.refuse(row, name, f"'{text[:40]}' is not a number; write it like 1234.5 or 1,234.5")
            return None

    def _role(self, row: int, value: object) -> Role:
        text = cell_text(value).lower()
        if text in {"", "hold", "long-term", "long term", "hodl", "hedge"}:
            return "hold"
        if text in {"speculative", "spec", "trade", "speculation"}:
            return "speculative"
        self.refuse(row, "role", f"'{text[:40]}' is not a role; enter hold or speculative")
        return "hold"


def by_symbol(name: str, given: Mapping[str, T]) -> dict[str, T]:
    """The values of the field `name` by coin symbol in capitals. Raises InvalidPlan for a coin that is listed twice."""
    values = {coin_symbol(coin): value for coin, value in given.items()}
    if len(values) < len(given):
        raise InvalidPlan(f"{name}: the same coin is listed twice, in capitals and in small letters; keep only one.")
    return values
