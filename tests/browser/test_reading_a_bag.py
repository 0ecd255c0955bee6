"""Handing over a bag in a real browser: files dropped on the page, and quantities typed into the table.

While one visitor drops tables that are made to exhaust a server, another one works on.
"""

from __future__ import annotations

import asyncio
import base64
import threading
import time
from pathlib import Path
from statistics import median

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from benchmarks.load.client import Tab
from tests.browser.test_main_job import settled
from tests.support.large_tables import large_tables

CORPUS = Path(__file__).parents[1] / "documents" / "corpus"
pytestmark = pytest.mark.browser

DROPPED = (
    ("H01_justtrade_bestand.csv", "3 rows, 3 holdings", "2,480"),
    ("H17_bag.xlsx", "2 rows, 2 holdings", "12.5"),
    ("H18_utf16le_bom_tab.txt", "2 rows, 2 holdings", "1,410"),
    ("H20_total_footer.csv", "2 rows, 2 holdings", "410"),
    ("H28b_wrapped_staked.csv", "holdings", ""),
    ("H39c_okx_balance.csv", "holdings", ""),
    ("L02_binance_account.json", "holdings", ""),
    ("H13_ledgerlive.csv", "cannot be read", ""),
    ("H41_balance_only_usd.csv", "is an amount of money", ""),
    ("L38_mistyped.csv", "Did you mean", ""),
)
"""Ten files: what the page says of each, and a quantity in its preview ('' for none)."""


def drop(page: Page, name: str, content: bytes) -> None:
    """Drop a file on the uploader, as a hand does with the mouse."""
    page.wait_for_selector('.st-key-bag_upload [data-testid="stFileUploaderDropzone"]')
    files = page.evaluate_handle(
        """([name, content]) => {
            const transfer = new DataTransfer();
            const bytes = Uint8Array.from(atob(content), (mark) => mark.charCodeAt(0));
            transfer.items.add(new File([bytes], name));
            return transfer;
        }""",
        [name, base64.b64encode(content).decode()],
    )
    zone = page.locator('.st-key-bag_upload [data-testid="stFileUploaderDropzone"]')
    zone.dispatch_event("drop", {"dataTransfer": files})
    expect(page.get_by_role("button", name=f"Remove {name}", exact=True)).to_be_visible()
    settled(page)


def open_bag(browser: Browser, server: str, locale: str) -> Page:
    page = browser.new_context(viewport={"width": 1360, "height": 900}, locale=locale).new_page()
    page.set_default_timeout(20_000)
    page.goto(f"{server}/bag")
    expect(page.get_by_role("heading", name="What do you hold?")).to_be_visible()
    settled(page)
    return page


def type_row(page: Page, grid: Locator, row: int, coin: str, quantity: str) -> None:
    """Type into the first two cells of a row of the table (the row under the last one is added)."""
    grid.scroll_into_view_if_needed()
    for place, text in ((60, coin), (240, quantity)):
        box = grid.bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + place, box["y"] + 35 * row + 17)
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        page.wait_for_timeout(300)
        settled(page)


def test_ten_files_dropped_are_read_or_refused_with_the_reason(server: str, browser: Browser) -> None:
    page = open_bag(browser, server, "de-DE")
    for name, said, quantity in DROPPED:
        drop(page, name, (CORPUS / name).read_bytes())
        expect(page.get_by_text(said).first).to_be_visible()
        if quantity:
            cells = page.locator(".st-key-import_preview [role=gridcell]")
            expect(cells.filter(has_text=quantity).first).to_be_attached()
    page.context.close()


def test_an_unknown_header_offers_its_columns_and_an_empty_file_is_refused(server: str, browser: Browser) -> None:
    page = open_bag(browser, server, "en-US")
    drop(page, "strange.csv", b"foo,bar,baz\nSOL,5,7\nLINK,6,8\n")
    expect(page.get_by_text("This table cannot be read. Your bag is unchanged.")).to_be_visible()
    for field, title in (("coin", "foo"), ("quantity", "baz")):
        page.locator(f".st-key-map_{field} input").click()
        page.get_by_role("option", name=title, exact=True).click()
        settled(page)
    page.get_by_role("button", name="Read again with these columns").click()
    expect(page.get_by_text("2 rows, 2 holdings")).to_be_visible()
    expect(page.locator(".st-key-import_preview [role=gridcell]").filter(has_text="8").first).to_be_attached()

    drop(page, "empty.csv", b"\n")
    expect(page.get_by_text("The table of holdings is empty.")).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("locale", ["en-US", "de-DE"])
def test_quantities_typed_into_the_table_read_the_same_in_every_language(
    server: str, browser: Browser, locale: str
) -> None:
    page = open_bag(browser, server, locale)
    grid = page.locator('[class*="st-key-bag_editor"] canvas[data-testid="data-grid-canvas"]')
    rows = [("SOL", "1,5"), ("LINK", "1.000,50"), ("AVAX", "1 000"), ("DOT", "-3"), ("ADA", "many"), ("BITCON", "2")]
    for number, (coin, quantity) in enumerate(rows, start=1):
        type_row(page, grid, number, coin, quantity)
    echo = page.get_by_text("Read as:")
    for said in ("1.5 SOL = $", "1,000.5 LINK = $", "1,000 AVAX = $"):
        expect(echo).to_contain_text(said)
    assert "DOT" not in echo.inner_text()
    expect(page.get_by_text("row 4, field 'quantity'")).to_be_visible()
    expect(page.get_by_text("row 5, field 'quantity'")).to_be_visible()
    expect(page.get_by_text("'BITCON' is not a coin that we know. Did you mean BTC?")).to_be_visible()
    page.context.close()


SLOWER = 0.2
"""Seconds by which an action of another visitor may be slower meanwhile."""

KILLERS = ("few lines, many columns", "many lines")


class Neighbour(threading.Thread):
    """Another visitor, who goes from page to page; `actions` are the start of each and how long it took, in seconds."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self.address = address
        self.actions: list[tuple[float, float]] = []
        self.is_done = threading.Event()

    def run(self) -> None:
        asyncio.run(self._visit())

    async def _visit(self) -> None:
        tab = Tab(self.address)
        await tab.open()
        await tab.press("start_layer1_bag")
        while not self.is_done.is_set():
            for name in ("size", "bag"):
                began = time.monotonic()
                self.actions.append((began, await tab.go(name)))
        await tab.close()

    def between(self, start: float, end: float) -> list[float]:
        return [seconds for began, seconds in self.actions if start <= began < end]


def test_another_visitor_waits_no_longer_while_tables_made_to_exhaust_the_server_are_refused(
    server: str, browser: Browser
) -> None:
    page = open_bag(browser, server, "en-US")
    neighbour = Neighbour(server)
    neighbour.start()
    page.wait_for_timeout(6_000)  # the neighbour's first pages load what they need
    quiet = time.monotonic()
    page.wait_for_timeout(8_000)
    loud = time.monotonic()
    tables = large_tables()
    for number, name in enumerate(KILLERS * 3):
        drop(page, f"killer-{number}.csv", tables[name])
        expect(page.get_by_text("This table cannot be read. Your bag is unchanged.")).to_be_visible()
    end = time.monotonic()
    neighbour.is_done.set()
    neighbour.join(60)
    page.context.close()

    alone, beside = neighbour.between(quiet, loud), neighbour.between(loud, end)
    figures = (
        f"alone {median(alone):.3f} s of {len(alone)}, beside {median(beside):.3f} s of {len(beside)}, "
        f"worst {max(alone):.3f} and {max(beside):.3f} s"
    )
    assert min(len(alone), len(beside)) > 5, figures
    assert median(beside) <= median(alone) + SLOWER, figures
