"""Two files of one venue that overlap, dropped on the Monitor page: every lot is counted once."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_main_job import go, settled

pytestmark = pytest.mark.browser

TITLES = "time,contract,side,quantity,price,fee\n"
PART = "2026-03-17 09:34:12,Binance:BTCUSDT,sell,0.1,60000,2.4\n"


def dropped(page: Page, file: Path) -> None:
    """Drop a file and add what it holds."""
    page.locator('[class*="st-key-fills_upload"] input[type="file"]').set_input_files(file)
    expect(page.get_by_text("payments read").first).to_be_visible()
    page.locator(".st-key-fills_add button").click()
    page.wait_for_timeout(500)
    settled(page)


@pytest.mark.rare
def test_overlapping_files_of_identical_partial_fills_count_each_lot_once(
    server: str, page: Page, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text(TITLES + PART)
    second.write_text(TITLES + PART * 3)
    page.goto(server)
    page.locator(".st-key-start_bag button:visible").click()
    page.locator('.st-key-bag_upload input[type="file"]').set_input_files(
        Path(__file__).parents[2] / "examples" / "bag.csv"
    )
    page.get_by_role("button", name="Take as my bag").click()
    expect(page.locator(".st-key-summary_strip")).to_be_visible()
    go(page, "6 Monitor")
    page.get_by_role("radio", name="Position").or_(page.get_by_role("button", name="Position")).first.click()
    settled(page)

    dropped(page, first)
    dropped(page, second)

    expect(page.get_by_text("2 fills and 0 payments taken. 1 were there already").first).to_be_visible()
