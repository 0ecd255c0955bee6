"""From the name of a market source, as a plan stores it, to the source."""

from __future__ import annotations

from hedge_core.errors import SourceUnavailable
from hedge_core.sources import MarketSource


def open_source(name: str) -> MarketSource:
    """The source called `name`: sample, or csv:PATH. Raises SourceUnavailable for anything else."""
    if name == "sample":
        from hedge_core.sources.sample import SampleSource

        return SampleSource()
    kind, _, path = name.partition(":")
    if kind == "csv" and path:
        from hedge_core.sources.csv_file import CsvFileSource

        return CsvFileSource(path)
    raise SourceUnavailable(
        f"There is no market source '{name}'. Use 'sample' (simulated prices) or 'csv:PATH' (your own closes)."
    )
