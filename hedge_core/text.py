"""Numbers as people read them, and the round numbers of an axis; screens and the report share them.

Money to the dollar in overviews, to the cent in tickets; a minus is the typographer's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise


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


def money(amount: float, *, signed: bool = False) -> str:
    """−$1,234 to the dollar, or $1.23M from a hundred thousand on, where space is short."""
    if abs(amount) >= 99_999.5:
        return compact(amount, digits=3, signed=signed)
    return signed_usd(amount) if signed else usd(amount)


def compact(amount: float, *, digits: int = 2, signed: bool = False) -> str:
    """$950, $9.5k, −$14k, $1.2M: `digits` significant ones, never fewer than the whole part has."""
    size = abs(amount)
    unit, letter = 1.0, ""
    for larger, name in ((1e3, "k"), (1e6, "M"), (1e9, "B"), (1e12, "T")):
        if size >= larger * (1 - 0.5 * 10.0**-digits):
            unit, letter = larger, name
    scaled = size / unit
    whole = len(f"{scaled:.0f}") if scaled >= 1 else 0
    text = f"{scaled:,.{max(0, digits - whole)}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    if text == "0":
        return "$0"
    return f"{'−' if amount < 0 else '+' if signed else ''}${text}{letter}"


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


def short_percent(fraction: float) -> str:
    """+15% or −8.3%."""
    points = round(fraction * 100, 1)
    if points == 0:
        return "0%"
    digits = 0 if math.isclose(points, round(points), abs_tol=1e-9) else 1
    return f"{points:+,.{digits}f}%".replace("-", "−")


def quantity(amount: float) -> str:
    """A number of coins or contracts, with eight digits that count at most, and never as a power of ten."""
    text = f"{amount:,.8g}"
    if "e" not in text:
        return text
    digits = max(0, 7 - math.floor(math.log10(abs(amount))))
    fixed = f"{amount:,.{digits}f}"
    return fixed.rstrip("0").rstrip(".") if "." in fixed else fixed


def digits(amount: float, *, least: int = 0) -> str:
    """A number to calculate with: the eight digits that a pocket calculator shows, no exponent, `least` decimals."""
    if amount == 0.0 or not math.isfinite(amount):
        return f"{0:.{least}f}" if amount == 0.0 else "–"
    places = max(least, 7 - math.floor(math.log10(abs(amount))))
    whole, _, rest = f"{abs(amount):,.{places}f}".partition(".")
    rest = rest.rstrip("0").ljust(least, "0")
    return f"{'−' if amount < 0 else ''}{whole}{'.' if rest else ''}{rest}"


def unit_price(amount: float) -> str:
    """A price in USD to calculate with: $3,180.00, $152.30487, $0.00001234."""
    return f"${digits(amount, least=2)}"


def dollars(amount: float) -> str:
    """USD to calculate with: to the cent from $100 on, below that with as many digits as matter: $7.0144, $0.001234."""
    size = abs(amount)
    if size >= 100.0 or size < 1e-6 or not math.isfinite(size):
        return usd(amount, cents=True)
    places = 4 if size >= 1.0 else max(4, 3 - math.floor(math.log10(size)))
    whole, _, rest = f"{size:.{places}f}".partition(".")
    return f"{'−' if amount < 0 else ''}${whole}.{rest.rstrip('0').ljust(2, '0')}"


def exact_percent(fraction: float) -> str:
    """A rate to calculate with: 60%, 0.05%, 84.807256%."""
    return f"{digits(fraction * 100.0)}%"


def ticks(low: float, high: float, *, count: int = 5) -> list[float]:
    """Round numbers between two bounds, about as many as asked."""
    span = (high - low) or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / count))
    step = next(factor * power for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if factor * power >= span / count * 0.999)
    return [n * step for n in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def bounds(values: Sequence[float], *, air: float = 0.06) -> tuple[float, float]:
    """The range that holds these values and zero, with some air on each side that is not zero."""
    low, high = min([0.0, *values]), max([0.0, *values])
    if low == high:
        return -1.0, 1.0
    span = high - low
    return low - (air * span if low < 0 else 0.02 * span), high + (air * span if high > 0 else 0.02 * span)


def spread(values: Sequence[float], gap: float) -> list[float]:
    """The values moved apart, so that neighbours are at least `gap` from each other, order kept."""
    order = sorted(range(len(values)), key=values.__getitem__)
    placed = list(values)
    for below, above in pairwise(order):
        placed[above] = max(placed[above], placed[below] + gap)
    shift = (sum(values) - sum(placed)) / len(values) if values else 0.0
    return [value + shift for value in placed]
