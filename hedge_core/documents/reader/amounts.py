"""What a cell with a number in it says: the value, its sign, a currency, a coin, a percent sign, how exact it is.

A cell does not say by itself whether 1,250 has a decimal comma; `Amount.readings` keeps both, and `number_style`
decides for the whole table.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from hedge_core.market.coins import is_cash
from hedge_core.text import NumberReadings, number_readings

SIGNS = {
    "$": "USD", "US$": "USD", "USD$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₩": "KRW", "₺": "TRY",
    "₽": "RUB", "C$": "CAD", "CA$": "CAD", "A$": "AUD", "AU$": "AUD", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD",
    "R$": "BRL", "zł": "PLN", "kr": "SEK", "kč": "CZK", "ft": "HUF", "fr.": "CHF", "sfr.": "CHF", "₴": "UAH",
    "₪": "ILS", "₫": "VND", "฿": "THB", "₱": "PHP", "₦": "NGN",
}  # fmt: skip
UNIT_WORDS = frozenset(
    "coin coins token tokens unit units pcs pc piece pieces share shares stk stück stueck st pièces unidades".split()
)
EMPTY = frozenset({"", "-", "–", "—", "--", "n/a", "n.a.", "na", "null", "nan", "none", "nil", "nat", "#n/a", "..."})
"""What stands in a cell without a number or a date, in lower case: in holdings, fills and price files alike."""
MOST_CHARACTERS = 60
"""Longer cells are text, whatever they begin with."""

_SHAPE = re.compile(
    r"(?P<approximate>[~≈∼]|ca\.|circa|about|approx\.?)?\s*"
    r"(?P<bound>[<>≤≥])?\s*"
    r"(?P<parenthesis>\()?\s*"
    r"(?P<sign>[-+−–—])?\s*"
    r"(?P<before>[A-Za-z]{0,3}[$€£¥₹₩₺₽₴₪₫฿₱₦]|[A-Za-z]{2,6}(?=\s)|USD|EUR|GBP|CHF|JPY|AUD|CAD)?\s*"
    r"(?P<sign_after>[-+−–—])?\s*"
    r"(?P<numeral>(?:\d[\d.,'’_ \u00a0\u2009\u202f]*|[.,]\d+)(?<![ \u00a0\u2009\u202f'’_])(?:[eE][-+−]?\d{1,3})?)"
    r"\s*(?P<multiple>(?:[kKM]|bn|[Mm]io\.?|[Tt]sd\.?|[Mm]ln)(?![A-Za-z]))?"
    r"\s*(?P<after>%|‰|[A-Za-z]{0,3}[$€£¥₹₩₺₽₴₪₫฿₱₦]|[^\s\d%()+−–—-][^\s\d%()]*(?:\s*\([^)]*\))?)?"
    r"\s*(?P<trailing_sign>-)?\s*\)?"
)
_MONEY = re.compile(r"[$€£¥₹₩₺]|\b(?:USD|EUR|GBP|CHF|JPY)\b")
_DIGIT = re.compile(r"\d")
_ZEROS = re.compile(r"0[.,]0([₀-₉]+)(\d+)")


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in a cell. `currency` and `unit` are '' without one; `unit` is as written, such as SOL or coins.

    `is_inexact`: an approximation (~12), a bound (<0.01) or a figure rounded for show (1.5M).
    """

    readings: NumberReadings
    currency: str = ""
    unit: str = ""
    is_percent: bool = False
    is_inexact: bool = False


def plain_digits(text: str) -> str:
    """The text with digits of other scripts as 0 to 9, without invisible characters, and 0.0₅81 written out."""
    if text.isascii():
        return text.strip()
    text = _ZEROS.sub(lambda m: "0." + "0" * int("".join(str(unicodedata.digit(d)) for d in m[1])) + m[2], text)
    return "".join(
        str(unicodedata.decimal(mark)) if unicodedata.category(mark) == "Nd" else mark
        for mark in text.replace("٫", ".").replace("٬", ",")
        if unicodedata.category(mark) != "Cf"
    ).strip()


def currency_of(text: str) -> str:
    """The ISO code of a currency written as a sign or a code, such as € or EUR; '' if it is none."""
    if text.upper() in SIGNS:
        return SIGNS[text.upper()]
    return SIGNS.get(text.lower()) or (text.upper() if is_cash(text.upper()) else "")


def amount_in(text: str) -> Amount | None:
    """The amount that the whole cell states, or None if the cell is something else."""
    if not text or len(text) > MOST_CHARACTERS or not _DIGIT.search(text):
        return None
    cleaned = plain_digits(text).removeprefix("'")  # a spreadsheet's mark for text
    if cleaned.isdecimal() and len(cleaned) < 25:
        value = float(cleaned)
        return Amount(NumberReadings(value, value))
    match = _SHAPE.fullmatch(cleaned)
    if match is None:
        return None
    readings = number_readings(match["numeral"])
    if readings == (None, None):
        return None
    is_negative = (match["sign"] or match["sign_after"] or match["trailing_sign"] or "+") != "+"
    if is_negative or match["parenthesis"]:
        readings = NumberReadings(*(None if value is None else -value for value in readings))
    marks = [mark for mark in (match["before"], match["after"]) if mark]
    currency = next((code for mark in marks if (code := currency_of(mark))), "")
    unit = next((mark for mark in marks if mark not in {"%", "‰"} and not currency_of(mark)), "")
    return Amount(
        readings,
        currency=currency,
        unit="" if unit.lower().rstrip(".") in UNIT_WORDS else unit,
        is_percent=bool({"%", "‰"} & set(marks)),
        is_inexact=bool(match["approximate"] or match["bound"] or match["multiple"]),
    )


def coins_in(text: str) -> Amount | None:
    """The amount of coins in a cell that also states their value: 12.5 SOL in `$1,850.00 12.5 SOL`; or None."""
    if not _MONEY.search(text):
        return None
    words = text.split()
    if not 2 <= len(words) <= 6:
        return None
    for cut in range(1, len(words)):
        parts = [amount_in(" ".join(words[:cut]).strip("()·|/")), amount_in(" ".join(words[cut:]).strip("()·|/"))]
        if None not in parts:
            coins = [part for part in parts if part is not None and not part.currency and not part.is_percent]
            money = [part for part in parts if part is not None and part.currency]
            if len(coins) == len(money) == 1:
                return coins[0]
    return None
