"""Coin symbols: validates tickers, recognises stablecoins, and resolves renamed, wrapped and staked coins.

The facts are in `hedge_core/data/coins.csv`. Limits: the file covers well-known coins only, and the conversion ratios
of renamed coins have not been verified against a source.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from hedge_core.errors import InvalidInput
from hedge_core.tables import shipped_rows

_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9.\-]{0,15}")


def coin_symbol(text: str) -> str:
    """The ticker in `text` in upper case. Raises InvalidInput if it is not a ticker.

    A ticker has 1 to 16 letters, digits, dots or hyphens, and starts with a letter or digit.
    """
    symbol = text.strip().upper()
    if not _SYMBOL.fullmatch(symbol):
        raise InvalidInput(
            f"'{text[:40]}' is not a coin symbol: use the ticker, up to 16 letters or digits, such as SOL."
        )
    return symbol


@dataclass(frozen=True, slots=True)
class ResolvedCoin:
    """How a symbol is treated: the coin that prices it (`priced_as`) and the coin whose returns it follows.

    One unit of `symbol` counts as `units` of `priced_as`. `moves_with` differs from `priced_as` only for staked coins.
    `note` explains the treatment to the user; it is '' if the symbol is used as it is.
    """

    symbol: str
    priced_as: str
    moves_with: str
    units: float = 1.0
    note: str = ""


class _Fact(NamedTuple):
    """A row of the table of coins: what `symbol` is, in terms of `coin`; see `coins.csv`."""

    kind: str
    coin: str
    units: float


@lru_cache(maxsize=1)
def _facts() -> Mapping[str, _Fact]:
    """What is known of each symbol; kinds: cash, stablecoin, savings, gold, wrapped, staked, renamed."""
    return {row["symbol"]: _Fact(row["kind"], row["coin"], float(row["units"])) for row in shipped_rows("coins.csv")}


def _kind(symbol: str) -> str:
    fact = _facts().get(symbol)
    return fact.kind if fact else ""


def is_known(symbol: str) -> bool:
    """Whether the table of coins has the symbol, as itself or as the coin that another symbol stands for."""
    return symbol in _facts() or symbol in _counted_as()


@lru_cache(maxsize=1)
def _counted_as() -> frozenset[str]:
    return frozenset(fact.coin for fact in _facts().values())


def is_stablecoin(coin: str) -> bool:
    """Whether the coin is a stablecoin, a savings token of one, or cash. These are never hedged."""
    return _kind(coin) in {"stablecoin", "savings", "cash"}


def is_dollar(coin: str) -> bool:
    """Whether one unit is meant to be worth one US dollar: USD and its stablecoins.

    Not so for other currencies, nor for tokens that pay interest by rising in value, such as sUSDe.
    """
    fact = _facts().get(coin)
    return fact is not None and fact.kind in {"stablecoin", "cash"} and fact.coin == "USD"


def is_cash(coin: str) -> bool:
    """Whether the symbol is a currency of a country, such as EUR."""
    return _kind(coin) == "cash"


def is_gold(coin: str) -> bool:
    """Whether the coin stands for an amount of gold."""
    return _kind(coin) == "gold"


def predecessors(coin: str) -> tuple[tuple[str, float], ...]:
    """The former symbols of a renamed coin, each with the number of new coins that replaced one old coin."""
    return tuple((old, fact.units) for old, fact in _facts().items() if fact.kind == "renamed" and fact.coin == coin)


def resolve_coin(symbol: str, known: Iterable[str] = ()) -> ResolvedCoin:
    """How `symbol` is priced and which coin's returns it follows, if the market source lists the symbols `known`.

    A renamed coin keeps its old symbol if the source still lists it. Otherwise it is converted to the new coin at the
    published ratio (1 MKR = 24,000 SKY). The ratios have not been verified against a source, so the note asks the user
    to check them.
    """
    fact = _facts().get(symbol)
    if fact is None:
        return ResolvedCoin(symbol, symbol, symbol)
    if fact.kind == "wrapped":
        return ResolvedCoin(symbol, fact.coin, fact.coin, note=f"{symbol} is treated as {fact.coin}, one to one.")
    if fact.kind == "staked":
        return ResolvedCoin(
            symbol,
            symbol,
            fact.coin,
            note=f"{symbol} moves with {fact.coin} but is not worth the same: it is sized by its value in USD.",
        )
    if fact.kind == "renamed" and symbol not in set(known):
        return ResolvedCoin(
            symbol,
            fact.coin,
            fact.coin,
            units=fact.units,
            note=f"{symbol} was renamed: 1 {symbol} counts as {fact.units:,.6g} {fact.coin} "
            "(check the ratio with your exchange).",
        )
    return ResolvedCoin(symbol, symbol, symbol)


def coin_of(base: str) -> tuple[str, float]:
    """The coin in a contract's base symbol and the number of coins in one unit: 1000SHIB is 1,000 SHIB.

    A number at either end is a multiplier only if it is a power of ten of at least 1,000, so 1INCH is a coin. 1M in
    front is a million. A k in front is a thousand, but only in lower case: kPEPE is 1,000 PEPE, KAS is a coin.
    """
    if match := re.fullmatch(r"(1(?:000){1,3}|10000|100000)([A-Z][A-Z0-9.]*)", base):
        return match[2], float(match[1])
    if match := re.fullmatch(r"1M([A-Z]{3,}[A-Z0-9.]*)", base):
        return match[1], 1e6
    if match := re.fullmatch(r"([A-Z][A-Z0-9.]*?)(1000|10000|1000000)", base):
        return match[1], float(match[2])
    if match := re.fullmatch(r"k([A-Z][A-Z0-9.]+)", base):
        return match[1], 1000.0
    return base.upper(), 1.0
