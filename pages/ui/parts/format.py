"""Numbers and texts as the screen shows them. Money to the dollar in overviews, to the cent in tickets."""

from __future__ import annotations

from hedge_core.text import markdown as md, percent, price, quantity, signed_usd, usd

__all__ = ["dollars", "md", "percent", "price", "quantity", "signed_usd", "usd"]


def dollars(value: float) -> str:
    """Whole dollars of a column whose heading has the sign."""
    return usd(value).replace("$", "")
