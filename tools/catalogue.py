"""Bring the catalogue up to date from the lists of the venues: make catalogue, python -m tools.catalogue [VENUE ...]

Reads each venue that publishes a list, through the exchange library, and writes steps, smallest orders, ticks, fees and
margin tiers with today's date into hedge_core/data. It reports what changed, what is new, what is no longer listed, and
what it refuses because it cannot be right (see `catalogue_changes`); refused rows stay as they were. Afterwards run
`python -m tools.contract_history` and `python -m tools.venues > docs/venues.md`.

Exit code 1 if anything was refused or a venue could not be read; what was accepted is written all the same.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hedge_core.errors import SourceUnavailable
from hedge_core.market.contracts import Contract
from hedge_core.market.live.derivatives import with_tiers
from hedge_core.market.live.faults import ExchangeFault
from hedge_core.market.live.feed import Feed
from hedge_core.market.live.listing import Listed
from hedge_core.market.live.markets import LiveMarkets
from hedge_core.market.live.settings import LiveSettings
from hedge_core.market.margin_tiers import MarginTier
from hedge_core.market.venues import BY_VENUE
from tools.catalogue_changes import Change, changes, text_of, tier_fault

DATA = Path(__file__).parents[1] / "hedge_core" / "data"
LEAST_SHARE = 0.5
"""A list that lacks more than this share of the catalogue's contracts of the venue is refused as a whole."""

MARGIN = frozenset(("initial_margin_rate", "maintenance_margin_rate"))
FEES = frozenset(("maker_fee_rate", "taker_fee_rate"))

Row = dict[str, str]


@dataclass
class Report:
    """What one run found, and the margin tables that it accepted, by venue and code."""

    changed: list[Change] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    tiers: dict[tuple[str, str], tuple[MarginTier, ...]] = field(default_factory=dict)

    def add(self, other: Report) -> None:
        """Take over what another report found."""
        self.changed += other.changed
        self.refused += other.refused
        self.added += other.added
        self.gone += other.gone
        self.tiers |= other.tiers

    def lines(self) -> Iterator[str]:
        """The report as lines of text, the refusals last."""
        yield from (change.text for change in self.changed)
        yield from (f"{name}: listed and not in the catalogue" for name in self.added)
        yield from (f"{name}: no longer listed" for name in self.gone)
        yield from self.refused
        counts = f"{len(self.changed)} figures changed, {len(self.refused)} refused"
        yield f"{counts}, {len(self.added)} contracts new, {len(self.gone)} no longer listed"


def refresh(rows: Sequence[Row], venue: str, feed: Feed, today: str, report: Report) -> None:
    """Update the `rows` of `venue` in place from its own list, and add to `report` what was found."""
    here = {row["code"]: row for row in rows if row["venue"] == venue and row["style"] == "linear"}
    listed = {entry.contract.code: entry for entry in feed.listed if entry.contract.style == "linear"}
    if feed.list_fault is not None:
        raise feed.list_fault
    series = {code for code, row in here.items() if row["expiry"] != "none"}  # listed by month, under other codes
    missing = [code for code in here if code not in listed and code not in series]
    if here and len(missing) > LEAST_SHARE * len(here):
        report.refused.append(f"{venue}: REFUSED: its list lacks {len(missing)} of {len(here)} contracts")
        return
    report.gone += [f"{venue}:{code}" for code in missing]
    coins = {row["underlying"] for row in rows}
    report.added += [
        entry.contract.id
        for code, entry in listed.items()
        if code not in here and entry.contract.kind == "perpetual" and entry.contract.underlying in coins
    ]
    for code, row in here.items():
        if code in listed:
            _refresh_row(row, _with_tiers(feed, listed[code], report), feed, today, report)


def _with_tiers(feed: Feed, entry: Listed, report: Report) -> Contract:
    """The listed contract with its margin table, if the venue publishes it contract by contract."""
    contract = entry.contract
    if not feed.exchange.has_margin_tiers or contract.kind != "perpetual":
        return contract
    price = feed.price(contract.underlying)
    if price is None:
        return contract
    try:
        tiers = feed.margin_tiers(entry.symbol)
    except ExchangeFault as fault:
        report.refused.append(f"{contract.id}: margin tiers not read: {fault}")
        return contract
    return with_tiers(contract, tiers, price.price, feed)


def _refresh_row(row: Row, listed: Contract, feed: Feed, today: str, report: Report) -> None:
    found = list(changes(row, listed, feed.exchange))
    fault = tier_fault(listed.margin_tiers)
    if fault:
        report.refused.append(f"{listed.id}: margin table  REFUSED: {fault}")
        found = [change for change in found if change.column not in MARGIN]
    refused = {change.column for change in found if change.refused}
    report.refused += [change.text for change in found if change.refused]
    if "contract_size" in refused:
        return
    if refused & MARGIN:
        refused |= MARGIN  # two rates of one table belong together
    accepted = [change for change in found if change.column not in refused]
    report.changed += accepted
    for change in accepted:
        row[change.column] = change.new
    row["verified_on"] = today
    row["source"] = f"{row['source'].partition('; confirmed by ')[0]}; confirmed by {feed.exchange.label}'s own list"
    row["tick_as_of"] = today if listed.tick and "tick" not in refused else row["tick_as_of"]
    if feed.exchange.has_right_fees and not refused & FEES and listed.taker_fee_rate is not None:
        row.update(fee_as_of=today, fee_note="standard rate according to the exchange library")
    if listed.margin_tiers and not fault and not refused & MARGIN:
        second = listed.margin_tiers[1:2]
        row.update(margin_as_of=today, margin_is_assumed="no", margin_note="the venue's own table")
        if second or MARGIN & {change.column for change in accepted}:  # else a table may go on where the list ends
            row["margin_tier_limit"] = text_of(second[0].notional_from) if second else ""
            report.tiers[row["venue"], row["code"]] = listed.margin_tiers


def _keep_dates(rows: Iterable[Row]) -> None:
    """Give each figure that has the row's day a day of its own, before the row's day changes."""
    figures = {"tick_as_of": "tick", "fee_as_of": "taker_fee_rate", "margin_as_of": "maintenance_margin_rate"}
    for row in rows:
        for column, figure in figures.items():
            row[column] = row[column] or (row["verified_on"] if row[figure] else "")


def run(venues: Sequence[str], markets: LiveMarkets, today: str, data: Path = DATA) -> Report:
    """Read the venues, write the data files, and return the report. Nothing is written if every venue fails."""
    rows, tier_rows = _read(data / "contracts.csv"), _read(data / "margin_tiers.csv")
    columns, tier_columns = list(rows[0]), list(tier_rows[0])
    report = Report()
    for venue in venues:
        renewed, found = [dict(row) for row in rows], Report()
        _keep_dates(row for row in renewed if row["venue"] == venue)
        try:
            refresh(renewed, venue, markets.feed(BY_VENUE[venue].name), today, found)
        except SourceUnavailable as fault:
            report.refused.append(f"{venue}: not read: {fault}")
            continue
        rows = renewed
        report.add(found)
    tier_rows = [row for row in tier_rows if (row["venue"], row["code"]) not in report.tiers]
    for (venue, code), tiers in report.tiers.items():
        values = ((text_of(t.notional_from), text_of(t.initial_rate), text_of(t.maintenance_rate)) for t in tiers)
        if len(tiers) > 1:
            tier_rows += [dict(zip(tier_columns, (venue, code, *tier), strict=True)) for tier in values]
    _write(data / "contracts.csv", columns, rows)
    _write(data / "margin_tiers.csv", tier_columns, tier_rows)
    return report


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the venues named on the command line, or all; returns the exit code."""
    from datetime import UTC, datetime

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("venues", nargs="*", metavar="VENUE", help=f"all without one; of {', '.join(BY_VENUE)}")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the data files")
    asked = parser.parse_args(arguments)
    unknown = [venue for venue in asked.venues if venue not in BY_VENUE]
    if unknown:
        parser.error(f"no list is known of {', '.join(unknown)}")
    markets = LiveMarkets(LiveSettings.read())
    try:
        report = run(asked.venues or list(BY_VENUE), markets, datetime.now(UTC).date().isoformat(), asked.data)
    finally:
        markets.close()
    print("\n".join(report.lines()))
    return 1 if report.refused else 0


if __name__ == "__main__":
    sys.exit(main())
