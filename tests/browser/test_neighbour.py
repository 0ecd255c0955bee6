"""While one visitor drops tables that are made to exhaust a server, another one works on."""

from __future__ import annotations

import asyncio
import threading
import time
from statistics import median

import pytest
from playwright.sync_api import Browser, expect

from benchmarks.load.client import Tab
from tests.browser.test_reading_a_bag import PATIENCE, drop, open_bag
from tests.support.large_tables import LARGE_TABLES

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


@pytest.mark.rare  # the bound is narrow, so the machine must not be busy
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
    for number, name in enumerate(KILLERS * 3):
        drop(page, f"killer-{number}.csv", LARGE_TABLES[name]())
        expect(page.get_by_text("This table cannot be read. Your bag is unchanged.")).to_be_visible(timeout=PATIENCE)
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
