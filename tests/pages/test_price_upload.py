"""The sidebar's upload of closes: read at once, or after a question is answered."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from tests.pages.test_pages import LAYER1, words

PRICES = Path(__file__).parents[1] / "documents" / "prices" / "corpus"


def part() -> None:
    """The upload by itself, because the box around it closes between two runs of a test."""
    from pages.ui.app import price_upload

    price_upload.draw()


def uploaded(name: str) -> AppTest:
    test = AppTest.from_function(part, default_timeout=30)
    test.session_state.plan = LAYER1
    test.run()
    return test.file_uploader(key="price_upload").set_value([(name, (PRICES / name).read_bytes(), "text/csv")]).run()


def test_a_file_without_a_question_becomes_the_market_at_once() -> None:
    test = uploaded("M14_sep_line.csv")

    assert test.session_state.plan.market == "csv:M14_sep_line.csv"


def test_a_file_that_can_be_read_in_two_ways_waits_for_the_answer() -> None:
    test = uploaded("Q12_open_mark.csv")
    assert test.session_state.plan.market == LAYER1.market
    assert "nothing in the file decides" in words(test)

    test.button_group(key="price_mark").set_value("12,5").run()

    assert test.session_state.plan.market == "csv:Q12_open_mark.csv"
    assert test.session_state.uploaded_markets["csv:Q12_open_mark.csv"].price("XRP") == 2298.0


def test_what_the_coins_cost_tells_the_decimal_mark_and_that_is_said() -> None:
    test = uploaded("M13c_german_btc_eth_only.csv")

    assert test.session_state.uploaded_markets["csv:M13c_german_btc_eth_only.csv"].price("BTC") == 58955.0
    assert "are read as 14,380, as the prices of sample show" in words(test)


def test_the_coin_of_a_file_about_one_coin_can_be_named() -> None:
    test = uploaded("M05_investing_com.csv")
    assert test.session_state.plan.market == LAYER1.market

    test.text_input(key="price_coin").set_value("btc").run()

    assert test.session_state.uploaded_markets["csv:M05_investing_com.csv"].history.coins == ("BTC",)


def test_columns_can_be_chosen_for_a_file_whose_titles_say_nothing() -> None:
    test = AppTest.from_function(part, default_timeout=30)
    test.session_state.plan = LAYER1
    test.run()
    content = b"when,what,figure,other\n2026-10-30,SOL,144.16,1\n2026-10-31,SOL,145.16,2\n"
    test.file_uploader(key="price_upload").set_value([("odd.csv", content, "text/csv")]).run()
    assert "no date column" in words(test)

    for name, title in (("date", "when"), ("coin", "what"), ("close", "figure")):
        test.selectbox(key=f"price_map_{name}").set_value(title).run()

    assert test.session_state.plan.market == "csv:odd.csv"
    assert test.session_state.uploaded_markets["csv:odd.csv"].price("SOL") == 145.16
