"""How to read an exchange through the exchange library: options, paging, and what the library does not normalise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from hedge_core.market.margin_tiers import MarginTier
from hedge_core.market.numbers import positive

PriceOf = Literal["spot", "index"]
FundingPages = Literal["none", "one", "forward", "backward"]
Market = Mapping[str, Any]
"""A market as the exchange library describes it; its `info` is the exchange's own description."""


def library_base(market: Market) -> str:
    """The market's base symbol as the library writes it."""
    return str(market["base"])


def library_id(market: Market) -> str:
    """The market's id, which at most venues is the code of the contract."""
    return str(market["id"])


def no_tiers(_: Market) -> tuple[MarginTier, ...]:
    """No margin tiers, because the exchange's list of markets has none."""
    return ()


def no_funding(_: Mapping[str, Any]) -> float | None:
    """No funding rate, because the exchange's tickers have none."""
    return None


def contract_size(market: Market, exchange: Exchange) -> float | None:
    """The size of one contract in the units in which orders are written; None if the market states none.

    A coin where the exchange `counts_coins`: the library gives 0 or the step of an order there.
    """
    if exchange.counts_coins and (market.get("swap") or market.get("future")) and not market.get("inverse"):
        return 1.0
    return positive(market.get("contractSize"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """An exchange as a source of prices, of contracts, or of both.

    `name` is what a plan stores and `--market` accepts, and also the library's name for the exchange. `label` is the
    name on the screen and `venue` the name of the venue where its contracts trade ('' if it has none).

    Prices: `price_of` says where a coin's price comes from: the spot market or, at a futures exchange, the index of its
    perpetual, which is the field `index_field` of a ticker. `quotes` are the quote currencies, the preferred one first.
    `candles` is the maximum number of daily candles per response; `gives_newest_only` means that the exchange always
    returns the newest ones. Markets whose id ends with `hidden_suffix` are ignored ('' for none). `is_fallback`: coins
    that the chosen exchange cannot supply may be taken from this one. `quotes_dollars`: it trades USDT and USDC against
    USD. `regional_limit` says which regions the exchange refuses ('' if none are known).

    Contracts: `base` returns a market's base symbol, `code` the venue's code of a contract, and `tiers` the margin
    tiers in the list of markets, the smallest first. `thousands` are coins that the exchange trades in units of 1,000
    without saying so. `counts_coins` means that amounts of linear contracts are in coins whatever the library calls the
    size of a contract. `has_right_fees` is False if the library's fees differ from the exchange's own.
    `has_margin_tiers` means that margin tiers need a request per contract; `has_tiers_in_dollars` that these begin at
    values in the quote currency, not at numbers of contracts.
    `volume_fields` are the fields of a perpetual's ticker with its volume in contracts and in coins (none: the ticker
    has not both). `traded_field` is the field of a derivative's ticker with the contracts traded within a day, where
    that request is made anyway ('' for none).

    Funding: `funding` says how the history of rates is paged ("none" if there is no history), `funding_hours` how many
    hours one rate covers (None if it varies), and `funding_now` returns the latest rate in a ticker. `largest_funding`
    is the largest rate that it charges at once, in either direction; a larger one is refused.

    The library: `options` are merged into its options, `futures_options` are sent with a request for tickers of
    futures, and `needs_currencies` means that it reads markets only after a list of currencies.
    """

    name: str
    label: str
    venue: str = ""

    price_of: PriceOf = "spot"
    index_field: str = ""
    quotes: tuple[str, ...] = ("USD", "USDT", "USDC")
    candles: int = 300
    gives_newest_only: bool = False
    hidden_suffix: str = ""
    is_fallback: bool = False
    quotes_dollars: bool = False
    regional_limit: str = ""

    base: Callable[[Market], str] = library_base
    code: Callable[[Market], str] = library_id
    tiers: Callable[[Market], tuple[MarginTier, ...]] = no_tiers
    thousands: frozenset[str] = frozenset()
    counts_coins: bool = False
    has_right_fees: bool = True
    has_margin_tiers: bool = False
    has_tiers_in_dollars: bool = False
    volume_fields: tuple[str, ...] = ()
    traded_field: str = ""

    funding: FundingPages = "forward"
    funding_hours: int | None = None
    largest_funding: float = 0.03
    funding_now: Callable[[Mapping[str, Any]], float | None] = no_funding

    options: Mapping[str, Any] = field(default_factory=dict)
    futures_options: Mapping[str, Any] = field(default_factory=dict)
    needs_currencies: bool = False

    @property
    def is_restricted(self) -> bool:
        """Whether the exchange is known to refuse whole regions."""
        return bool(self.regional_limit)
