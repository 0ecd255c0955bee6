"""The report as a reader opens it: from a file, without a network, with scripts switched off; and on paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from hedge_core import HedgePlan, Holding, SampleSource, assess, load_plan
from hedge_core.documents.plan_file import plan_from_json
from hedge_core.monitoring.execution import as_proposed
from hedge_core.reports.html.page import report_html
from hedge_core.reports.ticket.filled import with_filled
from hedge_core.reports.ticket.stages import tickets_to_open
from tests.reports.html.test_page import HOSTILE, hostile_plan
from tests.support.scale import SCALE

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
PAPERS = {"A4": (182.0, 265.0), "Letter": (187.9, 247.4)}
"""Millimetres of a page within its margins, wide and high."""
NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


WIDTHS = {"phone": 390, "desk": 1000} if SCALE > 1 else {"phone": 390}
"""The suite looks at the narrow one, where something is more likely to hang over the side."""


@pytest.fixture(params=WIDTHS.values(), ids=WIDTHS.keys())
def reader(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A tab without scripts and without a network."""
    context = browser.new_context(
        java_script_enabled=False, offline=True, viewport={"width": request.param, "height": 900}
    )
    yield context.new_page()
    context.close()


def opened(reader: Page, html: str, folder: Path) -> list[str]:
    """Open the report from a file; what the browser asked for and complained of."""
    path = folder / "report.html"
    path.write_text(html, encoding="utf-8")
    noticed: list[str] = []
    reader.on("request", lambda request: noticed.append(request.url))
    reader.on("console", lambda message: noticed.append(message.text))
    reader.on("pageerror", lambda error: noticed.append(str(error)))
    reader.goto(path.as_uri())
    assert noticed[:1] == [path.as_uri()]
    return noticed[1:]


@pytest.mark.parametrize("stem", ["layer1_bag", "novacoin_as_printed"])
def test_a_report_reads_without_scripts_and_prints(reader: Page, tmp_path: Path, stem: str) -> None:
    plan = load_plan(ROOT / "examples" / f"{stem}.json")
    noticed = opened(reader, report_html(assess(plan, SampleSource().snapshot()), made_at=NOW), tmp_path)

    expect(reader.get_by_role("heading", level=1)).to_have_text(plan.name)
    expect(reader.locator(".lead")).to_contain_text("A 20% crash costs you $")
    expect(reader.get_by_text("Example on SIMULATED prices").first).to_be_visible()
    expect(reader.get_by_role("checkbox").first).to_be_visible()
    expect(reader.get_by_role("img", name="Profit and loss of the bag, the hedge and both together")).to_be_visible()
    expect(reader.get_by_role("img", name="From an exact hedge to the result")).to_be_visible()
    assert noticed == []
    _fits(reader)
    _is_styled(reader)
    _is_legible(reader)
    assert 2 <= _pages(reader.pdf(prefer_css_page_size=True)) <= 8
    _decides_on_the_first_page(reader)


def test_what_decides_stays_on_the_first_page_with_sixteen_orders(browser: Browser, tmp_path: Path) -> None:
    market = SampleSource().snapshot()
    coins = [coin for coin in market.history.coins if coin not in ("USDC", "USDT")][:16]
    holdings = tuple(Holding(coin=coin, quantity=6_000 / market.price(coin)) for coin in coins)
    plan = HedgePlan(name="Sixteen", holdings=holdings).with_decisions(venue="Hyperliquid", collateral=60_000.0)
    result = assess(plan, market)
    count = len(result.traded_legs)
    assert count >= 15
    page = browser.new_page()

    opened(page, report_html(result, made_at=NOW), tmp_path)

    _decides_on_the_first_page(page)
    expect(page.locator(".decision")).to_contain_text(f"{count - 8} more orders are listed further down.")
    assert page.locator(".continued li").count() == count - 8
    page.close()


def test_what_decides_stays_on_the_first_page_below_what_is_filled(browser: Browser, tmp_path: Path) -> None:
    market = SampleSource().snapshot()
    coins = ("ADA", "DOGE", "AVAX", "LINK", "DOT", "LTC", "UNI", "AAVE", "NEAR", "SUI")
    holdings = tuple(Holding(coin=coin, quantity=4_000 / market.price(coin)) for coin in coins)
    plan = HedgePlan(name="Half filled", holdings=holdings).with_decisions(collateral=25_000.0, reserve=5_000.0)
    result = assess(plan, market)
    orders = tickets_to_open(result)[0].orders
    filled = with_filled(result, orders[: len(orders) // 2], market.as_of)
    page = browser.new_page()

    opened(page, report_html(assess(filled, market), made_at=NOW), tmp_path)

    _decides_on_the_first_page(page)
    assert page.locator(".decision :checked").count() == len(orders) // 2
    expect(page.locator(".decision")).to_contain_text("more orders are listed further down.")
    page.close()


def test_millions_stay_on_one_line_in_the_summary_and_a_refusal_has_nothing_to_tick(
    browser: Browser, tmp_path: Path
) -> None:
    market = SampleSource().snapshot()
    coins = ("BTC", "ETH", "SOL", "AVAX", "SUI")
    holdings = tuple(Holding(coin=coin, quantity=9_000_000 / market.price(coin)) for coin in coins)
    result = assess(HedgePlan(name="Large", holdings=holdings).with_decisions(collateral=20_000_000.0), market)
    page = browser.new_page(viewport={"width": _pixels(PAPERS["A4"][0]), "height": 900})

    opened(page, report_html(result, made_at=NOW), tmp_path)
    page.emulate_media(media="print")

    one_line = page.locator(".summary dd").last.evaluate("dd => parseFloat(getComputedStyle(dd).lineHeight)")
    heights = [(dd.bounding_box() or {"height": 0.0})["height"] for dd in page.locator(".summary dd").all()]
    assert all(0.0 < height < 1.5 * one_line for height in heights)
    expect(page.locator(".decision")).to_contain_text("Too large, more than")
    assert page.locator(".decision input").count() == 0
    page.close()


def test_hostile_words_leave_the_page_as_it_is_and_the_plan_in_it(reader: Page, tmp_path: Path) -> None:
    market = SampleSource().snapshot()
    plan = hostile_plan(" ".join(HOSTILE.values())[:1_000])
    executed = as_proposed(assess(plan, market), NOW)

    noticed = opened(reader, report_html(assess(executed, market), made_at=NOW), tmp_path)

    assert noticed == []
    expect(reader.get_by_text("PRACTICE on simulated prices").first).to_be_visible()
    expect(reader.get_by_role("heading", name="To close everything")).to_be_visible()
    assert reader.locator("script").count() == 1
    assert plan_from_json(reader.locator("script#hedge-plan").text_content() or "") == executed
    _fits(reader)
    assert 2 <= _pages(reader.pdf(prefer_css_page_size=True)) <= 8


def test_the_policy_stops_a_script_that_someone_writes_into_the_file(browser: Browser, tmp_path: Path) -> None:
    html = report_html(assess(load_plan(ROOT / "examples" / "novacoin.json"), SampleSource().snapshot()), made_at=NOW)
    attack = "<script>document.title='run'</script><img src='x.png' onerror=\"document.title='run'\"></footer>"
    context = browser.new_context(offline=True)
    page = context.new_page()

    noticed = opened(page, html.replace("</footer>", attack), tmp_path)

    assert page.title() == "Example on SIMULATED prices: not for orders: NovaCoin"
    assert len([text for text in noticed if "Content Security Policy" in text]) >= 2
    context.close()


def _fits(reader: Page) -> None:
    """Nothing hangs over the side of the page: what is wide scrolls by itself."""
    width = (reader.viewport_size or {"width": 0})["width"]
    for selector in ("main", "h1", "p", "figure", ".wide"):
        for box in (element.bounding_box() for element in reader.locator(selector).all()):
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width + 0.5, selector


def _is_styled(reader: Page) -> None:
    """The page's own style sheet is allowed by its own policy: the summary stands in a row or in columns."""
    first, second = (box.bounding_box() for box in reader.locator(".summary div").all()[:2])
    assert first is not None
    assert second is not None
    assert first["y"] == second["y"]


def _is_legible(reader: Page) -> None:
    """No text of the charts on screen is smaller than ten pixels, on a phone too."""
    charts = reader.locator("svg:visible").all()
    assert len(charts) == 2
    for chart in charts:
        for text in chart.locator("text").all():
            box = text.bounding_box()
            assert box is not None
            assert box["height"] >= 10.0, text.text_content()


def _decides_on_the_first_page(page: Page) -> None:
    """What decides ends within the first page of both papers."""
    page.emulate_media(media="print")
    for name, (width, height) in PAPERS.items():
        page.set_viewport_size({"width": _pixels(width), "height": 900})
        box = page.locator(".decision").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= _pixels(height), name


def _pixels(millimetres: float) -> int:
    return round(millimetres * 96 / 25.4)


def _pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))
