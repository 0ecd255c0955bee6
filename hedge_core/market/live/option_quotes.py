"""Reads an exchange's options and their quotes from its two answers: the list of instruments, and a summary by book.

Only options that the list holds once, whose quotes are positive and uncrossed, pass; the rest is left out. The rows are
plain values, so that the cache can keep them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from hedge_core.market.live.faults import ExchangeFault
from hedge_core.market.numbers import positive
from hedge_core.market.venues.exchange import Exchange

MOST_ROWS = 10_000


class OptionQuote(NamedTuple):
    """The quote of one option: its code at the venue, coins per contract, prices in the quote currency per coin.

    `forward` is the price of the underlying future of that expiry, and `milliseconds` the time of the quote.
    """

    code: str
    contract_size: float
    bid: float
    ask: float
    forward: float
    milliseconds: float


def option_rows(instruments: object, books: object, exchange: Exchange) -> list[list[Any]]:
    """The quotes as rows in the order of `OptionQuote`'s fields. Raises ExchangeFault if there are none."""
    listed: dict[str, float] = {}
    names = Counter(str(row.get("instrument_name")) for row in _rows(instruments))
    for row in _rows(instruments):
        name, size = row.get("instrument_name"), positive(row.get("contract_size"))
        if isinstance(name, str) and size is not None and row.get("is_active") is True and names[name] == 1:
            listed[name] = size
    booked = Counter(str(row.get("instrument_name")) for row in _rows(books))
    found: list[list[Any]] = []
    for row in _rows(books):
        name = row.get("instrument_name")
        if not isinstance(name, str) or name not in listed or booked[name] != 1:
            continue
        figures = [positive(row.get(key)) for key in ("bid_price", "ask_price", "underlying_price")]
        moment = positive(row.get("creation_timestamp"))
        bid, ask, forward = figures
        if bid is None or ask is None or forward is None or moment is None or bid >= ask:
            continue
        found.append([name, listed[name], bid, ask, forward, moment])
    if not found:
        raise ExchangeFault(exchange.label, "unreadable", detail="no quote of an option in it")
    return found


def _rows(answer: object) -> list[Mapping[str, Any]]:
    """The objects in the result of an answer."""
    result = answer.get("result") if isinstance(answer, Mapping) else None
    rows = result if isinstance(result, list) else []
    return [row for row in rows[:MOST_ROWS] if isinstance(row, Mapping)]
