"""The monitor page: from a plan to a position that is watched, through the page's own widgets."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from hedge_core import HedgePlan, Holding, SampleSource, load_plan
from hedge_core.hedge.planner import assess
from hedge_core.monitoring.execution import as_proposed
from hedge_core.monitoring.filled import filled_hedge
from hedge_core.plan.entry_rules import ENTRY_RULES, AboveAverage, ByHand
from hedge_core.plan.fills import FundingPayment
from hedge_core.plan.plan import Thresholds
from hedge_core.plan.rules import EXIT_RULES, Catalyst, FallReached
from hedge_core.plan.schema import REQUIRED, fields_of
from hedge_core.text import percent
from tests.pages.test_pages import app, calm, on_page, words
from tests.support.scale import SCALE
from tools.whole_plan import filled

LAYER1 = load_plan(Path(__file__).parents[2] / "examples" / "layer1_bag.json")
VIEWS = ("Today", "Position", "Rules")


def executed(plan: HedgePlan = LAYER1) -> HedgePlan:
    market = SampleSource().snapshot()
    return as_proposed(assess(plan, market), market.as_of)


def view(test: AppTest, name: str, *, opened: str = "") -> AppTest:
    """The page with one of its views, and with one of its folds open."""
    if opened:
        test.session_state[opened] = True
    return test.button_group(key="monitor_view").set_value(name).run()


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("plan", [LAYER1, executed()], ids=["planned", "executed"])
def test_each_view_opens_with_and_without_a_position(name: str, plan: HedgePlan) -> None:
    test = view(on_page("monitor", plan), name)
    calm(test)


def test_what_is_filled_is_listed_in_the_order_of_the_size_page() -> None:
    codes = [button.label.removeprefix("More ") for button in on_page("size", LAYER1).button if "More " in button.label]
    table = next(frame.value for frame in on_page("monitor", executed()).dataframe if "Filled" in frame.value)
    assert list(table["Contract"]) == codes
    assert codes != [leg.contract.code for leg in assess(LAYER1, SampleSource().snapshot()).legs]


def test_one_click_turns_the_plan_into_a_position() -> None:
    test = on_page("monitor", LAYER1, opened="monitor_close")
    assert "No order is marked as filled yet" in words(test)
    test.button(key="as_proposed").click().run()
    test.run()
    calm(test)
    plan: HedgePlan = test.session_state.plan
    assert [fill.contract for fill in plan.execution.fills] == [f.contract for f in executed().execution.fills]
    assert plan.execution.stop_prices.keys() == {"INJ"}
    metrics = {metric.label: metric.value for metric in test.metric}
    assert metrics["Hedge"].startswith("−$")
    assert "Buy 29 Coinbase Derivatives" in words(test).replace("\\", "")


def test_a_rule_is_shown_with_its_past_before_it_is_added_and_can_be_ticked_and_removed() -> None:
    test = view(on_page("monitor", executed()), "Rules")
    assert "of simulated history this rule would" in words(test)
    test.button(key="rule_fall_add").click().run()
    assert test.session_state.plan.watch.exit_rules == (FallReached(fall=0.25),)
    assert "Exit rule set" in test.session_state.plan.execution.journal[-1].text
    test.button(key="rule_done_0").click().run()
    assert test.session_state.plan.watch.exit_rules[0].is_done
    test.button(key="rule_remove_0").click().run()
    assert test.session_state.plan.watch.exit_rules == ()
    calm(test)


@pytest.mark.parametrize("kind", range(len(EXIT_RULES)), ids=[rule.__name__ for rule in EXIT_RULES])
def test_every_kind_of_rule_can_be_added(kind: int) -> None:
    test = view(on_page("monitor", executed()), "Rules", opened="rule_other")
    test.selectbox(key="rule_kind").select_index(kind).run()
    test.button(key="rule_add").click().run()
    calm(test)
    (rule,) = test.session_state.plan.watch.exit_rules
    assert type(rule).__name__ == EXIT_RULES[kind].__name__
    defaults = {one.name: one.default for one in fields_of(EXIT_RULES[kind]) if one.default is not REQUIRED}
    assert {name: getattr(rule, name) for name in defaults} == defaults


@pytest.mark.parametrize("kind", range(len(EXIT_RULES)), ids=[rule.__name__ for rule in EXIT_RULES])
def test_every_field_of_a_rule_is_in_its_form_and_what_is_entered_is_in_the_rule(kind: int) -> None:
    test = view(on_page("monitor", executed()), "Rules", opened="rule_other")
    test.selectbox(key="rule_kind").select_index(kind).run()
    given = filled(EXIT_RULES[kind])
    entered = [one for one in fields_of(EXIT_RULES[kind]) if one.name != "kind" and one.about.ticks is None]
    inputs = {
        one.key: one for part in (test.slider, test.number_input, test.text_input, test.date_input) for one in part
    }
    for field in entered:
        shown = inputs[f"rule_{EXIT_RULES[kind].__name__}_{field.name}"]
        value = getattr(given, field.name)
        shown.set_value(max(1, round(100 * value)) if field.about.unit == "%" else value)
    test.run()
    test.button(key="rule_add").click().run()

    (rule,) = test.session_state.plan.watch.exit_rules
    for field in entered:
        value = getattr(given, field.name)
        expected = max(1, round(100 * value)) / 100 if field.about.unit == "%" else value
        assert getattr(rule, field.name) == pytest.approx(expected) if field.about.unit == "%" else expected, field.path
    for field in fields_of(EXIT_RULES[kind]):
        if field.about.ticks:
            test.button(key=f"rule_{field.name.rpartition('_')[2]}_0").click().run()
            assert getattr(test.session_state.plan.watch.exit_rules[0], field.name) is True, field.path
    calm(test)


@pytest.mark.parametrize("field", fields_of(Thresholds), ids=lambda field: field.name)
def test_every_threshold_has_an_input_with_its_value_and_its_limits(field) -> None:
    test = on_page("monitor", LAYER1, opened="monitor_warn")
    shown = test.number_input(key=f"limit_{field.name}")
    scale = 100.0 if field.about.unit == "%" else 1.0

    assert shown.value == pytest.approx(field.default * scale)
    assert shown.max == pytest.approx(
        (field.shape.bounds.highest - (0.001 if field.shape.bounds.is_below else 0)) * scale
    )


def test_a_catalyst_that_has_happened_is_an_alert() -> None:
    plan = executed().with_watch(exit_rules=(Catalyst(event="the listing", has_happened=True),))
    test = on_page("monitor", plan)
    assert "An exit rule is met\\: the listing" in words(test)


def test_a_fill_is_typed_and_counts() -> None:
    test = view(on_page("monitor", executed()), "Position")
    contract = executed().execution.fills[0].contract
    test.button_group(key="fill_kind").set_value("buy").run()
    test.selectbox(key="fill_contract").set_value(contract).run()
    test.number_input(key="fill_lots").set_value(20).run()
    test.number_input(key="fill_price").set_value(3_000.0).run()
    test.button(key="fill_add").click().run()
    calm(test)
    fill = test.session_state.plan.execution.fills[-1]
    assert (fill.contract, fill.side, fill.contracts, fill.price) == (contract, "buy", 20, 3_000.0)
    view(test, "Today")
    assert "sell 20 more ETP" in words(test)


def test_a_funding_payment_is_typed_and_counts() -> None:
    test = view(on_page("monitor", executed()), "Position")
    contract = executed().execution.fills[0].contract
    test.button_group(key="fill_kind").set_value("funding").run()
    assert test.button(key="fill_add").disabled
    test.selectbox(key="fill_contract").set_value(contract).run()
    test.number_input(key="fill_amount").set_value(-12.5).run()
    test.button(key="fill_add").click().run()
    calm(test)
    payment = test.session_state.plan.execution.payments[-1]
    assert (payment.contract, payment.amount) == (contract, -12.5)


def test_fills_can_be_removed_one_by_one_and_all_at_once() -> None:
    test = view(on_page("monitor", executed()), "Position")
    test.button(key="fill_remove").click().run()
    assert test.session_state.plan.execution.fills == executed().execution.fills[1:]
    test.button(key="fills_clear").click().run()
    assert test.session_state.plan.execution.fills == ()
    assert test.session_state.plan.execution.journal
    calm(test)


def test_a_threshold_is_the_plans() -> None:
    test = on_page("monitor", LAYER1, opened="monitor_warn")
    test.number_input(key="limit_drift").set_value(25.0).run()
    assert test.session_state.plan.watch.thresholds.drift == 0.25
    test.number_input(key="limit_roll_days").set_value(3).run()
    assert test.session_state.plan.watch.thresholds.roll_days == 3
    calm(test)


def test_a_fill_of_a_contract_that_does_not_exist_is_said_and_nothing_is_lost() -> None:
    plan = executed()
    bad = dataclasses.replace(plan.execution.fills[0], contract="Nowhere:NOTHING")
    test = on_page("monitor", plan.with_execution(fills=(*plan.execution.fills, bad)))
    calm(test)
    assert "Nowhere" in words(test)
    for name in VIEWS:
        view(test, name)
        calm(test)
    assert test.session_state.plan.execution.fills == (*plan.execution.fills, bad)


def test_the_journal_takes_a_line() -> None:
    test = on_page("monitor", LAYER1, opened="monitor_journal")
    test.text_input(key="journal_line").set_value("Waiting for the Fed.").run()
    test.button(key="journal_add").click().run()
    assert test.session_state.plan.execution.journal[-1].text == "Waiting for the Fed."


PART = "2026-03-17 09:34:12,Binance:BTCUSDT,sell,0.1,60000,{fee}\n"
TITLES = "time,contract,side,quantity,price,fee\n"


def uploaded(test: AppTest, name: str, content: str) -> AppTest:
    key = next(box.key for box in test.file_uploader if box.key.startswith("fills_upload"))
    return test.file_uploader(key=key).set_value([(name, content.encode(), "text/csv")]).run()


def test_two_files_that_overlap_in_equal_partial_fills_count_each_fill_once() -> None:
    test = view(on_page("monitor", LAYER1), "Position")
    test = uploaded(test, "first.csv", TITLES + PART.format(fee=2.4))
    test.button(key="fills_add").click().run()
    assert len(test.session_state.plan.execution.fills) == 1

    test = uploaded(test, "second.csv", TITLES + PART.format(fee=2.4) * 3)
    test.button(key="fills_add").click().run()

    calm(test)
    assert [fill.contracts for fill in test.session_state.plan.execution.fills] == [100, 100, 100]


def test_questions_about_fills_are_answered_before_they_are_taken() -> None:
    test = view(on_page("monitor", LAYER1), "Position")
    test = uploaded(test, "fees.csv", TITLES + PART.format(fee="0.018 BNB"))

    assert "0.018 BNB cannot be converted to USD" in words(test)
    assert test.button(key="fills_add").disabled
    box = next(box for box in test.checkbox if str(box.key).startswith("fills_checked"))
    box.check().run()
    test.button(key="fills_add").click().run()
    assert [fill.note for fill in test.session_state.plan.execution.fills] == ["fee 0.018 BNB not counted"]


def test_a_table_of_fills_that_is_refused_offers_its_columns() -> None:
    test = view(on_page("monitor", LAYER1), "Position")
    test = uploaded(test, "odd.csv", "when,what,how many\n2026-03-17,ETP,5\n")

    assert "This table cannot be read" in words(test)
    assert "what" in test.selectbox(key="fills_map_contract").options


@pytest.mark.long
def test_entry_rules_are_shown_with_their_past_armed_set_aside_and_removed() -> None:
    """Every kind in `make long`, every fourth in the suite."""
    test = view(on_page("monitor", LAYER1), "Rules", opened="entry_other")
    kinds = list(range(len(ENTRY_RULES)))[:: 1 if SCALE > 1 else 4]
    for kind in kinds:
        test.selectbox(key="entry_kind").select_index(kind).run()
        test.button(key="entry_add").click().run()
    calm(test)
    rules = test.session_state.plan.watch.entry_rules
    assert [type(rule).__name__ for rule in rules] == [ENTRY_RULES[kind].__name__ for kind in kinds]
    test.button(key="entry_done_0").click().run()
    assert test.session_state.plan.watch.entry_rules[0].is_done
    test.button(key="entry_remove_0").click().run()
    assert test.session_state.plan.watch.entry_rules == rules[1:]
    assert "Entry rule armed" in test.session_state.plan.execution.journal[-1].text


def test_orders_are_ticked_with_quantity_and_price_filled_in_and_say_what_slipped() -> None:
    """T7 in eight actions: the page, three ticks, three prices, and one press."""
    test = on_page("monitor", LAYER1)
    for number in range(3):
        test.checkbox(key=f"fill_tick_{number}").check().run()
    limit = test.number_input(key="fill_at_0").value
    assert "At the limit." in words(test)
    for number in range(3):
        shown = test.number_input(key=f"fill_at_{number}")
        shown.set_value(round(0.98 * shown.value, 8)).run()
    assert "2% worse than the limit: −$" in words(test).replace("\\", "")
    test.button(key="record_fills").click().run()
    calm(test)
    fills = test.session_state.plan.execution.fills
    assert len(fills) == 3
    whole = {fill.contract: fill.contracts for fill in executed().execution.fills}
    assert all(fill.contracts == whole[fill.contract] for fill in fills)
    assert fills[0].price == pytest.approx(0.98 * limit)
    assert not any(box.value for box in test.checkbox)
    assert test.title[0].value.startswith("Act today\\: ")


def test_a_part_of_an_order_is_recorded_as_a_part() -> None:
    test = on_page("monitor", LAYER1)
    test.checkbox(key="fill_tick_0").check().run()
    test.number_input(key="fill_count_0").set_value(7).run()
    test.button(key="record_fills").click().run()
    calm(test)
    (fill,) = test.session_state.plan.execution.fills
    assert fill.contracts == 7
    assert "sell 7 ETP" in test.session_state.plan.execution.journal[-1].text


@pytest.mark.parametrize("is_off", [True, False])
def test_the_days_since_the_opening_are_folded_while_there_is_something_to_do(is_off: bool) -> None:
    plan = executed()
    fills = tuple(
        dataclasses.replace(fill, at=fill.at - timedelta(days=12))
        for fill in plan.execution.fills[: 2 if is_off else None]
    )
    test = on_page("monitor", plan.with_execution(fills=fills))

    calm(test)
    is_folded = "Since the hedge was opened" in [box.label for box in test.expander]
    assert is_folded is is_off
    assert bool(test.get("plotly_chart")) is not is_off


def test_fills_are_ticked_in_the_units_of_the_order_form_where_a_lot_is_less_than_one_contract() -> None:
    """At OKX one contract is 0.1 ETH and a lot a hundredth of it: 25 contracts are 2,500 lots, and never 2,500."""
    bag = HedgePlan(holdings=(Holding(coin="ETH", quantity=10.0),)).with_decisions(venue="OKX", risk_accepted=0.75)
    test = on_page("monitor", bag)
    assert "Sell short 25 × ETH-USDT-SWAP at" in test.checkbox(key="fill_tick_0").label
    test.checkbox(key="fill_tick_0").check().run()
    test.number_input(key="fill_quantity_0").set_value(12.34).run()
    test.button(key="record_fills").click().run()
    calm(test)

    (fill,) = test.session_state.plan.execution.fills
    assert (fill.contracts, fill.amount_step) == (1_234, 0.01)
    assert "sell 12.34 ETH-USDT-SWAP" in test.session_state.plan.execution.journal[-1].text
    assert "sell 12.66 more ETH-USDT-SWAP" in words(test).replace("\\", "")
    assert "Sell short 12.66 ×" in test.checkbox(key="fill_tick_0").label
    table = next(frame.value for frame in test.dataframe if "Filled" in frame.value)
    assert table[["Plan", "Filled"]].to_numpy().tolist() == [["25", "12.34"]]


def test_before_there_is_a_position_the_page_leads_with_the_rules_that_are_armed() -> None:
    """On the sample market the bag is 48% above its average of 50 days."""
    armed = LAYER1.with_watch(entry_rules=(ByHand(),))
    test = on_page("monitor", armed)
    calm(test)
    assert test.title[0].value == "Nothing is open yet\\: 1 entry rule is armed."
    assert "the story is running out of believers" in words(test)
    test = on_page("monitor", LAYER1.with_watch(entry_rules=(AboveAverage(),)))
    assert "An entry rule is met" in test.title[0].value
    assert "Open the hedge\\: Sell short 29 ETP" in words(test)


def test_three_of_the_orders_filled_at_other_prices_are_said_in_the_same_way_on_every_page() -> None:
    """T7: the top line, the list and the pages speak of what is filled; nothing says that the hedge is complete."""
    plan = executed()
    fills = tuple(dataclasses.replace(fill, price=1.02 * fill.price) for fill in plan.execution.fills[:3])
    partly = plan.with_execution(fills=fills)
    ratio = percent(filled_hedge(assess(partly, SampleSource().snapshot())).achieved_hedge_ratio)
    top = {metric.label: metric.value for metric in app(partly).metric}["Hedged"]
    assert top == f"{ratio} (target 60%)"
    for page in ("monitor", "plan", "risk", "size", "scenarios"):
        test = on_page(page, partly)
        calm(test)
        text = words(test).replace("\\", "")
        if page == "monitor":
            assert "smaller than its target" in text
            assert f"sell {plan.execution.fills[3].contracts} more" in text
        else:
            assert f"offsets {ratio} of your bag's expected move (target 60%, plan " in text, page


def test_funding_payments_can_be_removed_one_by_one() -> None:
    plan = executed()
    contract = plan.execution.fills[0].contract
    at = plan.execution.fills[0].at
    payments = tuple(FundingPayment(at=at, contract=contract, amount=amount) for amount in (1.0, 2.0, 3.0))
    test = view(on_page("monitor", plan.with_execution(payments=payments)), "Position")
    test.selectbox(key="payment_number").select_index(1).run()
    test.button(key="payment_remove").click().run()
    calm(test)
    assert test.session_state.plan.execution.payments == (payments[0], payments[2])
    assert "2 funding payments (" in words(test)
    test.button(key="payment_remove").click().run()
    assert "1 funding payment (" in words(test)
    assert "Funding payment removed" in test.session_state.plan.execution.journal[-1].text
