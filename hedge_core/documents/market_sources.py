"""Opens a market source by its name: the name that a plan stores and that `--market` accepts."""

from __future__ import annotations

from datetime import UTC, datetime

from hedge_core.errors import SourceUnavailable
from hedge_core.market.live import check_packages
from hedge_core.market.live.settings import LiveSettings
from hedge_core.market.sources import MarketSource, Wanted
from hedge_core.market.venues import EXCHANGES


def open_source(name: str, wanted: Wanted | None = None, settings: LiveSettings | None = None) -> MarketSource:
    """The market source called `name`: sample, typed, csv:PATH or an exchange. Fetches nothing yet.

    `wanted` tells an exchange what to fetch (default: the proxies only), and `settings` how (default: as the
    environment says). Raises SourceUnavailable for an unknown name, InvalidInput for a setting that cannot be used,
    MissingPackage if the extra `live` is not installed.
    """
    if name == "sample":
        from hedge_core.market.sources.sample import SampleSource

        return SampleSource()
    if name == "typed":
        from hedge_core.market.sources.typed import TypedSource

        return TypedSource()
    kind, _, path = name.partition(":")
    if kind == "csv" and path:
        from hedge_core.documents.prices.file import CsvFileSource

        return CsvFileSource(path, datetime.now(UTC).date())
    if name in EXCHANGES:
        check_packages()
        from hedge_core.market.live.markets import ExchangeSource, LiveMarkets

        return ExchangeSource(name, wanted or Wanted(()), LiveMarkets(settings))
    raise SourceUnavailable(
        f"There is no market source '{name}'. Use 'sample' (simulated prices), 'typed' (the prices that the "
        f"plan states), 'csv:PATH' (your own closes) or an exchange: {', '.join(EXCHANGES)}."
    )
