"""What every test shares: deterministic property tests, the examples, and a market that never changes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from benchmarks.browser import chromium
from hedge_core import MarketSnapshot, SampleSource
from tests.support.markets import make_market
from tests.support.scale import SCALE, scaled

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=scaled(25),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.register_profile("exploring", deadline=None, max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

ROOT = Path(__file__).resolve().parents[1]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark every test that drives Chromium, so that `-m 'not browser'` leaves out all of them and no other.

    Tests marked `rare` are left out unless TEST_SCALE is set, as `make long` does.
    """
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
    if SCALE == 1:
        left_out = [item for item in items if item.get_closest_marker("rare")]
        items[:] = [item for item in items if not item.get_closest_marker("rare")]
        config.hook.pytest_deselected(items=left_out)


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


@pytest.fixture(scope="session")
def sample() -> MarketSnapshot:
    """The simulated market that ships with the program."""
    return SampleSource().snapshot()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for all tests of a process: $CHROMIUM, else Debian's, else Playwright's own."""
    from playwright.sync_api import expect

    expect.set_options(timeout=20_000)
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def visits(browser: Browser) -> Iterator[BrowserContext]:
    """What the tabs of a process share: scripts that Chromium has loaded and compiled, most of the work of a visit."""
    context = browser.new_context(viewport={"width": 1360, "height": 900}, accept_downloads=True)
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture
def page(visits: BrowserContext) -> Iterator[Page]:
    """A new, empty tab of its own session: nothing is left in the browser of what another test kept there."""
    tab = visits.new_page()
    yield tab
    for left in visits.pages:
        if left.url.startswith("http"):
            left.evaluate("localStorage.clear()")
        left.close()
    visits.clear_cookies()
