"""Which column of a price file holds the dates, the coins and the closes, and which coin a title names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from hedge_core.documents.prices.table import DATE_NAMES, MAX_COINS, MAX_DAYS
from hedge_core.documents.reader.doubts import Doubt
from hedge_core.documents.reader.titles import title_of
from hedge_core.errors import Fault, InvalidFile, InvalidInput
from hedge_core.market.coin_names import NamedCoin, coin_by_name, coin_named
from hedge_core.market.coins import coin_of, coin_symbol, is_cash, is_dollar, is_stablecoin
from hedge_core.tables import Table

COIN_NAMES = ("coin", "symbol", "asset", "ticker", "base", "base asset", "currency", "pair", "token", "kürzel")
FULL_NAMES = ("name", "coin name", "id", "coin id", "coingecko id", "slug")
"""Titles of a column of coins if its cells are names of coins; other files have numbers there."""
CLOSE_NAMES = (
    "close", "price", "close price", "closing price (usd)", "close (usd)", "price (usd)", "value", "usd",
    "adj close", "last", "schlusskurs", "kurs", "cierre", "clôture", "zuletzt", "dernier", "último", "closing price",
)  # fmt: skip
QUOTE_NAMES = (
    "quote", "vs currency", "quote currency", "quote asset", "counter currency", "currency", "ccy", "price currency",
    "quote ccy", "währung", "devise", "moneda", "valuta",
)  # fmt: skip
ONE_COIN_NAMES = frozenset({"open", "high", "low", "close", "adj close", "price", "volume", "market cap"})
"""Columns of a file about a single coin; in a wide file they would be read as coins."""
QUOTES = ("USDT", "USDC", "USD")
OTHER_DOLLARS = frozenset(("BUSD", "SUSD"))
"""Coins whose own symbols end with a quote currency."""
OTHER_QUOTES = frozenset(("EUR", "GBP", "JPY", "KRW", "CHF", "AUD", "CAD", "BRL", "TRY", "INR", "BTC", "ETH", "BNB"))
GLUED = ("BTC", "ETH", "BNB")
"""Coins in which others are quoted, as in SOLBTC."""
BESIDE_COINS = frozenset(
    "RATE FX CLOSE PRICE LAST ADJ CLOSING KURS PERP PERPETUAL SWAP SPOT INDEX $ US$ DOLLAR DOLLARS".split()
)
"""Words beside a coin in a title that do not change what its closes mean."""
ALIKE = 0.005
"""Two columns of one coin may differ by this fraction; then the first one is used."""


@dataclass(slots=True)
class Columns:
    """The columns in use: `coins` for each column of closes of a wide file, `coin` the column of a long one.

    `quotes` is the currency of each column of closes that states another than the dollar, and `file_quote` that of the
    whole file ('' for dollars). A column in `inverse` states units of a currency per dollar.
    """

    date_column: int
    closes: tuple[int, ...]
    coin: int | None = None
    coins: Mapping[int, NamedCoin] = field(default_factory=dict)
    quote: int | None = None
    understood: Mapping[str, str] = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)
    doubled: set[int] = field(default_factory=set)
    quotes: dict[int, str] = field(default_factory=dict)
    inverse: set[int] = field(default_factory=set)
    file_quote: str = ""

    def quote_of(self, values: tuple[str, ...], close_column: int) -> str:
        """The currency of a row's close in a long file, as its own column, the title or the text above state it."""
        own = values[self.quote].strip().upper() if self.quote is not None else ""
        return own or self.quotes.get(close_column, "") or self.file_quote

    def keep(
        self,
        cells: dict[tuple[str, date], float],
        coin: NamedCoin,
        day: date,
        close: float,
        row: int,
        title: str,
        faults: list[Fault],
    ) -> None:
        """Put a close of a wide file into `cells`. A second column of a coin must agree with the first."""
        before = cells.get((coin.coin, day))
        value = close / coin.units
        if before is not None and abs(value - before) > ALIKE * before:
            why = f"{coin.coin} has two columns, which differ on {day} ({before:g} and {value:g}); keep one"
            faults.append(Fault(why, row=row, field=title))
        elif before is None:
            cells[coin.coin, day] = value


def find_columns(table: Table, *, coin: str, mapping: Mapping[str, str], faults: list[Fault]) -> Columns:
    """The columns of a price file. Raises InvalidFile if there is no date, no price, or no coin."""
    chosen = {name: table.header.index(title) for name, title in mapping.items() if title in table.header}
    date_column = chosen.get("date", table.find(DATE_NAMES))
    if date_column is None and not table.header[0]:
        date_column = 0  # an index column that was written without a name
    if date_column is None:
        raise InvalidFile(
            f"The price file has no date column. Its columns are: {table.columns_text}. Name one of them 'date'."
        )
    coin_column = chosen.get("coin", table.find(COIN_NAMES))
    names = table.find(FULL_NAMES)
    if coin_column is None and names is not None and all(coin_by_name(cells[names]) for _, cells in table.rows):
        coin_column = names
    if coin:
        return _one_coin(table, date_column, _close_column(table, chosen.get("close")), coin)
    if coin_column is not None:
        return _long(table, date_column, coin_column, _close_column(table, chosen.get("close")))
    return _wide(table, date_column, faults)


def _close_column(table: Table, chosen: int | None) -> int | None:
    """The column of closes, chosen or found."""
    found = table.find(CLOSE_NAMES) if chosen is None else chosen
    if found is None:
        priced = (n for n, title in enumerate(table.header) if title_of(title).meaning == "price")
        found = next(priced, None)
    return found


def _quotes(table: Table, close_column: int) -> dict[int, str]:
    """Return the currency that the title of the closes states, if it is not the dollar."""
    currency = title_of(table.header[close_column]).currency
    return {close_column: currency} if currency and not is_dollar(currency) else {}


def _words(table: Table, meanings: Mapping[int, str]) -> dict[str, str]:
    return {title: meanings.get(n, "not used") for n, title in enumerate(table.header)}


def _one_coin(table: Table, date_column: int, close_column: int | None, coin: str) -> Columns:
    if close_column is None:
        raise InvalidFile(f"The price file has no column 'close'. Its columns are: {table.columns_text}.")
    symbol = coin_symbol(coin)
    understood = _words(table, {date_column: "date", close_column: f"close of {symbol}"})
    return Columns(
        date_column,
        (close_column,),
        coins={close_column: NamedCoin(symbol)},
        understood=understood,
        quotes=_quotes(table, close_column),
    )


def _long(table: Table, date_column: int, coin_column: int, close_column: int | None) -> Columns:
    if close_column is None:
        raise InvalidFile(
            f"The price file has a coin column but no price column. Its columns are: {table.columns_text}. "
            "Name one of them 'close'."
        )
    quote = table.find(QUOTE_NAMES)
    quote = None if quote == coin_column else quote
    meanings = {date_column: "date", coin_column: "coin", close_column: "close"}
    if quote is not None:
        meanings[quote] = "quote currency"
    return Columns(
        date_column,
        (close_column,),
        coin_column,
        quote=quote,
        understood=_words(table, meanings),
        quotes=_quotes(table, close_column),
    )


def _wide(table: Table, date_column: int, faults: list[Fault]) -> Columns:
    if ONE_COIN_NAMES & {title.lower().replace("_", " ") for title in table.header}:
        raise InvalidFile(
            f"The price file does not say which coin it is for. Its columns are: {table.columns_text}. "
            "Rename the close to the coin's ticker and remove the other columns, add a column 'coin', or name the coin."
        )
    if len(table.header) > MAX_COINS + 1:
        raise InvalidFile(f"The price file has {len(table.header):,} columns; at most {MAX_COINS} can be read.")
    if len(table.rows) > MAX_DAYS:
        raise InvalidFile(f"The price file has {len(table.rows):,} rows; at most {MAX_DAYS:,} can be read.")
    coins: dict[int, NamedCoin] = {}
    quotes: dict[int, str] = {}
    inverse: set[int] = set()
    doubts: list[Doubt] = []
    for number, title in enumerate(table.header):
        if number == date_column:
            continue
        titled = coin_in_title(title, 1, title or f"column {number + 1}", faults)
        if titled is None:
            continue
        coin = titled.coin
        if titled.quote:
            quotes[number] = titled.quote
        if titled.is_inverse:
            inverse.add(number)
        same = next((n for n, other in coins.items() if other.coin == coin.coin), None)
        if same is not None and table.header[same].upper() == title.upper():
            faults.append(Fault(f"{coin.coin} has two columns; keep one", row=1, field=title))
            continue
        if same is not None:
            used = title if quotes.get(same) and not titled.quote else table.header[same]
            text = f"{coin.coin} has two columns; '{used[:20]}' is used where both have a close"
            doubts.append(Doubt("note", text, field=title))
        if coin.units != 1.0:
            doubts.append(Doubt("note", f"'{title[:20]}' is read as the price of {coin.units:,.0f} {coin.coin}"))
        coins[number] = coin
    if not coins and not faults:
        raise InvalidFile("The price file has only a date column: add a column for each coin.")
    meanings = {date_column: "date", **{number: f"close of {coin.coin}" for number, coin in coins.items()}}
    return Columns(
        date_column,
        tuple(coins),
        coins=coins,
        understood=_words(table, meanings),
        doubts=doubts,
        quotes=quotes,
        inverse=inverse,
    )


class TitledCoin(NamedTuple):
    """A coin in a title, and the currency in which it is quoted ('' for dollars).

    `is_inverse`: the title is that of a currency per dollar, such as USD/EUR; the coin is then that currency.
    """

    coin: NamedCoin
    quote: str = ""
    is_inverse: bool = False


def coin_in_title(text: str, row: int, title: str, faults: list[Fault]) -> TitledCoin | None:
    """BTC for BTC, BTC-USD, BTC/USDT, BTCUSDT, XBTUSD or Bitcoin; 1000PEPEUSDT is the price of 1,000 PEPE.

    A stablecoin such as BUSD stays whole. BTC-EUR and BTCEUR are BTC, quoted in EUR. None adds a fault.
    """
    named = coin_by_name(text) if any(mark.islower() for mark in text) and len(text) > 4 else ""
    if named:
        return TitledCoin(NamedCoin(named))
    if per := re.fullmatch(r"([A-Za-z]{3}) per ([A-Za-z]{3})", text.strip(), re.IGNORECASE):
        text = f"{per[2]}/{per[1]}"
    first = re.sub(r"(?<=USD|SDT|SDC)\.P$", "", text.strip().upper())  # a perpetual's name at TradingView
    symbol, *beside = [part for part in re.split(r"[-/_: ()\[\]]+", first) if part] or [""]
    quote = next((part for part in beside if part in OTHER_QUOTES or (is_cash(part) and not is_dollar(part))), "")
    if is_dollar(symbol) and is_cash(symbol) and is_cash(quote):
        return TitledCoin(NamedCoin(quote), is_inverse=True)
    unknown = next((p for p in beside if not is_dollar(p) and p not in BESIDE_COINS and p != quote), "")
    if unknown:
        why = f"'{text[:40]}' names more than a coin: we do not know what '{unknown[:16].lower()}' means"
        faults.append(Fault(why, row=row, field=title))
        return None
    if len(symbol) > 5 and symbol[-3:] in GLUED and not _is_coin(symbol) and _is_coin(symbol[:-3]):
        why = f"'{text[:40]}' may be quoted in {symbol[-3:]}; closes must be in USD. Write {symbol[:-3]}/{symbol[-3:]}"
        faults.append(Fault(f"{why} if it is", row=row, field=title))
        return None
    if not quote and not _is_coin(symbol):
        symbol, quote = _without_quote(symbol)
        if symbol == "USD":
            return TitledCoin(NamedCoin(quote), is_inverse=True)
    suffix = next((suffix for suffix in QUOTES if symbol.endswith(suffix) and symbol != suffix), "")
    if not (is_stablecoin(symbol) or symbol in OTHER_DOLLARS):
        symbol = symbol.removesuffix(suffix)
    symbol = re.sub(r"^(X[A-Z]{3,4})Z$", r"\1", symbol) if suffix else symbol  # Kraken's XXBTZUSD
    try:
        symbol = coin_symbol(symbol)
    except InvalidInput as error:
        faults.append(Fault(str(error), row=row, field=title))
        return None
    coin, units = coin_of(text.strip() if re.fullmatch(r"k[A-Z]+", text.strip()) else symbol)
    if units != 1.0:
        return TitledCoin(NamedCoin(coin, units), quote)
    alias = coin_named(symbol)
    is_alias = alias.is_known and alias.coin and alias.units == 1.0 and symbol[0] in "XZ" and not coin_by_name(symbol)
    return TitledCoin(NamedCoin(alias.coin if is_alias else symbol), quote)


def _is_coin(symbol: str) -> bool:
    return coin_named(symbol).is_known and coin_named(symbol).coin == symbol


def _without_quote(symbol: str) -> tuple[str, str]:
    """Return BTC and EUR for BTCEUR, USD and JPY for USDJPY; a symbol without such an ending, and ''."""
    base, quote = symbol[:-3], symbol[-3:]
    is_pair = is_cash(quote) and not is_dollar(quote) and (_is_coin(base) or base == "XBT")
    return (base, quote) if is_pair else (symbol, "")
