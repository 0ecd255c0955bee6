"""What carries a newcomer through: steps with ticks, what is missing, undo, words explained, numbers as tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from hedge_core import HedgePlan
from hedge_core.documents.holdings_file import read_holdings
from hedge_core.plan.own_figures import OwnRate
from hedge_core.plan.plan import EDITION
from pages.ui.app import glossary, navigation
from pages.ui.bag.import_table import EXAMPLE
from tests.pages.test_pages import LAYER1, app, calm, on_page, rows_of, words


def test_every_word_that_a_page_explains_stands_in_the_glossary() -> None:
    assert set(glossary.WORDS) == set(navigation.PAGES) - {"guide"}
    for stem, terms in glossary.WORDS.items():
        assert [term for term in terms if term not in glossary.glossary()] == [], stem


def test_the_plan_lists_the_steps_and_says_what_each_needs() -> None:
    test = app(replace(LAYER1, decisions=replace(LAYER1.decisions, collateral=None)))

    calm(test)
    assert "What is left to decide: 3 of 6 steps done" in [box.label for box in test.expander]
    assert "Enter the cash you would post to see where you would be liquidated." in words(test)
    assert "Look at what a fall, a rally and a squeeze would do to you." in words(test)


@pytest.mark.parametrize("page", ["bag", "risk", "proxy", "size", "scenarios", "monitor"])
def test_each_step_ends_with_what_it_needs_and_the_next(page: str) -> None:
    test = on_page(page, LAYER1)

    calm(test)
    assert sum("Step " in caption.value for caption in test.caption) == 1


@pytest.mark.parametrize("page", ["risk", "proxy", "size", "scenarios", "monitor"])
def test_an_empty_page_offers_an_example(page: str) -> None:
    test = on_page(page, HedgePlan())

    test.button(key="go_example").click().run()

    calm(test)
    assert test.session_state.plan.holdings == LAYER1.holdings


def test_a_plan_of_the_first_edition_shows_what_has_changed_until_it_is_read() -> None:
    test = app(replace(LAYER1, edition=None))

    calm(test)
    assert "SLP, margin of a short 57%" in words(test)

    test.button(key="since_saved_read").click().run()

    calm(test)
    assert test.session_state.plan == replace(LAYER1, edition=EDITION)
    assert "margin of a short" not in words(test)


def test_a_plan_of_today_shows_no_changes() -> None:
    test = app(LAYER1)

    assert "today's rules" not in words(test)
    assert not [button for button in test.button if button.key == "since_saved_read"]


def _history() -> None:
    """The part of the shell that undoes changes, with two widgets that make some."""
    import streamlit as st

    from pages.ui.parts import inputs
    from pages.ui.session import examples, undo as history

    history.note()
    history.draw(lambda source: None)
    inputs.hedge_slider()
    examples.buttons("bag")
    st.write(str(st.session_state.plan.name))


def history(plan: HedgePlan) -> AppTest:
    test = AppTest.from_function(_history, default_timeout=30)
    test.session_state.plan = plan
    test.session_state.bag_rows = rows_of(plan)
    return test.run()


def test_a_change_is_taken_back_and_made_again_by_its_name() -> None:
    test = history(LAYER1)
    assert [button.key for button in test.button if "change" in button.key] == []
    test.slider(key="hedge_share").set_value(90).run()
    changed = test.session_state.plan
    assert changed.decisions.risk_accepted == 0.1
    assert test.button(key="undo_change").label == "Undo: loss accepted"

    test.button(key="undo_change").click().run()
    calm(test)
    assert test.session_state.plan == LAYER1
    assert test.slider(key="hedge_share").value == 60
    assert test.button(key="redo_change").label == "Redo: loss accepted"

    test.button(key="redo_change").click().run()
    assert test.session_state.plan == changed
    assert "redo_change" not in [button.key for button in test.button]


def test_a_new_change_forgets_what_was_undone_and_fifty_changes_can_be_taken_back() -> None:
    test = history(LAYER1)
    for value in range(60):
        test.slider(key="hedge_share").set_value(100 - value).run()
    assert len(test.session_state.undo) == 50
    test.button(key="undo_change").click().run()
    assert test.session_state.plan.decisions.risk_accepted == 0.58

    test.slider(key="hedge_share").set_value(10).run()

    assert test.session_state.redo == []
    for _ in range(50):
        test.button(key="undo_change").click().run()
    assert test.session_state.plan.decisions.risk_accepted == pytest.approx(0.09)


def test_a_bag_that_was_replaced_comes_back_as_a_whole() -> None:
    test = history(LAYER1)
    test.button(key="bag_novacoin").click().run()
    assert [row["coin"] for row in test.session_state.bag_rows] == ["NOVA"]
    assert test.button(key="undo_change").label == "Undo: the bag"

    test.button(key="undo_change").click().run()

    calm(test)
    assert test.session_state.plan == LAYER1
    assert [row["coin"] for row in test.session_state.bag_rows] == [holding.coin for holding in LAYER1.holdings]


def test_charts_come_with_tables_where_they_are_wanted() -> None:
    test = on_page("plan", LAYER1)
    assert not any("Move of the market" in frame.value.columns for frame in test.dataframe)

    test.session_state.kept = {"chart_tables": True}
    test.run()

    calm(test)
    assert any("Move of the market" in frame.value.columns for frame in test.dataframe)


def test_typed_prices_alone_lead_to_a_plan() -> None:
    test = app()
    test.segmented_control(key="start_source").set_value("I type them").run()
    test.text_area(key="bag_paste").set_value("SOL 60 @ 148\nLINK 500 @ 14").run()
    test.button(key="bag_replace").click().run()

    assert not test.exception
    typed = test.session_state.plan
    assert (typed.market, dict(typed.overrides.prices)) == ("typed", {"SOL": 148.0, "LINK": 14.0})
    above = app(typed)
    assert above.metric[0].value == "$15,880"
    assert any("Prices typed by you" in element.value for element in above.markdown)


def said(test: AppTest) -> str:
    return "\n".join(str(element.value) for kind in ("title", "markdown", "caption") for element in test.get(kind))


def test_a_currency_is_chosen_once_and_typed_where_no_rate_is_known() -> None:
    test = app(LAYER1, opened="currency_box")
    value = float(test.metric[0].value.replace("$", "").replace(",", ""))
    plan = test.selectbox(key="currency").set_value("EUR").run().session_state.plan

    test = app(plan, opened="currency_box")
    calm(test)
    assert test.metric[0].value == f"${value:,.0f}"
    assert "No exchange rate for EUR is known, so amounts stay in USD" in said(test)

    plan = test.number_input(key="own_rate").set_value(1.25).run().session_state.plan
    test = app(plan, opened="currency_box")
    calm(test)
    assert (plan.currency, plan.overrides.rates["EUR"].usd) == ("EUR", 1.25)
    assert test.metric[0].value == f"€{value / 1.25:,.0f}"
    assert "1 EUR = 1.25 USD (typed by you on" in said(test).replace("\u00a0", " ")

    plan = test.number_input(key="own_rate").set_value(None).run().session_state.plan
    assert app(plan).metric[0].value == f"${value:,.0f}"


@pytest.mark.parametrize("page", ["plan", "bag", "risk"])
def test_the_sentence_that_leads_a_page_is_in_the_chosen_currency(page: str) -> None:
    rates = {"CHF": OwnRate(usd=1.25, on=date(2026, 11, 29))}
    test = on_page(page, replace(LAYER1, currency="CHF").with_overrides(rates=rates))

    calm(test)
    assert "CHF\u00a0" in test.title[0].value
    assert "$" not in test.title[0].value


def test_the_lines_that_the_empty_box_shows_are_all_read() -> None:
    """A newcomer who copies the form of the example is not refused."""
    read = read_holdings(EXAMPLE)

    assert read.faults == ()
    assert [holding.coin for holding in read.holdings] == ["SOL", "AVAX", "LINK", "INJ"]
    assert (read.holdings[3].role, read.holdings[3].stop_loss) == ("speculative", 0.12)
