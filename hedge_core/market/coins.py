"""Coins by their symbols: stablecoins, renamed and wrapped coins (`data/coins.json`)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from hedge_core.errors import InvalidInput

_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9.\-]{0,15}")


def coin_symbol(text: str) -> str:
    """The coin's ticker in upper case, without surrounding space. Raises InvalidInput for anything else."""
    symbol = text.strip().upper()
    if not _SYMBOL.fullmatch(symbol):
        raise InvalidInput(
            f"'{text[:40]}' is not a coin symbol: use its ticker, up to 16 letters or digits, as in SOL."
        )
    return symbol


@dataclass(frozen=True, slots=True)
class ResolvedCoin:
    """What a symbol stands for: the coin that is priced, the coin whose moves it shares, and why.

    One unit of the symbol is `units` of `priced_as`. `moves_with` differs from `priced_as` for staked coins
    only. `note` says what was done, empty when the symbol stands for itself.
    """

    symbol: str
    priced_as: str
    moves_with: str
    units: float = 1.0
    note: str = ""


@lru_cache(maxsize=1)
def _coin_facts() -> Mapping[str, Any]:
    facts: Mapping[str, Any] = json.loads(files("hedge_core").joinpath("data/coins.json").read_text(encoding="utf-8"))
    return facts


def is_stablecoin(coin: str) -> bool:
    """Whether the coin is a stablecoin (or cash), which is never hedged."""
    return coin in _coin_facts()["stablecoins"]


def predecessors(coin: str) -> tuple[tuple[str, float], ...]:
    """The old names of a renamed coin, each with how many of the coin one old unit became."""
    rows = _coin_facts()["renamed"]
    return tuple((str(row["old"]), float(row["new_per_old"])) for row in rows if row["new"] == coin)


def resolve_coin(symbol: str, known: Iterable[str] = ()) -> ResolvedCoin:
    """What `symbol` stands for, given the coins that the market source knows by name.

    A source that still lists the old name of a renamed coin is believed; otherwise the coin is carried over
    at its published ratio (1 MKR = 24,000 SKY). The ratios are facts remembered from the announcements: the
    note asks the holder to check them.
    """
    facts = _coin_facts()
    if symbol in facts["wrapped"]:
        coin = facts["wrapped"][symbol]
        return ResolvedCoin(symbol, coin, coin, note=f"{symbol} is treated as {coin}, one to one.")
    if symbol in facts["staked"]:
        coin = facts["staked"][symbol]
        return ResolvedCoin(
            symbol,
            symbol,
            coin,
            note=f"{symbol} moves with {coin} but is not worth the same: it is sized by its value in USD.",
        )
    renamed = next((row for row in facts["renamed"] if row["old"] == symbol), None)
    if renamed is not None and symbol not in set(known):
        ratio = float(renamed["new_per_old"])
        return ResolvedCoin(
            symbol,
            renamed["new"],
            renamed["new"],
            units=ratio,
            note=f"{symbol} was renamed: 1 {symbol} is taken as {ratio:,.0f} {renamed['new']} "
            "(check the ratio with your exchange).",
        )
    return ResolvedCoin(symbol, symbol, symbol)


def coin_of(base: str) -> tuple[str, float]:
    """The coin of a contract's base and how many of it one unit is: 1000SHIB is 1,000 SHIB, kPEPE 1,000 PEPE.

    A number in front counts as a multiplier only when letters follow it and it is a power of ten from 1,000 on:
    1INCH is a coin. A k counts only in small letters: KAS and KAVA are coins.
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
