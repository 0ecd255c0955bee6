"""Parse the cells of a table of fills: times, sides, contracts, quantities and amounts of money, as venues write them.

Each function takes text and returns a value, or raises InvalidInput saying what is wrong and what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from hedge_core.errors import InvalidInput
from hedge_core.market.coins import coin_of, is_dollar
from hedge_core.market.contracts import OWN_VENUE, Contract
from hedge_core.market.instruments import instrument_of
from hedge_core.market.venues import VENUES, venue_of
from hedge_core.plan.fills import FIRST_YEAR, LAST_YEAR, MAX_LOTS, MAX_MONEY, Side
from hedge_core.text import parse_number

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<part>\d{1,9}))?)?(?: ?(?P<half>[AaPp])[Mm])?"
)
_ZONE = r"(?: ?(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}))?"
_LATER = rf"(?:(?:T| - |, ?| ){_CLOCK})?{_ZONE}"
_FORMS = (
    re.compile(rf"(?P<year>\d{{4}})[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}}){_LATER}"),
    re.compile(rf"{_CLOCK} (?P<year>\d{{4}})-(?P<month>\d{{1,2}})-(?P<day>\d{{1,2}})"),
    re.compile(rf"(?P<day>\d{{1,2}})[ -](?P<word>[A-Za-z]{{3,9}})[ -](?P<year>\d{{4}}){_LATER}"),
    re.compile(rf"(?P<word>[A-Za-z]{{3,9}}) (?P<day>\d{{1,2}}),? (?P<year>\d{{4}}){_LATER}"),
)
_SHORT_YEAR = re.compile(rf"(?P<year>\d{{2}})-(?P<month>\d{{2}})-(?P<day>\d{{2}}) {_CLOCK}")
_PARTS = re.compile(rf"(?P<first>\d{{1,2}})(?P<mark>[-/.])(?P<next>\d{{1,2}})[-/.](?P<year>\d{{4}}){_LATER}")
_EPOCH = {10: 1.0, 13: 1e3, 16: 1e6}  # digits: seconds, milliseconds, microseconds


class Moments:
    """Parses a column of times. The order of day and month is decided from all `texts` of the column.

    `offset` is how far a time without a zone is ahead of UTC. `short_years` allows 26-01-31 for 2026-01-31.
    """

    def __init__(self, texts: Iterable[str], *, offset: timedelta = timedelta(0), short_years: bool = False) -> None:
        parts = [match for text in texts if (match := _PARTS.fullmatch(text))]
        self.is_bare = False
        """Whether a time without a zone has been read."""
        self._zone = timezone(offset)
        self._short_years = short_years
        self._day_first = any(match["mark"] == "." or int(match["first"]) > 12 for match in parts)
        self._is_ambiguous = bool(parts) and self._day_first == any(int(match["next"]) > 12 for match in parts)

    def read(self, text: str) -> datetime:
        """Return the time in UTC, midnight if the text is a date alone. Raises InvalidInput."""
        if not text:
            raise InvalidInput("is empty: write the date and time, as in 2026-01-31 14:05:00")
        try:
            moment = self._moment(text)
        except (ValueError, OverflowError, OSError):
            moment = None
        if moment is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise InvalidInput(f"'{text[:40]}' is not a date and time; write it as 2026-01-31 14:05:00")
        if self._is_ambiguous and _PARTS.fullmatch(text):
            raise InvalidInput(
                f"'{text[:40]}' can be read day first or month first, and no other row decides it; write it as "
                "2026-01-31 14:05"
            )
        return moment

    def _moment(self, text: str) -> datetime | None:
        digits = text.partition(".")[0]
        if len(digits) in _EPOCH and re.fullmatch(r"\d+(\.\d*)?", text):
            return datetime.fromtimestamp(float(text) / _EPOCH[len(digits)], UTC)
        if match := _PARTS.fullmatch(text):
            first, second = int(match["first"]), int(match["next"])
            month, day = (second, first) if self._day_first else (first, second)
            return self._at(match.groupdict(), int(match["year"]), month, day)
        if self._short_years and (match := _SHORT_YEAR.fullmatch(text)):
            return self._at(match.groupdict(), 2000 + int(match["year"]), int(match["month"]), int(match["day"]))
        for form in _FORMS:
            if match := form.fullmatch(text):
                found = match.groupdict()
                word = found.get("word")
                month = _MONTHS.index(word[:3].lower()) + 1 if word else int(match["month"])
                return self._at(found, int(match["year"]), month, int(match["day"]))
        return None

    def _at(self, found: Mapping[str, str | None], year: int, month: int, day: int) -> datetime:
        hour, minute, second = (int(found.get(name) or 0) for name in ("hour", "minute", "second"))
        half = (found.get("half") or "").lower()
        if half:
            if not 1 <= hour <= 12:
                raise ValueError(hour)
            hour = hour % 12 + (12 if half == "p" else 0)
        zone: tzinfo = self._zone
        text = found.get("zone")
        if text in ("Z", "UTC", "GMT"):
            zone = UTC
        elif text:
            ahead = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
            zone = timezone(-ahead if text[0] == "-" else ahead)
        else:
            self.is_bare = True
        part = int((found.get("part") or "0")[:6].ljust(6, "0"))
        return datetime(year, month, day, hour, minute, second, part, tzinfo=zone).astimezone(UTC)


def day_of(text: str) -> date:
    """Return the day on which a future expires. Raises InvalidInput."""
    try:
        return Moments((text,)).read(text).date()
    except InvalidInput:
        raise InvalidInput(f"'{text[:40]}' is not a date; write it as 2026-12-25") from None


def side_of(text: str) -> Side:
    """Return sell or buy for text such as 'sell', 'Open short', 'Close long', 'Long > Short'. Raises InvalidInput."""
    if not text:
        raise InvalidInput("is empty: write sell or buy")
    last = text.rpartition(">")[2].lower()
    words = set(re.findall(r"[a-z]+", last))
    bought = bool(words & {"buy", "bought", "b", "bid"})
    sold = bool(words & {"sell", "sold", "s", "a", "ask"})
    if not bought and not sold:
        is_close = bool(re.search(r"clos|liquidat|deleverag|reduc", last))
        bought = "short" in words if is_close else "long" in words
        sold = "long" in words if is_close else "short" in words
    if bought == sold:
        raise InvalidInput(f"'{text[:40]}' is not a side; write sell or buy")
    return "buy" if bought else "sell"


class ContractNames:
    """Finds contracts by the names that venues use.

    `venue` is the venue of the table. Without it, a name that several venues use is ambiguous.
    """

    def __init__(self, contracts: Iterable[Contract], venue: str = "") -> None:
        self._venue = venue
        self._by_id: dict[str, Contract] = {}
        self._by_code: dict[str, list[Contract]] = {}
        for contract in contracts:
            self._by_id[contract.id.upper()] = contract
        for contract in self._by_id.values():
            self._by_code.setdefault(contract.code.upper(), []).append(contract)

    def find(self, text: str) -> tuple[Contract, date | None]:
        """Return the contract, and its expiry if the name contains one (BIT-27NOV26-CDE). Raises InvalidInput."""
        if not text:
            raise InvalidInput("is empty: write the contract as Venue:CODE, as in Coinbase Derivatives:ETP")
        name = text.upper()
        if name in self._by_id:
            return self._by_id[name], None
        plain = re.sub(r"[ .-]?(PERPETUAL|PERP|\.P)$", "", name)
        series, expiry = _dated_code(name)
        for code in (name, plain, series):
            if found := self._at_venue(self._by_code.get(code, ()), text):
                return found, expiry if found.expires_on is None and instrument_of(found).expires else None
        where = f" at {self._venue}" if self._venue else ""
        known = self._venue or "Venue"
        raise InvalidInput(
            f"'{text[:40]}' is not a known contract{where}; write it as Venue:CODE, as in {known}:{text[:40]}, "
            "or define it as a contract of your own"
        )

    def _at_venue(self, found: Sequence[Contract], text: str) -> Contract | None:
        here = [contract for contract in found if contract.venue == self._venue]
        own = [contract for contract in found if contract.venue == OWN_VENUE]
        fits = here or own or ([] if self._venue else list(found))
        if len(fits) > 1:
            ids = " or ".join(contract.id for contract in fits[:4])
            raise InvalidInput(f"'{text[:40]}' is listed at more than one venue; write {ids}, or choose the venue")
        return fits[0] if fits else None


def _dated_code(name: str) -> tuple[str, date | None]:
    """The code of the series and the expiry in a venue's code of one expiry; the name itself and None for others."""
    formats = (venue.fills.dated_code for venue in VENUES.values() if venue.fills and venue.fills.dated_code)
    found = next((match for pattern in formats if (match := re.fullmatch(pattern, name))), None)
    if found is None:
        return name, None
    try:
        month = _MONTHS.index(found["month"].lower()) + 1
        return found["code"], date(2000 + int(found["year"]), month, int(found["day"]))
    except ValueError:
        return found["code"], None


def number_of(text: str) -> float:
    """Return a finite number whose size is below MAX_MONEY. Raises InvalidInput."""
    if not text:
        raise InvalidInput("is empty: write a number")
    try:
        value = parse_number(text)
    except ValueError:
        raise InvalidInput(f"'{text[:40]}' is not a number; write it as 1234.5 or 1,234.5") from None
    if not -MAX_MONEY < value < MAX_MONEY:
        raise InvalidInput(f"{value:g} is too large; check the number")
    return value


def amount_of(text: str, currency: str) -> tuple[float, str]:
    """Return an amount and its currency, which may follow the amount, as in 0.0368USDT. Raises InvalidInput."""
    match = re.fullmatch(r"(.*[\d.])\s*([A-Za-z][A-Za-z0-9]{1,9})", text)
    if match and not re.fullmatch(r"[eE]\d+", match[2]):
        return number_of(match[1]), match[2].upper()
    return number_of(text), currency.upper()


def in_dollars(amount: float, currency: str, contract: Contract, price: float | None) -> float:
    """Return the amount in USD: dollars and dollar stablecoins at 1, the contract's own coin at `price` (USD per coin).

    Without a currency, an amount of an inverse contract is in its coin and one of a linear contract is in dollars.
    Raises InvalidInput for any other currency, and for the contract's coin if there is no price.
    """
    coin = {"XBT": "BTC"}.get(currency, currency) or (
        contract.underlying if instrument_of(contract).settles_in_coin else "USD"
    )
    if amount == 0 or is_dollar(coin):
        return amount
    if coin == contract.underlying and price:
        return amount * price
    raise InvalidInput(f"{amount:g} {coin[:16]} cannot be converted to USD here; write the amount in USD")


def lots_of(quantity: float, unit: str, contract: Contract, symbol: str) -> int:
    """Return the venue's quantity as a whole number of lots.

    `unit` is the unit of the quantity: contracts (lots × amount step), or coins or dollars of the underlying. If it is
    empty, the unit that the venue uses is assumed. Raises InvalidInput for a unit that does not fit the contract, and
    for a quantity that is not a whole number of lots.
    """
    lot = contract.contract_size * contract.amount_step
    named = unit.strip().upper()
    coin, units = coin_of(unit.strip()) if named else ("", 1.0)
    coin = {"XBT": "BTC"}.get(coin, coin)
    is_dollars = is_dollar(named)
    if named in ("CONT", "CONTS", "CONTRACT", "CONTRACTS", symbol.upper(), contract.code.upper()):
        exact = quantity / contract.amount_step
    elif not named:
        habits = venue_of(contract.venue).fills
        exact = quantity / (lot if habits and habits.counts_underlying else contract.amount_step)
    elif (coin == contract.underlying and not contract.size_in_usd) or (is_dollars and contract.size_in_usd):
        exact = quantity * units / lot
    else:
        raise InvalidInput(
            f"{quantity:g} {named[:16]} cannot be converted to lots of {contract.size_text()}; write the quantity in "
            "contracts (column 'quantity') or in lots (column 'lots')"
        )
    return whole_lots(exact, contract, f"{quantity:g} {named[:16]}".strip())


def whole_lots(exact: float, contract: Contract, stated: str) -> int:
    """Return the lots as a whole number from 1 to MAX_LOTS. Raises InvalidInput, quoting the quantity as `stated`."""
    lots = round(exact)
    if abs(exact - lots) > 1e-6 * max(1.0, abs(exact)) or not 1 <= lots <= MAX_LOTS:
        raise InvalidInput(
            f"{stated} is {exact:,.6g} lots of {contract.size_text()}, and a fill is a whole number of lots; check the "
            "quantity, its unit and the contract"
        )
    return lots
