"""The core of Altcoin Hedge Planner: sizes a futures hedge for a bag of coins, in whole contracts. No browser needed.

>>> from hedge_core import HedgePlan, Holding, SampleSource, assess
>>> plan = HedgePlan(holdings=(Holding(coin="LINK", quantity=500),))
>>> assessment = assess(plan, SampleSource().snapshot())

Plan files (which need pydantic), CSV price files and the sample market are imported on first use, so that
`import hedge_core` stays fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from hedge_core.errors import HedgeError, Notice
from hedge_core.exposure.betas import BetaEstimate, estimate_betas, rolling_betas
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.legs import SizedLeg as HedgeLeg
from hedge_core.hedge.planner import assess
from hedge_core.market.contracts import Catalogue, Contract, CustomContract, catalogue
from hedge_core.market.snapshot import MarketSnapshot, PriceHistory
from hedge_core.plan.bag import Bag, Holding
from hedge_core.plan.plan import Decisions, HedgePlan, Overrides
from hedge_core.scenarios.run import ScenarioResult, run_scenario
from hedge_core.scenarios.shocks import Shock

if TYPE_CHECKING:
    from hedge_core.documents.plan_file import load_plan, save_plan
    from hedge_core.documents.prices.file import CsvFileSource
    from hedge_core.market.sources.sample import SampleSource

_LAZY = {
    "CsvFileSource": "hedge_core.documents.prices.file",
    "SampleSource": "hedge_core.market.sources.sample",
    "load_plan": "hedge_core.documents.plan_file",
    "save_plan": "hedge_core.documents.plan_file",
}

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


def __getattr__(name: str) -> object:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'hedge_core' has no attribute '{name}'")
