"""From the name of a market source, as a plan stores it, to the source."""

from __future__ import annotations

from hedge_core.errors import SourceUnavailable
from hedge_core.market.live.settings import LiveSettings
from hedge_core.market.sources import MarketSource, Wanted
from hedge_core.market.venues import EXCHANGES


def open_source(name: str, wanted: Wanted | None = None, settings: LiveSettings | None = None) -> MarketSource:
    """The source called `name`: sample, csv:PATH or an exchange. Raises SourceUnavailable for anything else.

    An exchange needs to know what is `wanted` of it. The caller may keep what it returns; nothing is fetched yet.
    """
    if name == "sample":
        from hedge_core.market.sources.sample import SampleSource

        return SampleSource()
    kind, _, path = name.partition(":")
    if kind == "csv" and path:
        from hedge_core.market.sources.prices_csv import CsvFileSource

        return CsvFileSource(path)
    if name in EXCHANGES:
        from hedge_core.market.live.markets import ExchangeSource, LiveMarkets

        return ExchangeSource(name, wanted or Wanted(()), LiveMarkets(settings))
    raise SourceUnavailable(
        f"There is no market source '{name}'. Use 'sample' (simulated prices), 'csv:PATH' (your own closes) "
        f"or an exchange: {', '.join(EXCHANGES)}."
    )
