"""Pages of plans in many states, at three widths: none is taller than it may be, and no text is cut or covered.

The states are those that make pages tall: many coins and orders, too little cash, fills, and live prices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from hedge_core import HedgePlan, Holding, assess, load_plan
from hedge_core.documents.link.envelope import PARAMETER
from hedge_core.documents.link.link import Shared, encode
from hedge_core.plan.plan import Pledge
from hedge_core.reports.ticket.filled import with_filled
from hedge_core.reports.ticket.stages import tickets_to_open
from pages.ui.app import navigation
from pages.ui.session.prices import sample_market
from tests.browser.conftest import running
from tests.browser.test_accessibility import CUT
from tests.browser.test_main_job import PHONE, settled
from tests.exchange.server import LoopbackExchange
from tests.support.scale import SCALE

pytestmark = [pytest.mark.browser, pytest.mark.long]

MOST = {1440: 1_800, 390: 3_000}
"""The most pixels of a page with nothing unfolded, by the width of the screen."""

WIDTHS = (*MOST, 1024) if SCALE > 1 else (390,)
PAGES = tuple(stem for stem in navigation.PAGES if stem != navigation.START) if SCALE > 1 else ("size", "risk")
"""The suite looks at the two tallest pages of a phone."""

LAYER1 = load_plan(Path(__file__).parents[2] / "examples" / "layer1_bag.json")
COINS = (
    "BTC ETH SOL XRP BNB ADA DOGE AVAX LINK DOT LTC UNI AAVE NEAR SUI ARB OP INJ SHIB XLM HBAR PEPE ENA ATOM POL"
).split()
LIVE = HedgePlan(
    holdings=(Holding(coin="SOL", quantity=120.0), Holding(coin="LINK", quantity=500.0)), market="kraken"
).with_decisions(risk_accepted=0.5, collateral=9_000.0)


def bag_of(usd: float, coins: list[str]) -> HedgePlan:
    """A plan of a bag worth so much on the sample market, the same in each coin."""
    market = sample_market()
    each = usd / len(coins)
    return HedgePlan(holdings=tuple(Holding(coin=coin, quantity=round(each / market.price(coin), 4)) for coin in coins))


def with_half_filled() -> HedgePlan:
    """A plan of which half of the orders are filled."""
    market, plan = sample_market(), bag_of(40_000.0, COINS[5:15])
    assessment = assess(plan, market)
    orders = tickets_to_open(assessment)[0].orders
    assert len(orders) > 4
    return with_filled(assessment, orders[: len(orders) // 2], market.as_of)


def with_half_of_each_filled() -> HedgePlan:
    """A plan of which half of each order was filled twelve days ago, so that there is a chart and an alert."""
    market, plan = sample_market(), bag_of(40_000.0, COINS[5:15])
    assessment = assess(plan, market)
    whole = with_filled(assessment, tickets_to_open(assessment)[0].orders, market.as_of - timedelta(days=12))
    half = tuple(replace(fill, contracts=(fill.contracts + 1) // 2) for fill in whole.execution.fills)
    return whole.with_execution(fills=half)


STATES: dict[str, Callable[[], HedgePlan]] = {
    "sample": lambda: LAYER1,
    "unhedged": lambda: LAYER1.with_decisions(risk_accepted=1.0),
    "large": lambda: bag_of(41_000_000.0, COINS).with_decisions(risk_accepted=0.4, collateral=9_000_000.0),
    "many orders": lambda: bag_of(100_000.0, COINS).with_decisions(collateral=60_000.0),
    "too little cash": lambda: bag_of(40_000.0, COINS[5:15]).with_decisions(risk_accepted=0.5, collateral=9_000.0),
    "coins pledged": lambda: LAYER1.with_decisions(venue="OKX", pledges={"SOL": Pledge(), "AVAX": Pledge(share=0.5)}),
    "half filled": with_half_filled,
    "half of each filled": with_half_of_each_filled,
}


def faults(browser: Browser, base: str, plan: HedgePlan) -> list[str]:
    """What is too tall, cut or covered of the pages of this plan."""
    query = f"?{PARAMETER}={encode(Shared(plan=plan))}"
    found = []
    for width in WIDTHS:
        phone = {"user_agent": PHONE} if width in MOST and width < 500 else {}
        context = browser.new_context(viewport={"width": width, "height": 900}, **phone)
        page = context.new_page()
        page.set_default_timeout(60_000)
        for stem in PAGES:
            page.goto(f"{base}/{stem}{query}")
            found += [f"{width} px, {stem}: {fault}" for fault in faults_of(page, MOST.get(width))]
        context.close()
    return found


def faults_of(page: Page, most: int | None) -> list[str]:
    """The same of the open page, of which `most` is the greatest height; what is drawn late is waited for."""
    expect(page.locator('.st-key-summary_strip [data-testid="stMetric"]').first).to_be_visible(timeout=60_000)
    found: list[str] = []
    for _ in range(8):
        settled(page)
        page.wait_for_timeout(1_000)
        height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        found = page.evaluate(CUT) + ([f"{height} px tall"] if most is not None and height > most else [])
        if not found:
            break
    return found


@pytest.mark.parametrize("state", STATES if SCALE > 1 else ["too little cash"])
def test_no_page_is_too_tall_and_no_text_is_cut_or_covered(server: str, browser: Browser, state: str) -> None:
    assert faults(browser, server, STATES[state]()) == []


@pytest.fixture
def exchange() -> Iterator[LoopbackExchange]:
    with LoopbackExchange() as exchange:
        yield exchange


@pytest.mark.rare
def test_no_page_on_live_prices_is_too_tall(exchange: LoopbackExchange, tmp_path: Path, browser: Browser) -> None:
    with running(tmp_path / "server.log", {"HEDGE_EXCHANGE_BASE_URL": exchange.url}) as base:
        assert faults(browser, base, LIVE) == []


def test_an_order_whose_contract_has_a_long_name_is_not_cut(server: str, browser: Browser) -> None:
    plan = HedgePlan(holdings=(Holding(coin="XRP", quantity=5_000.0),)).with_decisions(venue="Deribit")
    (leg,) = assess(plan, sample_market()).traded_legs
    assert len(f"{leg.lots:,} × {leg.contract.code}") > 24
    page = browser.new_page(viewport={"width": 1024, "height": 900})
    page.goto(f"{server}/monitor?{PARAMETER}={encode(Shared(plan=plan))}")
    expect(page.get_by_text(leg.contract.code).first).to_be_visible()
    settled(page)

    assert page.evaluate(CUT) == []
    page.close()
