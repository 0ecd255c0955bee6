"""Collects a venue's current data on the coins of a bag: contracts, prices of futures, funding and margin tiers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from hedge_core.errors import SourceUnavailable
from hedge_core.market.contracts import Contract, MarginTier, catalogue
from hedge_core.market.live import series
from hedge_core.market.live.faults import ExchangeFault
from hedge_core.market.live.feed import Feed
from hedge_core.market.live.listing import Listed
from hedge_core.market.live.parse import differs
from hedge_core.market.live.remarks import Remarks
from hedge_core.market.live.sizes import without_conflicting_sizes
from hedge_core.market.snapshot import ContractQuote, FundingPrint, FutureQuote, Quote
from hedge_core.text import price

NEAR_SPOT = 1.5
"""A contract's price per coin must be within this factor of the coin's own price, or it is a different coin."""

OTHER_ORDER = 20.0
"""A smallest order or a step of orders that differs from that of the catalogue by this factor is named. The one decides
what is hedged, the other what a count means."""

GONE_DAYS = 14
"""A perpetual that was listed so many days ago and is no longer is named."""


@dataclass(slots=True)
class Derivatives:
    """A venue's data; empty where it supplied none.

    `funding` is the sum of rates by coin and UTC day, `quotes` the quote of each contract by its id.
    """

    contracts: list[Contract] = field(default_factory=list)
    futures: list[FutureQuote] = field(default_factory=list)
    funding: dict[str, Mapping[date, float]] = field(default_factory=dict)
    prints: dict[str, FundingPrint] = field(default_factory=dict)
    quotes: dict[str, ContractQuote] = field(default_factory=dict)


def derivatives(
    feed: Feed,
    quotes: Mapping[str, Quote],
    *,
    in_usd: Callable[[str], float],
    remarks: Remarks,
    step: Callable[[str], None],
) -> Derivatives:
    """The current data of the venue behind `feed` on the coins in `quotes`.

    `in_usd` returns the value in USD of one unit of a quote currency. `step` is called with each coin before its
    funding is fetched. Failures are added to `remarks`, not raised.
    """
    label = feed.exchange.label
    found = Derivatives()
    try:
        everything = feed.listed
    except ExchangeFault as error:
        text = f"{label}'s own list of contracts is unavailable ({label} {error.reason}): the catalogue is used."
        remarks.say("no_list", text, code="contracts_not_live")
        return found
    remarks.earlier(feed.list_fault, "contracts")
    if not everything:
        text = f"{label}'s own list has no usable contract: the catalogue is used."
        remarks.say("no_list", text, code="contracts_not_live")
    listed = [
        entry for entry in _with_believable_sizes(feed, everything, quotes) if entry.contract.underlying in quotes
    ]
    checked = _with_prices(feed, listed, quotes, in_usd, remarks, found)
    _add_volumes(feed, checked, quotes, found)
    _say_odd_orders(checked, quotes, remarks)
    perpetuals = {entry.contract.underlying: entry for entry in reversed(listed) if _is_linear_perpetual(entry)}
    for coin in quotes:
        step(coin)
        if coin in perpetuals and feed.exchange.funding != "none":
            _add_funding(feed, coin, perpetuals[coin].symbol, remarks, found)
    found.contracts = [_with_tiers(feed, entry, quotes, remarks) for entry in checked]
    missing = _no_longer_listed(feed, everything, quotes) if everything else []
    gone = _gone(feed, everything, quotes, remarks) if everything else []
    merged = catalogue().with_listed(found.contracts)
    in_conflict = [contract.id for contract in found.contracts if merged.get(contract.id).conflict]
    feed.doubt_list(in_conflict, [*gone, *(contract.id for contract in missing)])
    found.contracts += missing
    return found


def _with_believable_sizes(feed: Feed, everything: list[Listed], quotes: Mapping[str, Quote]) -> list[Listed]:
    """The contracts, those whose sizes contradict each other in conflict; remembers the sizes for the next time."""
    try:
        volumes = feed.volumes
    except SourceUnavailable:
        volumes = {}  # the other witnesses of a size remain
    seen = feed.sizes_seen
    prices = {coin: quote.price for coin, quote in quotes.items() if not quote.refusal}
    found, kept = without_conflicting_sizes(everything, seen=seen, volumes=volumes, on=series.today(), prices=prices)
    if kept != seen:
        feed.keep_sizes(kept)
    return found


def _add_volumes(feed: Feed, listed: list[Listed], quotes: Mapping[str, Quote], found: Derivatives) -> None:
    """Add what each contract traded within a day, where the exchange states it in contracts."""
    try:
        contracts_and_coins = feed.volumes
    except SourceUnavailable:
        return  # the volumes of the catalogue remain
    for entry in listed:
        traded = contracts_and_coins.get(entry.symbol)
        if traded is not None and not entry.contract.conflict:
            _keep_volume(entry.contract, traded[0], quotes, found)


def _say_odd_orders(listed: list[Listed], quotes: Mapping[str, Quote], remarks: Remarks) -> None:
    """Name contracts whose smallest order, or whose step of orders, is far from that in the catalogue."""
    for contract in (entry.contract for entry in listed):
        known = catalogue().by_id.get(contract.id)
        if known is None or known.contract_size != contract.contract_size:
            continue
        for what, lots, known_lots in (
            ("smallest order", contract.minimum_lots, known.minimum_lots),
            ("step of orders", 1, 1),
        ):
            if not differs(lots * contract.amount_step, known_lots * known.amount_step, OTHER_ORDER):
                continue
            usd = lots * contract.lot_notional(quotes[contract.underlying].price)
            text = f"{contract.underlying}: {contract.source} says that the {what} of {contract.id} is "
            text += f"{contract.size_text(lots)} ({price(usd)}); the catalogue ({known.verified_on}) says "
            text += f"{known.size_text(known_lots)}. Check with the venue."
            remarks.say(f"order {contract.id}", text, code="order_size", severity="warning")
            break


def _keep_volume(contract: Contract, contracts: float | None, quotes: Mapping[str, Quote], found: Derivatives) -> None:
    """Add to the quote of a contract what it traded within a day: its contracts times the USD of one."""
    if contracts is None:
        return
    usd = contracts * contract.contract_size * (1.0 if contract.size_in_usd else quotes[contract.underlying].price)
    found.quotes[contract.id] = replace(found.quotes.get(contract.id, ContractQuote()), daily_volume=usd)


def _no_longer_listed(feed: Feed, everything: list[Listed], quotes: Mapping[str, Quote]) -> list[Contract]:
    """The catalogue's perpetuals of the venue that its own list does not have, marked so that they are not used."""
    ids = {entry.contract.id for entry in everything}
    here = (row for row in catalogue() if row.venue == feed.exchange.venue and row.expiry == "none")
    conflict = f"not in {feed.exchange.label}'s own list"
    return [replace(row, conflict=conflict) for row in here if row.underlying in quotes and row.id not in ids]


def _gone(feed: Feed, everything: list[Listed], quotes: Mapping[str, Quote], remarks: Remarks) -> list[str]:
    """The perpetuals that the list had within GONE_DAYS and has not now, by id; says so. Remembers those it has.

    Those of the catalogue are left to `_no_longer_listed`.
    """
    today, seen = series.today(), feed.contracts_seen
    perpetuals = [entry.contract for entry in everything if entry.contract.kind == "perpetual"]
    listed = {contract.id: [contract.underlying, today.isoformat()] for contract in perpetuals}
    gone = {
        contract_id: [coin, day]
        for contract_id, (coin, day) in seen.items()
        if contract_id not in listed and (today - date.fromisoformat(day)).days <= GONE_DAYS
    }
    if seen != {**gone, **listed}:
        feed.keep_contracts_seen({**gone, **listed})
    told = {name: row for name, row in gone.items() if row[0] in quotes and name not in catalogue().by_id}
    for contract_id, (coin, day) in told.items():
        text = f"{coin}: {feed.exchange.label}'s own list no longer has {contract_id}, which it had on {day}."
        remarks.say(f"gone {contract_id}", text, code="contract_gone", severity="warning")
    return list(told)


def _add_funding(feed: Feed, coin: str, symbol: str, remarks: Remarks, found: Derivatives) -> None:
    try:
        rates = feed.funding(symbol)
    except ExchangeFault as error:
        remarks.unknown(error, "funding")
        return
    remarks.earlier(rates.fault, "funding")
    for day, why in list(rates.refused.items())[-1:]:
        text = f"{coin}: {feed.exchange.label}'s funding of {day} is refused: {why}."
        remarks.say(f"funding {coin}", text, code="funding_refused", severity="warning")
    found.funding[coin] = rates.by_day
    if rates.last_print is not None:
        found.prints[coin] = FundingPrint(*rates.last_print, feed.exchange.label)


def _with_prices(
    feed: Feed,
    listed: list[Listed],
    quotes: Mapping[str, Quote],
    in_usd: Callable[[str], float],
    remarks: Remarks,
    found: Derivatives,
) -> list[Listed]:
    """The contracts, marked if they conflict with their coin's price; adds prices and funding rates to `found`."""
    is_told_by_tickers = feed.exchange.funding == "none"
    if not is_told_by_tickers and all(entry.contract.kind != "future" for entry in listed):
        return listed
    try:
        answer = feed.futures
    except ExchangeFault as fault:
        remarks.unknown(fault, "prices of futures")
        return listed
    remarks.earlier(answer.fault, "prices of futures")
    return [_with_price(feed, entry, answer.value, quotes, in_usd, found) for entry in listed]


def _with_price(
    feed: Feed,
    entry: Listed,
    prices: Mapping[str, tuple[float | None, ...]],
    quotes: Mapping[str, Quote],
    in_usd: Callable[[str], float],
    found: Derivatives,
) -> Listed:
    contract, quote = entry.contract, quotes[entry.contract.underlying]
    price, _, rate, *rest = prices.get(entry.symbol, (None, None, None))
    if price is None:
        return entry
    usd = (1.0 if contract.style == "inverse" else in_usd(entry.quote_currency)) / entry.units
    usd_per_coin = price * usd
    if differs(usd_per_coin, quote.price, NEAR_SPOT) and not quote.refusal:
        conflict = f"it trades at {usd_per_coin:,.6g} USD per coin, {contract.underlying} at {quote.price:,.6g}"
        return replace(entry, contract=replace(contract, conflict=conflict))
    # Answers that were kept by an earlier release have no bid, ask and volume.
    *book, traded = (*rest, None, None, None)[:3]
    bid, ask = (None if quoted is None else quoted * usd for quoted in book)
    found.quotes[contract.id] = ContractQuote(bid, ask, usd_per_coin)
    _keep_volume(contract, traded, quotes, found)
    if contract.expires_on is not None and contract.style == "linear":
        found.futures.append(FutureQuote(contract.underlying, contract.expires_on, usd_per_coin))
    if rate is not None and _is_linear_perpetual(entry):
        hours = contract.funding_interval_hours or 1
        found.prints[contract.underlying] = FundingPrint(rate, hours, feed.exchange.label)
    return entry


def _with_tiers(feed: Feed, entry: Listed, quotes: Mapping[str, Quote], remarks: Remarks) -> Contract:
    """The contract, with its margin tiers if the exchange publishes them contract by contract."""
    contract = entry.contract
    if not (feed.exchange.has_margin_tiers and _is_linear_perpetual(entry)):
        return contract
    try:
        rows = feed.margin_tiers(entry.symbol)
    except ExchangeFault as fault:
        remarks.unknown(fault, "margin tiers")
        return contract
    return with_tiers(contract, rows, quotes[contract.underlying].price, feed)


def with_tiers(contract: Contract, rows: list[list[float]], price: float, feed: Feed) -> Contract:
    """The contract with the tiers in `rows` (see `Feed.margin_tiers`) at `price` (USD per coin)."""
    unit = 1.0 if feed.exchange.has_tiers_in_dollars else contract.contract_size * price
    return contract.with_margin_tiers(tuple(MarginTier(start * unit, asked, kept) for start, asked, kept in rows))


def _is_linear_perpetual(entry: Listed) -> bool:
    return entry.contract.kind == "perpetual" and entry.contract.style == "linear"
