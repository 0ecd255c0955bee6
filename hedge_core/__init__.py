"""Altcoin Hedge Planner without a browser: from a bag and a market to a hedge in whole contracts.

>>> from hedge_core import HedgePlan, Holding, SampleSource, assess
>>> plan = HedgePlan(holdings=(Holding(coin="LINK", quantity=500),))
>>> assessment = assess(plan, SampleSource().snapshot())

Documents (pydantic), the sample market and everything else that is slow to import load on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from hedge_core.assessment import HedgeAssessment
from hedge_core.bag import Bag, Holding
from hedge_core.contracts import Catalogue, Contract, CustomContract, catalogue
from hedge_core.errors import HedgeError
from hedge_core.exposure import BetaEstimate, estimate_betas, rolling_betas
from hedge_core.market import MarketSnapshot, Notice, PriceHistory
from hedge_core.plan import Decisions, HedgePlan, Overrides
from hedge_core.planner import assess
from hedge_core.scenarios import ScenarioResult, run_scenario
from hedge_core.shocks import Shock
from hedge_core.sizing import HedgeLeg

if TYPE_CHECKING:
    from hedge_core.sources.csv_file import CsvFileSource
    from hedge_core.sources.sample import SampleSource
    from hedge_core.store import load_plan, save_plan

_LAZY = {
    "CsvFileSource": "hedge_core.sources.csv_file",
    "SampleSource": "hedge_core.sources.sample",
    "load_plan": "hedge_core.store",
    "save_plan": "hedge_core.store",
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
