"""What margin asks of five bags: python -m tools.five_bags > docs/five-bags.md

For each bag on the sample market: the cash to post and to keep in reserve, the share of paths that it lives through,
what the worst 30 days of the past year would have needed, up to which hedge ratio more hedging helps under each rule
for when margin runs out, and what the hedge earns or costs without and with the cost of that cash. The plans are those
in this folder and `examples/layer1_bag.json`, sized as a new plan is, with the venue's own rule and cash at 4% a year.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hedge_core.documents.plan_file import load_plan
from hedge_core.hedge.breach import RULES
from hedge_core.hedge.insurance import insurance_quote
from hedge_core.hedge.planner import assess
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.plan.plan import CASH_RATE, CostAssumptions, HedgePlan
from hedge_core.simulation.cash_advice import CashAdvice, advise_cash
from hedge_core.simulation.engine import FAN_PATHS
from hedge_core.simulation.frontier import Verdict, hedge_frontier
from hedge_core.text import signed_usd, usd
from tools.markdown import table

HERE = Path(__file__).parent
BAGS = {
    "Memes": HERE / "memes.json",
    "Young coins": HERE / "young.json",
    "Layer 1": HERE.parents[1] / "examples" / "layer1_bag.json",
    "Middle": HERE / "mid.json",
    "Whale": HERE / "whale.json",
}

INTRODUCTION = f"""# What margin asks of five bags

Written by `python -m tools.five_bags > docs/five-bags.md`, on the simulated prices of the sample market: read the table
for how the figures hang together, not as a forecast. Each plan is sized as a new plan is, without a limit of cash. The
cash is advised by `advise_cash` on {FAN_PATHS:,} paths ([methods](methods.md), 5a). *Lived through* is the share of
these paths on which nothing is closed by force with that cash. *Worst 30 days* is what the worst 30 days of the past
year would have needed.
"""

READING = """
How to read it:

- **Post and reserve.** The post lasts about five days on 95% of the paths. The rest need not lie at the venue, where it
  can be lost, as long as you can pay it in within a day. Post alone is not enough: most closures come later.
- **Worst 30 days** is one history, the advice is the 95% quantile of many paths. Where the history needed more, a rally
  that happened in the past year is among the 5% that the advice does not cover: without more cash, expect the short to
  be closed in such a rally.
- **More hedging helps up to** is the hedge ratio above which the worst 5% of paths get worse again, given the cash
  advised for the plan. "always" means that no such ratio was found. The rule decides: a venue that cuts positions in
  parts leaves most of the hedge open, one that closes everything leaves the bag unhedged after the rally.
- **Earns or costs** is fees less carry over the horizon, as the program quotes it, and the same with what the advised
  cash could have earned elsewhere at 4% a year. {turned} of {count} hedges earn before the cost of their cash, and cost
  after it.
"""


@dataclass(frozen=True)
class Row:
    """What margin asks of one bag; `result` is USD over the horizon, positive if the hedge earns."""

    name: str
    plan: HedgePlan
    value: float
    horizon: int
    advice: CashAdvice
    verdicts: tuple[Verdict, ...]
    result: float | None

    @property
    def with_cash(self) -> float | None:
        """The result less the cost of the cash advised, USD."""
        return None if self.result is None else self.result - self.advice.advised.cost


def as_new(plan: HedgePlan) -> HedgePlan:
    """The plan sized as a new one without collateral: counts searched together, the venue's rule, cash at CASH_RATE."""
    decided = plan.with_decisions(rounding="optimal", collateral=None, reserve=0.0, breach=None)
    return decided.with_overrides(costs=CostAssumptions(cash_rate=CASH_RATE))


def row(name: str, plan: HedgePlan, market: MarketSnapshot, *, paths: int = FAN_PATHS) -> Row:
    """What margin asks of the plan. Raises ValueError if it sells no contract."""
    free = assess(as_new(plan), market)
    advice = advise_cash(free, paths=paths)
    if advice is None:
        raise ValueError(f"{name} sells no contract.")
    cash = {"collateral": advice.advised.post, "reserve": advice.advised.reserve, "breach": "topped_up"}
    funded = assess(free.plan.with_decisions(**cash), market, free.evidence)
    frontier = hedge_frontier(funded, paths=paths)
    cost = insurance_quote(free).cost
    return Row(
        name=name,
        plan=free.plan,
        value=free.bag_value,
        horizon=advice.horizon,
        advice=advice,
        verdicts=(frontier.verdict, *frontier.other_rules),
        result=None if cost is None else -cost,
    )


def rows(market: MarketSnapshot) -> Iterator[Row]:
    """What margin asks of each of BAGS."""
    for name, path in BAGS.items():
        yield row(name, load_plan(path), market)


def document(market: MarketSnapshot) -> str:
    """The whole document."""
    done = list(rows(market))
    rules = ["reserve first", *(rule.title.lower() for rule in RULES.values())]
    cash = ("bag", "value", "venue", "days", "to open", "post", "reserve", "lived through", "worst 30 days")
    lines = [
        INTRODUCTION,
        *table(cash, [_cash(one) for one in done]),
        "",
        "More hedging helps up to a hedge ratio of:",
        "",
        *table(("bag", *rules), [(one.name, *map(_verdict, one.verdicts)) for one in done]),
        "",
        "Over the horizon the hedge earns (+) or costs (−):",
        "",
        *table(("bag", "fees and carry", "cost of the cash", "together"), [_money(one) for one in done]),
        READING.format(turned=sum(_turns(one) for one in done), count=len(done)).rstrip("\n"),
    ]
    return "\n".join(lines) + "\n"


def _turns(one: Row) -> bool:
    """Whether the hedge earns before the cost of its cash, and costs after it."""
    return one.result is not None and one.with_cash is not None and one.with_cash < 0.0 < one.result


def _cash(one: Row) -> tuple[str, ...]:
    advice, tried = one.advice, one.advice.advised
    worst = "–" if advice.worst_30_days is None else usd(advice.worst_30_days)
    return (
        one.name,
        usd(one.value),
        one.plan.decisions.venue,
        str(one.horizon),
        usd(advice.initial),
        usd(tried.post),
        usd(tried.reserve),
        f"{tried.lived_through.value:.1%}",
        worst,
    )


def _verdict(found: Verdict) -> str:
    return "always" if found.adds_risk_above is None else f"{found.adds_risk_above:.0%}"


def _money(one: Row) -> tuple[str, ...]:
    if one.result is None or one.with_cash is None:
        return one.name, "carry not known", signed_usd(-one.advice.advised.cost), "–"
    return one.name, signed_usd(one.result), signed_usd(-one.advice.advised.cost), signed_usd(one.with_cash)
