"""Write docs/venues.md, what the program knows of each venue: python -m tools.venues > docs/venues.md

Everything in it comes from `hedge_core.market.venues` and the catalogue, so that a test can compare it with the
committed file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from hedge_core.hedge.breach import RULES
from hedge_core.market.contracts import Contract, catalogue
from hedge_core.market.figure_ages import MOST_DAYS, Figure, old_figures
from hedge_core.market.liquidity import liquidity_of
from hedge_core.market.listed_only import listed_only
from hedge_core.market.residence import PLACES
from hedge_core.market.venues import VENUES
from hedge_core.market.venues.venue import NOT_KNOWN, MarginRunsOut, Venue
from hedge_core.plan.plan import EDITION
from hedge_core.text import exact_percent
from tools.catalogue_counts import COLUMNS, counts

INTRODUCTION = """# Venues

What the program knows of each venue and its contracts, with the day of the source. This file is written by
`python -m tools.venues > docs/venues.md`; the facts are in `hedge_core/market/venues` and `hedge_core/data`.

A *lot* is the smallest quantity that can be traded. Fees are those of a taker, per side, at the base tier. Margins are
for a short held overnight, at the highest leverage that the venue allows; a star marks an assumption, and 100% means
that no source states a margin. Half spread and the value that trades per day are as measured, or, with a star, assumed
for the liquidity class of the contract; depth is the order at which slippage equals the half spread. A place that is
not named is one of which no source says whether the venue serves it. Live prices replace these figures where the venue
publishes them.

A figure is marked † if its source was more than {margin} days old (margins and fees) or {size} days old (sizes) on
{edition}, the day of this edition. A day in brackets is that of the figure, where it differs from the row's.
"""

COUNTS = """## The catalogue against its sources

*Agree*, *corrected* and *added* compare a contract with the catalogue of the first edition: its size, smallest order,
margin and fee. *Weak*: the only source of the size is undated or too old. `hedge contracts --json` names the second
source of every contract that has one.
"""


def document() -> str:
    """The whole document."""
    introduction = INTRODUCTION.format(**MOST_DAYS, edition=EDITION)
    return (
        "\n".join([introduction, *_counts(), *(line for venue in VENUES.values() for line in _section(venue))]) + "\n"
    )


def _counts() -> Iterator[str]:
    """How the catalogue stands against its sources, a line per venue and one for all."""
    yield COUNTS
    rows = []
    for name in (*VENUES, "all"):
        found = counts((one for one in catalogue() if name in (one.venue, "all")), EDITION)
        rows.append((name, *(str(found[column]) for column in COLUMNS)))
    yield from _table(("venue", *COLUMNS), rows)
    yield ""


def _section(venue: Venue) -> Iterator[str]:
    contracts = [contract for contract in catalogue() if contract.venue == venue.name]
    listed = Counter(row.why_not_sized for row in listed_only() if row.venue == venue.name)
    yield f"## {venue.name}\n"
    yield from _table(("", ""), _facts(venue, contracts, listed))
    yield ""
    if contracts:
        header = (
            "code",
            "coin",
            "lot",
            "smallest order",
            "fee",
            "to open / to keep",
            "half spread",
            "trades per day",
            "depth",
            "as of",
            "confidence",
        )
        yield from _table(header, map(_row, contracts))
        yield ""


def _facts(venue: Venue, contracts: Sequence[Contract], listed: Counter[str]) -> Iterator[tuple[str, str]]:
    star = " *" if venue.is_assumed else ""
    yield "hours", venue.hours + star
    yield "order form", venue.order_form.text
    yield "a short without enough margin", (venue.closes_how or NOT_KNOWN) + star
    rule = venue.margin_runs_out
    yield "when margin runs out", f"{RULES[rule.closes].words} ({rule.source})"
    yield "cost of a forced close", f"{_close_costs(rule)} of the notional closed ({rule.cost_source})"
    if venue.intraday_margin is not None:
        yield "lower margin by day", f"until {venue.intraday_margin.until} ({venue.intraday_margin.source})"
    yield "deleveraging", venue.deleveraging
    yield "funding", venue.funding
    yield "interest on margin", venue.interest
    yield "regions", venue.regions + star
    for residence, place in PLACES.items():
        access = venue.access(residence)
        if access.is_served is not None:
            yield place, f"{'served' if access.is_served else 'barred'}: {access.text}"
    if venue.only_if_chosen:
        yield "sized", f"only if you choose it: {venue.only_if_chosen}"
    if venue.note:
        yield "note", venue.note
    yield "source", venue.source
    yield "live prices", venue.exchange.name if venue.exchange else "none"
    two = sum(bool(contract.second_source) for contract in contracts)
    yield "contracts", f"{len(contracts)}, {two} of them by two sources"
    for why, count in listed.items():
        yield "listed, not sized", f"{count}: {why}"


def _close_costs(rule: MarginRunsOut) -> str:
    return ", ".join(
        [*(f"{coin} {exact_percent(cost)}" for coin, cost in rule.costs.items()), exact_percent(rule.cost)]
    )


def _row(contract: Contract) -> tuple[str, ...]:
    liquidity = liquidity_of(contract)
    spread = f"{liquidity.half_spread_rate * 10_000:.3g} bp{' *' if liquidity.is_spread_assumed else ''}"
    volume = f"{_millions(liquidity.daily_volume)}{' *' if liquidity.is_volume_assumed else ''}"
    return (
        contract.code,
        contract.underlying,
        contract.size_text(),
        f"${contract.minimum_notional:g}" if contract.minimum_notional else "",
        _fee(contract) + _age(contract, "fee", contract.fee_as_of),
        _margin(contract) + _age(contract, "margin", contract.margin_as_of),
        spread,
        volume,
        f"${liquidity.depth:,.0f} *",
        contract.verified_on + _age(contract, "size", contract.verified_on),
        contract.confidence,
    )


def _age(contract: Contract, figure: Figure, as_of: str) -> str:
    """The mark of a figure that is too old, and its day if it is not the row's."""
    is_old = figure in {old.figure for old in old_figures(contract, EDITION)}
    day = f" ({as_of})" if as_of and as_of != contract.verified_on else ""
    return f"{day}{' †' if is_old else ''}"


def _millions(dollars: float) -> str:
    return f"${dollars / 1e6:,.3g}m" if dollars < 1e9 else f"${dollars / 1e6:,.0f}m"


def _fee(contract: Contract) -> str:
    parts = [exact_percent(contract.taker_fee_rate)] if contract.taker_fee_rate else []
    parts += [f"${contract.fixed_fee:.2f}"] if contract.fixed_fee else []
    known = " + ".join(parts) or ("0%" if contract.taker_fee_rate == 0 else NOT_KNOWN)
    return f"{known} *" if contract.fee_is_assumed else known


def _margin(contract: Contract) -> str:
    if contract.maintenance_margin_rate is None or contract.initial_margin_rate is None:
        return "100% *"
    star = " *" if contract.margin_is_assumed else ""
    return f"{exact_percent(contract.initial_margin_rate)} / {exact_percent(contract.maintenance_margin_rate)}{star}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield _line(header)
    yield _line(["---"] * len(header))
    yield from map(_line, rows)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/').replace('*', chr(92) + '*') for cell in cells)} |"


if __name__ == "__main__":
    print(document(), end="")
