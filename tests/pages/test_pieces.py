"""Pieces of the screen that are drawn by themselves."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.load.client import Tab
from benchmarks.servers import running
from hedge_core import HedgePlan, Holding, load_plan
from hedge_core.documents.link.envelope import PARAMETER
from hedge_core.documents.link.link import Shared, encode
from pages.ui.parts import fragments
from pages.ui.session import state

ROOT = Path(__file__).resolve().parents[2]
LAYER1 = load_plan(ROOT / "examples" / "layer1_bag.json")


def faulty() -> None:
    import streamlit as st

    from hedge_core.errors import InvalidInput
    from pages.ui.parts import fragments

    with fragments.calm():
        raise InvalidInput("Write a number, not $x$.")
    with fragments.calm():
        raise ZeroDivisionError("of nobody's making")
    st.markdown("The rest of the page.")


def test_a_fault_becomes_a_sentence_and_the_rest_is_drawn() -> None:
    test = AppTest.from_function(faulty).run()

    assert not test.exception
    assert [error.value for error in test.error] == [
        "Write a number, not \\$x\\$.",
        "Something went wrong on this page, and it has been logged. Your plan is untouched: go to another page, or "
        "save the plan from the sidebar.",
    ]
    assert test.markdown[0].value == "The rest of the page."


def following() -> None:
    import streamlit as st

    from pages.ui.parts import fragments
    from pages.ui.session import state, worked_out

    worked_out.note_on_screen()
    result = worked_out.assessment()
    st.session_state.runs = st.session_state.get("runs", 0) + 1
    if st.session_state.pop("change", False):
        state.set_plan(state.plan().with_decisions(risk_accepted=0.9))
    with fragments.alone():
        fragments.fragment(lambda now: st.markdown(f"risk {now.plan.decisions.risk_accepted:.0%}"))(result)


def test_the_whole_page_is_drawn_anew_when_the_plan_is_no_longer_the_one_on_it() -> None:
    test = AppTest.from_function(following)
    test.session_state.plan = HedgePlan(holdings=(Holding(coin="SOL", quantity=100),)).with_decisions(risk_accepted=0.2)
    test.run()
    assert (test.session_state.runs, test.markdown[0].value) == (1, "risk 20%")

    test.session_state.change = True
    test.run()
    assert (test.session_state.runs, test.markdown[0].value) == (3, "risk 90%")


def test_the_scenario_slider_asks_for_its_own_view_alone_and_the_strip_stays() -> None:
    async def visit() -> tuple[str, str, bool]:
        with running("app.py") as server:
            tab = Tab(server.address)
            await tab.open(page="scenarios", query=f"{PARAMETER}={encode(Shared(plan=LAYER1))}")
            strip = tab.tree.metrics()["Bag"]
            await tab.set("scenario_move", -25)
            kept = tab.tree.metrics()["Bag"] == strip
            await tab.close()
            return tab.tree.widget("scenario_move").fragment, tab.tree.chart_title("scenario_range"), kept

    with ThreadPoolExecutor(1) as pool:
        fragment, title, is_kept = pool.submit(lambda: asyncio.run(visit())).result()

    assert fragment
    assert "−25% in " in title
    assert is_kept


@pytest.mark.rare
def test_a_slider_of_a_view_that_changes_the_plan_draws_the_strip_anew() -> None:
    async def visit() -> tuple[str, dict[str, str], list[str]]:
        with running("app.py") as server:
            tab = Tab(server.address)
            await tab.open(page="scenarios", query=f"{PARAMETER}={encode(Shared(plan=LAYER1))}")
            await tab.set("scenario_view", "Thousands of paths")
            await tab.set("hedge_share", 40)
            await tab.close()
            return tab.tree.widget("hedge_share").fragment, tab.tree.metrics(), tab.tree.faults()

    with ThreadPoolExecutor(1) as pool:
        fragment, strip, faults = pool.submit(lambda: asyncio.run(visit())).result()

    assert fragment
    assert strip["Hedged"].endswith("(target 40%)")
    assert faults == []


def test_a_view_keeps_its_name_and_its_explanation() -> None:
    def view(_: object) -> None:
        """What it shows."""

    assert (fragments.fragment(view).__name__, fragments.fragment(view).__doc__) == ("view", "What it shows.")


def seeded_twice() -> None:
    import streamlit as st

    from pages.ui.session import state

    st.selectbox("Venue", ["first", "second"], key=state.seed("venue", "second"))
    state.seed("venue", "second")


def test_a_value_is_given_until_the_browser_has_the_widget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a browser that missed the first run would show the first choice and write it into the plan."""
    test = AppTest.from_function(seeded_twice).run()
    with monkeypatch.context() as patched:
        patched.setattr(state, "_is_in_browser", lambda key: False)
        for _ in range(2):
            assert test.run().selectbox[0].proto.set_value
            assert not test.exception

    assert not test.run().selectbox[0].proto.set_value  # the message of this run names the widget by its key
    assert test.selectbox[0].value == "second"
