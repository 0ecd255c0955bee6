"""Every page through app.py and by itself, and the main job through the pages' own widgets."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from hedge_core import HedgePlan, Holding, SampleSource, assess, catalogue, load_plan
from hedge_core.documents.plan_file import plan_from_json
from hedge_core.hedge.months import net_by_month
from hedge_core.market.live.loader import STILL_LOADING
from hedge_core.market.snapshot import Quote
from hedge_core.market.venues import VENUES
from hedge_core.monitoring.execution import as_proposed
from hedge_core.plan.cost_assumptions import OwnLiquidity
from hedge_core.plan.plan import OwnMargin, new_costs
from hedge_core.plan.stages import Stages
from hedge_core.reports.answer import level
from hedge_core.reports.orders import order_ticket
from hedge_core.simulation.cash_advice import STEP
from hedge_core.simulation.simulation import simulate
from hedge_core.text import NO_BREAK, WORD_JOINER, signed_usd
from pages.ui.app import navigation, sidebar
from pages.ui.risk import cash
from pages.ui.session import live_prices, prices

ROOT = Path(__file__).parents[2]
PAGES = ("plan", "bag", "risk", "proxy", "size", "scenarios", "monitor", "guide")
LAYER1 = load_plan(ROOT / "examples" / "layer1_bag.json")


def rows_of(plan: HedgePlan) -> list[dict[str, object]]:
    return [
        {
            "coin": holding.coin,
            "quantity": holding.quantity,
            "role": holding.role,
            "stop_loss": None if holding.stop_loss is None else holding.stop_loss * 100,
            "own_price": plan.overrides.prices.get(holding.coin),
            "note": holding.note,
        }
        for holding in plan.holdings
    ]


def app(plan: HedgePlan | None = None, *, opened: str = "") -> AppTest:
    """The whole app, with one of the sidebar's boxes open."""
    return _run("app.py", plan, opened)


def on_page(page: str, plan: HedgePlan | None = None, *, opened: str = "") -> AppTest:
    """One page by itself, as on a fresh server whose first visitor opens its address; with one of its folds open."""
    return _run(f"pages/{page}.py", plan, opened)


def _run(script: str, plan: HedgePlan | None, opened: str) -> AppTest:
    test = AppTest.from_file(str(ROOT / script), default_timeout=30)
    if opened:
        test.session_state[opened] = True
    if plan is not None:
        test.session_state.plan = plan
        test.session_state.bag_rows = rows_of(plan)
        test.session_state.bag_version = 1
    return test.run()


def words(test: AppTest) -> str:
    parts = [
        element.value
        for kind in ("title", "markdown", "caption", "error", "warning", "info")
        for element in test.get(kind)
    ]
    return "\n".join(str(part) for part in parts).replace(WORD_JOINER, "")


SENTENCE = re.compile(
    r"(?!.*(?<![A-Za-z0-9])_|.*_(?![A-Za-z0-9]))[A-Z0-9$−+][^<>*●]+ [^<>*●]+[.!]",
    re.DOTALL,
)
"""What a chart says to somebody who does not see it: words without markup, to the full stop.

An underscore inside a word belongs to a contract's code."""


def calm(test: AppTest) -> None:
    assert not test.exception, test.exception
    assert "went wrong" not in words(test)
    told = {chart.proto.id: chart.proto.alt for chart in test.get("plotly_chart")}
    assert {key: alt for key, alt in told.items() if not SENTENCE.fullmatch(alt)} == {}, "charts without a sentence"


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("plan", [None, LAYER1], ids=["empty", "layer-1 bag"])
def test_each_page_opens_by_itself(page: str, plan: HedgePlan | None) -> None:
    test = on_page(page, plan)
    calm(test)
    assert test.title or test.info


@pytest.mark.parametrize("page", PAGES)
def test_each_page_opens_through_the_app(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(navigation, "START", page)  # AppTest knows only the page at /
    test = app(LAYER1)
    calm(test)
    assert [metric.label for metric in test.metric][:4] == ["Bag", "Hedged", "Liquidated at", "Net per month"]


@pytest.mark.parametrize(
    ("stem", "short", "hedged"),
    [
        ("novacoin", ["63"], "70.0% (target 70%)"),
        ("novacoin_as_printed", ["19"], "21.1% (target 70%)"),
        ("altcoin_x", ["25"], "33.3% (target 50%)"),
    ],
)
def test_the_worked_examples_stand_on_the_plan_and_in_the_top_line(stem: str, short: list[str], hedged: str) -> None:
    test = app(load_plan(ROOT / "examples" / f"{stem}.json"))
    metrics = {metric.label: metric.value for metric in test.metric}
    assert list(test.table[0].value["Sell"]) == short
    assert metrics["Hedged"] == hedged


def test_the_top_line_says_what_a_month_nets_and_that_cash_is_missing() -> None:
    plan = LAYER1.with_decisions(collateral=None)
    result = assess(plan, SampleSource().snapshot())
    metrics = {metric.label: metric.value for metric in app(plan).metric}
    net = net_by_month(result)
    assert net is not None
    assert metrics["Net per month"] == signed_usd(net.later)
    assert metrics["Liquidated at"] == "no cash set"


def test_one_press_takes_the_cash_that_is_advised() -> None:
    plan = LAYER1.with_decisions(collateral=None)
    advised = simulate(assess(plan, SampleSource().snapshot()), paths=cash.PATHS).cash_advised
    test = on_page("risk", plan)
    test.button(key="collateral_offer").click().run()
    calm(test)
    decisions = test.session_state.plan.decisions
    assert 0.0 <= decisions.collateral - advised.post < STEP
    assert 0.0 <= decisions.reserve - advised.reserve < STEP
    test.run()
    assert [button for button in test.button if button.key == "collateral_offer"] == []


def test_where_more_cash_makes_the_worst_paths_worse_the_risk_page_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = LAYER1.with_decisions(collateral=31_234.0)
    found = cash.advise_cash(assess(plan, SampleSource().snapshot()), paths=300)
    assert found is not None
    assert found.stated is not None
    worse = replace(found.stated.shortfall, value=found.stated.shortfall.value + 9_000.0, error=1.0)
    made = replace(found, advised=replace(found.advised, post=90_000.0, shortfall=worse))
    monkeypatch.setattr(cash, "advise_cash", lambda *_, **__: made)
    test = on_page("risk", plan)
    calm(test)
    assert "the worst 5% of paths end" in words(test)
    assert "the short stays open longer in a rally" in words(test)


def test_positions_with_collateral_of_their_own_are_a_choice_of_the_risk_page() -> None:
    test = on_page("risk", LAYER1.with_decisions(collateral=30_000.0, venue="Binance"))
    shared = {metric.label: metric.value for metric in test.metric}["Liquidated at"]
    test.selectbox(key="margin_mode").set_value("isolated").run()
    calm(test)
    plan = test.session_state.plan
    assert plan.decisions.margin_mode == "isolated"
    result = assess(plan, SampleSource().snapshot())
    apart = {metric.label: metric.value for metric in test.metric}["Liquidated at"]
    assert apart == level(result.market_rally_survived) != shared
    assert "Each position has collateral of its own" in words(test)


def test_counts_that_stay_are_said_on_the_page() -> None:
    market = SampleSource().snapshot()
    plan = LAYER1.with_decisions(rounding="optimal", collateral=None)
    opened = as_proposed(assess(plan, market), market.as_of)
    first = max(opened.execution.fills, key=lambda fill: fill.contracts)
    fills = tuple(replace(fill, contracts=fill.contracts - (fill is first)) for fill in opened.execution.fills)
    test = on_page("plan", opened.with_execution(fills=fills))
    calm(test)
    assert "The counts that you hold stay" in words(test)


def test_the_bag_page_says_which_prices_no_other_exchange_confirms(monkeypatch: pytest.MonkeyPatch) -> None:
    sample, coin = SampleSource().snapshot(), LAYER1.holdings[0].coin
    for is_alone in (True, False):
        quote = Quote(sample.price(coin), sample.as_of, "OKX", is_alone=is_alone)
        market = replace(sample, quotes={coin: quote})
        monkeypatch.setattr(prices, "market", lambda plan, market=market: market)
        test = on_page("bag", LAYER1)
        calm(test)
        assert (f"no other exchange confirms {coin} (OKX)." in words(test)) == is_alone


def test_a_plan_that_still_waits_for_prices_of_other_contracts_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    early = replace(SampleSource().snapshot(), notices=(STILL_LOADING,))
    monkeypatch.setattr(prices, "market", lambda plan: early)
    test = on_page("plan", LAYER1)
    calm(test)
    assert any(STILL_LOADING.text[:60] in warning.value for warning in test.warning)


@pytest.mark.parametrize(
    ("stem", "bag", "hedge", "together"),
    [
        ("novacoin", "−$1,500", "+$1,050", "−$450"),
        ("novacoin_as_printed", "−$1,500", "+$317", "−$1,183"),
    ],
)
def test_a_correction_of_15_percent_on_the_scenarios_page(stem: str, bag: str, hedge: str, together: str) -> None:
    test = on_page("scenarios", load_plan(ROOT / "examples" / f"{stem}.json"))
    test.radio(key="scenario_of").set_value("bag").run()
    test.slider(key="scenario_move").set_value(-15).run()
    metrics = {metric.label: metric.value for metric in test.metric}
    assert metrics["You"] == together
    title = next(chart for chart in test.get("plotly_chart") if "scenario_range" in chart.proto.id).proto.spec
    assert all(part in title for part in (f"Bag {bag}", f"Hedge {hedge}"))


def test_the_guide_shows_the_worked_examples_to_the_cent() -> None:
    test = on_page("guide")
    table = test.dataframe[0].value
    assert list(table["Contracts"]) == ["25", "19", "35", "63"]
    assert list(table["Hedge"]) == ["+$125.00", "+$316.67", "+$583.33", "+$1,050.00"]
    assert list(table["Together"]) == ["−$250.00", "−$1,183.33", "−$916.67", "−$450.00"]
    assert "316.54" in words(test)


def test_the_glossary_of_the_guide_is_searched() -> None:
    test = on_page("guide")
    test.text_input(key="glossary_search").set_value("roll").run()
    calm(test)
    assert "**Roll.**" in words(test)
    test.text_input(key="glossary_search").set_value("no such word").run()
    assert "'no such word' is not in the glossary." in words(test)


def test_the_risk_slider_changes_the_plan_and_the_strip() -> None:
    test = on_page("risk", LAYER1)
    test.slider(key="hedge_share").set_value(80).run()
    calm(test)
    assert test.session_state.plan.decisions.hedge_ratio == 0.8
    assert "If the hedged coins fall 30%, the hedge pays" in words(test)


def test_a_page_change_loses_nothing() -> None:
    test = app(LAYER1)
    test.switch_page("pages/risk.py").run()
    test.slider(key="hedge_share").set_value(75).run()
    test.switch_page("pages/scenarios.py").run()
    test.slider(key="scenario_move").set_value(-35).run()
    test.switch_page("pages/size.py").run()
    assert test.selectbox(key="venue").value == LAYER1.decisions.venue
    test.switch_page("pages/scenarios.py").run()
    assert test.slider(key="scenario_move").value == -35
    test.switch_page("pages/risk.py").run()
    assert test.slider(key="hedge_share").value == 75
    calm(test)


def test_an_example_opens_with_one_click_from_an_empty_start() -> None:
    test = app()
    test.button(key="start_layer1_bag").click().run()
    calm(test)
    assert test.session_state.plan == LAYER1
    orders = order_ticket(assess(LAYER1, SampleSource().snapshot()))
    assert [float(sold) for sold in test.table[0].value["Sell"]] == [order.quantity for order in orders]


def test_pasted_lines_become_the_bag_and_faulty_ones_are_named() -> None:
    test = on_page("bag", LAYER1)
    test.text_area(key="bag_paste").set_value("SOL 120\nLINK abc\nINJ 150 speculative").run()
    calm(test)
    assert "row 2, field 'quantity'" in words(test).replace("\\", "")
    assert test.session_state.plan.holdings == LAYER1.holdings
    test.button(key="bag_replace").click().run()
    assert [h.coin for h in test.session_state.plan.holdings] == ["SOL", "INJ"]
    assert test.session_state.plan.holdings[1].role == "speculative"


BAD_ROWS: list[tuple[dict[str, object], str]] = [
    ({"coin": "<script>", "quantity": 1.0}, "row 2, field 'coin'"),
    ({"coin": "=1+1", "quantity": 1.0}, "row 2, field 'coin'"),
    ({"coin": "", "quantity": 1.0}, "row 2, field 'coin'"),
    ({"coin": "SOL", "quantity": None}, "row 2, field 'quantity'"),
    ({"coin": "SOL", "quantity": 0.0}, "row 2, field 'quantity'"),
    ({"coin": "SOL", "quantity": -3.0}, "row 2, field 'quantity'"),
    ({"coin": "SOL", "quantity": 1e300}, "row 2, field 'quantity'"),
    ({"coin": "SOL", "quantity": float("inf")}, "row 2, field 'quantity'"),
    ({"coin": "SOL", "quantity": 1.0, "stop_loss": 120.0}, "row 2, field 'stop_loss'"),
    ({"coin": "SOL", "quantity": 1.0, "stop_loss": -5.0}, "row 2, field 'stop_loss'"),
    ({"coin": "SOL", "quantity": 1.0, "own_price": 0.0}, "row 2, field 'own_price'"),
    ({"coin": "SOL", "quantity": 1.0, "own_price": -1.0}, "row 2, field 'own_price'"),
    ({"coin": "SOL", "quantity": 1.0, "role": "moon"}, "row 2, field 'role'"),
    ({"coin": "SOL", "quantity": "$500"}, "row 2, field 'quantity': '$500' is an amount of money"),
    ({"coin": "SOL", "quantity": "12,5 LINK"}, "row 2, field 'quantity': '12,5 LINK' states LINK"),
    ({"coin": "SOL", "quantity": "1", "own_price": "€5"}, "row 2, field 'own_price': '€5' is in EUR"),
    ({"coin": "SOL", "quantity": "1", "stop_loss": "ten"}, "row 2, field 'stop_loss': 'ten' is not a number"),
]


@pytest.mark.parametrize(("row", "place"), BAD_ROWS)
def test_a_faulty_row_is_named_and_kept_as_typed(row: dict[str, object], place: str) -> None:
    test = on_page("bag", HedgePlan(holdings=(Holding(coin="LINK", quantity=100),)))
    test.session_state.bag_rows = [{"coin": "LINK", "quantity": 100.0, "role": "hold"}, row]
    test.session_state.bag_version += 1
    test.run()
    calm(test)
    assert place in words(test).replace("\\", "")
    assert test.session_state.bag_rows[1] == row
    assert [holding.coin for holding in test.session_state.plan.holdings] == ["LINK"]


def test_a_coin_without_a_price_is_named_with_the_way_out() -> None:
    test = on_page("risk", HedgePlan(holdings=(Holding(coin="NOSUCH", quantity=1),)))
    calm(test)
    through_app = app(HedgePlan(holdings=(Holding(coin="NOSUCH", quantity=1),)))
    calm(through_app)
    assert "No price for NOSUCH" in words(through_app)


def test_a_plan_of_another_market_is_not_sized_on_simulated_prices_unasked() -> None:
    test = app(HedgePlan(holdings=(Holding(coin="SOL", quantity=10),), market="csv:mine.csv"))
    calm(test)
    assert "Nothing is sized" in words(test)
    assert not test.metric


def test_an_own_bag_on_the_sample_market_is_headed_practice() -> None:
    test = app(HedgePlan(holdings=(Holding(coin="SOL", quantity=100),)))
    assert "PRACTICE" in words(test)


def pressed_coin(test: AppTest, coin: str) -> AppTest:
    """Open the row of a coin on the proxy page."""
    return next(one for one in test.button if one.label == f"Open {coin}").click().run()


def hedged_with(test: AppTest) -> dict[str, tuple[str, str]]:
    """What the table of the proxy page says of each coin: what it is hedged with, and the risk left."""
    said = [str(element.value) for element in test.markdown]
    rows = [at for at, text in enumerate(said) if ":material/expand_" in text]
    return {said[at].split("*")[2]: (said[at + 1], said[at + 2]) for at in rows}


def test_a_beta_set_by_hand_is_visibly_an_override() -> None:
    test = pressed_coin(on_page("proxy", LAYER1), "ATOM")
    test.number_input(key="beta_of_ATOM").set_value(1.7).run()
    calm(test)
    assert test.session_state.plan.overrides.betas == {"ATOM": 1.7}
    assert hedged_with(test)["ATOM"][0] == "ETH (set by you)"


def test_a_coin_that_is_opened_says_which_stand_in_is_better_and_how_sure_that_is() -> None:
    """T2, in two actions from any page: the page, and the row of the coin."""
    test = pressed_coin(on_page("proxy", LAYER1), "ATOM")
    calm(test)
    said = words(test)
    assert "ETH is the better stand-in for ATOM\\: it takes out 63% of the daily variance against 46% for BTC" in said
    assert "the difference is sure" in said
    test.button(key=next(one.key for one in test.button if one.label == "Close ATOM")).click().run()
    assert "better stand-in" not in words(test)


def test_the_approach_decides_what_is_shorted_for_each_coin() -> None:
    test = on_page("proxy", LAYER1, opened="proxy_hedges")
    assert hedged_with(test)["ATOM"] == ("ETH, SOL, DOT, BNB", "25%")
    assert hedged_with(test)["ETH"] == ("own future", "covered")
    assert "removed 82%" in words(test)
    assert "no grade for so small a part" in words(test)
    assert "Grade" not in test.title[0].value

    test.radio(key="approach").set_value("coin_by_coin").run()

    calm(test)
    assert test.session_state.plan.decisions.approach == "coin_by_coin"
    assert hedged_with(test)["ATOM"][0] == "ETH"


def test_the_proxy_page_grades_what_is_filled_with_the_plan_beside_it() -> None:
    plan = LAYER1.with_decisions(approach="bag_level")
    executed = as_proposed(assess(plan, SampleSource().snapshot()), SampleSource().snapshot().as_of)
    partly = executed.with_execution(fills=executed.execution.fills[:1])
    whole, part = on_page("proxy", plan), on_page("proxy", partly)
    calm(part)
    assert whole.title[0].value.startswith("Grade ")
    assert "your hedge would have removed" in whole.title[0].value
    assert "what is filled would have removed" in part.title[0].value
    assert "The plan would have removed" in words(part)


def test_the_bag_and_the_proxy_page_say_the_same_of_the_risk_that_is_left() -> None:
    table = on_page("bag", LAYER1).dataframe[0].value
    in_bag = {row.coin: (row.hedged_by, row.risk_left) for row in table.itertuples() if row.risk_left}
    assert in_bag == hedged_with(on_page("proxy", LAYER1))
    assert in_bag["INJ"] == ("stop-loss", "all of it")


def test_without_cash_no_page_says_that_the_plan_is_liquidated_at_a_dash() -> None:
    plan = LAYER1.with_decisions(collateral=None)
    executed = as_proposed(assess(plan, SampleSource().snapshot()), SampleSource().snapshot().as_of)
    partly = executed.with_execution(fills=executed.execution.fills[:1])
    said = {page: words(on_page(page, partly)).replace("\\", "") for page in ("risk", "size")}
    assert re.search(r"The plan takes \$[\d,]+ to open\.", said["risk"])
    assert "Of what is filled." in said["size"]
    assert not any("–." in text for text in said.values())


def test_what_cannot_be_tested_is_unknown_and_says_why() -> None:
    test = on_page("proxy", load_plan(ROOT / "examples" / "novacoin.json"))

    calm(test)
    assert "no price history in this market" in words(test)


def test_the_best_counts_together_can_be_asked_for_and_collateral_limits_them() -> None:
    test = on_page("risk", LAYER1.with_decisions(collateral=3_000.0, approach="bag_level"))
    test.radio(key="rounding").set_value("optimal").run()

    calm(test)
    assert test.session_state.plan.decisions.rounding == "optimal"
    assert "is too little for the full hedge" in words(test)
    size = on_page("size", LAYER1.with_decisions(rounding="optimal"))
    calm(size)
    assert size.button(key="lots_more_0").label.startswith("More ")


def test_the_saved_plan_is_the_plan() -> None:
    saved = json.dumps({"schema": "hedge-plan", "version": 1, "holdings": [{"coin": "sol", "quantity": 3}]})
    assert plan_from_json(saved).holdings[0].coin == "SOL"


@pytest.mark.parametrize(
    ("page", "key", "typed", "read"),
    [
        ("risk", "collateral", 12_000.0, lambda plan: plan.decisions.collateral),
        ("size", "cost_carry_rate", 5.0, lambda plan: plan.overrides.costs.carry_rate),
        ("size", "cost_fee_rate", 0.5, lambda plan: plan.overrides.costs.fee_rate),
        ("proxy", "beta_of_ATOM", 2.5, lambda plan: plan.overrides.betas.get("ATOM")),
    ],
)
def test_an_emptied_number_is_not_stated_again(page: str, key: str, typed: float, read: object) -> None:
    assert callable(read)
    test = on_page(page, LAYER1.with_decisions(collateral=None), opened="change_cost" if page == "size" else "")
    if page == "proxy":
        pressed_coin(test, "ATOM")
    test.number_input(key=key).set_value(typed).run()
    assert read(test.session_state.plan) == pytest.approx(typed / (100 if key.startswith("cost") else 1))
    test.number_input(key=key).set_value(None).run()
    calm(test)
    assert read(test.session_state.plan) is None


def test_a_row_without_a_coin_is_a_fault_and_not_lost() -> None:
    test = on_page("bag", HedgePlan(holdings=(Holding(coin="LINK", quantity=100),)))
    test.session_state.bag_rows = [{"coin": None, "quantity": 77.0}, {"coin": "LINK", "quantity": 100.0}]
    test.session_state.bag_version += 1
    test.run()
    assert "row 1, field 'coin': is empty" in words(test).replace("\\", "")


def test_an_import_adds_up_what_is_there_and_keeps_a_faulty_row_as_it_was_typed() -> None:
    test = on_page("bag", HedgePlan(holdings=(Holding(coin="SOL", quantity=100), Holding(coin="ETH", quantity=2))))
    test.session_state.bag_rows = [*test.session_state.bag_rows, {"coin": "LINK", "quantity": -1.0, "role": "hold"}]
    test.text_area(key="bag_paste").set_value("SOL 10\nSOL 5\nNEAR 7").run()
    frame = next(element.value for element in test.dataframe if "If added" in element.value.columns)
    assert list(frame["Row"]) == ["1, 2", "3"]
    assert list(frame["If added"]) == ["115", ""]

    test.button(key="bag_add").click().run()

    calm(test)
    assert {h.coin: h.quantity for h in test.session_state.plan.holdings} == {"SOL": 115, "ETH": 2, "NEAR": 7}
    assert [row["coin"] for row in test.session_state.bag_rows] == ["SOL", "ETH", "NEAR", "LINK"]
    assert "row 4, field 'quantity'" in words(test).replace("\\", "")


def test_an_import_that_makes_the_bag_too_long_takes_nothing_and_drops_nothing() -> None:
    rows = tuple(Holding(coin=f"C{number}", quantity=1) for number in range(499))
    test = on_page("bag", HedgePlan(holdings=rows))
    test.text_area(key="bag_paste").set_value("SOL 120\nLINK 5").run()
    test.button(key="bag_add").click().run()
    calm(test)
    assert test.session_state.plan.holdings == rows
    assert "501 rows" in test.toast[0].value


def test_without_the_exchange_library_the_menu_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("pages.ui.session.live_prices.is_installed", lambda: False)

    assert "pip install ccxt" in words(app(opened="prices_box"))


def test_a_restricted_exchange_says_where_it_does_not_answer():
    test = app(HedgePlan(market="binance"), opened="prices_box")

    assert "Binance refuses servers and people in the United States" in words(test)


def test_coins_without_a_price_leave_a_plan_for_the_rest_unless_only_stablecoins_would_remain():
    bag = (Holding(coin="SOL", quantity=1), Holding(coin="UNHEARD", quantity=5), Holding(coin="USDC", quantity=9))
    test = app(HedgePlan(holdings=bag))
    rest = app(HedgePlan(holdings=(bag[0], bag[2])))

    calm(test)
    assert "the plan is for the rest of your bag" in test.warning[0].value
    assert [metric.value for metric in test.metric][:4] == [metric.value for metric in rest.metric][:4]
    assert test.session_state.plan.holdings == bag  # nothing is taken out of the bag

    alone = app(HedgePlan(holdings=bag[1:]))
    assert "No price for UNHEARD in the market source" in alone.warning[0].value
    assert len(alone.metric) == 0


def test_executing_a_plan_for_the_rest_keeps_the_coins_without_a_price():
    plan = dataclasses.replace(LAYER1, holdings=(*LAYER1.holdings, Holding(coin="UNHEARD", quantity=5)))
    test = on_page("monitor", plan)
    test.button(key="as_proposed").click().run()

    calm(test)
    assert test.session_state.plan.execution.fills
    assert test.session_state.plan.holdings == plan.holdings


def test_a_plan_on_live_prices_that_cannot_be_had_offers_the_ways_out(monkeypatch):
    monkeypatch.setenv("HEDGE_OFFLINE", "1")  # settings are read once a server: this test is its first live plan
    live_prices.settings.clear()
    live_prices.loader.clear()
    monkeypatch.setattr(
        live_prices, "PATIENCE", 20.0
    )  # AppTest shows nothing more once a fragment has ended its own reruns
    test = app(HedgePlan(holdings=(Holding(coin="SOL", quantity=1),), market="kraken"))

    assert "Nothing is sized without them" in test.error[0].value
    test.button(key="live_to_sample").click().run()
    assert test.session_state.plan.market == "sample"
    assert not test.error


CASES = {
    "no collateral at all": LAYER1.with_decisions(collateral=0.0),
    "more collateral than notional": LAYER1.with_decisions(collateral=500_000.0),
    "inverse with the collateral in the coin": HedgePlan(holdings=(Holding(coin="BTC", quantity=1.0),)).with_decisions(
        venue="Deribit", collateral=60_000.0
    ),
    "SHIB on Coinbase": HedgePlan(holdings=(Holding(coin="SHIB", quantity=1e9),)),
    "a bag too small for one contract": HedgePlan(holdings=(Holding(coin="ARB", quantity=20.0),)),
    "a dated future that must be rolled": HedgePlan(holdings=(Holding(coin="ETH", quantity=5.0),)).with_decisions(
        venue="CME", horizon_days=90
    ),
}
EXPECTED = {
    "no collateral at all": ("is too little for the full hedge", "The full hedge needs"),
    "more collateral than notional": ("would have been enough", "the margin is called"),
    "inverse with the collateral in the coin": ("held in coins", "no rally ends it"),
    "SHIB on Coinbase": ("SHP", "10,000,000 SHIB"),
    "a bag too small for one contract": ("Too small to hedge with", "Nothing is shorted, so there is nothing to pay."),
    "a dated future that must be rolled": ("Rolled before it ends (17 Dec 2026", "must be rolled"),
}


@pytest.mark.parametrize("name", CASES)
def test_awkward_cases_are_answered_on_the_size_page(name: str) -> None:
    test = on_page("size", CASES[name])

    calm(test)
    shown = words(test)
    for why in ("why_cost", "why_margin", "why_rolls"):
        test.button(key=why).click().run()
        calm(test)
        shown += words(test)
    for expected in EXPECTED[name]:
        assert expected in shown.replace("\\", ""), expected


def test_the_size_page_compares_venues_and_contracts() -> None:
    test = on_page("size", LAYER1).button_group(key="size_view").set_value("Venues").run()

    calm(test)
    venues = next(table.value for table in test.dataframe if "Own futures (%)" in table.value.columns)
    venues = venues.set_index("Venue")
    assert venues.loc["Coinbase Derivatives", "Own futures (%)"] == pytest.approx(0.886, abs=0.001)
    assert venues.loc["✓ Gate", "Own futures (%)"] == pytest.approx(1.0)
    terms = next(table.value for table in test.table if "Ends a short by" in table.value.columns)
    assert set(terms.index) == {name.removeprefix("✓ ") for name in venues.index}
    assert "the size of the contract is not known, so it is not used" in words(test)
    assert "WEEX: APT, AVAX, NEAR, SUI" in words(test).replace("\\", "")
    test.button_group(key="size_view").set_value("Perpetual or dated").run()
    calm(test)
    options = next(table.value for table in test.dataframe if "One is ($)" in table.value.columns)
    assert any("(in use)" in name for name in options["Contract"])


def test_the_size_page_lists_the_largest_target_first_and_a_press_moves_no_row() -> None:
    def order(test: AppTest) -> list[str]:
        return [button.label for button in test.button if button.label.startswith("More ")]

    result = assess(LAYER1, prices.sample_market())
    largest_first = sorted(result.legs, key=lambda leg: -leg.target_notional)
    expected = [f"More {leg.contract.code}" for leg in largest_first]
    assert expected != [f"More {leg.contract.code}" for leg in result.legs]
    test = on_page("size", LAYER1)
    assert order(test) == expected
    last = next(button for button in test.button if button.label == expected[-1])
    for _ in range(3):
        last = last.click().run().button(key=last.key)
    assert order(test) == expected


def test_plus_and_minus_change_the_number_of_contracts_and_say_what_that_does() -> None:
    test = on_page("size", LAYER1)
    before, more = test.title[0].value, test.button(key="lots_more_0")
    assert more.label == "More ETP"
    assert "1 fewer: 60.9% · 1 more: 62.1%" in words(test).replace("\\", "").replace(NO_BREAK, " ")
    more.click().run()
    calm(test)
    contract = "Coinbase Derivatives:ETP"
    assert test.session_state.plan.overrides.lots == {contract: 30}
    assert test.title[0].value != before
    assert "You have set the number of contracts" in words(test).replace("\\", "")
    test.button(key="lots_fewer_0").click().run()
    assert test.session_state.plan.overrides.lots == {contract: 29}
    assert test.title[0].value == before
    test.button(key="lots_back").click().run()
    assert test.session_state.plan.overrides.lots == {}
    calm(test)


def test_slippage_and_costs_are_assumptions_that_can_be_changed() -> None:
    test = on_page("size", LAYER1, opened="change_cost")
    test.number_input(key="cost_carry_rate").set_value(-10.0).run()

    calm(test)
    assert test.session_state.plan.overrides.costs.carry_rate == -0.1
    test.button(key="why_cost").click().run()
    assert "this hedge costs about" in words(test).replace("\\", "")
    test.run()
    test.number_input(key="cost_depth").set_value(50_000.0).run()
    calm(test)
    assert test.session_state.plan.overrides.costs.depth == 50_000.0


def test_venues_that_do_not_serve_the_holder_are_folded_with_the_reason() -> None:
    test = on_page("size", LAYER1).button_group(key="size_view").set_value("Venues").run()
    test.selectbox(key="residence").set_value("hong_kong").run()

    calm(test)
    assert test.session_state.plan.residence == "hong_kong"
    assert "No other venue listed here yields a whole contract for this plan" in words(test)
    venues = next(table.value for table in test.dataframe if "Own futures (%)" in table.value.columns)
    assert list(venues["Venue"]) == ["✓ CME"]
    folded = next(one for one in test.expander if one.label.startswith("Venues that do not serve you"))
    assert folded.label.endswith(f"({len(VENUES) - 1})")
    assert "professional investors in Hong Kong (Securities and Futures Commission" in words(test)
    assert "does not serve you where you live" in words(test)


def test_a_margin_of_ones_own_can_be_stated_and_cleared() -> None:
    test = on_page("size", LAYER1, opened="change_margin")
    key = f"margin_initial_{b'Coinbase Derivatives:SLP'.hex()}"
    test.number_input(key=key).set_value(60.0).run()

    calm(test)
    own = {"Coinbase Derivatives:SLP": OwnMargin(initial=0.6, maintenance=0.6)}
    assert test.session_state.plan.overrides.margins == own
    test.number_input(key=key).set_value(None).run()
    calm(test)
    assert test.session_state.plan.overrides.margins == {}


def test_liquidity_of_ones_own_can_be_stated_and_cleared_and_stages_are_kept_in_the_plan() -> None:
    test = on_page("size", LAYER1.with_overrides(costs=new_costs()), opened="change_cost")
    name = "Coinbase Derivatives:ETP"
    volume, spread = (f"liquidity_{field}_{name.encode().hex()}" for field in ("daily_volume", "half_spread_rate"))
    test.number_input(key=volume).set_value(2_000_000.0).run()
    test.number_input(key=spread).set_value(0.2).run()
    test.selectbox(key="ticket_stages").set_value("after_fall").run()

    calm(test)
    kept = test.session_state.plan
    assert kept.overrides.costs.liquidity == {name: OwnLiquidity(half_spread_rate=0.002, daily_volume=2e6)}
    assert kept.decisions.stages == Stages(parts=3, rule="after_fall")
    test.button(key="why_cost").click().run()
    shown = words(test).replace("\\", "")
    assert "it trades $2,000,000 per day (stated by you)" in shown
    test.run()
    assert "Stage 2 of 3: when ETH has fallen 5.0% from today" in shown
    for key in (volume, spread):
        test.number_input(key=key).set_value(None).run()
    calm(test)
    assert test.session_state.plan.overrides.costs.liquidity == {}


def test_a_future_that_ends_tomorrow_is_answered_on_the_size_page(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = SampleSource().snapshot()
    listed = dataclasses.replace(
        catalogue().get("OKX:ETH-USDT-SWAP"),
        code="ETH-USDT-261102",
        kind="future",
        expiry="dated",
        expires_on=sample.as_of.date() + timedelta(days=1),
    )
    monkeypatch.setattr(prices, "market", lambda plan: dataclasses.replace(sample, contracts=(listed,)))
    plan = HedgePlan(holdings=(Holding(coin="ETH", quantity=5.0),)).with_decisions(venue="OKX", collateral=9_000.0)

    test = on_page("size", plan.with_overrides(contract_choice={"ETH": listed.id}))

    calm(test)
    assert "OKX:ETH-USDT-261102 expires in 1 day. Choose a contract that expires later." in words(test).replace(
        "\\", ""
    )
    test.button(key="why_cost").click().run()
    assert "Rolled before it ends (02 Nov 2026" in words(test).replace("\\", "")


def test_the_report_is_offered_where_there_is_something_to_report() -> None:
    assert "Report (HTML)" not in [button.label for button in app(opened="file_box").get("download_button")]
    assert "Report (HTML)" not in [button.label for button in app(LAYER1).get("download_button")]

    test = app(LAYER1, opened="file_box")

    calm(test)
    labels = [button.label for button in test.get("download_button")]
    assert "Report (HTML)" in labels
    assert "Scenario table (CSV)" in labels
    assert labels.index("Save plan (JSON)") < labels.index("Report (HTML)")


def test_the_report_is_made_only_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[HedgePlan] = []
    files = [file._replace(make=lambda result: made.append(result.plan) or "") for file in sidebar.FILES]
    monkeypatch.setattr(sidebar, "FILES", files)

    calm(app(LAYER1, opened="file_box"))

    assert made == []


@pytest.mark.parametrize(("typed", "read"), [("1,5", 1.5), ("1.000,50", 1_000.5), ("1 000", 1_000.0), ("2", 2.0)])
def test_a_quantity_is_typed_as_text_and_read_in_any_notation(typed: str, read: float) -> None:
    test = on_page("bag", HedgePlan(holdings=(Holding(coin="LINK", quantity=100),)))
    test.session_state.bag_rows = [{"coin": "SOL", "quantity": typed, "role": "hold"}]
    test.session_state.bag_version += 1
    test.run()
    calm(test)

    assert bag_rows_read(test) == [("SOL", read)]
    assert f"{read:,.8g} SOL = " in words(test).replace("\\", "")


def bag_rows_read(test: AppTest) -> list[tuple[str, float]]:
    from pages.ui.session.bag_rows import read_rows

    _, read = read_rows(test.session_state.bag_rows, test.session_state.plan)
    return [(holding.coin, holding.quantity) for holding in read.holdings]


def test_the_preview_shows_dollars_shares_and_what_changes_in_the_bag() -> None:
    test = on_page("bag", HedgePlan(holdings=(Holding(coin="SOL", quantity=100), Holding(coin="ETH", quantity=2))))
    test.text_area(key="bag_paste").set_value("SOL 80\nLINK 100").run()
    calm(test)

    frame = next(element.value for element in test.dataframe if "Dollars" in element.value.columns)
    assert list(frame["Change"]) == ["-20", ""]
    assert frame["Dollars"].iloc[0] == "$11,840"
    assert "In your bag but not in this table: ETH." in words(test).replace("\\", "")


def test_a_question_is_confirmed_before_the_table_is_taken() -> None:
    test = on_page("bag", LAYER1)
    test.text_area(key="bag_paste").set_value("SOL 1.000\nLINK 2.500").run()
    calm(test)
    assert test.button(key="bag_replace").disabled
    test.checkbox(key="bag_checked").check().run()
    test.button(key="bag_replace").click().run()

    assert {h.coin: h.quantity for h in test.session_state.plan.holdings} == {"SOL": 1.0, "LINK": 2.5}


def test_a_table_that_is_refused_offers_its_columns() -> None:
    test = on_page("bag", LAYER1)
    test.text_area(key="bag_paste").set_value("foo,bar\nSOL,$5\n").run()
    calm(test)

    assert "This table cannot be read" in words(test)
    assert "foo" in test.selectbox(key="map_coin").options
