"""The fuzzer of the app: a few visits, and that it would notice what it looks for."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from hedge_core import HedgePlan, Holding
from hedge_core.market.live.loader import Loader
from hedge_core.market.live.markets import LiveMarkets
from hedge_core.market.live.settings import LiveSettings
from pages.ui.session import live_prices
from pages.ui.session.once import Once
from tools import fuzz_app


def test_a_dozen_visits_show_nothing_that_they_must_not() -> None:
    tally = fuzz_app.run(12, seed=3)

    assert tally.failures == [], fuzz_app.report(tally, 3)
    assert (tally.visits, tally.runs > 50, len(tally.acts) > 5) == (12, True, True)


def test_a_visit_is_made_anew_from_its_seed_and_number() -> None:
    throws = [[fuzz_app.visit_of(seed, number).rng.random() for number in range(5)] for seed in (7, 7, 8)]

    assert throws[0] == throws[1]
    assert throws[0] != throws[2]


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("raise KeyError('a bug')", "exception"),
        ("import logging\nlogging.getLogger('hedge_planner').error('a bug')", "logged"),
        ("st.error('Something went wrong on this page.')", "page"),
        ("st.markdown('It costs $nan per month')", "no number"),
        ("st.metric('Cost', '−inf %')", "no number"),
        ("from tests.support.hostile import HOSTILE\nst.caption(HOSTILE)", "taken for markup"),
        ("while time.process_time() - start < 1.2: pass", "took"),
    ],
)
def test_what_must_not_be_shown_is_a_failure(script: str, problem: str) -> None:
    test = AppTest.from_string(f"import time\nimport streamlit as st\nstart = time.process_time()\n{script}\n")

    found = fuzz_app.watched(test, limit=1.0).problems

    assert [one.startswith(problem) for one in found] == [True], found


def test_a_page_that_is_as_it_should_be_is_no_failure() -> None:
    test = AppTest.from_string("import streamlit as st\nst.write('Financing at $5 a month')\nst.error('No price.')\n")

    assert fuzz_app.watched(test).problems == []


def served(**state: object) -> AppTest:
    test = AppTest.from_file(str(fuzz_app.ROOT / "app.py"), default_timeout=60)
    for name, value in state.items():
        test.session_state[name] = value
    return test


def test_a_link_that_cannot_be_read_does_not_hold_a_visitor_on_its_page() -> None:
    with fuzz_app.as_served():
        test = served()
        test.query_params["p"] = "damaged"
        test.run()
        assert "cannot be opened" in test.error[0].value

        test.button(key="start_bag").click().run()

    assert (list(test.exception), list(test.error)) == ([], [])
    assert list(test.query_params) == []


@pytest.mark.parametrize("box", ["file_box", "prices_box", "currency_box"])
def test_a_cache_that_cannot_be_opened_is_said_as_why_there_are_no_prices(
    box: str, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    settings = LiveSettings(cache_url=f"sqlite:{tmp_path}", base_url="http://127.0.0.1:9")
    monkeypatch.setattr(live_prices, "loader", Once(lambda: Loader(LiveMarkets(settings))))
    plan = HedgePlan(holdings=(Holding(coin="SOL", quantity=10),), market="okx")

    with fuzz_app.as_served():
        test = served(plan=plan, **{box: True}).run()

    assert list(test.exception) == []
    assert ["HEDGE_CACHE_URL" in error.value.replace("\\", "") for error in test.error] == [True]


def test_a_dialog_takes_the_place_of_a_panel_that_is_open() -> None:
    plan = HedgePlan(holdings=(Holding(coin="SOL", quantity=400),), market="sample")

    with fuzz_app.as_served():
        test = served(plan=plan).run()
        next(button for button in test.button if button.label.startswith("Why")).click().run()
        for key in ("picture_plan", "why", "share_top"):
            test.button(key=key).click().run()
            assert (list(test.exception), list(test.error)) == ([], []), key
