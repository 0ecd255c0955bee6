"""Currencies in which a reader may want to see amounts. Contracts and every calculation stay in US dollars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from hedge_core.text import NO_BREAK

Currency = Literal[
    "USD", "EUR", "GBP", "CHF", "JPY", "AUD", "CAD", "NZD", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "TRY", "BRL",
    "MXN", "INR", "KRW", "SGD", "HKD", "ZAR", "AED", "ILS",
]  # fmt: skip
"""The code of a currency (ISO 4217)."""

_SIGNS: Mapping[str, str] = {"USD": "$", "EUR": "€", "GBP": "£"}


def sign_of(currency: Currency) -> str:
    """What stands in front of an amount: $, € or £, else the code and a space, as other signs are ambiguous."""
    return _SIGNS.get(currency, f"{currency}{NO_BREAK}")
