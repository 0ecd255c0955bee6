"""Numbers and texts as the screen shows them. Money to the dollar in overviews, to the cent in tickets."""

from __future__ import annotations

import math


def usd(amount: float, *, cents: bool = False) -> str:
    """$1,234 or −$1,234.50; a dash where there is no number."""
    if not math.isfinite(amount):
        return "–"
    text = f"{abs(amount):,.2f}" if cents else f"{abs(amount):,.0f}"
    sign = "−" if amount < 0 and any(digit in text for digit in "123456789") else ""
    return f"{sign}${text}"


def signed_usd(amount: float) -> str:
    """+$1,234 or −$1,234: for profit and loss."""
    return f"+{usd(amount)}" if amount > 0 and usd(amount) != "$0" else usd(amount)


def price(amount: float) -> str:
    """A price in USD with as many digits as it needs: $97,250, $3.214, $0.00001234."""
    if amount >= 1000:
        return f"${amount:,.0f}"
    if amount >= 1:
        return f"${amount:,.2f}"
    return f"${amount:.{max(4, 3 - math.floor(math.log10(amount)))}f}"


def percent(fraction: float | None, *, signed: bool = False) -> str:
    """12.3%; a dash for None."""
    if fraction == math.inf:
        return "any"
    if fraction is None or not math.isfinite(fraction):
        return "–"
    text = f"{fraction:+.1%}" if signed and abs(fraction) >= 5e-4 else f"{fraction:.1%}"
    return text.replace("-", "−")


def quantity(amount: float) -> str:
    """A number of coins or contracts without needless zeros."""
    return f"{amount:,.8g}" if abs(amount) < 1e15 else f"{amount:.3g}"


def md(text: str) -> str:
    """The text for Streamlit markdown, where a bare dollar sign would start a formula and brackets a directive."""
    for mark in ("\\", "$", "[", "]", "*", "_", "`", "<", ">", "#", "~", ":"):
        text = text.replace(mark, f"\\{mark}")
    return text
