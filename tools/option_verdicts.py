"""Short, put or collar for five bags, at three volatilities: python -m tools.option_verdicts > docs/option-verdicts.md

The bags are those of `tools.five_bags`, each sized as a new plan is, on the sample market. All options are priced at
one volatility at the money, with the skew that the program assumes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hedge_core.documents.plan_file import load_plan
from hedge_core.hedge.planner import assess
from hedge_core.market.options.surface import surface_of
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.market.sources.sample import SampleSource
from hedge_core.plan.plan import HedgePlan
from hedge_core.simulation.alternatives import AlternativeSettings, compare_alternatives, option_venue
from hedge_core.simulation.engine import FAN_PATHS
from hedge_core.simulation.ways import Alternatives, Way
from hedge_core.text import signed_usd
from tools.five_bags import BAGS, as_new
from tools.markdown import table

LEVELS = (0.5, 0.65, 0.8)
UNMET = " \\*"
"""The mark of options that do not reach the short's worst 5%."""

INTRODUCTION = f"""# Short, put or collar: five bags

Written by `python -m tools.option_verdicts > docs/option-verdicts.md`, on the simulated prices of the sample market:
read the tables for how the figures hang together, not as a forecast. Each plan is sized as a new plan is, and its short
has the cash that `advise_cash` gives it. Put and collar are sized for what the short loses in the worst 5% of
{FAN_PATHS:,} paths; where none reaches that, the closest is shown, marked \\*. All options are priced at the volatility
stated, at the money and for every coin ([methods](methods.md), 7e). Plus is money to you.
"""

READING = """
How to read it, as a trader would:

- **Protection first.** A short on the coins themselves carries what they do by themselves; an option on Bitcoin or
  Ether does not. {unmet} of {count} puts here do not reach the short's worst 5% at any strike: they protect less, so
  their average alone says little.
- **What volatility does.** Every row of a bag has the same paths. Between 50% and 80% only the premium changes, and the
  put's average with it; the short's stays. *Same cost at* is the volatility at which the put would end as high as the
  short on average. If the market quotes below it, a put is the cheaper of the two; above it, the short. It lies near
  what the coins of the options move on the paths (*paths move*): who buys options buys that. The young coins' paths are
  drawn from the few days that they have, which were wild ones, so that even 80% is cheap there: a quote of 50% would
  say that the market expects calmer days than the paths do, and the verdict is only as good as the paths.
- **What the put buys.** It cannot be closed by force, and keeps more of a rally. The short is closed by force on the
  share of paths shown, with all the cash that is advised; the calls of a collar can be closed as well.
- **Up front.** The premium is spent on the first day; what the short ties up comes back, less its losses.
- **A collar** that costs nothing at the start has sold the rally for it: compare its average and its worst 5% with the
  short, which gives up the same rally, is paid funding, and needs no spread of two options.
"""


@dataclass(frozen=True)
class Verdict:
    """The comparison of one bag at one volatility."""

    name: str
    level: float
    found: Alternatives


def verdicts(name: str, plan: HedgePlan, market: MarketSnapshot, *, paths: int = FAN_PATHS) -> tuple[Verdict, ...]:
    """The comparison at each of LEVELS."""
    assessment = assess(as_new(plan), market)
    surface = surface_of(market)
    return tuple(
        Verdict(
            name,
            level,
            compare_alternatives(assessment, AlternativeSettings(surface=surface.at_level(level)), paths=paths),
        )
        for level in LEVELS
    )


def all_verdicts(market: MarketSnapshot) -> Iterator[Verdict]:
    """The comparisons of each of BAGS."""
    for name, path in BAGS.items():
        yield from verdicts(name, load_plan(path), market)


def document(market: MarketSnapshot) -> str:
    """The whole document."""
    done = list(all_verdicts(market))
    header = ("bag", "volatility", "paths move", "short", "closed", "put", "", "up front", "collar", "", "same cost at")
    under = ("", "", "", "worst 5%, average", "", "strike", "worst 5%, average", "", "strikes", "worst 5%, average", "")
    lines = [INTRODUCTION, *table(header, [under, *(_row(one) for one in done)]), "", "The verdicts in words:", ""]
    lines += [f"- **{one.name}, {one.level:.0%}**: {one.found.verdict}" for one in done]
    lines += [READING.format(unmet=sum(_is_unmet(one, "Put") for one in done), count=len(done)).rstrip("\n")]
    venues = {option_venue(load_plan(path)) for path in BAGS.values()}
    lines += ["", f"Options of {' and '.join(sorted(venues))}, as they go with the venue of each plan."]
    return "\n".join(lines) + "\n"


def _is_unmet(one: Verdict, label: str) -> bool:
    return any(missing.label == label for missing in one.found.missing)


def _row(one: Verdict) -> tuple[str, ...]:
    found = one.found
    short, put, collar = found.of("short"), found.of("put"), found.of("collar")
    even = found.break_even_volatility
    return (
        one.name,
        f"{one.level:.0%}",
        "–" if found.path_volatility is None else f"{found.path_volatility:.0%}",
        _results(short),
        "–" if short is None or short.closed is None else f"{short.closed.value:.1%}",
        _label(one, put, "Put"),
        _results(put),
        "–" if put is None else signed_usd(-put.up_front),
        _label(one, collar, "Collar"),
        _results(collar),
        "–" if even is None else f"{even:.0%}",
    )


def _label(one: Verdict, way: Way | None, label: str) -> str:
    if way is None:
        return "none"
    strikes = way.label.removeprefix(f"{label} ").partition(",")[0]
    return strikes + (UNMET if _is_unmet(one, label) else "")


def _results(way: Way | None) -> str:
    return "–" if way is None else f"{signed_usd(-way.worst.value)}, {signed_usd(way.end.mean.value)}"


if __name__ == "__main__":
    print(document(SampleSource().snapshot()), end="")
