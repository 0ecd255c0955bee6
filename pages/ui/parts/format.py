"""Numbers and texts as the screen shows them. Money to the dollar in overviews, to the cent in tickets."""

from __future__ import annotations

from hedge_core.text import percent, price, quantity, signed_usd, usd

__all__ = ["md", "percent", "price", "quantity", "signed_usd", "usd"]


def md(text: str) -> str:
    """The text for Streamlit markdown, where a bare dollar sign would start a formula and brackets a directive."""
    for mark in ("\\", "$", "[", "]", "*", "_", "`", "<", ">", "#", "~", ":"):
        text = text.replace(mark, f"\\{mark}")
    return text
