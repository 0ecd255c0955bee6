"""What a session has worked out: kept from run to run, what takes long for longer than the assessment."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from hedge_core import HedgePlan, Holding, SampleSource, assess
from pages.ui.app import start
from pages.ui.monitor import folds, rules
from pages.ui.risk import timing
from pages.ui.scenarios import alternatives, frontier, paths
from pages.ui.session import memo, prices, worked_out
from pages.ui.session.once import Once
from tests.pages.test_monitor_page import LAYER1, executed
from tests.pages.test_pages import calm, on_page

APP = str(Path(__file__).parents[2] / "app.py")


@pytest.fixture(autouse=True)
def nothing_is_shared_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other tests of this process have shared stays theirs."""
    monkeypatch.setattr(memo, "_shared", Once(dict))


WORKS = {
    "simulation": ("scenarios", "scenario_view", "Thousands of paths", paths, "simulate"),
    "alternatives": ("scenarios", "scenario_view", "Alternatives", alternatives, "compare_alternatives"),
    "frontier": ("scenarios", "scenario_view", "Thousands of paths", frontier, "hedge_frontier"),
    "chances": ("monitor", "monitor_view", "Today", folds, "chances_of_change"),
    "bands": ("monitor", "monitor_view", "Today", folds, "cheapest_band"),
    "rule": ("monitor", "monitor_view", "Rules", rules, "replay_rule"),
}


@pytest.mark.parametrize(("page", "key", "view", "module", "name"), WORKS.values(), ids=WORKS)
def test_it_is_worked_out_once_for_a_plan_and_again_for_another(
    page: str, key: str, view: str, module: object, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, work = [], getattr(module, name)
    monkeypatch.setattr(module, name, lambda *given, **settings: calls.append(given) or work(*given, **settings))
    test = on_page(page, executed() if page == "monitor" else LAYER1, opened="monitor_ahead")
    test.session_state["paths_frontier"] = True
    test.button_group(key=key).set_value(view).run()

    assert len(calls) == 1
    test.session_state.at_hand.clear()  # as when many other sessions have been at work
    test.run()
    assert len(calls) == 1

    plan: HedgePlan = test.session_state.plan
    test.session_state.plan = plan.with_decisions(collateral=99_000.0)
    test.run()
    assert len(calls) == 2
    calm(test)


def test_the_key_is_the_same_for_the_same_plan_and_prices_and_keeps_no_prices_alive() -> None:
    plan, market = HedgePlan(holdings=(Holding(coin="SOL", quantity=5),)), replace(SampleSource().snapshot())
    key = memo.basis(assess(plan, market))

    assert key == memo.basis(assess(plan, market))
    assert key != memo.basis(assess(plan, replace(market)))
    assert key != memo.basis(assess(plan.with_decisions(risk_accepted=0.9), market))

    seen = weakref.ref(market)
    del market
    gc.collect()
    assert seen() is None


def test_what_follows_from_the_sample_is_worked_out_once_for_all_sessions_and_not_for_another_market() -> None:
    calls: list[str] = []

    def compute() -> str:
        calls.append("made")
        return "found"

    sample, other = prices.sample_market(), replace(prices.sample_market())
    assert [memo.for_all("once", sample, 1, compute) for _ in range(3)] == ["found"] * 3
    assert len(calls) == 1
    assert [memo.for_all("once", other, 1, compute) for _ in range(3)] == ["found"] * 3
    assert len(calls) == 4
    memo.for_all("once", sample, 2, compute)
    memo.for_all("another name", sample, 1, compute)
    assert len(calls) == 6


def test_no_more_of_a_name_is_kept_than_a_process_may_hold_and_the_rest_is_right_too() -> None:
    sample = prices.sample_market()

    found = [memo.for_all("many", sample, n, lambda n=n: 2 * n) for n in range(memo.MOST_SHARED + 50)]

    assert found == [2 * n for n in range(memo.MOST_SHARED + 50)]
    assert len(memo._shared()["many"]) == memo.MOST_SHARED


def test_a_session_that_asks_for_much_does_not_end_the_sharing_of_others() -> None:
    sample, calls = prices.sample_market(), []
    for n in range(memo.MOST_SHARED + 50):
        memo.for_all("many", sample, n, lambda: None)

    found = [memo.for_all("many", sample, "wanted by all", lambda: calls.append(1) or "found") for _ in range(2)]

    assert found == ["found", "found"]
    assert len(calls) == 1


def test_a_coin_that_the_market_does_not_know_takes_no_place_that_all_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "overextension", lambda _, coin: f"signals of {coin}")
    sample = prices.sample_market()

    assert [timing._signals_of(sample, coin) for coin in ("SOL", "MADEUP")] == ["signals of SOL", "signals of MADEUP"]
    assert list(memo._shared()["signals"]) == ["SOL"]


def a_plan() -> None:
    from pages.ui.session import worked_out

    worked_out.assessment()


def test_an_assessment_that_took_long_goes_when_the_plan_takes_long_no_more() -> None:
    plan = HedgePlan(holdings=(Holding(coin="SOL", quantity=60.0),))
    test = AppTest.from_function(a_plan, default_timeout=30)
    test.session_state.plan = plan.with_decisions(rounding="optimal")
    assert worked_out.takes_long(test.session_state.plan)
    test.run()
    assert "assessment" in test.session_state.memos

    test.session_state.plan = plan
    test.run()

    assert "assessment" not in test.session_state.memos
    assert test.session_state.at_hand["assessment"][0][0] == plan


@pytest.mark.parametrize(
    ("page", "module", "name"),
    [("", start, "_worked_out"), ("risk", timing, "overextension"), ("risk", timing, "track_record")],
    ids=["the start page's picture", "signals", "what followed them"],
)
def test_a_second_session_works_out_nothing_that_all_share(
    page: str, module: object, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, work = [], getattr(module, name)
    monkeypatch.setattr(module, name, lambda *given, **settings: calls.append(given) or work(*given, **settings))

    def session() -> int:
        calls.clear()
        calm(on_page(page, LAYER1, opened="signals") if page else AppTest.from_file(APP, default_timeout=60.0).run())
        return len(calls)

    assert session() > 0
    assert session() == 0


def worked_out_for_now() -> None:
    import streamlit as st

    from pages.ui.session import memo

    st.markdown(memo.for_now("sum", st.session_state.key, lambda: st.session_state.calls.append(1) or "worked out"))


def test_what_is_kept_for_now_is_worked_out_once_for_a_key() -> None:
    test = AppTest.from_function(worked_out_for_now)
    test.session_state.calls, test.session_state.key = [], "one"
    for key, calls in (("one", 1), ("one", 1), ("another", 2), ("one", 3)):
        test.session_state.key = key
        test.run()
        assert (len(test.session_state.calls), test.markdown[0].value) == (calls, "worked out")


def test_only_the_sessions_drawn_last_keep_what_is_kept_for_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memo, "MOST_AT_WORK", 2)
    tests = [AppTest.from_function(worked_out_for_now) for _ in range(3)]
    for test in tests:
        test.session_state.calls, test.session_state.key = [], "one"

    for visitor in (0, 1, 0, 2):
        tests[visitor].run()

    assert [len(test.session_state.at_hand) for test in tests] == [1, 0, 1]
    tests[1].run()
    assert [len(test.session_state.calls) for test in tests] == [1, 2, 1]
    assert [len(test.session_state.at_hand) for test in tests] == [0, 1, 1]


def test_what_is_kept_for_now_goes_with_its_session() -> None:
    test = AppTest.from_function(worked_out_for_now)
    test.session_state.calls, test.session_state.key = [], "one"
    test.run()
    kept = weakref.ref(test.session_state.at_hand)
    assert kept() is not None

    del test
    gc.collect()

    assert kept() is None


def refused() -> None:
    from pages.ui.app import gate

    gate.open_page("A page")


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (
            HedgePlan(holdings=(Holding(coin="SOL", quantity=1),)).with_overrides(contract_choice={"SOL": "CME:NONE"}),
            "This plan cannot be worked out: the message above says what to change.",
        ),
        (
            HedgePlan(holdings=(Holding(coin="NOSUCHCOIN", quantity=1),)),
            "Without prices there is nothing to show here: the message above says what to do.",
        ),
    ],
)
def test_a_plan_at_fault_is_told_from_one_that_wants_prices(plan: HedgePlan, said: str) -> None:
    test = AppTest.from_function(refused)
    test.session_state.plan = plan
    test.run()

    assert [info.value for info in test.info] == [said]
