"""A visitor far from the server: answers reach him late, and he moves a slider on without waiting for them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_main_job import go, set_slider, settled

pytestmark = pytest.mark.browser

ANSWERS_LATE = """
    const listen = WebSocket.prototype.addEventListener;
    WebSocket.prototype.addEventListener = function (kind, hear, ...rest) {
        const late = (event) => setTimeout(() => hear(event), 700);
        return listen.call(this, kind, kind === "message" ? late : hear, ...rest);
    };
"""


def test_a_slider_moved_back_to_where_it_was_shows_what_it_showed(server: str, page: Page) -> None:
    """Streamlit may send a hash for a large message that the browser has kept. The browser forgets one after three
    runs without it, also where the hash is already on its way: then the page is lost behind a dialog of Streamlit's."""
    page.add_init_script(ANSWERS_LATE)
    page.goto(server)
    page.locator(".st-key-start_layer1_bag button:visible").click()
    go(page, "5 Scenarios")
    chart = page.locator(".st-key-scenario_range")
    expect(chart.get_by_text("moves by −15%")).to_be_visible()
    set_slider(page, "scenario_move", -1)
    expect(chart.get_by_text("moves by −16%")).to_be_visible()
    settled(page)
    set_slider(page, "scenario_move", -1)
    page.wait_for_timeout(500)  # the server has answered, and the browser has not heard of it
    set_slider(page, "scenario_move", 2)
    expect(chart.get_by_text("moves by −15%")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
