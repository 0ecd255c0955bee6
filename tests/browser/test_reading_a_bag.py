"""Handing over a bag in a real browser: files dropped on the page, and quantities typed into the table."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.test_main_job import settled
from tests.support.scale import SCALE

CORPUS = Path(__file__).parents[1] / "documents" / "corpus"
PATIENCE = 30_000
"""Milliseconds to wait for anything: other tests may keep the machine busy."""

DROPPED = (
    ("H01_justtrade_bestand.csv", "3 rows, 3 holdings", "2,480"),
    ("H17_bag.xlsx", "2 rows, 2 holdings", "12.5"),
    ("H18_utf16le_bom_tab.txt", "2 rows, 2 holdings", "1,410"),
    ("H20_total_footer.csv", "'Total' is a total and is left out", "410"),
    ("H42_rotki_symbol_chosen.csv", "1 ETH is owed and is subtracted", "2.25"),
    ("L02_binance_account.json", "holdings", ""),
    ("H13_ledgerlive.csv", "This table cannot be read. Your bag is unchanged.", ""),
    ("H41_balance_only_usd.csv", "is an amount of money", ""),
    ("L38_mistyped.csv", "Did you mean", ""),
    ("empty.csv", "The table of holdings is empty.", ""),
)
"""Ten files: what the page says of each, and a quantity in its preview ('' for none)."""

FILES = DROPPED if SCALE > 1 else DROPPED[2:10:3]
"""The suite drops three of them; every file of the corpus is read without a browser (tests/documents)."""


KEY_DELAY = 100
"""Milliseconds between two keys of a quick typist."""

SLOW = 6
"""How many times slower than here the browser is, where it redraws the page for longer than a typist waits."""

TYPISTS = (("de-DE", SLOW), ("en-US", 1), ("de-DE", 1))
"""Languages of the browser, and how slow it is; the suite types on the slow one."""

pytestmark = pytest.mark.browser


def open_bag(browser: Browser, server: str, locale: str) -> Page:
    page = browser.new_context(viewport={"width": 1360, "height": 1_600}, locale=locale).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{server}/bag")
    expect(page.get_by_role("heading", name="What do you hold?")).to_be_visible(timeout=PATIENCE)
    settled(page)
    return page


def drop(page: Page, name: str, content: bytes) -> None:
    """Drop a file on the uploader, as a hand does with the mouse."""
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
    expect(page.get_by_role("button", name=f"Remove {name}", exact=True)).to_be_visible(timeout=PATIENCE)


def says(page: Page, text: str) -> None:
    expect(page.get_by_text(text).first).to_be_visible(timeout=PATIENCE)


def cell(page: Page, text: str) -> Locator:
    """A cell with this text in the first table of the page; the grid draws on a canvas and lists its cells in it."""
    table = page.locator('[data-testid="stDataFrame"]').first
    return table.locator("[role=gridcell]").get_by_text(text, exact=True)


def at_first_cell(page: Page) -> None:
    """Give the keyboard to the first cell of the empty table."""
    editor = page.locator('[class*="st-key-bag_editor"]')
    editor.locator(".dvn-scroller").click(position={"x": 40, "y": 35 + 17})
    expect(editor.locator("#glide-cell-0-0")).to_be_focused(timeout=PATIENCE)


def slow_down(page: Page, times: float) -> None:
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": times})


def type_rows(page: Page, rows: Sequence[tuple[str, str]]) -> None:
    """Type coins and quantities into the empty table with the keys alone, without a wait for what the page makes of it.

    A box opens over a cell with the first key; Tab goes to the right, Enter goes down.
    """
    at_first_cell(page)
    for coin, quantity in rows:
        for text, key in ((coin, "Tab"), (quantity, "Enter")):
            page.keyboard.type(text, delay=KEY_DELAY)
            page.wait_for_timeout(KEY_DELAY)
            page.keyboard.press(key)
            page.wait_for_timeout(2 * KEY_DELAY)
        page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(2 * KEY_DELAY)


@pytest.mark.long
def test_files_dropped_are_read_or_refused_with_the_reason(server: str, browser: Browser) -> None:
    page = open_bag(browser, server, "de-DE")
    for name, said, quantity in FILES:
        drop(page, name, b"\n" if name == "empty.csv" else (CORPUS / name).read_bytes())
        says(page, said)
        if quantity:
            expect(cell(page, quantity).first).to_be_attached(timeout=PATIENCE)

    drop(page, "strange.csv", b"foo,bar,baz\nSOL,5,7\nLINK,6,8\n")
    says(page, "This table cannot be read. Your bag is unchanged.")
    again = page.get_by_role("button", name="Read again with these columns")
    for field, title in (("coin", "foo"), ("quantity", "baz")):
        page.locator(f".st-key-map_{field} input").click()
        page.get_by_role("option", name=title, exact=True).click()
        expect(again).to_be_visible(timeout=PATIENCE)  # drawn anew, which would close a list that is open
        settled(page)
    again.click()
    says(page, "2 rows, 2 holdings")
    expect(cell(page, "8").first).to_be_attached(timeout=PATIENCE)
    page.context.close()


@pytest.mark.long
@pytest.mark.parametrize(("locale", "times_slower"), TYPISTS if SCALE > 1 else TYPISTS[:1])
def test_quantities_typed_into_the_table_read_the_same_in_every_language(
    server: str, browser: Browser, locale: str, times_slower: float
) -> None:
    page = open_bag(browser, server, locale)
    slow_down(page, times_slower)
    type_rows(page, (("SOL", "1,5"), ("LINK", "1.000,50"), ("AVAX", "1 000"), ("DOT", "-3"), ("BITCON", "2")))

    echo = page.get_by_text("Read as:")
    for said in ("1.5 SOL = $", "1,000.5 LINK = $", "1,000 AVAX = $"):
        expect(echo).to_contain_text(said, timeout=PATIENCE)
    assert "DOT" not in echo.inner_text()
    says(page, "row 4, field 'quantity': must be a positive number of coins, not -3")
    says(page, "'BITCON' is not a coin that we know. Did you mean BTC?")
    page.context.close()


@pytest.mark.long
def test_keys_that_come_faster_than_the_table_takes_them_are_all_typed_in_their_order(
    server: str, browser: Browser
) -> None:
    page = open_bag(browser, server, "de-DE")
    slow_down(page, SLOW)
    at_first_cell(page)
    first = [*"SOL", "Tab", *"1,57", "Backspace", "Enter", "ArrowLeft"]
    second = [*"LIMK", "Backspace", "Backspace", *"NK", "Tab", *"1.000,50", "Enter", "ArrowLeft"]
    taken_back = [*"DOGE", "Escape"]
    for key in [*first, *second, *taken_back, *"AVAX", "Tab", *"1 000", "Enter"]:
        page.keyboard.press(key)

    echo = page.get_by_text("Read as:")
    for said in ("1.5 SOL = $", "1,000.5 LINK = $", "1,000 AVAX = $"):
        expect(echo).to_contain_text(said, timeout=PATIENCE)
    assert "DOGE" not in echo.inner_text()
    page.context.close()
