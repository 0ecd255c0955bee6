"""Ten tasks of a new user: each is answered on the screen, in no more actions than are stated here.

An action is a press, a choice or a field filled. Scrolls and page loads do not count, and a bag that is pasted is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from hedge_core import HedgePlan, Holding
from hedge_core.documents.link.envelope import PARAMETER
from hedge_core.documents.link.link import Shared, encode
from tests.browser.conftest import running
from tests.browser.test_main_job import PHONE, settled

pytestmark = [pytest.mark.browser, pytest.mark.rare]

BAG = {
    "LINK": 500, "ADA": 8_000, "DOT": 400, "AVAX": 150, "UNI": 300, "AAVE": 20, "SOL": 60, "POL": 5_000,
    "DOGE": 20_000, "RENDER": 800,
}  # fmt: skip
PLAN = HedgePlan(holdings=tuple(Holding(coin=coin, quantity=count) for coin, count in BAG.items()))
HALF = PLAN.with_decisions(risk_accepted=0.5)
POSTED = HALF.with_decisions(collateral=30_000.0)

BROKEN = "coin;quantity\nSOL;1,5\nUNII;300\nADA;1.000,50\nDOT;-3\nLINK\n;;;\n"

DOLLARS = r"[−+]?\$[\d,]+"


class User:
    """A hand at a page that counts its actions."""

    def __init__(self, page: Page, server: str) -> None:
        self.page, self.server, self.actions = page, server, 0
        page.set_default_timeout(60_000)
        expect.set_options(timeout=60_000)

    def open(self, plan: HedgePlan | None = None) -> None:
        """Load the start page, or the plan from its link."""
        self.page.goto(self.server + ("" if plan is None else f"/?{PARAMETER}={encode(Shared(plan=plan))}"))
        self.waits()

    def waits(self) -> None:
        expect(self.page.locator("h1").first).to_be_visible()
        self.page.wait_for_timeout(500)
        settled(self.page)

    def presses(self, what: Locator) -> None:
        what.click()
        self.actions += 1
        self.waits()

    def fills(self, field: Locator, text: str, key: str = "Enter") -> None:
        field.fill(text)
        field.press(key)
        self.actions += 1
        self.waits()

    def goes_to(self, title: str) -> None:
        """Choose a page from the list; where a phone has folded the list away, opening it is an action too."""
        unfold = self.page.locator('[data-testid="stExpandSidebarButton"]')
        if unfold.is_visible():
            self.presses(unfold)
        self.presses(self.page.locator('[data-testid="stSidebarNav"]').get_by_text(title, exact=True))

    def moves(self, key: str, presses: int) -> None:
        """Drag a slider by this many of its steps."""
        thumb = self.page.locator(f'.st-key-{key} input[type="range"]')
        thumb.focus()
        for _ in range(abs(presses)):
            thumb.press("ArrowRight" if presses > 0 else "ArrowLeft")
        self.actions += 1
        self.page.wait_for_timeout(1_500)
        self.waits()

    def reads(self, place: str, *patterns: str) -> None:
        """The text of this place answers: it holds each pattern."""
        for pattern in patterns:
            expect(self.page.locator(place).first).to_contain_text(re.compile(pattern, re.DOTALL))

    def types_cell(self, column: int, row: int, text: str) -> None:
        """Type into a cell of the bag's table, through the box that the grid opens over it."""
        editor = self.page.locator('[class*="st-key-bag_editor"]')
        editor.locator(".dvn-scroller").click(position={"x": (40, 130)[column], "y": 35 * row + 17})
        self.page.keyboard.press("Enter")
        box = self.page.locator("#portal textarea, #portal input")
        box.fill(text)
        box.press("Enter")
        self.actions += 1
        self.waits()

    def ticks_remove(self, row: int) -> None:
        """Tick the last but one column of a row of the bag's table, which removes the row: a click where it is seen."""
        table = self.page.locator('[class*="st-key-bag_editor"] .dvn-scroller')
        self.page.wait_for_timeout(1_000)
        table.click(position={"x": 40, "y": 35 * row + 17})
        for key in ("Control+ArrowRight", "ArrowLeft", "Space"):
            self.page.wait_for_timeout(300)
            self.page.keyboard.press(key)
        self.actions += 1
        self.page.wait_for_timeout(1_500)
        self.waits()


@pytest.fixture
def user(page: Page, server: str) -> Iterator[User]:
    page.set_viewport_size({"width": 1440, "height": 900})
    yield User(page, server)
    expect.set_options(timeout=None)


@pytest.fixture
def phone_user(browser: Browser, server: str) -> Iterator[User]:
    viewport = {"width": 390, "height": 844}
    phone = browser.new_context(viewport=viewport, user_agent=PHONE, is_mobile=True, has_touch=True)
    yield User(phone.new_page(), server)
    phone.close()
    expect.set_options(timeout=None)


def test_1_hedge_ten_coins_of_my_own_by_half(user: User) -> None:
    user.open()
    user.fills(user.page.locator(".st-key-bag_paste textarea"), _pasted(), key="Control+Enter")
    user.presses(user.page.locator(".st-key-bag_replace button"))

    user.reads("h1", rf"A 20% crash costs you {DOLLARS} instead of {DOLLARS}\.")
    user.reads(".st-key-top_hedged", r"5\d\.\d% \(target 50%\)")
    assert user.actions == 2


def _pasted() -> str:
    return "\n".join(f"{coin} {count}" for coin, count in BAG.items())


def test_2_is_bitcoin_or_ether_the_better_stand_in_for_link_and_how_sure_is_that(user: User) -> None:
    user.open(HALF)
    user.goes_to("3 Proxy")
    user.presses(user.page.get_by_role("button", name="Open LINK"))

    user.reads(
        ".st-key-coin_open",
        r"ETH is the better stand-in for LINK: it takes out \d+% of the daily variance against \d+% for BTC",
        r"95% ranges \d+% to \d+% and \d+% to \d+%\); the difference is (not )?sure",
    )
    assert user.actions == 2


def test_3_what_if_the_market_jumps_40_percent_in_two_weeks(user: User) -> None:
    user.open(POSTED)
    user.goes_to("5 Scenarios")
    user.presses(user.page.locator(".st-key-scenario_preset button").filter(has_text="Rally +40%"))
    user.moves("scenario_days", -16)

    user.reads("h1", rf"rises 40% in 14 days: your hedge is liquidated, {DOLLARS} lost, and you gain {DOLLARS}")
    user.reads(".st-key-scenario_cards", rf"Cash needed by day 14\s*{DOLLARS}", r"Liquidated\?\s*Yes")
    assert user.actions == 3


def test_4_when_must_i_roll_what_does_it_cost_and_at_which_fall_has_it_paid(user: User) -> None:
    user.open(HALF)
    user.goes_to("4 Size")

    user.reads(".st-key-card_cost", rf"First month\s*{DOLLARS}", rf"Each later month\s*{DOLLARS}")
    user.reads(".st-key-card_cost", r"a drop of [\d.]+% in the coins sold short pays for the hedge")
    user.reads(".st-key-card_rolls", r"no roll is needed, since these contracts do not expire")
    assert user.actions == 1


def test_5_send_it_to_a_friend_without_amounts_who_opens_and_prints_it(user: User, browser: Browser) -> None:
    user.open(HALF)
    user.presses(user.page.locator(".st-key-share_top button"))
    dialog = user.page.get_by_role("dialog")
    user.presses(dialog.get_by_text("No amounts"))
    link = dialog.locator("code").inner_text()
    user.actions += 1  # the link is copied

    friend = User(browser.new_context(viewport={"width": 1360, "height": 900}).new_page(), user.server)
    friend.page.goto(link)
    friend.waits()
    expect(
        friend.page.get_by_test_id("stMain").get_by_text("Amounts are hidden: everything is for a bag of $100")
    ).to_be_visible()
    friend.reads("h1", r"A 20% crash costs you \$\d+\.\d\d instead of \$\d+\.\d\d\.")
    assert len(friend.page.pdf()) > 10_000
    friend.page.context.close()
    assert user.actions + 1 == 4  # the friend prints


def test_6_stop_loss_or_hedge_which_was_better_then_and_on_the_paths(user: User) -> None:
    user.open(POSTED)
    user.goes_to("5 Scenarios")
    user.presses(user.page.get_by_role("radio", name="Alternatives"))

    user.reads(
        ".st-key-scenario_lead",
        rf"Against the stop-loss at −10% the short (saves|costs) you {DOLLARS} in the worst 5% of the paths, and "
        rf"(saves|costs) you {DOLLARS} in the worst 5% of past periods\.",
    )
    assert user.actions == 2


def test_7_i_executed_three_of_five_orders_at_other_prices_what_is_off(user: User) -> None:
    user.open(HALF)
    user.goes_to("6 Monitor")
    for place in range(3):
        user.presses(user.page.locator(f".st-key-fill_tick_{place} label"))
        field = user.page.locator(f".st-key-fill_at_{place} input")
        user.fills(field, f"{float(field.input_value().replace(',', '')) * 0.99:.6g}")
    user.presses(user.page.locator(".st-key-record_fills button"))

    user.reads("h1", r"Act today: 1 alert needs your attention\.")
    user.reads('[data-testid="stAlert"]', r"The hedge is \d+% smaller than its target\. .* sell \d+ more ETP")
    assert user.actions == 8


def test_8_a_broken_csv_odd_numbers_delete_undo_reload_back_and_two_tabs(user: User, tmp_path: Path) -> None:
    assert actions_to_mend_a_broken_file(user, tmp_path / "broken.csv") == 17


def test_8_the_same_on_a_phone(phone_user: User, tmp_path: Path) -> None:
    actions = actions_to_mend_a_broken_file(phone_user, tmp_path / "broken.csv")

    assert actions == 18  # the list of pages is folded away, and opening it is one more


def actions_to_mend_a_broken_file(user: User, file: Path) -> int:
    """Upload a broken file, mend it, remove a coin, take that back before and after a reload, go back, use two tabs."""
    page = user.page
    file.write_text(BROKEN)
    read = page.get_by_text("Read as:")
    user.open()

    user.presses(page.locator(".st-key-start_bag button:visible"))
    page.locator('.st-key-bag_upload input[type="file"]').set_input_files(file)
    user.actions += 1
    expect(page.get_by_text("must be a positive number of coins, not -3")).to_be_visible()
    expect(page.get_by_text("'UNII' is not a coin that we know. Did you mean UNI?").first).to_be_visible()
    expect(page.get_by_text("row 6: 'LINK' is not a holding and is left out")).to_be_visible()
    user.presses(page.locator(".st-key-bag_checked label"))
    user.presses(page.locator(".st-key-bag_replace button"))
    expect(read).to_contain_text("1.5 SOL = $")
    expect(read).to_contain_text("1,000.5 ADA = $")

    user.types_cell(0, 2, "UNI")
    expect(read).to_contain_text("300 UNI = $")
    user.types_cell(0, 4, "DOT")
    user.types_cell(1, 4, "-3")
    expect(page.get_by_text("row 4, field 'quantity': must be a positive number of coins, not -3")).to_be_visible()
    user.types_cell(1, 4, "3")
    expect(read).to_contain_text("3 DOT = $")

    user.ticks_remove(3)
    expect(read).not_to_contain_text("ADA")
    user.presses(page.locator(".st-key-undo_change button"))
    expect(read).to_contain_text("1,000.5 ADA = $")
    user.ticks_remove(3)
    expect(read).not_to_contain_text("ADA")
    page.wait_for_timeout(1_000)  # the address has the plan, and the tab has noted it
    page.reload()
    user.waits()
    expect(read).not_to_contain_text("ADA")
    user.presses(page.get_by_role("link", name="Undo"))
    expect(read).to_contain_text("1,000.5 ADA = $")

    user.goes_to("2 Risk")
    user.moves("hedge_share", 1)
    user.reads(".st-key-top_hedged", r"\(target 55%\)")
    page.wait_for_timeout(1_000)
    page.go_back()
    user.actions += 1
    user.reads(".st-key-top_hedged", r"\(target 50%\)")

    other = User(page.context.new_page(), user.server)
    other.page.goto(page.url)
    other.waits()
    user.moves("hedge_share", 2)
    other.moves("hedge_share", -2)
    user.reads(".st-key-top_hedged", r"\(target 60%\)")
    other.reads(".st-key-top_hedged", r"\(target 40%\)")
    for one, target in ((user, 60), (other, 40)):
        one.page.reload()
        one.waits()
        one.reads(".st-key-top_hedged", rf"\(target {target}%\)")
        one.reads(".st-key-top_bag", DOLLARS)
    other.page.close()
    return user.actions + other.actions


def test_9_why_is_this_number_so_with_another_margin_rate_fee_and_funding(user: User) -> None:
    user.open(POSTED)
    user.presses(user.page.locator(".st-key-why_net button"))
    panel = user.page.get_by_role("dialog")
    expect(panel).to_contain_text("(carry − rolls − cost of cash) × 30 / days")
    for name, value in (("Fee per side", "0.08"), ("Funding per year", "3"), ("margin to open", "50")):
        user.fills(panel.get_by_role("spinbutton", name=name).first, value)
        expect(panel).to_be_visible()

    figures = ".st-key-what_if_figures"
    user.reads(figures, rf"First month\s*{DOLLARS}\s*was {DOLLARS}", rf"Each later month\s*{DOLLARS}\s*was {DOLLARS}")
    user.reads(figures, rf"To open\s*{DOLLARS}\s*was {DOLLARS}", r"Liquidated at\s*\+\d+%\s*was \+\d+%")
    later = user.page.locator(".st-key-top_net [data-testid='stMetricValue']").inner_text()
    user.reads(figures, rf"Each later month\s*{re.escape(later)}")
    expect(user.page).to_have_url(re.compile(rf"\?{PARAMETER}="))
    user.page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    assert user.actions == 4


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose exchanges cannot be reached: nothing listens at their address."""
    settings = {"HEDGE_EXCHANGE_BASE_URL": "http://127.0.0.1:9"}
    with running(tmp_path_factory.mktemp("server") / "server.log", settings) as base:
        yield base


def test_10_kraken_prices_without_a_network_from_the_start(user: User, cut_off: str) -> None:
    user.server = cut_off
    user.open()
    user.presses(user.page.get_by_role("radio", name="Live"))

    expect(user.page.locator(".st-key-start_exchange input")).to_have_value("Kraken")
    user.reads('[data-testid="stAlert"]', r"No live prices: Kraken could not be reached.*Nothing is sized without them")
    expect(user.page.get_by_role("button", name="Try again")).to_be_visible()
    user.presses(user.page.get_by_role("radio", name="Practice"))
    expect(user.page.locator('[data-testid="stAlert"]')).to_have_count(0)
    assert user.actions == 2


def test_10_kraken_prices_without_a_network_for_an_open_bag(user: User, cut_off: str) -> None:
    user.server = cut_off
    user.open(HALF)
    user.presses(user.page.locator(".st-key-prices_box summary"))
    user.page.locator(".st-key-market_source input").click()
    user.presses(user.page.get_by_role("option", name="Kraken (live)", exact=True))

    user.reads('[data-testid="stAlert"]', r"No live prices: Kraken could not be reached")
    assert user.actions == 2
    for way_out, leads_to in (
        ("Type my own prices", "Type a price (Bag, column Own price)"),
        ("Use the sample market (simulated)", "PRACTICE PRICES"),
    ):
        user.presses(user.page.get_by_role("button", name=way_out))
        expect(user.page.get_by_text(leads_to).first).to_be_visible()
        if leads_to != "PRACTICE PRICES":
            user.presses(user.page.locator(".st-key-undo_change button"))
    user.reads(".st-key-top_bag", r"\$38,710")
