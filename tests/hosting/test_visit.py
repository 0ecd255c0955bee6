"""A visitor's browser on the whole site: nothing is blocked, and a replica that dies takes no plan with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from hedge_core import load_plan
from hedge_core.documents.link.link import Shared, decode, encode
from pages.ui.app import navigation
from tests.browser.test_main_job import go, metric, set_slider, settled
from tests.hosting.site import ROOT, Site
from tests.support.scale import SCALE

pytestmark = pytest.mark.browser
LAYER1 = load_plan(ROOT / "examples" / "layer1_bag.json")


def shown(page: Page) -> None:
    expect(page.locator(".st-key-summary_strip")).to_be_visible()
    settled(page)


def replica(page: Page) -> str:
    return next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "replica")


def save(page: Page, folder: Path) -> str:
    """Save the plan as a file; the server hands it out of the memory of the session's replica."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Save plan").first.click()
    assert download.value.failure() is None
    target = folder / "saved.json"
    download.value.save_as(target)
    return target.read_text()


@pytest.mark.long
def test_no_page_needs_anything_that_the_policy_forbids(fresh_site: Callable[..., Site], page: Page) -> None:
    site = fresh_site()
    blocked: list[str] = []
    foreign: list[str] = []
    page.on("console", lambda message: blocked.append(message.text) if "Security Policy" in message.text else None)
    page.on("pageerror", lambda error: blocked.append(str(error)))
    page.on("request", lambda request: foreign.append(request.url) if is_foreign(request.url, site) else None)

    page.goto(f"{site.base}/size?p={encode(Shared(plan=LAYER1))}")  # on a server that nobody has visited yet
    shown(page)
    for title, _ in list(navigation.PAGES.values())[:: 1 if SCALE > 1 else 4]:
        go(page, title)
        shown(page)
        for chart in page.locator(".js-plotly-plot").all()[:1]:
            expect(chart.locator(".main-svg").first).to_be_visible()
    page.locator('[data-testid="stSidebar"]').get_by_text("Share, save or open").click()
    page.get_by_role("button", name="Share as a link").click()
    page.get_by_role("dialog").get_by_text("Everything, amounts included").click()
    expect(page.get_by_role("dialog").locator("code")).to_be_visible()
    settled(page)

    assert blocked == []
    assert foreign == []


def is_foreign(url: str, site: Site) -> bool:
    return url.startswith("http") and not url.startswith(f"{site.base}/")


@pytest.mark.rare
def test_a_visitor_goes_on_when_the_replica_with_the_session_is_killed(
    fresh_site: Callable[..., Site], page: Page, tmp_path: Path
) -> None:
    site = fresh_site()
    page.goto(f"{site.base}/risk?p={encode(Shared(plan=LAYER1))}")
    shown(page)
    set_slider(page, "hedge_share", 2)
    expect(page.get_by_text("(target 70%)")).to_be_visible()
    settled(page)
    bag = metric(page, "Bag")
    lost = replica(page)

    site.replicas[lost].kill()
    go(page, "5 Scenarios")

    expect(page.locator(".st-key-scenario_range .js-plotly-plot")).to_be_visible()
    expect(page.locator(".st-key-summary_strip").get_by_text("(target 70%)")).to_be_visible()
    assert metric(page, "Bag") == bag
    assert decode(page.url).plan.decisions.risk_accepted == 0.3
    assert replica(page) != lost

    # The lost one comes back. What belongs to the session still goes to the one that holds it now.
    site.replicas[lost].start()
    site.replicas[lost].wait()
    page.wait_for_timeout(5_500)  # until nginx asks it again
    go(page, "1 Bag")
    page.get_by_text("Add coins: paste or upload").click()
    page.locator('.st-key-bag_upload input[type="file"]').set_input_files(ROOT / "examples" / "bag.csv")
    expect(page.get_by_text("10 rows, 10 holdings")).to_be_visible()
    page.locator('[data-testid="stSidebar"]').get_by_text("Share, save or open").click()
    assert '"hedge-plan"' in save(page, tmp_path)
    assert replica(page) != lost


def test_a_file_larger_than_the_app_takes_is_refused(site: Site, page: Page, tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    large.write_bytes(b"coin,quantity\n" + b"SOL,1\n" * 1_000_000)
    page.goto(f"{site.base}/bag")
    page.locator('.st-key-bag_upload input[type="file"]').set_input_files(large)
    expect(page.get_by_text("File must be 5.0MB or smaller")).to_be_visible()
