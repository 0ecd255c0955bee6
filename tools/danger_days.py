"""Five bags on three crash days at four venues: python -m tools.danger_days > docs/dangers.md

For each bag of `tools.five_bags` at each venue: bag and hedge with the hedge intact, and with what can take it away.
The plans are sized as new ones are, with the collateral that survives a rise of the market by 25%.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hedge_core.documents.plan_file import load_plan
from hedge_core.hedge.deleveraging import EXPECTED_SHARE, STRESS_SHARE, WHOLE
from hedge_core.hedge.planner import assess
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.market.sources.sample import SampleSource
from hedge_core.market.venues import venue_of
from hedge_core.plan.plan import RALLY_TO_SURVIVE, HedgePlan
from hedge_core.scenarios.crash import Crash
from hedge_core.scenarios.crash_days import crash_days
from hedge_core.text import exact_percent, signed_usd, usd
from tools.five_bags import BAGS, as_new
from tools.markdown import table

VENUES = ("CME", "Coinbase Derivatives", "OKX", "Hyperliquid")
SHARES = (EXPECTED_SHARE, STRESS_SHARE, WHOLE)

INTRODUCTION = f"""# What can take the hedge away, on three crash days

Written by `python -m tools.danger_days > docs/dangers.md`, on the prices of the sample market: five bags, each sized as
a new plan at four venues, with the collateral that survives a rise of the market by {exact_percent(RALLY_TO_SURVIVE)}.
[Methods](methods.md#7e-what-can-take-the-hedge-away), 7e, says what is assumed. USD, before the ordinary costs of
the hedge; a plus is money to you. *Intact* is bag and hedge at the close of the day, and *the day after* the same after
a further fall of 22%, the hedge still intact. *20%*, *50%* and *100%* are the day after if the venue has closed that
share of each winning short (a dash: the venue does not), with what the closing and opening again cost. *Halt* is the
gain that could not be taken at the low, known for 2025-10-10 only, with the hours that each venue is assumed to be shut
today. *Venue lost* is the close of the day without collateral and open profit.
"""


@dataclass(frozen=True, eq=False)
class Row:
    """One bag at one venue on one day; `crash` is None if nothing can be shorted there."""

    bag: str
    venue: str
    crash: Crash | None

    @property
    def deleverages(self) -> bool:
        """Whether the venue closes winning shorts."""
        return venue_of(self.venue).dangers.can_deleverage

    @property
    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        crash = self.crash
        if crash is None:
            return (self.bag, self.venue, "no contract", *[""] * 8)
        result, after = crash.first_day, crash.both_days.net_pnl
        taken = [signed_usd(after + crash.deleveraged(share).change) if self.deleverages else "–" for share in SHARES]
        return (
            self.bag,
            self.venue,
            usd(crash.at_venue),
            signed_usd(result.bag_pnl),
            signed_usd(result.net_pnl),
            signed_usd(after),
            *taken,
            signed_usd(-crash.missed_in_halt) if crash.day.lows else "–",
            signed_usd(result.net_pnl - crash.lost_with_venue),
        )


COLUMNS = (
    "bag",
    "venue",
    "collateral",
    "bag alone",
    "intact",
    "the day after",
    "20%",
    "50%",
    "100%",
    "halt",
    "venue lost",
)


def funded(plan: HedgePlan, venue: str, market: MarketSnapshot) -> HedgePlan:
    """The plan as a new one at `venue`, with the collateral that survives the usual rally."""
    free = as_new(plan).with_decisions(venue=venue)
    return free.with_decisions(collateral=round(assess(free, market).collateral_for(RALLY_TO_SURVIVE), 2))


def rows(market: MarketSnapshot, bags: Sequence[str] = tuple(BAGS)) -> Iterator[tuple[str, list[Row]]]:
    """The rows of each crash day, the newest day first."""
    plans = [(name, venue, funded(load_plan(BAGS[name]), venue, market)) for name in bags for venue in VENUES]
    known = [(name, venue, assess(plan, market)) for name, venue, plan in plans]
    for day in crash_days().values():
        yield (
            day.name,
            [Row(name, venue, Crash(found, day) if found.traded_legs else None) for name, venue, found in known],
        )


def document(market: MarketSnapshot) -> str:
    """The whole document."""
    done = list(rows(market))
    lines = [INTRODUCTION]
    for day, found in done:
        lines += [f"## {day}", "", *table(COLUMNS, [row.cells for row in found]), ""]
    lines.append(_reading(dict(done)))
    return "\n".join(lines)


def _cost_of(row: Row, share: float) -> float:
    """What deleveraging costs, a share of what the hedge gains on both days."""
    assert row.crash is not None
    after = row.crash.both_days
    return -row.crash.deleveraged(share).change / after.hedge_pnl


def _reading(by_day: dict[str, list[Row]]) -> str:
    """What the tables say, in words, with their own figures."""
    taken = {day: [row for row in found if row.crash is not None and row.deleverages] for day, found in by_day.items()}
    newest, *older = by_day
    least, most = _range([_cost_of(row, WHOLE) for row in taken[newest]])
    low, high = _range([_cost_of(row, WHOLE) for day in older for row in taken[day]])
    halves = _range([_cost_of(row, STRESS_SHARE) for day in older for row in taken[day]])
    crashes = [row.crash for row in by_day[newest] if row.crash is not None]
    cleared = [row.crash for row in by_day[newest] if row.crash is not None and not row.deleverages]
    halt = _range([one.missed_in_halt / one.first_day.hedge_pnl for one in cleared])
    lost = _range([one.lost_with_venue / one.first_day.hedge_pnl for one in crashes])
    return f"""## How to read it

- **Deleveraging on {newest} costs little by its price.** The shorts were closed at 0.76 of the close, so that a later
  fall of 22% hardly takes more than they had earned there: a whole short that is closed costs {_shares(least, most)} of
  what the hedge gains on both days (a minus is a gain). What it leaves is a bag without a hedge, whatever comes next.
- **Where only closes are known, it costs more.** On {" and ".join(older)} lots are taken to be closed at the close.
  A whole short that is closed costs {_shares(low, high)} of the hedge's gain, and half of it {_shares(*halves)}.
  A small position is mostly hit whole or not at all.
- **A cleared venue keeps the short, and may be shut.** CME and Coinbase Derivatives do not deleverage. Nothing could be
  traded there at the low of {newest}, so what the column *halt* shows, {_shares(*halt)} of the hedge's gain there,
  is not money lost, but a gain that could not be taken.
- **A failed venue is the largest danger and the rarest.** It takes {_times(*lost)} what the hedge gains on
  {newest}, because the collateral is lost too: keep at the venue what the hedge needs, and no more.
- **Differences between venues** come from the contracts that they list and the collateral that they ask for: where a
  bag is hedged with fewer coins of its own, more of the crash is left although the hedge is intact. A margin rate that
  no source states counts 100%, which is why OKX asks for so much.
"""


def _range(values: Sequence[float]) -> tuple[float, float]:
    return min(values), max(values)


def _shares(low: float, high: float) -> str:
    return f"{low:.0%} to {high:.0%}".replace("-", "−")


def _times(low: float, high: float) -> str:
    return f"{low:.1f} to {high:.1f} times"


if __name__ == "__main__":
    print(document(SampleSource().snapshot()), end="")
