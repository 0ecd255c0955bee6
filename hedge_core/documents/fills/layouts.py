"""The tables of fills that brokers' programs, trading bots and libraries write; those of venues are in their files.

Such a table does not say by itself at which venue the fills were made. A row may hold a whole trade (freqtrade) or a
fee as JSON (hummingbot): `unfold` turns it into rows of the usual fields.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from hedge_core.market.venues import VENUES
from hedge_core.market.venues.fills_format import ExportLayout

Cells = dict[str, str]


@dataclass(frozen=True, slots=True)
class FoundLayout:
    """A layout, the program or venue that writes it, and that venue ('' for a program)."""

    name: str
    venue: str
    layout: ExportLayout
    unfold: Callable[[Cells], list[Cells]] = field(default=lambda cells: [cells])


def _round_trip(cells: Cells) -> list[Cells]:
    """Both fills of a trade of freqtrade, whose fees are rates; one fill while the trade is open."""
    is_short = cells.get("is_short", "").lower() in ("1", "1.0", "true", "yes")
    common = {name: text for name, text in cells.items() if not name.startswith(("open_", "close_"))}
    name = "short" if is_short else "long"
    made = []
    for leg in ("open", "close"):
        if cells.get(f"{leg}_time"):
            values = {part: cells.get(f"{leg}_{part}", "") for part in ("time", "price", "fee_rate")}
            made.append({**common, **values, "side": f"{leg} {name}"})
    return made


def _fee_in_json(cells: Cells) -> list[Cells]:
    """The row with the fee that hummingbot writes as JSON: flat amounts in one coin, or else a rate."""
    try:
        fee = json.loads(cells.get("fee", "") or "{}")
    except ValueError:
        return [cells]
    if not isinstance(fee, dict):
        return [cells]
    flat = [one for one in fee.get("flat_fees") or () if isinstance(one, dict)]
    tokens = {str(one.get("token", "")) for one in flat}
    plain = {**cells, "fee": "", "fee_rate": ""}
    if len(tokens) == 1 and len(flat) == 1:
        return [{**plain, "fee": str(flat[0].get("amount", "")), "currency": tokens.pop()}]
    rate = str(fee.get("percent", ""))
    is_known = not flat and rate not in ("", "0", "0.0")
    return [{**plain, "fee_rate": rate} if is_known else {**plain, "fee": "?"}]


PROGRAMS = (
    FoundLayout(
        "Tradovate",
        "",
        ExportLayout(
            frozenset(("b/s", "avgprice", "filledqty", "fill time")),
            {"time": "fill time", "side": "b/s", "price": "avgprice", "quantity": "filledqty", "contract": "contract"},
        ),
    ),
    FoundLayout(
        "Tradovate",
        "",
        ExportLayout(
            frozenset(("contractid", "fill id", "b/s")),
            {"time": "timestamp", "side": "b/s", "contract": "contract", "trade_id": "fill id"},
        ),
    ),
    FoundLayout("NinjaTrader", "", ExportLayout(frozenset(("e/x", "position", "id")), {"trade_id": "id"})),
    FoundLayout(
        "Interactive Brokers",
        "",
        ExportLayout(
            frozenset(("ibcommission", "tradeprice", "symbol", "datetime")),
            {"time": "datetime", "contract": "symbol", "price": "tradeprice", "side": "buy/sell"},
        ),
    ),
    FoundLayout(
        "Interactive Brokers",
        "",
        ExportLayout(
            frozenset(("t. price", "comm/fee", "symbol", "asset category")),
            {"time": "date/time", "contract": "symbol", "price": "t. price", "fee": "comm/fee", "quote": "currency"},
        ),
    ),
    FoundLayout(
        "freqtrade",
        "",
        ExportLayout(
            frozenset(("pair", "is short", "open rate", "open date")),
            {
                "time": "open date", "open_time": "open date", "close_time": "close date", "price": "open rate",
                "open_price": "open rate", "close_price": "close rate", "open_fee_rate": "fee open",
                "close_fee_rate": "fee close", "is_short": "is short", "contract": "pair", "quantity": "amount",
            },
        ),
        _round_trip,
    ),
    FoundLayout(
        "hummingbot",
        "",
        ExportLayout(
            frozenset(("config file path", "trade fee", "trade type", "market")),
            {
                "side": "trade type", "venue": "market", "fee": "trade fee", "contract": "symbol",
                "trade_id": "exchange trade id", "time": "timestamp",
            },
        ),
        _fee_in_json,
    ),
    FoundLayout("ccxt", "", ExportLayout(frozenset(("fee.cost", "fee.currency", "amount", "symbol")))),
)  # fmt: skip
"""The tables of programs."""

NUMBERS_BY_LEG = ("open_price", "close_price", "open_fee_rate", "close_fee_rate")
"""Fields of numbers that only a layout names."""


def layout_of(titles: Collection[str]) -> FoundLayout | None:
    """The layout that has these columns (in lower case), the one that names most of them; None for other tables."""
    of_venues = (
        FoundLayout(venue.name, venue.name, layout)
        for venue in VENUES.values()
        if venue.fills
        for layout in venue.fills.layouts
    )
    fitting = [found for found in (*of_venues, *PROGRAMS) if found.layout.columns <= set(titles)]
    return max(fitting, key=lambda found: len(found.layout.columns), default=None)


def places(found: FoundLayout | None, titles: list[str]) -> Mapping[str, int]:
    """The index of the column of each field that the layout names and the table has."""
    named = found.layout.fields if found else {}
    return {name: titles.index(title) for name, title in named.items() if title in titles}
