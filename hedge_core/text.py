"""Formats numbers, money, dates and lists for people, and makes untrusted text safe to show.

Overviews show whole dollars, order tickets cents. Negative amounts carry the minus sign (−), not a hyphen, so the
output is for reading; only `parse_number` reads numbers back. A number that is not finite shows as a dash.

Text that a user wrote (names, notes, file names, errors that quote them) stays text wherever it is shown. Each way out
has one function:

    page (Streamlit markdown)      `markdown`
    chart (Plotly)                 `chart_text`
    HTML report                    `plain_text`; the template escapes it
    CSV, Excel                     `spreadsheet_safe`
    terminal                       `plain`; for JSON, `json_for_terminal`
    calendar file                  `one_line`; the icalendar package escapes it
    notification                   `notification_text`
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from html import escape
from typing import NamedTuple

PRACTICE = "PRACTICE on simulated prices: not for orders"

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_DIRECTION = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

FORMULA_SIGNS, INVISIBLE = "=+\\-@＝＋－＠", "\u00ad\u200b-\u200d\u2060\ufeff"
"""What begins a formula, and what a program may drop before it, as the inside of a regular expression's brackets."""

_BEGINS_FORMULA = re.compile(rf"[{INVISIBLE}\s]*[{FORMULA_SIGNS}]")
_SECOND_CELL = re.compile(rf";(?=[{INVISIBLE}\s]*[{FORMULA_SIGNS}])")
_MARKDOWN = re.compile(r"[\\`*_\[\]<>#~:|$&]")
_BLOCK_START = re.compile(r"^(?=[-+](?:\s|$)|[-=]+\s*$|\d{1,9}[.)](?:\s|$))", re.MULTILINE)
_ADDRESS = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=@)(?=\w)|(?<=<)(?=[!@#])", re.IGNORECASE)
_SHORTCODE = re.compile(r"(?<=:)(?=[\w+/-]+:)")
_ARROW = re.compile(r"(?<=[<>~-])(?=[->=])")
_SIGN = re.compile(r"(?<=[−+])(?=[$€£])")

NO_BREAK = "\u00a0"
WORD_JOINER = "\u2060"
"""An invisible character that takes no room. Between two others it keeps them together, and from one symbol."""

UNKNOWN = "–"


def usd(amount: float, *, cents: bool = False) -> str:
    """USD as $1,234, or with `cents` as −$1,234.50; a dash for NaN and infinity."""
    return amount_text(amount, "$", cents=cents)


def amount_text(amount: float, currency: str, *, cents: bool) -> str:
    """An amount of money behind the sign of its currency, as `usd`."""
    if not math.isfinite(amount):
        return UNKNOWN
    text = f"{abs(amount):,.2f}" if cents else f"{abs(amount):,.0f}"
    sign = "−" if amount < 0 and any(digit in text for digit in "123456789") else ""
    return f"{sign}{currency}{text}"


def signed_usd(amount: float) -> str:
    """USD in whole dollars with a sign, for profit and loss: +$1,234, −$1,234, $0."""
    text = usd(amount)
    return f"+{text}" if amount > 0 and text not in ("$0", UNKNOWN) else text


def money(amount: float, *, signed: bool = False) -> str:
    """USD for places with little space: −$1,234 in whole dollars, from $100,000 upwards short, as in $1.23M."""
    if abs(amount) >= 99_999.5:
        return compact(amount, digits=3, signed=signed)
    return signed_usd(amount) if signed else usd(amount)


def compact(amount: float, *, digits: int = 2, signed: bool = False) -> str:
    """USD in short form: $950, $9.5k, −$14k, $1.2M; a dash for NaN and infinity.

    Shows `digits` significant digits, or more if the whole part has more.
    """
    if not math.isfinite(amount):
        return UNKNOWN
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
    """A price in USD with digits that suit its size: $97,250, $3.21, $0.00001234, $0; a dash for NaN and infinity."""
    if not math.isfinite(amount):
        return UNKNOWN
    size, sign = abs(amount), "−" if amount < 0 else ""
    if size >= 1000:
        return f"{sign}${size:,.0f}"
    if size >= 1 or size == 0:
        return f"{sign}${size:,.2f}" if size else "$0"
    return f"{sign}${size:.{max(4, 3 - math.floor(math.log10(size)))}f}"


def percent(fraction: float | None, *, signed: bool = False) -> str:
    """A fraction as a percentage with one decimal, 0.123 as 12.3%; 'any' for infinity, a dash for None and NaN."""
    if fraction == math.inf:
        return "any"
    if fraction is None or not math.isfinite(fraction * 100.0):
        return UNKNOWN
    text = f"{fraction:+.1%}" if signed else f"{fraction:.1%}"
    return "0.0%" if text.lstrip("+-") == "0.0%" else text.replace("-", "−")


def short_percent(fraction: float) -> str:
    """A fraction as a signed percentage with at most one decimal: +15%, −8.3%, 0%; a dash for NaN and infinity."""
    if not math.isfinite(fraction * 100.0):
        return UNKNOWN
    points = round(fraction * 100, 1)
    if points == 0:
        return "0%"
    digits = 0 if math.isclose(points, round(points), abs_tol=1e-9) else 1
    return f"{points:+,.{digits}f}%".replace("-", "−")


def bare_percent(fraction: float) -> str:
    """A fraction as a percentage without a sign in front and with at most one decimal: 15%, 8.3%, 0%, −2%."""
    return short_percent(fraction).removeprefix("+")


def two_decimals(number: float) -> str:
    """A number such as a beta or a correlation: 1.30, −0.25; a dash for NaN and infinity."""
    return f"{round(float(number), 2) + 0.0:.2f}".replace("-", "−") if math.isfinite(number) else UNKNOWN


def quantity(amount: float) -> str:
    """A number of coins or contracts with at most eight significant digits, never in exponent notation.

    A dash for NaN and infinity.
    """
    if not math.isfinite(amount):
        return UNKNOWN
    text = f"{amount + 0.0:,.8g}"
    if "e" not in text:
        return text
    digits = max(0, 7 - math.floor(math.log10(abs(amount))))
    fixed = f"{amount:,.{digits}f}"
    return fixed.rstrip("0").rstrip(".") if "." in fixed else fixed


def digits(amount: float, *, least: int = 0) -> str:
    """A number with the eight significant digits of a pocket calculator, for readers who check a calculation.

    Shows at least `least` decimals and no exponent; a dash for NaN and infinity.
    """
    if amount == 0.0 or not math.isfinite(amount):
        return f"{0:.{least}f}" if amount == 0.0 else UNKNOWN
    places = max(least, 7 - math.floor(math.log10(abs(amount))))
    whole, _, rest = f"{abs(amount):,.{places}f}".partition(".")
    rest = rest.rstrip("0").ljust(least, "0")
    return f"{'−' if amount < 0 else ''}{whole}{'.' if rest else ''}{rest}"


def unit_price(amount: float) -> str:
    """A price in USD for readers who check a calculation: $3,180.00, $152.30487, $0.00001234."""
    if not math.isfinite(amount):
        return UNKNOWN
    return f"{'−' if amount < 0 else ''}${digits(abs(amount), least=2)}"


def dollars(amount: float) -> str:
    """USD for readers who check a calculation: $7.0144, $0.001234; from $100 upwards to the cent."""
    size = abs(amount)
    if size >= 100.0 or size < 1e-6 or not math.isfinite(size):
        return usd(amount, cents=True)
    places = 4 if size >= 1.0 else max(4, 3 - math.floor(math.log10(size)))
    whole, _, rest = f"{size:.{places}f}".partition(".")
    return f"{'−' if amount < 0 else ''}${whole}.{rest.rstrip('0').ljust(2, '0')}"


def exact_percent(fraction: float) -> str:
    """A fraction as a percentage for readers who check a calculation: 60%, 0.05%, 84.807256%."""
    return f"{digits(fraction * 100.0)}%" if math.isfinite(fraction * 100.0) else UNKNOWN


def one_line(text: str) -> str:
    """The text on one line, without control characters, surrogates and marks that reverse the writing direction."""
    return " ".join("".join(c for c in " ".join(text.split()) if c.isprintable()).split())


def without_direction(text: str) -> str:
    """The text without marks of the writing direction, which can show the digits of a row in another order."""
    return _DIRECTION.sub("", text)


def spreadsheet_safe(text: str) -> str:
    """The text on one line, with an apostrophe in front if a spreadsheet would read it as a formula.

    Control characters become spaces, because a bare carriage return starts a new row that could hold a formula. In
    many countries a semicolon separates the cells of a CSV file, so a formula behind one gets an apostrophe too. Marks
    of the writing direction are left out.
    """
    text = _SECOND_CELL.sub(";'", _CONTROL.sub(" ", without_direction(text)).strip())
    return f"'{text}" if _BEGINS_FORMULA.match(text) else text


def plain_text(text: str) -> str:
    """The text on one line, safe to show on a page and to open in a spreadsheet."""
    return spreadsheet_safe(one_line(text))


def markdown(text: str) -> str:
    """The text as Streamlit markdown that shows exactly the text, each of its lines on a line of its own.

    Every mark of the syntax is escaped. Streamlit replaces some patterns after it has removed the escapes: addresses
    become links, shortcodes such as `:material/home:` become icons, and `->` becomes an arrow. An invisible character
    inside of those prevents it, as it does at the start of a line that would begin a list or a heading, and another
    keeps the sign of an amount on the line of its figures. Unprintable characters and marks that reverse the writing
    direction are removed.
    """
    text = _BLOCK_START.sub(WORD_JOINER, "\n".join(_shown(line).strip(" \t") for line in text.splitlines()))
    text = _SHORTCODE.sub(WORD_JOINER, _ARROW.sub(WORD_JOINER, _SIGN.sub(WORD_JOINER, _inert(text))))
    return "  \n".join(_MARKDOWN.sub(r"\\\g<0>", text).split("\n"))


def chart_text(text: str) -> str:
    """The text for a label of a Plotly chart, which reads some HTML and, in hover texts, `%{...}` as a variable."""
    return escape(_shown(text), quote=False).replace("%{", f"%{WORD_JOINER}{{")


def notification_text(text: str) -> str:
    """The text with unprintable characters as spaces, and no link and no mention (`@everyone`) for a chat program."""
    return _inert(plain(text))


def json_for_terminal(document: str) -> str:
    """The same JSON document with each unprintable character in a string as an escape sequence (\\u009b)."""
    return "".join(c if c.isprintable() or c in "\n " else _json_escape(c) for c in document)


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _shown(line: str) -> str:
    """The line without characters that do not show; a tab or another control character that parts words is a space."""
    kept = (" " if c.isspace() and unicodedata.category(c) != "Zs" else c for c in line)
    return "".join(c for c in kept if c.isprintable() or unicodedata.category(c) == "Zs")


def _inert(text: str) -> str:
    """The text with addresses of sites, mail addresses and mentions broken by an invisible character."""
    return _ADDRESS.sub(WORD_JOINER, text)


def day_text(day: date, shape: str) -> str:
    """The day formatted with `shape` (as in strftime), with no-break spaces so that it does not wrap."""
    return f"{day:{shape}}".replace(" ", NO_BREAK)


def cents(amount: float) -> str:
    """USD to the cent with a sign: +$1,234.50, −$1,234.50."""
    text = usd(amount, cents=True)
    return f"+{text}" if amount > 0 and text not in ("$0.00", UNKNOWN) else text


def plain(text: str) -> str:
    """The text with control characters (except line breaks) as spaces, so that a name cannot control a terminal."""
    return "\n".join("".join(c if c.isprintable() else " " for c in line) for line in text.split("\n"))


def moment_text(moment: datetime) -> str:
    """A moment as 31 Jan 2026 14:05 UTC. `moment` must be in UTC; it is not converted."""
    return f"{moment:%d %b %Y %H:%M} UTC"


_GROUPED = r"[1-9]\d{{0,2}}(?:(?P<mark>[{marks} _'’])\d{{3}})(?:(?P=mark)\d{{3}})*"
_INDIAN = r"[1-9]\d?(?:,\d{2})+,\d{3}"
_WITH_POINT = re.compile(
    rf"[+-]?(?:(?:\d+|{_GROUPED.format(marks=',')}|{_INDIAN})(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{{1,3}})?", re.ASCII
)
_WITH_COMMA = re.compile(
    rf"[+-]?(?:(?:\d+|{_GROUPED.format(marks='.')})(?:,\d*)?|,\d+)(?:[eE][+-]?\d{{1,3}})?", re.ASCII
)
_SEPARATORS = str.maketrans({",": "", ".": "", " ": "", "_": "", "'": "", "’": ""})


class NumberReadings(NamedTuple):
    """The value of a numeral if its decimal mark is a point, and if it is a comma; None where it cannot be read so.

    1,250 is 1250 with a decimal point and 1.25 with a decimal comma; 1.250,5 can be read with a comma only.
    """

    with_point: float | None
    with_comma: float | None

    @property
    def is_certain(self) -> bool:
        """Whether both ways of reading give the same value."""
        return self.with_point == self.with_comma


def number_readings(text: str) -> NumberReadings:
    """Both readings of a numeral of digits, separators, a sign and an exponent; no currency and no percent sign.

    Thousands may be separated by the other mark, by spaces, underscores or apostrophes, in groups of three, or in the
    Indian way (1,25,000). Digits that are not grouped so are refused: 1,2,3.4 has no reading.
    """
    cleaned = re.sub(r"[\u00a0\u2009\u202f]", " ", text.strip()).replace("−", "-")
    point = _value(cleaned, ".") if _WITH_POINT.fullmatch(cleaned) else None
    comma = _value(cleaned, ",") if _WITH_COMMA.fullmatch(cleaned) else None
    return NumberReadings(point, comma)


def _value(numeral: str, decimal_mark: str) -> float | None:
    """Return the value of a numeral with this decimal mark, or None if it is too large for a float."""
    whole, _, rest = numeral.partition(decimal_mark)
    number = float(f"{whole.translate(_SEPARATORS)}.{rest}" if rest else whole.translate(_SEPARATORS))
    return number if math.isfinite(number) else None


def parse_number(text: str) -> float:
    """The number in `text`, in the usual notations: 1234.5, 1,234.5, 1 234,5, $1,234.50, 12% (0.12), 1e-3.

    The sign $ is ignored. A numeral that can be read with a decimal point is read so: 1,234 is 1234 and 1.234 is not.
    Others are read with a decimal comma: 12,5, 0,123, 1.234,5, 1234,567. Raises ValueError if the text is not a finite
    number, states another currency, or if its digits are grouped in no usual way, as in 1,2,3.4.
    """
    cleaned = text.replace("$", "").strip()
    percent = cleaned.endswith("%")
    readings = number_readings(re.sub(r"^([+−-])\s+", r"\1", cleaned.removesuffix("%")))
    number = readings.with_comma if readings.with_point is None else readings.with_point
    if number is None:
        raise ValueError(text)
    return number / (100.0 if percent else 1.0)


def cell_text(value: object) -> str:
    """The cell as text without surrounding spaces; '' for None and NaN."""
    if value is None or value != value:
        return ""
    return str(value).strip()


def listed(names: Sequence[str]) -> str:
    """The names as a list in words: 'A', 'A and B', 'A, B and C'. `names` must not be empty."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


MOST_NAMED = 8
"""Names in one sentence; more are counted."""


def some_listed(names: Sequence[str]) -> str:
    """As `listed`, but of more than MOST_NAMED names the first, and how many more: 'A, B, C and 17 more'."""
    if len(names) <= MOST_NAMED:
        return listed(names)
    return f"{', '.join(names[: MOST_NAMED - 1])} and {len(names) - MOST_NAMED + 1} more"


def moves_text(moves: Mapping[str, float], write: Callable[[float], str]) -> str:
    """Each coin with its move (a fraction): 'ETH +3%, SOL +5%'; of more than MOST_NAMED, how many, and both ends.

    `moves` must not be empty.
    """
    if len(moves) <= MOST_NAMED:
        return ", ".join(f"{coin} {write(move)}" for coin, move in moves.items())
    low, high = min(moves, key=moves.__getitem__), max(moves, key=moves.__getitem__)
    return f"{len(moves)} coins between {write(moves[low])} ({low}) and {write(moves[high])} ({high})"


def days_text(days: int) -> str:
    """A number of days in words: '1 day', '30 days'."""
    return f"{days} day" if days == 1 else f"{days} days"


def whole_percent(fraction: float) -> str:
    """A fraction as a whole percentage, '62%'; 'more than 99%' if rounding would turn less than all into 100%.

    A dash for NaN and infinity.
    """
    if not math.isfinite(fraction * 100.0):
        return UNKNOWN
    if 0.995 <= fraction < 1.0:
        return "more than 99%"
    text = f"{fraction:.0%}".replace("-", "−")
    return "0%" if text == "−0%" else text
