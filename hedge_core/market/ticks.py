"""Prices as a venue's order form takes them: in its unit, on its tick, and as text without an exponent.

Prices are exact decimals in the venue's unit, such as USD per 1,000 SHIB. An order that waits in the book is rounded to
its own side: a sale up, a purchase down. Where no source states the tick, the price is rounded to four significant
digits, which hardly any venue's tick is coarser than; `Tick.is_known` says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from hedge_core.market.contracts import Contract
from hedge_core.market.venues import venue_of

ASSUMED_DIGITS = 4
"""Significant digits of a price whose tick is not known."""

_ON_TICK = 1e-6
"""A price is on the tick if it is off by less than this share of a tick, which is the error of its arithmetic."""


@dataclass(frozen=True, slots=True)
class Tick:
    """The smallest step of a price in the venue's unit, and whether a source states it."""

    step: Decimal
    is_known: bool


def tick_of(contract: Contract, price: float) -> Tick:
    """The tick of a contract at `price` (USD per coin)."""
    quoted = price * contract.quote_per_coins
    if contract.tick is not None:
        return Tick(Decimal(repr(contract.tick)), True)
    rule = venue_of(contract.venue).tick_rule
    if rule is not None:
        return Tick(rule(quoted, contract.amount_step), True)
    return Tick(Decimal(1).scaleb(math.floor(math.log10(quoted)) - ASSUMED_DIGITS + 1), False)


def on_tick(contract: Contract, price: float, *, up: bool) -> Decimal:
    """`price` (USD per coin) in the venue's unit, on the tick above (`up`) or below it; never below one tick."""
    step = tick_of(contract, price).step
    steps = price * contract.quote_per_coins / float(step)
    nearest = round(steps)
    whole = nearest if abs(steps - nearest) < _ON_TICK else math.ceil(steps) if up else math.floor(steps)
    return max(whole, 1) * step


def per_coin(contract: Contract, quoted: Decimal) -> float:
    """A price in the venue's unit as USD per coin."""
    return float(quoted) / contract.quote_per_coins


class PriceUnit(NamedTuple):
    """The unit of a venue's prices: `currency`, and the `coins` that a price is for, such as 'ETH' or '1,000 SHIB'."""

    currency: str
    coins: str

    @property
    def text(self) -> str:
        """The unit in words, such as 'USD per ETH' or 'USD per 1,000 SHIB'."""
        return f"{self.currency} per {self.coins}"


def price_unit(contract: Contract) -> PriceUnit:
    """The unit of the prices of a contract at its venue."""
    count = "" if contract.quote_per_coins == 1 else f"{contract.quote_per_coins:,} "
    return PriceUnit(contract.quote.split()[0], f"{count}{contract.underlying}")


def quantity_unit(contract: Contract) -> str:
    """What the quantity of the order form counts: 'contracts of 0.1 ETH', 'ETH', 'units of 1,000 SHIB'."""
    size = f"{contract.contract_size:,.10f}".rstrip("0").rstrip(".")
    if contract.size_in_usd:
        return f"contracts of ${size} of {contract.underlying}"
    if contract.contract_size == 1.0:
        return contract.underlying
    word = "units" if contract.contract_size == contract.quote_per_coins else "contracts"
    return f"{word} of {size} {contract.underlying}"


def plain_number(number: Decimal | float, *, thousands: bool = False) -> str:
    """A number without an exponent, all its digits, and no zeros at the end of a fraction."""
    exact = number if isinstance(number, Decimal) else Decimal(repr(number))
    text = f"{exact:,f}" if thousands else f"{exact:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def price_text(quoted: Decimal, step: Decimal) -> str:
    """A price with all the decimals of its tick and a comma for thousands."""
    places = max(-int(step.normalize().as_tuple().exponent), 0)
    return f"{quoted:,.{places}f}"
