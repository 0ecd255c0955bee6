"""One order as the venue's order form takes it, and a ticket of several orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from hedge_core.hedge.quotes import PriceSource
from hedge_core.market.ticks import PriceUnit, plain_number
from hedge_core.market.venues.order_form import OrderForm
from hedge_core.plan.fills import Side


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an order, to be sent on `day`; `quantity` is in the units of the order form."""

    day: date
    quantity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order of a ticket.

    `quantity` is in the units of the order form, which `unit` names, `size` says what one contract is, and `code` is
    the venue's code with the month. `limit` and `last_limit` are in the venue's unit of price, `price_unit`: the order
    starts at `limit` and may be moved as far as `last_limit`, where it costs what the plan counts for spread and
    slippage (`chase_rate`, a fraction). `price` is the limit in USD per coin, `notional` the order's USD at that price,
    and `price_words` says where it comes from. `ends_on` is the expiry of a dated future (None for a perpetual).
    `margin_mode` says how collateral is shared, and `own_collateral` (USD) what is meant for this position alone (None
    if it is shared or not stated). `leverage` is what to set before the order; None if there is nothing to set or no
    collateral is stated. `parts` are the parts to send, one per day. Where no source states the tick
    (`is_tick_known`), `tick_text` is an assumption, and a remark says what to do.
    """

    action: str
    side: Side
    quantity: float
    lots: int
    contract: str
    code: str
    venue: str
    size: str
    unit: str
    price: float
    notional: float
    limit: Decimal
    limit_text: str
    last_limit: Decimal
    last_limit_text: str
    chase_rate: float
    price_unit: PriceUnit
    price_source: PriceSource
    price_words: str
    tick_text: str
    form: OrderForm
    margin_mode: str
    own_collateral: float | None
    leverage: int | None
    most_leverage: int | None
    is_reducing: bool
    parts: tuple[Part, ...]
    is_tick_known: bool = True
    remarks: tuple[str, ...] = ()
    ends_on: date | None = None
    place: int = 1

    @property
    def is_reduce_only(self) -> bool:
        """Whether to mark the order as reduce-only."""
        return self.is_reducing and self.form.has_reduce_only

    @property
    def order_type(self) -> str:
        """The type of the order: that of the form, but a plain limit where it is priced to trade at once."""
        return "limit" if self.price_source in ("bid", "ask") else self.form.order_type

    @property
    def sentence(self) -> str:
        """The order as one sentence."""
        unit = self.unit if " " in self.unit else f"counted in {self.unit}"
        ends = f", expires {self.ends_on:%d %b %Y}" if self.ends_on else ""
        only = ", reduce-only" if self.is_reduce_only else ""
        return (
            f"{self.action} {plain_number(self.quantity, thousands=True)} × {self.code} ({unit}{ends}) on "
            f"{self.venue}: {self.order_type} {self.limit_text} {self.price_unit.text}, {self.form.time_in_force}{only}"
            f"; ${self.notional:,.2f}."
        )

    @property
    def details(self) -> tuple[str, ...]:
        """What else to know when the order is entered: price, how far to chase it, margin, parts, remarks."""
        lower = "lower" if self.side == "sell" else "raise"
        bound = "below" if self.side == "sell" else "above"
        chase = "If it does not fill, price it afresh: one tick more would cost more than the plan counts."
        if self.last_limit != self.limit:
            freely = ", without post only" if self.order_type != "limit" else ""
            chase = (
                f"If it does not fill, {lower} the limit tick by tick{freely}, never {bound} {self.last_limit_text} "
                f"({self.chase_rate:.2%} away, what the plan counts for spread and slippage)."
            )
        tick = f" Tick: {self.tick_text}." if self.is_tick_known else ""
        lines = [f"Price: {self.price_words}.{tick}", chase, self._margin()]
        if len(self.parts) > 1:
            first = ((plain_number(part.quantity, thousands=True), part.day) for part in self.parts[:5])
            quantities = ", ".join(f"{quantity} on {day:%d %b}" for quantity, day in first)
            more = f", and so on to {self.parts[-1].day:%d %b %Y}" if len(self.parts) > 5 else ""
            lines.append(f"Send {len(self.parts)} parts, one per day: {quantities}{more}.")
        return (*lines, *self.remarks)

    def _margin(self) -> str:
        mode = f"Margin mode: {self.margin_mode}"
        if not self.form.sets_leverage:
            return f"{mode}."
        if self.leverage is not None:
            own = "" if self.own_collateral is None else f"; this position has ${self.own_collateral:,.0f} of its own"
            return f"{mode}. Set leverage to {self.leverage}x before the order{own}."
        return f"{mode}. No collateral is stated, so the leverage is yours to set, at most {self.most_leverage}x."


@dataclass(frozen=True, slots=True)
class Ticket:
    """The orders for one purpose, in the order in which they are sent.

    `refused` says why no order is printed, and which counts would pass; `passing` are those counts, in lots by id of
    the contract, of the orders that are too large. `notes` hold for the whole ticket.
    """

    title: str
    orders: tuple[Order, ...]
    refused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    passing: Mapping[str, int] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The ticket as lines of text."""
        lines = [self.title, *self.refused]
        for order in self.orders:
            lines += [f"{order.place}. {order.sentence}", *(f"   {detail}" for detail in order.details)]
        return "\n".join([*lines, *self.notes])
