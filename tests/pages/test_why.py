"""The dialog of derivations, drawn from the same plans as the pages."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from hedge_core import HedgePlan, SampleSource, assess
from hedge_core.documents.link.link import Shared, hide_amounts
from hedge_core.documents.link.pin import pinned_market
from hedge_core.reports.why import derivations
from tests.pages.test_pages import LAYER1, words


def page() -> None:
    import streamlit as st

    from pages.ui.app import why

    why.show(st.session_state["result"])


def shown(result: object, shared: Shared | None = None) -> AppTest:
    test = AppTest.from_function(page, default_timeout=30)
    test.session_state["result"] = result
    if shared is not None and shared.pin is not None:
        test.session_state["pinned"] = (shared, pinned_market(shared.pin))
    test.run()
    assert not test.exception, test.exception
    return test


@pytest.mark.parametrize("plan", [HedgePlan(), LAYER1], ids=["empty", "layer-1 bag"])
def test_every_figure_has_a_heading_a_formula_and_its_steps(plan: HedgePlan) -> None:
    result = assess(plan, SampleSource().snapshot())

    test = shown(result)
    blocks = [block.value for block in test.markdown if block.value.startswith("*")]

    found = derivations(result)
    assert len(blocks) == len(found) == len(test.expander)
    for expander, derivation in zip(test.expander, found, strict=True):
        assert expander.label.replace("\\", "").replace("\u2060", "") == f"{derivation.name}: {derivation.result}"
    for block, derivation in zip(blocks, found, strict=True):
        assert block.count("\n- ") == len(derivation.steps)
        assert "$" not in block.replace("\\$", "")  # a bare one would start a formula


def test_hidden_amounts_are_said_to_be_per_hundred_dollars() -> None:
    shared = hide_amounts(assess(LAYER1, SampleSource().snapshot()))
    assert shared.pin is not None
    result = assess(shared.plan, pinned_market(shared.pin))

    assert "per \\$100 of the bag" in words(shown(result, shared))
    assert "per \\$100" not in words(shown(assess(LAYER1, SampleSource().snapshot())))
