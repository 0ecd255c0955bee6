"""Finds contracts by the names that venues, brokers, bots and libraries use.

BTCUSDT, ETP, Binance:BTCUSDT            the venue's own code, with or without the venue
BIT-27NOV26-CDE                          a venue's code of one expiry (`FillsFormat.dated_code`)
METZ6, METZ26, MET 12-26, MET DEC26      a futures code with its month, as brokers write it
BTC/USDT:USDT, BTC/USD:BTC, BTC-USDT     coin and quote currency, as ccxt and trading bots write them
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from hedge_core.documents.fills.moments import MONTHS
from hedge_core.errors import InvalidInput
from hedge_core.market.coins import coin_of
from hedge_core.market.contracts import OWN_VENUE, Contract
from hedge_core.market.expiries import expiries
from hedge_core.market.instruments import instrument_of
from hedge_core.market.venues import BY_VENUE, VENUES

MONTH_CODES = "FGHJKMNQUVXZ"
"""The letters that stand for January to December in the codes of futures."""

_BY_MONTH = (
    re.compile(rf"(?P<code>[A-Z0-9]{{2,5}}?)(?P<letter>[{MONTH_CODES}])(?P<year>\d{{4}}|\d{{1,2}})"),
    re.compile(r"(?P<code>[A-Z0-9]{2,5}) (?P<month>\d{2})-(?P<year>\d{2})"),
    re.compile(r"(?P<code>[A-Z0-9]{2,5}) (?:(?P<day>\d{1,2}) ?)?(?P<word>[A-Z]{3}) ?'?(?P<year>\d{4}|\d{2})"),
)
_PAIR = re.compile(r"(?P<base>[A-Za-z0-9]+)[-/_](?P<quote>USDT|USDC|USD)(?::(?P<settle>[A-Z0-9]+))?(?P<dated>-\d{6})?")
_SPOT = re.compile(r"@\d+|[A-Z0-9.]{1,15}[-/_](USDT|USDC|USD|EUR|GBP|JPY|BTC|ETH|DAI)")


@dataclass(frozen=True, slots=True)
class Named:
    """A contract, and what its name says of its expiry: the date, or only the month (`expires_in` is its first day)."""

    contract: Contract
    expiry: date | None = None
    expires_in: date | None = None


def is_spot_pair(text: str) -> bool:
    """Whether a name that is no contract looks like a spot pair, such as SOL-USD or Hyperliquid's @107."""
    return _SPOT.fullmatch(text.strip().upper()) is not None


class ContractNames:
    """Finds contracts by name. `venue` is the venue of the table, '' if unknown.

    Without a venue, a name that several venues use is ambiguous.
    """

    def __init__(self, contracts: Iterable[Contract], venue: str = "") -> None:
        self._venue = venue
        self._by_id: dict[str, Contract] = {}
        self._by_code: dict[str, list[Contract]] = {}
        for contract in contracts:
            self._by_id[contract.id.upper()] = contract
        for contract in self._by_id.values():
            self._by_code.setdefault(contract.code.upper(), []).append(contract)

    def find(self, text: str, *, venue: str = "", near: date | None = None) -> Named:
        """Return the contract of a name. `venue` is the row's own venue, `near` the day of the fill.

        A year of one digit (METZ6) is the first such year from `near` on. Raises InvalidInput.
        """
        if not text:
            raise InvalidInput("is empty: write the contract as Venue:CODE, as in Coinbase Derivatives:ETP")
        place = _venue_named(venue) or self._venue
        name = text.upper()
        if name in self._by_id:
            return Named(self._by_id[name])
        plain = re.sub(r"[ .-]?(PERPETUAL|PERP|\.P)$", "", name)
        series, expiry = _dated_code(name)
        for code in (name, plain, series):
            if found := _one_of(self._by_code.get(code, ()), text, place):
                return Named(found, expiry if found.expires_on is None and instrument_of(found).expires else None)
        if named := self._by_month(name, text, place, near) or self._by_pair(text, place, is_bot=bool(venue)):
            return named
        where = f" at {place}" if place else ""
        known = place or "Venue"
        raise InvalidInput(
            f"'{text[:40]}' is not a known contract{where}; write it as Venue:CODE, as in {known}:{text[:40]}, "
            "or define it as a contract of your own"
        )

    def _by_month(self, name: str, text: str, place: str, near: date | None) -> Named | None:
        """Return the future whose code is followed by a month; the day follows from its rule of expiry."""
        for form in _BY_MONTH:
            match = form.fullmatch(name)
            found = _one_of(self._by_code.get(match["code"], ()), text, place) if match else None
            if match is None or found is None or found.expiry not in ("monthly", "weekly"):
                continue
            parts = match.groupdict()
            if letter := parts.get("letter"):
                month = MONTH_CODES.index(letter) + 1
            elif word := parts.get("word"):
                if word.lower() not in MONTHS:
                    continue
                month = MONTHS.index(word.lower()) + 1
            else:
                month = int(parts["month"] or 0)
            if 1 <= month <= 12:
                return Named(found, expires_in=date(_year(match["year"], month, near), month, 1))
        return None

    def _by_pair(self, text: str, place: str, *, is_bot: bool) -> Named | None:
        """Return the perpetual on a coin with this quote currency: the linear one unless it settles in the coin.

        BTC-USDT alone is a spot pair, except where the row names a bot's market for perpetuals.
        """
        match = _PAIR.fullmatch(text.strip())
        if match is None or match["dated"] or not (match["settle"] or is_bot):
            return None
        base, units = coin_of(match["base"] if match["base"].startswith("k") else match["base"].upper())
        coin = {"XBT": "BTC"}.get(base, base)
        settles_in_coin = (match["settle"] or "") in (base, coin)
        found = [
            contract
            for contract in self._by_id.values()
            if contract.underlying == coin
            and contract.kind == "perpetual"
            and instrument_of(contract).settles_in_coin == settles_in_coin
            and (contract.venue == place or not place)
            and (units == 1.0 or contract.quote_per_coins == units)
        ]
        if not place and {contract.venue for contract in found} - {OWN_VENUE}:
            ids = " or ".join(contract.id for contract in found[:4])
            raise InvalidInput(f"'{text[:40]}' may be at more than one venue; write {ids}, or choose the venue")
        exact = [contract for contract in found if contract.quote.startswith(match["quote"])] or found
        return Named(exact[0]) if len(exact) == 1 else None


def expiry_in(contract: Contract, month: date) -> date | None:
    """The expiry of a contract's series in the month that begins on `month`; None unless there is exactly one."""
    following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    found = expiries(contract, month - timedelta(days=1), following - timedelta(days=1))
    return found[0] if len(found) == 1 else None


def _one_of(found: Sequence[Contract], text: str, venue: str) -> Contract | None:
    """Return the contract of the venue, else the user's own, else the only one. Raises InvalidInput for several."""
    here = [contract for contract in found if contract.venue == venue]
    own = [contract for contract in found if contract.venue == OWN_VENUE]
    fits = here or own or ([] if venue else list(found))
    if len(fits) > 1:
        ids = " or ".join(contract.id for contract in fits[:4])
        raise InvalidInput(f"'{text[:40]}' is listed at more than one venue; write {ids}, or choose the venue")
    return fits[0] if fits else None


def _venue_named(text: str) -> str:
    """The venue in a bot's name of a market, such as binance_perpetual, or ''."""
    first = re.split(r"[^a-z0-9]+", text.lower())[0] if text else ""
    if not first:
        return ""
    by_exchange = (venue for venue, exchange in BY_VENUE.items() if exchange.name == first)
    return next(by_exchange, "") or next((name for name in VENUES if name.lower().split()[0] == first), "")


def _year(text: str, month: int, near: date | None) -> int:
    """The year in a futures code; of one digit, the first one in which the month is not before the day of the fill."""
    if len(text) == 4:
        return int(text)
    if len(text) == 2:
        return 2000 + int(text)
    first = near or date(2020, 1, 1)
    year = first.year + (int(text) - first.year) % 10
    return year + 10 if year == first.year and month < first.month else year


def _dated_code(name: str) -> tuple[str, date | None]:
    """The code of the series and the expiry in a venue's code of one expiry; the name itself and None for others."""
    formats = (venue.fills.dated_code for venue in VENUES.values() if venue.fills and venue.fills.dated_code)
    found = next((match for pattern in formats if (match := re.fullmatch(pattern, name))), None)
    if found is None:
        return name, None
    try:
        month = MONTHS.index(found["month"].lower()) + 1
        return found["code"], date(2000 + int(found["year"]), month, int(found["day"]))
    except ValueError:
        return found["code"], None
