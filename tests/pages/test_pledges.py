"""Coins as margin on the Risk page: chosen, sized and kept, and nothing typed is lost when another coin is added."""

from __future__ import annotations

from hedge_core import HedgePlan
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, Pledge
from tests.pages.test_pages import calm, on_page, words
from tests.pages.test_why import metrics

PLAN = HedgePlan(
    holdings=(Holding(coin="SOL", quantity=100.0), Holding(coin="AVAX", quantity=500.0)),
    decisions=Decisions(venue="OKX", collateral=2_000.0, approach="coin_by_coin"),
)


def test_coins_are_chosen_on_risk_and_what_was_typed_stays_when_another_is_added():
    page = on_page("risk", PLAN)
    page.multiselect(key="margin_coins").set_value(["AVAX"]).run()
    page.number_input(key="margin_share_AVAX").set_value(40.0).run()
    page.number_input(key="margin_haircut_AVAX").set_value(25.0).run()
    page.multiselect(key="margin_coins").set_value(["AVAX", "SOL"]).run()

    calm(page)
    assert page.session_state.plan.decisions.pledges == {"AVAX": Pledge(share=0.4, haircut=0.25), "SOL": Pledge()}
    assert page.number_input(key="margin_share_AVAX").value == 40.0
    assert "count as margin besides" in words(page)
    assert "as you stated it" in words(page)
    page.multiselect(key="margin_coins").set_value([]).run()
    assert page.session_state.plan.decisions.pledges == {}


def test_the_inputs_of_pledged_coins_are_folded_and_what_these_count_for_is_not():
    page = on_page("risk", PLAN.with_decisions(pledges={"AVAX": Pledge()}))

    calm(page)
    (fold,) = (one for one in page.expander if one.label == "Coins of your bag as margin")
    assert not fold.proto.expanded
    assert "AVAX worth" in words(page)
    assert not [said for said in fold.markdown if "AVAX worth" in said.value]


def test_the_cash_of_a_scenario_is_what_pledged_coins_do_not_cover():
    """500 AVAX are pledged and open more: of what that takes, the $2,000 posted are all the cash that is needed."""
    page = on_page("scenarios", PLAN.with_decisions(pledges={"AVAX": Pledge()}))

    (needed,) = (value for label, (value, _) in metrics(page).items() if label.startswith("Cash needed"))
    assert needed == "$2,000"
    assert r"posted \$2,000 beside your AVAX" in words(page)


def test_a_venue_that_takes_no_coins_says_so_before_one_is_chosen():
    taken, none = (words(on_page("risk", PLAN.with_decisions(venue=name))) for name in ("OKX", "Coinbase Derivatives"))

    assert "Coins held at the venue count as margin too" in taken
    assert "Coinbase Derivatives takes no coins as margin, as far as known here." in none
    assert "Coins held at the venue count as margin too" not in none


def test_where_pledged_coins_carry_the_account_a_rally_is_not_said_to_need_no_dollars():
    page = on_page("plan", PLAN.with_decisions(collateral=500.0, pledges={"AVAX": Pledge(), "SOL": Pledge()}))
    risk = on_page("risk", PLAN.with_decisions(collateral=500.0, pledges={"AVAX": Pledge(), "SOL": Pledge()}))

    calm(page)
    assert "What hurts most" not in words(page)
    assert "What hurts most" in words(on_page("plan", PLAN))
    assert "no 30-day period needed any cash." in words(risk)
