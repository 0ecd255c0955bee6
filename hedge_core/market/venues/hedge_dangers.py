"""What can take a hedge away at a venue, beside a lack of margin."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeDangers:
    """What a venue is known or assumed to do on the worst days.

    `deleverages`: whether it closes winning shorts when losers cannot pay; None if that is not known, which counts as
    yes. `low_leverage_helps`: whether its queue is by profit × leverage, so that a low leverage comes late.
    `halt_hours` are the hours without trading around the low of a crash, and `halt_source` says where they are from.
    `loss_chance` is the chance per year that what lies at the venue is lost; an assumption for every venue.
    `margin_currency` is what margin and profit are paid in, and `takes_coins` says whether coins count as margin there
    (see `hedge.haircuts`).
    """

    deleverages: bool | None = None
    low_leverage_helps: bool = True
    halt_hours: float = 1.0
    halt_source: str = "assumed, as long as Binance was off on 2021-05-19 (30 to 60 minutes and more)"
    loss_chance: float = 0.01
    margin_currency: str = "USDT"
    takes_coins: bool = True

    @property
    def can_deleverage(self) -> bool:
        """Whether a plan counts with deleveraging here."""
        return self.deleverages is not False
