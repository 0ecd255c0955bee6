"""Live prices as a user meets them: the main job on two exchanges, waiting, an outage, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import start_server
from tests.browser.test_main_job import go, metric, set_slider, settled
from tests.exchange.server import LoopbackExchange

pytestmark = pytest.mark.browser
BAG = "SOL 120\nLINK 500\nATOM 800\nHYPE 40\nUSDC 2000"


@pytest.fixture
def exchange() -> Iterator[LoopbackExchange]:
    with LoopbackExchange() as running:
        yield running


@pytest.fixture
def app(exchange: LoopbackExchange, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Start the app against the exchange, with further settings; its log must hold no traceback."""
    started = []

    def start(**settings: str) -> str:
        log = tmp_path / f"server{len(started)}.log"
        process, base = start_server(log, {"HEDGE_EXCHANGE_BASE_URL": exchange.url, **settings})
        started.append((process, log))
        return base

    yield start
    for process, log in started:
        process.terminate()
        process.wait(timeout=20)
        text = log.read_text(errors="replace")
        assert "Traceback" not in text, text


def enter_bag(page: Page, base: str, bag: str = BAG) -> None:
    page.goto(f"{base}/bag")
    page.locator(".st-key-bag_paste textarea").fill(bag)
    page.locator(".st-key-bag_paste textarea").press("Control+Enter")
    page.get_by_role("button", name="Take as my bag").click()


def choose(page: Page, key: str, option: str) -> None:
    """Choose from a menu; it closes again when the page around it moves, so what unfolds has to have unfolded."""
    settled(page)
    page.wait_for_timeout(1_000)
    page.locator(f".st-key-{key} input").click()
    page.get_by_role("option", name=option, exact=True).click()


SOURCES = [("kraken", "Kraken"), ("okx", "OKX")]


@pytest.mark.rare
@pytest.mark.parametrize(("source", "label"), SOURCES)
def test_the_main_job_from_bag_to_contracts_to_scenarios(app, page: Page, source: str, label: str) -> None:
    base = app(HEDGE_MARKET=source)
    enter_bag(page, base)
    expect(page.locator(".st-key-summary_strip")).to_be_visible()
    expect(page.locator(".st-key-top_source")).to_contain_text(f"{label}, less than a minute old")
    expect(page.get_by_role("button", name="Refresh")).to_be_visible()
    expect(page.get_by_text("PRACTICE")).to_have_count(0)

    go(page, "2 Risk")
    set_slider(page, "hedge_share", 4)
    expect(page.get_by_text("(target 70%)")).to_be_visible()
    settled(page)
    expect(page.get_by_role("spinbutton", name="Cash to post (USD)")).to_have_value("")  # nobody has decided it

    go(page, "4 Size")
    choose(page, "venue", "OKX")
    listed = "Of your coins, Bitcoin and Ether, OKX now lists contracts on BTC, ETH, LINK, SOL."
    expect(page.get_by_text(listed)).to_be_visible()
    orders = page.locator(".st-key-orders")
    expect(orders.get_by_text("× SOL-USDT-SWAP (").first).to_be_visible()
    assert metric(page, "Hedged").endswith("(target 70%)")
    go(page, "5 Scenarios")
    chart = page.locator(".st-key-scenario_range")
    expect(chart.get_by_text("moves by −15%")).to_be_visible()
    set_slider(page, "scenario_move", -10)
    expect(chart.get_by_text("moves by −25%")).to_be_visible()

    go(page, "Your plan")
    page.get_by_text("behind these numbers").click()
    expect(page.get_by_text(f"HYPE: price from Coinbase ({label} does not list it).")).to_be_visible()


def test_pages_answer_while_prices_load_and_fill_themselves_when_they_are_there(app, exchange, page: Page) -> None:
    exchange.latency = 0.25
    base = app(HEDGE_MARKET="kraken")
    enter_bag(page, base)
    expect(page.get_by_text("Fetching").first).to_be_visible(timeout=15_000)
    go(page, "Guide")
    expect(page.get_by_role("heading").first).to_be_visible(timeout=15_000)
    expect(page.locator(".st-key-summary_strip")).to_be_visible(timeout=150_000)  # by itself


def test_an_outage_says_what_can_be_done_and_ends_without_a_restart(app, exchange, page: Page) -> None:
    for name in ("kraken", "coinbase", "okx", "gate"):
        exchange.play(name, None, "dropped")
    base = app(HEDGE_MARKET="kraken")
    enter_bag(page, base, "SOL 120")
    expect(page.get_by_text("Kraken could not be reached").first).to_be_visible()
    expect(page.get_by_text("Nothing is sized without them").first).to_be_visible()
    expect(page.get_by_role("button", name="Use the sample market (simulated)")).to_be_visible()
    expect(page.locator(".st-key-summary_strip")).to_have_count(0)

    exchange.heal()
    page.wait_for_timeout(5_500)  # a refresh may end a pause that is five seconds old
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".st-key-summary_strip")).to_be_visible()

    exchange.play("kraken", None, "error_503")
    page.wait_for_timeout(5_500)
    page.get_by_role("button", name="Refresh").click()
    expect(page.locator(".st-key-summary_strip")).to_be_visible()
    go(page, "Your plan")
    expect(
        page.get_by_text("Kraken answered with an error (503). Older answers are used for: prices").first
    ).to_be_visible()


@pytest.mark.rare
def test_the_source_is_chosen_in_the_sidebar(app, page: Page) -> None:
    base = app()
    enter_bag(page, base, "SOL 120")
    expect(page.get_by_text("PRACTICE PRICES").first).to_be_visible()
    settled(page)
    page.get_by_text("Prices", exact=True).first.click()
    expect(page.get_by_text("Upload daily closes (CSV, Excel)")).to_be_visible()
    choose(page, "market_source", "OKX (live)")
    expect(page.locator(".st-key-top_source")).to_contain_text("OKX")
    expect(page.get_by_text("PRACTICE")).to_have_count(0)
