"""What a user's page must show, worked out from the user's own values and not from the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from benchmarks.load.client import WrongAnswer
from benchmarks.load.tree import Tree
from hedge_core import HedgeAssessment, HedgePlan, assess
from hedge_core.documents.link.link import decode
from hedge_core.hedge.months import net_by_month
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.market.sources.sample import SampleSource
from hedge_core.reports.answer import level
from hedge_core.text import percent, signed_usd, usd

STRIP = ("Bag", "Hedged", "Liquidated at", "Net per month")
UNTOUCHED = ("method", "approach", "horizon_days", "venue", "window_days")
"""Decisions that no user of the load makes."""

ON_PURPOSE = "monitor"
"""The page whose red boxes are alerts of the hedge, not faults of the program."""


@cache
def sample_market() -> MarketSnapshot:
    return SampleSource().snapshot()


@dataclass(slots=True)
class Expected:
    """The user's own values so far; None where nothing is known yet. `plan` and `link`: as last in the address."""

    is_live: bool = False
    bag: str | None = None
    risk: int | None = None
    plan: HedgePlan | None = None
    strip: dict[str, str] = field(default_factory=dict)
    link: str = ""

    def check(self, tree: Tree, page: str) -> None:
        """Raises WrongAnswer when the page has a fault on it or figures of somebody else."""
        for fault in tree.faults():
            if page != ON_PURPOSE or "Something went wrong" in fault or fault.startswith("exception"):
                raise WrongAnswer(fault)
        shown = tree.metrics()
        if self.bag is not None and shown.get("Bag") != self.bag:
            raise WrongAnswer(f"the bag should be worth {self.bag}, and the strip says {shown.get('Bag')}")
        if self.risk is not None and not shown.get("Hedged", "").endswith(f"(target {1 - self.risk / 100:.0%})"):
            raise WrongAnswer(f"{self.risk}% is accepted, and the strip says {shown.get('Hedged')}")
        self._check_link(tree.query().get("p", ""))
        self.strip = strip_of(shown)

    def _check_link(self, link: str) -> None:
        """The address follows the user's decisions, and nothing else in it changes."""
        if link == self.link:
            return
        plan = decode(link).plan if link else None
        if plan is not None and self.plan is not None:
            if self.bag is not None and plan.holdings != self.plan.holdings:
                raise WrongAnswer("the holdings in the address have changed by themselves")
            kept = {name: getattr(self.plan.decisions, name) for name in UNTOUCHED}
            now = {name: getattr(plan.decisions, name) for name in UNTOUCHED}
            if kept != now:
                raise WrongAnswer(f"decisions that the user has not touched were {kept} and are {now}")
        self.link, self.plan = link, plan

    def check_restored(self, tree: Tree, page: str, link: str) -> None:
        """The page opened again from `link`, what the address held when the server was lost.

        It shows what it showed before; or, where a change was under way that had reached the address already and the
        page not yet, what hedge_core makes of the plan in that address.
        """
        if link == self.link:
            before = self.strip
            self.check(tree, page)
            if before and self.strip != before:
                raise WrongAnswer(f"before: {before}; after the change of server: {self.strip}")
            return
        if self.risk is not None and link:
            self.risk = round(decode(link).plan.decisions.risk_accepted * 100)
        self.check(tree, page)
        if self.link != link:
            raise WrongAnswer("the address that was opened has changed by itself")
        if link and not self.is_live:
            wrong = differences(link, self.strip)
            if wrong:
                raise WrongAnswer("after the change of server: " + "; ".join(wrong))


def strip_of(shown: Mapping[str, str]) -> dict[str, str]:
    return {name: shown[name] for name in STRIP if name in shown}


def bag_text(holdings: Mapping[str, float]) -> str:
    """What the strip says of this bag at the sample market's prices."""
    market = sample_market()
    return usd(sum(quantity * market.price(coin) for coin, quantity in holdings.items()))


def differences(link: str, strip: Mapping[str, str]) -> list[str]:
    """Where a strip differs from what hedge_core makes of the plan in the address, on the sample market."""
    result: HedgeAssessment = assess(decode(link).plan, sample_market())
    net, is_unfunded = net_by_month(result), result.margin.notional > 0 and result.margin.collateral is None
    right = {
        "Bag": usd(result.bag_value),
        "Hedged": f"{percent(result.achieved_hedge_ratio)} (target {result.hedge_ratio:.0%})",
        "Liquidated at": "no cash set" if is_unfunded else level(result.market_rally_survived),
        "Net per month": "–" if net is None else signed_usd(net.later),
    }
    return [f"{name}: {strip.get(name)} instead of {text}" for name, text in right.items() if strip.get(name) != text]
