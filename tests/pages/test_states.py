"""What pages say in unusual states: nothing short, too large, many orders, only options, no prices.

A sentence that holds for a hedge is false where there is none, and a message has to name a way out.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec
from streamlit.testing.v1 import AppTest

from hedge_core import HedgePlan, Holding, assess, load_plan
from hedge_core.plan.fills import Fill
from hedge_core.reports.ticket.filled import with_filled
from hedge_core.reports.ticket.tickets import opening_ticket
from pages.ui.bag import import_table
from pages.ui.parts import elements
from pages.ui.parts.format import usd
from pages.ui.session import prices
from tests.pages.test_pages import app, calm, on_page, words

LAYER1 = load_plan(Path(__file__).parents[2] / "examples" / "layer1_bag.json")
UNHEDGED = LAYER1.with_decisions(risk_accepted=1.0)
LARGE = HedgePlan(
    holdings=(Holding(coin="SOL", quantity=60_000.0), Holding(coin="LINK", quantity=400_000.0))
).with_decisions(collateral=12_000_000.0)
COINS = "BTC ETH SOL XRP BNB ADA DOGE AVAX LINK DOT LTC".split()


def many_orders() -> HedgePlan:
    """$4,000 of each coin, so that each gets at least one order."""
    market = prices.sample_market()
    holdings = tuple(Holding(coin=coin, quantity=round(4_000.0 / market.price(coin), 4)) for coin in COINS)
    return HedgePlan(holdings=holdings).with_decisions(collateral=60_000.0)


def said(page: str, plan: HedgePlan) -> str:
    test = on_page(page, plan)
    calm(test)
    return words(test).replace("\\", "")


@pytest.mark.parametrize(
    ("page", "holds"),
    [
        ("bag", "none of it is hedged"),
        ("risk", "Nothing is hedged: a 30% fall of the coins that can be hedged costs you"),
        ("proxy", "Nothing is sold short, so there is no hedge to grade."),
        ("size", "Nothing is sold: your target is 0%."),
        ("scenarios", "nothing is sold short"),
        ("monitor", "Nothing is open yet, and the plan has no order to send."),
    ],
)
def test_a_plan_that_shorts_nothing_is_not_told_what_its_short_does(page: str, holds: str) -> None:
    text = said(page, UNHEDGED)

    assert holds in text
    for false in ("Grade", "with the short", "the short costs you", "short contracts then move", "enter the cash"):
        assert false not in text


def test_what_keeps_an_order_from_being_sold_is_named() -> None:
    assert "your collateral opens no contract" in said("size", LAYER1.with_decisions(collateral=0.0))
    own = {leg.contract.id: 0 for leg in assess(LAYER1, prices.sample_market()).legs}
    assert "you set every count to 0" in said("size", LAYER1.with_overrides(lots=own))
    stable = HedgePlan(holdings=(Holding(coin="USDC", quantity=1_000.0),))
    assert "nothing in your bag can be hedged" in said("size", stable)
    small = HedgePlan(holdings=(Holding(coin="SOL", quantity=0.2),))
    assert "no whole contract fits this plan" in said("size", small)
    assert "the reasons are below" in said("plan", small)


@pytest.mark.parametrize("is_long", [False, True])
def test_each_row_whose_count_the_cash_changes_says_how_many_are_wanted(is_long: bool) -> None:
    """Also the rows that are folded; a row with the wanted count says nothing of it."""
    coins = COINS if is_long else COINS[:3]
    plan = replace(many_orders(), holdings=many_orders().holdings[: len(coins)])
    plan = plan.with_decisions(rounding="optimal", collateral=1_500.0 * len(coins) / 3)
    result = assess(plan, prices.sample_market())
    changed = [leg for leg in result.legs if leg.contracts != leg.wanted_contracts]

    test = on_page("size", plan)

    calm(test)
    rows = [markdown.value for markdown in test.markdown if " wanted; " in markdown.value]
    assert 0 < len(changed) == len(rows)
    assert [leg for leg in changed if not any(f"[{abs(leg.wanted_contracts):,} wanted; " in row for row in rows)] == []


def test_cash_that_opens_the_full_hedge_but_survives_no_rally_is_not_said_to_open_nothing() -> None:
    """Every page names one figure for the full hedge: what opens it and survives the rally."""
    plan = many_orders().with_decisions(rounding="optimal", rally_to_survive=0.25)
    wanted = assess(plan, prices.sample_market()).margin_wanted.initial
    plan = plan.with_decisions(collateral=math.ceil(1.05 * wanted))
    result = assess(plan, prices.sample_market())
    assert result.is_limited
    assert result.margin.collateral is not None
    assert wanted < result.margin.collateral < result.cash_for_wanted

    test = on_page("scenarios", plan)
    test.button_group(key="scenario_view").set_value("Thousands of paths").run()
    calm(test)
    text = words(test).replace("\\", "")
    assert f"is too little for the full hedge: that needs {usd(result.cash_for_wanted)}." in text
    assert "open the full hedge" not in text
    assert "open this hedge in full" not in text

    risk = on_page("risk", plan)
    calm(risk)
    assert {metric.label: metric.value for metric in risk.metric}["To open in full"] == usd(wanted)
    assert "**Advised:** for the full hedge, post" in words(risk)


def test_every_page_counts_in_the_units_of_the_order_form() -> None:
    """At OKX a lot is a hundredth of a contract of 0.1 ETH: what the form takes is 12.34, and never 1,234."""
    plan = HedgePlan(holdings=(Holding(coin="ETH", quantity=10.0),)).with_decisions(venue="OKX", collateral=50_000.0)
    plan = plan.with_overrides(lots={"OKX:ETH-USDT-SWAP": 1_234})
    (order,) = opening_ticket(assess(plan, prices.sample_market())).orders
    assert (order.lots, order.quantity) == (1_234, 12.34)

    for page in ("plan", "size", "monitor"):
        test = on_page(page, plan)
        calm(test)
        boxes, frames = [box.label for box in test.checkbox], [frame.value.to_string() for frame in test.table]
        text = "\n".join([words(test), *boxes, *frames])
        assert "12.34" in text, page
        assert "1,234" not in text, page
    assert "**Sell short 12.34** ETH" in said("size", plan)
    assert "0.1 ETH each; steps of 0.01" in said("size", plan)
    assert "You have set the number of contracts: OKX:ETH-USDT-SWAP 12.34 (the target rounds to 50)." in said(
        "size", plan
    )


def test_a_coin_whose_own_future_is_not_sold_is_not_said_to_be_covered() -> None:
    """Cash for a few contracts: the proxy page says on which coins none is sold."""
    plan = many_orders().with_decisions(rounding="optimal", rally_to_survive=0.25, collateral=6_000.0)
    result = assess(plan, prices.sample_market())
    sold = {leg.underlying for leg in result.traded_legs}
    unsold = [one.holding.coin for one in result.hedged_coins if one.route == "own future" and one.proxy not in sold]
    assert 0 < len(unsold) < len(result.hedged_coins)

    test = on_page("proxy", plan)

    calm(test)
    said = [mark.value for mark in test.markdown]
    assert said.count("none sold") == len(unsold)
    assert "covered" in said
    assert "so there is no proxy to trust" not in words(test)
    assert "none is sold on " in words(test)


def test_orders_too_large_for_their_market_offer_the_counts_that_pass() -> None:
    test = on_page("size", LARGE)
    calm(test)
    assert "too large for what is traded there" in words(test)
    passing = opening_ticket(assess(LARGE, prices.sample_market())).passing
    assert list(passing) == ["Coinbase Derivatives:LNP"]

    test.button(key="take_passing").click().run()

    calm(test)
    assert test.session_state.plan.overrides.lots == passing
    assert opening_ticket(assess(test.session_state.plan, prices.sample_market())).refused == ()
    assert "too large to send" in said("monitor", LARGE)


@pytest.mark.parametrize("page", ["plan", "size", "monitor"])
def test_many_orders_show_the_largest_and_fold_the_rest(page: str) -> None:
    plan = many_orders()
    count = len(opening_ticket(assess(plan, prices.sample_market())).orders)
    assert count > elements.MOST_ORDERS + 1

    test = on_page(page, plan)

    calm(test)
    most = elements.MOST_TO_CHANGE if page == "size" else elements.MOST_ORDERS
    assert f"{count - most} more orders" in [box.label for box in test.expander]


def test_the_table_of_the_bag_names_three_of_many_proxies_and_counts_the_others() -> None:
    market = prices.sample_market()
    holdings = tuple(Holding(coin=coin, quantity=round(1e6 / market.price(coin), 4)) for coin in (*COINS, "UNI"))
    plan = HedgePlan(holdings=holdings)
    uni = next(held for held in assess(plan, market).held_coins if held.holding.coin == "UNI")
    assert len(uni.proxies) > 4

    table = on_page("bag", plan).dataframe[0].value

    (row,) = (row for row in table.itertuples() if row.coin == "UNI")
    assert row.hedged_by == f"{uni.proxies[0]}, {uni.proxies[1]}, {uni.proxies[2]} +{len(uni.proxies) - 3}"


def test_orders_that_nothing_asks_for_can_be_ticked_when_they_were_traded_anyway() -> None:
    """With two of its orders filled and cash for no more, the plan asks for no trade."""
    market = prices.sample_market()
    whole = assess(LAYER1, market)
    filled = with_filled(whole, opening_ticket(whole).orders[:2], market.as_of)

    test = on_page("monitor", filled.with_decisions(collateral=6_000.0))
    test.button_group(key="monitor_view").set_value("Position").run()

    calm(test)
    assert "Made another trade? Tick it here" in [box.label for box in test.expander]
    assert any("SUP" in box.label for box in test.checkbox)


PUT = Fill(
    at=prices.sample_market().as_of - timedelta(days=3),
    contract="Deribit:ETH_USDC-25DEC26-2400-P",
    side="buy",
    contracts=30,
    price=80.0,
)


def test_where_only_options_are_held_pages_do_not_speak_of_a_short() -> None:
    plan = replace(LAYER1, execution=replace(LAYER1.execution, fills=(PUT,)))
    sold = replace(
        plan, execution=replace(plan.execution, fills=(PUT, replace(PUT, at=prices.sample_market().as_of, side="sell")))
    )

    assert "with your hedge, options included, your result is" in said("risk", plan)
    assert "Only your options are open: 7 orders are waiting to be sent." in said("monitor", plan)
    assert "No trade is needed" not in said("plan", plan)
    assert "Only your options are open, and the plan has no order to send." in said(
        "monitor", plan.with_decisions(risk_accepted=1.0)
    )
    assert "Nothing is open yet: 7 orders are waiting to be sent." in said("monitor", sold)


def test_the_moves_of_shorts_and_options_are_those_of_the_hedge() -> None:
    market = prices.sample_market()
    whole = assess(LAYER1, market)
    shorts = with_filled(whole, opening_ticket(whole).orders, market.as_of)
    both = replace(shorts, execution=replace(shorts.execution, fills=(*shorts.execution.fills, PUT)))

    assert "The coins of your hedge then move" in said("scenarios", both)
    assert "The short contracts then move" in said("scenarios", shorts)


def test_a_plan_on_a_file_of_prices_that_is_not_there_offers_other_prices() -> None:
    test = app(replace(LAYER1, market="csv:mine.csv"))
    calm(test)

    test.button(key="live_to_sample").click().run()

    calm(test)
    assert test.session_state.plan.market == prices.SAMPLE


@pytest.mark.parametrize("page", ["plan", "bag"])
def test_a_button_that_has_nothing_to_read_says_so(page: str) -> None:
    test = on_page(page)
    assert import_table.NOTHING_YET not in words(test)

    test.button(key="bag_read").click().run()

    calm(test)
    assert import_table.NOTHING_YET in words(test)


def test_an_empty_file_is_said_to_be_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    empty = UploadedFile(UploadedFileRec("1", "bag.csv", "text/csv", b""), FileURLs())
    monkeypatch.setattr(import_table.st, "file_uploader", lambda *_, **__: empty)

    test = on_page("bag")

    calm(test)
    assert "is empty" in words(test)


@pytest.mark.parametrize(
    ("page", "fold", "key"),
    [
        ("size", "change_cost", "cost_fee_rate"),
        ("size", "change_margin", "collateral"),
        ("size", "change_rolls", "size_roll_days"),
        ("risk", "calendar", "event_title"),
        ("risk", "story", "check_unlock"),
        ("risk", "signals", "record_coin"),
    ],
)
def test_what_is_folded_is_drawn_when_it_is_opened(page: str, fold: str, key: str) -> None:
    def keys(test: AppTest) -> set[str | None]:
        kinds = ("number_input", "text_input", "checkbox", "selectbox")
        return {widget.key for kind in kinds for widget in test.get(kind)}

    folded, opened = on_page(page, LAYER1), on_page(page, LAYER1, opened=fold)

    calm(opened)
    assert key in keys(opened)
    assert key not in keys(folded)


def test_where_cash_opens_part_of_the_hedge_the_margin_of_all_of_it_is_called_that() -> None:
    """The Size page says what the orders need to open; that is another figure and has another name."""
    for plan, label in (
        (LAYER1, "Needed to open"),
        (LAYER1.with_decisions(collateral=6_000.0), "To open in full"),
    ):
        test = on_page("risk", plan)
        calm(test)
        assert label in [metric.label for metric in test.metric]


def test_without_cash_no_level_is_named_at_which_the_plan_would_be_liquidated() -> None:
    market = prices.sample_market()
    plan = LAYER1.with_decisions(collateral=None)
    result = assess(plan, market)
    filled = with_filled(result, opening_ticket(result).orders[:2], market.as_of)

    assert "to open." in said("risk", filled)
    assert "liquidated at –" not in said("risk", filled)
    assert "Plan: –" not in said("size", filled)
