"""The inputs behind "Change" on the Size page: they show the plan's own figures, and looking at them changes nothing.

A browser makes what is in a popover when it opens. Inputs that were drawn before, with another message, showed their
defaults then and wrote them into the plan.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from hedge_core import load_plan
from hedge_core.documents.link.envelope import PARAMETER
from hedge_core.documents.link.link import Shared, encode
from tests.browser.test_main_job import settled

pytestmark = pytest.mark.browser

PLAN = load_plan(Path(__file__).parents[2] / "examples" / "layer1_bag.json").with_decisions(
    collateral=30_000.0, reserve=5_000.0
)
SHOWN = {
    "cost": {"Half spread per side (%)": "0.0500", "Slippage factor": "0.30"},
    "margin": {"Cash to post (USD)": "30000", "Cash to keep ready (USD)": "5000"},
}


def opened(page: Page, card: str) -> Locator:
    page.locator(f".st-key-change_{card}").get_by_role("button", name="Change").click()
    settled(page)
    return page.get_by_test_id("stPopoverBody")


def test_inputs_that_open_after_another_run_show_the_plan_and_leave_it_as_it_is(server: str, page: Page) -> None:
    page.goto(f"{server}/size?{PARAMETER}={encode(Shared(plan=PLAN))}")
    expect(page.locator(".st-key-card_cash")).to_contain_text("+24%")
    settled(page)
    for run in ("Contracts", "Venues"):  # a run of the page before, between and after
        for card, figures in SHOWN.items():
            body = opened(page, card)
            for label, value in figures.items():
                expect(body.get_by_label(label, exact=True)).to_have_value(value)
            page.keyboard.press("Escape")
            settled(page)
        page.get_by_role("button", name=run, exact=True).or_(page.get_by_role("radio", name=run)).first.click()
        settled(page)

    expect(page.locator(".st-key-card_cash")).to_contain_text("+24%")
    expect(page.get_by_text("Undo:")).to_have_count(0)
