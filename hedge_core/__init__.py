"""The core of Altcoin Hedge Planner: sizes a futures hedge for a bag of coins, in whole contracts. No browser needed.

>>> from hedge_core import HedgePlan, Holding, SampleSource, assess
>>> plan = HedgePlan(holdings=(Holding(coin="LINK", quantity=500),))
>>> assessment = assess(plan, SampleSource().snapshot())

Each name is imported on first use, so that a program loads only what it needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hedge_core.documents.plan_file import load_plan, save_plan
    from hedge_core.documents.prices.file import CsvFileSource
    from hedge_core.errors import HedgeError, Notice
    from hedge_core.exposure.betas import BetaEstimate, estimate_betas, rolling_betas
    from hedge_core.hedge.assessment import HedgeAssessment
    from hedge_core.hedge.legs import SizedLeg as HedgeLeg
    from hedge_core.hedge.planner import assess
    from hedge_core.market.contracts import Catalogue, Contract, CustomContract, catalogue
    from hedge_core.market.snapshot import MarketSnapshot, PriceHistory
    from hedge_core.market.sources.sample import SampleSource
    from hedge_core.plan.bag import Bag, Holding
    from hedge_core.plan.plan import Decisions, HedgePlan, Overrides
    from hedge_core.scenarios.run import ScenarioResult, run_scenario
    from hedge_core.scenarios.shocks import Shock

_HOMES = {
    "documents.plan_file": ("load_plan", "save_plan"),
    "documents.prices.file": ("CsvFileSource",),
    "errors": ("HedgeError", "Notice"),
    "exposure.betas": ("BetaEstimate", "estimate_betas", "rolling_betas"),
    "hedge.assessment": ("HedgeAssessment",),
    "hedge.legs": ("SizedLeg",),
    "hedge.planner": ("assess",),
    "market.contracts": ("Catalogue", "Contract", "CustomContract", "catalogue"),
    "market.snapshot": ("MarketSnapshot", "PriceHistory"),
    "market.sources.sample": ("SampleSource",),
    "plan.bag": ("Bag", "Holding"),
    "plan.plan": ("Decisions", "HedgePlan", "Overrides"),
    "scenarios.run": ("ScenarioResult", "run_scenario"),
    "scenarios.shocks": ("Shock",),
}
"""The module of each public name, within this package; `HedgeLeg` is the `SizedLeg` of `hedge.legs`."""

__all__ = [
    "Bag",
    "BetaEstimate",
    "Catalogue",
    "Contract",
    "CsvFileSource",
    "CustomContract",
    "Decisions",
    "HedgeAssessment",
    "HedgeError",
    "HedgeLeg",
    "HedgePlan",
    "Holding",
    "MarketSnapshot",
    "Notice",
    "Overrides",
    "PriceHistory",
    "SampleSource",
    "ScenarioResult",
    "Shock",
    "assess",
    "catalogue",
    "estimate_betas",
    "load_plan",
    "rolling_betas",
    "run_scenario",
    "save_plan",
]


_NAMES = {name: (module, name) for module, names in _HOMES.items() for name in names if name != "SizedLeg"}
_NAMES["HedgeLeg"] = ("hedge.legs", "SizedLeg")


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module 'hedge_core' has no attribute '{name}'")
    module, attribute = _NAMES[name]
    value: object = getattr(import_module(f"hedge_core.{module}"), attribute)
    globals()[name] = value
    return value
