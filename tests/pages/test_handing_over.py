"""A bag that is handed over: its coins are priced before it is taken, or the page says why not; once is enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from streamlit.testing.v1 import AppTest

from hedge_core import HedgePlan, Holding
from pages.ui.session import live_prices
from tests.exchange.server import LoopbackExchange
from tests.pages.test_pages import app, calm, on_page, words

NOT_PRICED = "no price here"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Tells this process where its exchanges are; its pages wait until they have answered.

    AppTest shows nothing more once a fragment has ended its own reruns.
    """

    def forget() -> None:
        live_prices.settings.clear()
        live_prices.loader.clear()

    def exchanges_at(address: str) -> None:
        monkeypatch.setenv("HEDGE_EXCHANGE_BASE_URL", address)
        forget()

    monkeypatch.setattr(live_prices, "PATIENCE", 20.0)
    yield exchanges_at
    forget()


@pytest.fixture
def exchange(server: Callable[[str], None]) -> Iterator[LoopbackExchange]:
    with LoopbackExchange() as running:
        server(running.url)
        yield running


def preview(test: AppTest) -> dict[str, str]:
    """The dollars of each coin that was read."""
    table = next(table.value for table in test.dataframe if "Hedged by" in table.value.columns)
    return dict(zip(table["Read"], table["≈ $"], strict=True))


def test_coins_that_are_pasted_on_live_prices_are_priced_before_they_are_taken(exchange: LoopbackExchange) -> None:
    test = app()
    test.button_group(key="start_source").set_value("Live").run()
    test.text_area(key="bag_paste").set_value("SOL 120\nLINK 500\nUNII 3").run()

    calm(test)
    assert words(test).count(NOT_PRICED) == 1  # of the misspelt one
    dollars = preview(test)
    assert dollars["SOL"].startswith("$")
    assert dollars["LINK"].startswith("$")
    assert dollars["UNII"] == "–"


def test_coins_that_are_pasted_beside_a_bag_on_live_prices_are_priced_too(exchange: LoopbackExchange) -> None:
    plan = HedgePlan(holdings=(Holding(coin="SOL", quantity=120.0),), market="kraken")
    test = on_page("bag", plan)
    test.text_area(key="bag_paste").set_value("LINK 500").run()

    calm(test)
    assert NOT_PRICED not in words(test)
    assert test.session_state.plan == plan


def test_without_a_network_the_start_page_says_so_at_once_and_every_way_out_works(
    server: Callable[[str], None],
) -> None:
    server("http://127.0.0.1:9")  # nothing listens there
    test = app()
    test.text_area(key="bag_paste").set_value("SOL 120").run()
    test.button_group(key="start_source").set_value("Live").run()

    calm(test)
    assert test.session_state.plan.market == "kraken"
    assert "Kraken could not be reached" in test.error[0].value
    test.button(key="live_refresh").click().run()
    assert "Kraken could not be reached" in test.error[0].value
    for source, market in (("I type them", "typed"), ("Practice", "sample")):
        test.button_group(key="start_source").set_value(source).run()
        calm(test)
        assert not test.error
        assert test.session_state.plan.market == market
        assert test.text_area(key="bag_paste").value == "SOL 120"
    assert preview(test)["SOL"].startswith("$")


def strip_and_drawer() -> None:
    """What stands above the Bag page, and its drawer: AppTest draws what surrounds a page only once."""
    from pages.ui.app import summary_strip
    from pages.ui.bag import import_table
    from pages.ui.session import undo

    undo.note()
    undo.draw(lambda _: None)
    summary_strip.draw()
    import_table.draw()


def test_a_file_that_was_taken_is_not_said_to_be_in_a_bag_that_is_gone() -> None:
    test = AppTest.from_function(strip_and_drawer, default_timeout=60).run()
    test.file_uploader(key="bag_upload").set_value([("bag.csv", b"coin;quantity\nSOL;1,5\n", "text/csv")]).run()
    test.button(key="bag_replace").click().run()
    assert test.session_state.plan.holdings

    test.button(key="undo_change").click().run()

    calm(test)
    assert test.session_state.plan.holdings == ()
    assert "bag.csv has been taken. To read it again, drop it again." in words(test).replace("\\", "")


def strip(plan: HedgePlan, **state: object) -> AppTest:
    """What stands above the Bag page of this plan, and its drawer, in a session of this state."""
    test = AppTest.from_function(strip_and_drawer, default_timeout=60)
    for name, value in {"plan": plan, **state}.items():
        test.session_state[name] = value
    return test.run()


def test_prices_that_should_have_been_fetched_again_do_not_look_fresh(
    exchange: LoopbackExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = HedgePlan(holdings=(Holding(coin="SOL", quantity=120.0),), market="kraken")

    assert ":green-badge[:material/wifi: Kraken, less than a minute old]" in words(strip(plan))

    monkeypatch.setattr(live_prices, "OLD", -60.0)
    shown = words(strip(plan))
    assert ":green-badge[" not in shown
    assert ":orange-badge[:material/history: Kraken, less than a minute old]" in shown


def test_coins_that_are_read_no_more_are_not_priced(exchange: LoopbackExchange) -> None:
    test = on_page("bag", HedgePlan(holdings=(Holding(coin="SOL", quantity=120.0),), market="kraken"))
    for content in ("", "???"):
        test.text_area(key="bag_paste").set_value("LINK 500").run()
        assert test.session_state.coins_read == ("LINK",)

        test.text_area(key="bag_paste").set_value(content).run()

        assert test.session_state.coins_read == ()


def test_prices_that_cannot_be_had_are_told_once_beside_a_preview(server: Callable[[str], None]) -> None:
    server("http://127.0.0.1:9")  # nothing listens there
    test = strip(HedgePlan(holdings=(Holding(coin="SOL", quantity=120.0),), market="kraken"), bag_paste="LINK 500")

    calm(test)
    assert words(test).count("No live prices") == 1


def test_a_file_that_was_taken_is_not_offered_again_and_lines_are_read_beside_it() -> None:
    test = on_page("bag")
    file = ("bag.csv", b"coin;quantity\nSOL;1,5\nADA;1.000,50\n", "text/csv")
    test.file_uploader(key="bag_upload").set_value([file]).run()
    test.button(key="bag_replace").click().run()

    calm(test)
    assert [(held.coin, held.quantity) for held in test.session_state.plan.holdings] == [("SOL", 1.5), ("ADA", 1000.5)]
    assert "bag.csv has been taken" in words(test).replace("\\", "")
    assert not {"bag_add", "bag_replace"} & {button.key for button in test.button}

    test.text_area(key="bag_paste").set_value("DOT 3").run()
    test.button(key="bag_add").click().run()
    assert [held.coin for held in test.session_state.plan.holdings] == ["SOL", "ADA", "DOT"]

    test.file_uploader(key="bag_upload").set_value([file]).run()
    assert "bag_add" in {button.key for button in test.button}
