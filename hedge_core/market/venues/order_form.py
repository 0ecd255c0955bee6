"""What a venue's order form asks for, besides contract, side, quantity and price."""

from __future__ import annotations

from dataclasses import dataclass

ASSUMED = "assumed"
"""The source of a form of which no source was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderForm:
    """The words and choices of an order form.

    `order_type` is the type of an order that waits in the book, `time_in_force` how long it waits, and `margin_mode`
    how collateral is shared; None if the form has that choice, and the plan says it. `sets_leverage`: the leverage is
    set before the order. `has_reduce_only`: an order can be marked so that it never opens a position. `source` says
    where all this is known from; ASSUMED means that no source was found, and tickets say so.
    """

    order_type: str = "limit"
    time_in_force: str = "good till cancelled"
    margin_mode: str | None = None
    sets_leverage: bool = True
    has_reduce_only: bool = True
    source: str = ASSUMED

    @property
    def is_assumed(self) -> bool:
        """Whether no source says what the form offers."""
        return self.source == ASSUMED

    @property
    def text(self) -> str:
        """What the form offers, in words, with the source."""
        words = [self.order_type, self.time_in_force, f"margin mode {self.margin_mode or 'cross or isolated'}"]
        if self.sets_leverage:
            words.append("leverage is set before the order")
        words.append("reduce-only for buy-backs" if self.has_reduce_only else "no reduce-only")
        return f"{'; '.join(words)} ({self.source})"


ORDER_FORM = OrderForm()
"""The form of a venue of which nothing else is known."""

BROKER = OrderForm(
    time_in_force="day order", margin_mode="the account's, nothing to set", sets_leverage=False, has_reduce_only=False
)
"""The form of a broker of listed futures."""

POST_ONLY = OrderForm(order_type="limit, post only")
"""The form of an exchange of perpetuals, on which an order that would trade at once can be refused."""
