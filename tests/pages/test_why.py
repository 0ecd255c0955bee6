"""The dialog of derivations, drawn from the same plans as the pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from hedge_core import HedgePlan, SampleSource, assess
from hedge_core.documents.link.link import Shared, hide_amounts
from hedge_core.documents.link.pin import pinned_market
from hedge_core.hedge import planner
from hedge_core.plan.own_figures import OwnRate
from hedge_core.plan.plan import OwnMargin
from hedge_core.reports.ticket.filled import with_filled
from hedge_core.reports.ticket.tickets import opening_ticket
from hedge_core.reports.why import derivations
from pages.ui.app import headline, why
from pages.ui.parts import as_filled, panels
from tests.pages.test_pages import LAYER1, calm, on_page, words


def page() -> None:
    import streamlit as st

    from pages.ui.app import why

    why.show_all(st.session_state["result"])


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


APP = str(Path(__file__).parents[2] / "app.py")
FEE, FUNDING = "what_if_cost_fee_rate", "what_if_cost_carry_rate"
MARGIN = f"what_if_margin_initial_{b'Coinbase Derivatives:ETP'.hex()}"


def strip() -> None:
    from pages.ui.app import summary_strip
    from pages.ui.session import state

    state.enter_page("any")
    summary_strip.draw()


def top_line(plan: HedgePlan) -> AppTest:
    """The top line by itself: AppTest draws what surrounds a page only once."""
    test = AppTest.from_function(strip, default_timeout=30)
    test.session_state.plan = plan
    return test.run()


def metrics(test: AppTest) -> dict[str, tuple[str, str]]:
    """Each figure of the panel with what it was before, '' where it is the same; those of the page come first."""
    return {metric.label: (metric.value, metric.delta) for metric in test.metric}


def test_the_panel_of_a_number_takes_fee_funding_and_margin_rate_and_shows_what_each_does() -> None:
    test = top_line(LAYER1)
    test.button(key="why_net").click().run()
    calm(test)
    assert "Net per month: +$222, first month +$168" in words(test).replace("\\", "")
    assert {one.label.split("\\")[0] for one in test.expander} >= {"Carry per month", "Fees over 30 days"}

    for key, value in ((FEE, 0.08), (FUNDING, 3.0), (MARGIN, 50.0)):
        test.number_input(key=key).set_value(value).run()
        calm(test)

    overrides = test.session_state.plan.overrides
    assert (overrides.costs.fee_rate, overrides.costs.carry_rate) == (0.0008, 0.03)
    assert overrides.margins == {"Coinbase Derivatives:ETP": OwnMargin(initial=0.5, maintenance=0.5)}
    shown = metrics(test)
    assert {label: before for label, (_, before) in shown.items() if before} == {
        "First month": "was +$168",
        "Each later month": "was +$222",
        "To open": "was $16,742",
        "Liquidated at": "was +24%",
    }
    assert shown["Net per month"][0] == shown["Each later month"][0] == "+$73"  # top line and panel

    test.button(key="what_if_back").click().run()
    calm(test)
    assert test.session_state.plan == LAYER1
    assert not any(before for _, before in metrics(test).values())


def test_a_panel_closes_with_its_page_and_one_opens_in_place_of_another() -> None:
    test = top_line(LAYER1)
    test.button(key="why_hedged").click().run()
    test.slider(key="what_if_hedge_share").set_value(80).run()
    calm(test)
    assert test.session_state.plan.decisions.risk_accepted == pytest.approx(0.2)

    test.button(key="why_liquidated").click().run()
    calm(test)
    assert "what_if_hedge_share" not in [slider.key for slider in test.slider]
    assert test.number_input(key="what_if_collateral").value == 30_000.0

    test.session_state.page = "the page before"
    test.run()
    calm(test)
    assert not [one.key for one in test.number_input if one.key.startswith("what_if")]


def test_a_panel_whose_figure_goes_does_not_come_back_with_the_figures() -> None:
    test = top_line(LAYER1)
    test.button(key="why_hedged").click().run()
    assert "what_if_hedge_share" in [slider.key for slider in test.slider]

    for plan in (replace(LAYER1, market="csv:gone.csv"), LAYER1):
        test.session_state.plan = plan
        test.run()
        calm(test)
        assert not test.slider


def test_a_panel_whose_bag_goes_does_not_come_back_with_the_bag() -> None:
    test = AppTest.from_file(APP, default_timeout=30)
    test.session_state[panels.OPENED] = panels._Opened("why_hedged", LAYER1)
    test.session_state.page = "Your plan"

    test.run()

    calm(test)
    assert test.session_state.page == "Your plan"  # which would have closed it too
    assert panels.OPENED not in test.session_state


def test_the_plan_of_before_is_worked_out_once_while_its_panel_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, work = [], planner.assess_priced
    monkeypatch.setattr(planner, "assess_priced", lambda plan, *more: calls.append(plan) or work(plan, *more))
    test = top_line(LAYER1)
    test.button(key="why_net").click().run()
    for fee in (0.08, 0.09, 0.1):
        test.number_input(key=FEE).set_value(fee).run()

    calm(test)
    assert metrics(test)["First month"][1] == "was +$168"
    assert calls.count(LAYER1) == 2  # for the top line before the change, and as the plan of before


def test_the_figures_of_a_panel_are_written_as_those_of_the_top_line() -> None:
    plan = replace(LAYER1, currency="CHF").with_overrides(rates={"CHF": OwnRate(usd=1.25, on=date(2026, 11, 29))})
    test = top_line(plan)
    test.button(key="why_net").click().run()

    calm(test)
    shown = metrics(test)
    assert shown["Net per month"][0] == shown["Each later month"][0]
    assert shown["To open"][0].startswith("CHF")


def test_the_figures_of_a_link_without_amounts_are_written_to_the_cent() -> None:
    shared = hide_amounts(assess(LAYER1, SampleSource().snapshot()))
    assert shared.pin is not None
    test = AppTest.from_function(strip, default_timeout=30)
    test.session_state.plan = shared.plan
    test.session_state["pinned"] = (shared, pinned_market(shared.pin))
    test.run()
    test.button(key="why_net").click().run()

    calm(test)
    shown = metrics(test)
    assert "." in shown["Each later month"][0]
    assert shown["Net per month"][0] == shown["Each later month"][0]


@pytest.mark.parametrize("is_filled", [False, True])
def test_every_name_by_which_a_derivation_is_found_begins_one(is_filled: bool) -> None:
    result = assess(LAYER1, SampleSource().snapshot())
    if is_filled:
        orders = opening_ticket(result).orders
        result = assess(with_filled(result, orders, result.market.as_of), result.market)
        assert as_filled.shown(result) is not result
    found = [derivation.name for derivation in derivations(as_filled.shown(result))]

    wanted = {
        figure.derivation
        for figure in headline.figures(result, headline.hedge_of(result, is_hidden=False), is_hidden=False)
    }
    assert len(wanted) == 4
    for name in (*wanted, *why.WHAT_IF, *why.BEHIND, *(behind for those in why.BEHIND.values() for behind in those)):
        assert [one for one in found if one.startswith(name)], name


@pytest.mark.parametrize("name", ["cost", "margin"])
def test_the_cards_of_the_size_page_explain_and_change_in_the_same_panel(name: str) -> None:
    test = on_page("size", LAYER1, opened="change_cost")
    test.button(key=f"why_{name}").click().run()
    test.number_input(key=FUNDING).set_value(-10.0).run()

    calm(test)
    assert test.session_state.plan.overrides.costs.carry_rate == -0.1
    assert test.number_input(key="cost_carry_rate").value == -10.0  # the field of the card shows the same plan
    assert metrics(test)["Each later month"] == ("−$242", "was +$222")
