"""One snapshot of the live market, put together coin by coin and venue by venue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from hedge_core.bag import is_stablecoin, predecessors, resolve_coin
from hedge_core.contracts import Contract, MarginTier
from hedge_core.errors import SourceUnavailable
from hedge_core.market import FundingHistory, FundingPrint, FutureQuote, MarketSnapshot, Notice, PriceHistory, Quote
from hedge_core.sources import Wanted
from hedge_core.sources.cache import Mode
from hedge_core.sources.exchange import SKEW_LIMIT
from hedge_core.sources.faults import ExchangeFault
from hedge_core.sources.feed import Feed, SpotPrice
from hedge_core.sources.listing import Listed
from hedge_core.sources.series import today
from hedge_core.sources.settings import LiveSettings
from hedge_core.sources.venues import BY_VENUE, DOLLAR_MARKETS, EXCHANGES, FALLBACKS

DAY = timedelta(days=1)
PROXIES = ("ETH", "BTC")
BELIEVABLE = 3.0
"""A price so many times above or below the last close is asked for elsewhere before it is believed."""

AGREE = 1.25
"""Two exchanges agree on a price when they differ by less than this factor."""

NEAR_SPOT = 1.5
"""A contract's price per coin may differ from the coin's by this factor; beyond it the two are not the same coin."""

SPLICE = 1.5
"""A renamed coin's old closes are joined to the new ones when they differ by less than this factor at the seam."""


class Assembly:
    """Puts one snapshot together; made for one use."""

    def __init__(
        self,
        feed: Callable[[str], Feed],
        settings: LiveSettings,
        source: str,
        wanted: Wanted,
        mode: Mode,
        report: Callable[[int, int, str], None],
    ) -> None:
        self._feed, self._settings, self._source = feed, settings, source
        self._wanted, self._mode, self._report = wanted, mode, report
        self._notices: dict[str, Notice] = {}
        self._taken_elsewhere: dict[tuple[str, str, str], list[str]] = {}
        self._unknown: dict[str, list[str]] = {}
        self._earlier: dict[str, list[str]] = {}
        self._faults: dict[str, ExchangeFault] = {}
        self._dollar: dict[str, float] = {"USD": 1.0}
        self._done, self._steps = 0, 1
        self._now = datetime.now(UTC)

    def snapshot(self) -> MarketSnapshot:
        """Fetch and put together. Raises SourceUnavailable, NotCached."""
        self._step("markets")
        coins = self._coins()
        venue = BY_VENUE.get(self._wanted.venue)
        self._steps = 3 + len(coins) * (2 if venue else 1)
        self._step("prices")
        quotes = {coin: quote for coin in coins if (quote := self._quote(coin)) is not None}
        if not quotes:
            raise SourceUnavailable(self._nothing())
        closes = {}
        for coin in coins:
            self._step(f"history of {coin}")
            if not is_stablecoin(coin):
                closes[coin] = self._closes(coin, is_priced=coin in quotes)
        quotes = {coin: self._judged(coin, quote, closes.get(coin, {})) for coin, quote in quotes.items()}
        self._step("contracts")
        contracts, futures, funding, prints = self._derivatives(quotes) if venue else ((), (), None, {})
        self._say_gathered()
        usable = [quote.as_of for quote in quotes.values() if not quote.refusal]
        return MarketSnapshot(
            source=self._source,
            as_of=min(usable, default=max(quote.as_of for quote in quotes.values())),
            simulated=False,
            history=_history(closes),
            quotes=quotes,
            funding=funding,
            funding_now=prints,
            futures=tuple(futures),
            contracts=tuple(contracts),
            notices=tuple(self._notices.values()),
        )

    # -------------------------------------------------------------------------------------------- coins and prices

    def _coins(self) -> tuple[str, ...]:
        """Every coin that has to be looked up: as it is priced, as it moves, and the proxies."""
        try:
            known = self._feed(self._source).spot(self._mode)
        except ExchangeFault as fault:
            self._faults[self._source] = fault
            known = {}
        coins: dict[str, None] = {}
        for symbol in (*self._wanted.coins, *PROXIES):
            resolved = resolve_coin(symbol, known)
            coins[resolved.priced_as] = coins[resolved.moves_with] = None
        return tuple(coins)

    def _order(self, first: str = "") -> list[Feed]:
        names = dict.fromkeys((*((first,) if first else ()), self._source, *FALLBACKS))
        return [self._feed(name) for name in names]

    def _quote(self, coin: str) -> Quote | None:
        """The coin's price in USD from the first exchange that has one, or None with a notice."""
        if coin == "USD":
            return None
        misses: list[str] = []
        refused: Quote | None = None
        for feed in self._order():
            price, miss = self._ask_price(feed, coin)
            if price is None:
                misses.append(f"{feed.exchange.label} {miss}")
                continue
            quote = self._in_usd(feed, price)
            if quote.refusal:
                refused = refused or quote
                misses.append(f"{feed.exchange.label}'s last price is of {quote.as_of:%Y-%m-%d %H:%M} UTC")
                continue
            if feed.exchange.name != self._source:
                self._elsewhere("price", feed, misses[0], coin)
            elif price.fault is not None:
                self._add(self._earlier, price.fault, f"prices ({_age(self._now - price.as_of)} old)")
            return quote
        if refused is None and not is_stablecoin(coin):
            self._say(f"no_price {coin}", f"{coin}: no price. {'; '.join(misses)}.", code="no_price")
        return refused

    def _ask_price(self, feed: Feed, coin: str) -> tuple[SpotPrice | None, str]:
        try:
            price = feed.price(coin, self._mode)
        except ExchangeFault as fault:
            self._faults[feed.exchange.name] = fault
            return None, fault.reason
        self._watch_clock(feed)
        return price, "does not list it" if price is None else ""

    def _in_usd(self, feed: Feed, price: SpotPrice) -> Quote:
        rate = self._usd(price.currency)
        age = (self._now - price.as_of).total_seconds()
        refusal = "too old to size with" if age > self._settings.max_staleness else ""
        label = feed.exchange.label if feed.exchange.price_of == "spot" else f"{feed.exchange.label} (index)"
        return Quote(price.price * rate, price.as_of, label, refusal)

    def _usd(self, currency: str) -> float:
        """USD of one USDT or USDC, from an exchange that trades it against dollars; 1 with a notice otherwise."""
        if currency not in self._dollar:
            rate = None
            for name in DOLLAR_MARKETS:
                price, _ = self._ask_price(self._feed(name), currency)
                if price is not None and price.currency == "USD" and 0.5 < price.price < 2.0:
                    rate = price.price
                    break
            if rate is None:
                self._say(f"dollar {currency}", f"{currency} is taken at $1: no price of it.", code="dollar_assumed")
            self._dollar[currency] = 1.0 if rate is None else rate
        return self._dollar[currency]

    def _judged(self, coin: str, quote: Quote, closes: Mapping[date, float]) -> Quote:
        """The quote, or another exchange's when it is far from the last close and nobody else agrees with it."""
        if quote.refusal or not closes:
            return quote
        close = closes[max(closes)]
        if not _differs(quote.price, close, BELIEVABLE):
            return quote
        for feed in self._order():
            price, _ = self._ask_price(feed, coin)
            other = self._in_usd(feed, price) if price is not None else None
            if other is None or other.refusal or other.source == quote.source:
                continue
            if not _differs(other.price, quote.price, AGREE):
                return quote
            if not _differs(other.price, close, BELIEVABLE):
                self._elsewhere("price", feed, f"{quote.source} says {quote.price:,.6g} USD, far from all others", coin)
                return other
        self._say(
            f"odd {coin}",
            f"{coin}: {quote.source} says {quote.price:,.6g} USD, its last close was {close:,.6g}; "
            "nobody else confirms it, so nothing is sized with it.",
            code="odd_price",
        )
        return replace(quote, refusal=f"{quote.price / close:,.2g} times its last close and confirmed by nobody")

    # --------------------------------------------------------------------------------------------------- history

    def _closes(self, coin: str, *, is_priced: bool) -> Mapping[date, float]:
        """Daily closes of a coin from the first exchange that has them."""
        misses: list[str] = []
        for feed in self._order():
            try:
                symbols = feed.spot(self._mode).get(coin, ())
                found = feed.closes(symbols[0], self._wanted.days, self._mode) if symbols else None
            except ExchangeFault as fault:
                misses.append(f"{feed.exchange.label} {fault.reason}")
                continue
            if found is None or not found.by_day:
                misses.append(f"{feed.exchange.label} does not list it")
                continue
            if feed.exchange.name != self._source:
                self._elsewhere("history", feed, misses[0], coin)
            if found.fault is not None:
                self._add(self._earlier, found.fault, f"history of {coin} (to {max(found.by_day)})")
            elif max(found.by_day) < today() - 3 * DAY:
                text = f"{coin}: {feed.exchange.label}'s history ends on {max(found.by_day)}; it may be delisted there."
                self._say(f"ended {coin}", text, code="history_ended")
            self._say_gaps(coin, feed, found.by_day, found.refused)
            return self._spliced(coin, feed, found.by_day)
        if is_priced:  # otherwise its missing price has been said, for the same reasons
            self._say(f"no_history {coin}", f"{coin}: no history. {'; '.join(misses)}.", code="no_history")
        return {}

    def _say_gaps(self, coin: str, feed: Feed, by_day: Mapping[date, float], refused: Mapping[date, str]) -> None:
        for day, why in list(refused.items())[:3]:
            text = f"{coin}: {feed.exchange.label}'s close of {day} is refused, {why}."
            self._say(f"refused {coin} {day}", text, code="close_refused")
        gaps = (
            (max(by_day) - min(by_day)).days + 1 - len(by_day) - sum(min(by_day) < day < max(by_day) for day in refused)
        )
        if gaps > 0:
            self._say(
                f"gaps {coin}",
                f"{coin}: {feed.exchange.label} has no close for {gaps} {'day' if gaps == 1 else 'days'} in between; "
                "they are left out, not filled.",
                code="gaps",
            )

    def _spliced(self, coin: str, feed: Feed, by_day: Mapping[date, float]) -> Mapping[date, float]:
        """The closes of a renamed coin, with those under its old name before them, at the published ratio."""
        start = min(by_day)
        if start <= today() - self._wanted.days * DAY:
            return by_day
        for old, units in predecessors(coin):
            try:
                symbol = feed.old_symbol(old, self._mode)
                found = feed.closes(symbol, self._wanted.days, self._mode).by_day if symbol else {}
            except ExchangeFault:
                continue
            before = {day: close / units for day, close in found.items() if day < start}
            if before and not _differs(before[max(before)], by_day[start], SPLICE):
                text = f"{coin}: closes before {start} are those of {old}"
                text += f", divided by {units:,.0f}." if units != 1.0 else "."
                self._say(f"spliced {coin}", text, code="renamed_history")
                return {**before, **by_day}
        return by_day

    # ----------------------------------------------------------------------------------------------- derivatives

    def _derivatives(
        self, quotes: Mapping[str, Quote]
    ) -> tuple[list[Contract], list[FutureQuote], FundingHistory | None, dict[str, FundingPrint]]:
        """What the plan's venue lists on these coins, its dated futures' prices and its perpetuals' funding."""
        feed = self._feed(BY_VENUE[self._wanted.venue].name)
        label = feed.exchange.label
        try:
            listed, fault = feed.listed(self._mode)
        except ExchangeFault as error:
            text = f"{label}'s own list of contracts is not at hand ({label} {error.reason}): the catalogue is used."
            self._say("no_list", text, code="contracts_not_live")
            return [], [], None, {}
        if fault is not None:
            self._add(self._earlier, fault, "contracts")
        if not listed:
            text = f"{label}'s own list has no contract that can be used: the catalogue is used."
            self._say("no_list", text, code="contracts_not_live")
        listed = [entry for entry in listed if entry.contract.underlying in quotes]
        contracts, futures, prints = self._future_prices(feed, listed, quotes)
        funding: dict[str, Mapping[date, float]] = {}
        for coin in quotes:
            self._step(f"funding of {coin}")
            perpetual = next((entry for entry in listed if _is_main_perpetual(entry, coin)), None)
            if perpetual is None or label in ("Coinbase",):
                continue
            try:
                found = feed.funding(perpetual.symbol, self._mode)
            except ExchangeFault as error:
                self._add(self._unknown, error, "funding")
                continue
            if found.fault is not None:
                self._add(self._earlier, found.fault, "funding")
            funding[coin] = found.by_day
            if found.last_print is not None:
                prints[coin] = FundingPrint(found.last_print[0], found.last_print[1], label)
        return [self._with_tiers(feed, entry, quotes) for entry in contracts], futures, _funding(funding), prints

    def _future_prices(
        self, feed: Feed, listed: list[Listed], quotes: Mapping[str, Quote]
    ) -> tuple[list[Listed], list[FutureQuote], dict[str, FundingPrint]]:
        if not any(entry.contract.kind == "future" for entry in listed) and feed.exchange.name != "coinbase":
            return listed, [], {}
        try:
            answer = feed.futures(self._mode)
        except ExchangeFault as fault:
            self._add(self._unknown, fault, "prices of futures")
            return listed, [], {}
        prices = answer.value
        if answer.fault is not None:
            self._add(self._earlier, answer.fault, "prices of futures")
        kept: list[Listed] = []
        futures: list[FutureQuote] = []
        prints: dict[str, FundingPrint] = {}
        for entry in listed:
            contract, quote = entry.contract, quotes[entry.contract.underlying]
            price, _, rate = prices.get(entry.symbol, (None, None, None))
            if price is None:
                kept.append(entry)
                continue
            in_usd = price / entry.units * (1.0 if contract.style == "inverse" else self._usd(entry.quote_currency))
            if _differs(in_usd, quote.price, NEAR_SPOT) and not quote.refusal:
                conflict = f"it trades at {in_usd:,.6g} USD a coin, {contract.underlying} at {quote.price:,.6g}"
                kept.append(replace(entry, contract=replace(contract, conflict=conflict)))
                continue
            kept.append(entry)
            if contract.expires_on is not None and contract.style == "linear":
                futures.append(FutureQuote(contract.underlying, contract.expires_on, in_usd))
            if rate is not None and _is_main_perpetual(entry, contract.underlying):
                hours = contract.funding_interval_hours or 1
                prints[contract.underlying] = FundingPrint(rate, hours, feed.exchange.label)
        return kept, futures, prints

    def _with_tiers(self, feed: Feed, entry: Listed, quotes: Mapping[str, Quote]) -> Contract:
        """The contract with its margin tiers where the exchange publishes them one by one."""
        contract = entry.contract
        if feed.exchange.name != "okx" or not _is_main_perpetual(entry, contract.underlying):
            return contract
        try:
            rows = feed.margin_tiers(entry.symbol, self._mode)
        except ExchangeFault as fault:
            self._add(self._unknown, fault, "margin tiers")
            return contract
        face = contract.contract_size * quotes[contract.underlying].price
        tiers = tuple(MarginTier(floor * face, initial, maintenance) for floor, initial, maintenance in rows)
        return replace(
            contract,
            margin_tiers=tiers,
            initial_margin_rate=tiers[0].initial_rate,
            maintenance_margin_rate=tiers[0].maintenance_rate,
            margin_tier_limit=tiers[1].notional_from if len(tiers) > 1 else None,
            margin_is_assumed=False,
            margin_note="the venue's own table",
        )

    # ---------------------------------------------------------------------------------------------------- words

    def _step(self, what: str) -> None:
        self._report(self._done, max(self._steps, self._done + 1), what)
        self._done += 1

    def _say(self, key: str, text: str, code: str = "") -> None:
        self._notices.setdefault(key, Notice(code or key, text))

    @staticmethod
    def _add(group: dict[str, list[str]], fault: ExchangeFault, what: str) -> None:
        named = group.setdefault(f"{fault.exchange} {fault.reason}", [])
        if what not in named:
            named.append(what)

    def _say_gathered(self) -> None:
        """What many coins or kinds of data share is said once."""
        for (kind, provider, reason), taken in self._taken_elsewhere.items():
            key = f"{kind} {provider} {reason}"
            self._say(key, f"{', '.join(taken)}: {kind} from {provider} ({reason}).", code="taken_elsewhere")
        for reason, what in self._earlier.items():
            self._say(f"earlier {reason}", f"{reason}. Used from earlier answers: {_listing(what)}.", code="stale")
        for reason, what in self._unknown.items():
            self._say(f"unknown {reason}", f"{reason}. Not known therefore: {_listing(what)}.", code="not_known")

    def _elsewhere(self, kind: str, feed: Feed, reason: str, coin: str) -> None:
        self._taken_elsewhere.setdefault((kind, feed.exchange.label, reason), []).append(coin)

    def _watch_clock(self, feed: Feed) -> None:
        skew = feed.client.clock_skew
        if abs(skew) > SKEW_LIMIT:
            way = "ahead of" if skew > 0 else "behind"
            self._say(
                f"clock {feed.exchange.name}",
                f"{feed.exchange.label}'s clock is {_age(timedelta(seconds=abs(skew)))} {way} this machine's: "
                "check the time here. Ages count by this machine's clock.",
                code="clock_skew",
            )

    def _nothing(self) -> str:
        reasons = "; ".join(f"{EXCHANGES[name].label} {fault.reason}" for name, fault in self._faults.items())
        return (
            f"No live price of anything: {reasons or 'no exchange lists these coins'}. Nothing is sized until then. "
            "Try again, upload daily closes, type your own prices, or use the sample market."
        )


def _is_main_perpetual(entry: Listed, coin: str) -> bool:
    contract = entry.contract
    return contract.underlying == coin and contract.kind == "perpetual" and contract.style == "linear"


def _differs(one: float, other: float, factor: float) -> bool:
    return not 1.0 / factor < one / other < factor


def _listing(words: list[str]) -> str:
    """The words with commas, the first five of many."""
    return ", ".join(words) if len(words) <= 6 else f"{', '.join(words[:5])} and {len(words) - 5} more"


def _age(age: timedelta) -> str:
    minutes = age.total_seconds() / 60
    if minutes < 90:
        return f"{max(1, round(minutes))} min"
    return f"{minutes / 60:.1f} h" if minutes < 48 * 60 else f"{minutes / 1440:.0f} days"


def _history(closes: Mapping[str, Mapping[date, float]]) -> PriceHistory:
    days, coins, values = _table(closes)
    return PriceHistory(days, coins, values)


def _funding(sums: Mapping[str, Mapping[date, float]]) -> FundingHistory | None:
    days, coins, values = _table(sums)
    return FundingHistory(days, coins, values) if coins else None


def _table(series: Mapping[str, Mapping[date, float]]) -> tuple[np.ndarray, tuple[str, ...], np.ndarray]:
    """Days, coins and values[day, coin]; coins without a value are left out."""
    known = {coin: values for coin, values in series.items() if values}
    if not known:
        return np.empty(0, dtype="datetime64[D]"), (), np.empty((0, 0))
    first, last = min(map(min, known.values())), max(map(max, known.values()))
    table = np.full(((last - first).days + 1, len(known)), np.nan)
    for column, values in enumerate(known.values()):
        for day, value in values.items():
            table[(day - first).days, column] = value
    return np.datetime64(first, "D") + np.arange(len(table)), tuple(known), table
