"""What every test shares: deterministic property tests, the examples, and a market that never changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from hedge_core.market import MarketSnapshot
from tests.markets import make_market

settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.register_profile("exploring", deadline=None, max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The folder that holds hedge_core, examples and README.md."""
    return ROOT


@pytest.fixture(scope="session")
def examples(project_root: Path) -> Path:
    """The folder of example plans."""
    return project_root / "examples"


@pytest.fixture(scope="session")
def market() -> MarketSnapshot:
    """Eight coins, 400 days, no gaps."""
    return make_market(seed=1)
