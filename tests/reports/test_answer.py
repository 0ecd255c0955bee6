"""The plan in two sentences, with the figures of the scenario and of the account."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from hedge_core import HedgePlan, Holding, MarketSnapshot, Shock, assess, load_plan, run_scenario
from hedge_core.hedge.margin import margin_requirement
from hedge_core.hedge.months import net_by_month
from hedge_core.reports.answer import answer, level, liquidated
from hedge_core.text import signed_usd, usd


def test_the_lead_says_what_a_crash_costs_with_and_without_the_hedge(examples: Path, sample: MarketSnapshot) -> None:
    result = assess(load_plan(examples / "layer1_bag.json"), sample)
    crash = run_scenario(result, Shock(move=-0.2, of="market"))

    found = answer(result)

    assert found.lead == f"A 20% crash costs you {usd(-crash.net_pnl)} instead of {usd(-crash.bag_pnl)}."
    assert found.crash == crash


def test_the_lead_can_be_that_of_a_bag_of_another_value(examples: Path, sample: MarketSnapshot) -> None:
    result = assess(load_plan(examples / "layer1_bag.json"), sample)
    crash = answer(result).crash

    assert answer(result, per=100.0).lead == (
        f"A 20% crash costs you ${-100 * crash.net_pnl / result.bag_value:.0f} instead of "
        f"${-100 * crash.bag_pnl / result.bag_value:.0f}."
    )


def test_the_terms_name_the_cash_both_liquidation_levels_and_both_months(
    examples: Path, sample: MarketSnapshot
) -> None:
    plan = load_plan(examples / "layer1_bag.json").with_decisions(collateral=20_000.0, reserve=10_000.0)
    result = assess(plan, sample)
    betas = [result.market_betas.of(leg.underlying) for leg in result.traded_legs]
    less, more = (margin_requirement(result.traded_legs, cash).rally_along(betas) for cash in (20_000.0, 30_000.0))
    net = net_by_month(result)

    assert net is not None
    assert more is not None
    assert less is not None
    assert answer(result).terms == (
        f"Post $20,000 and keep $10,000 ready: liquidated at +{math.floor(100 * less)}% "
        f"(+{math.floor(100 * more)}% with the reserve). "
        f"First month {signed_usd(net.first)}, then {signed_usd(net.later)}."
    )


def test_without_cash_a_short_or_a_coin_to_hedge_the_answer_says_so(examples: Path, sample: MarketSnapshot) -> None:
    plan = load_plan(examples / "layer1_bag.json")
    unfunded = answer(assess(plan.with_decisions(collateral=None), sample))
    assert unfunded.terms.startswith("Enter your cash to see where you would be liquidated.")

    bare = answer(assess(plan.with_decisions(risk_accepted=1.0), sample))
    assert bare.lead.endswith(": nothing is hedged yet.")
    assert bare.terms == ""

    cash = answer(assess(HedgePlan(holdings=(Holding(coin="USDC", quantity=5.0),)), sample))
    assert cash.lead == "None of your coins can be hedged."


def test_a_crash_that_earns_money_is_not_called_a_cost(examples: Path, sample: MarketSnapshot) -> None:
    bag = HedgePlan(holdings=(Holding(coin="SOL", quantity=21.0),))
    result = assess(bag.with_decisions(rounding="up", risk_accepted=0.0), sample)
    crash = run_scenario(result, Shock(move=-0.2, of="market"))
    assert crash.net_pnl > 0.5

    assert (
        answer(result).lead == f"A 20% crash earns you {usd(crash.net_pnl)} instead of costing {usd(-crash.bag_pnl)}."
    )


@pytest.mark.parametrize("stem", ["layer1_bag", "novacoin", "altcoin_x", "novacoin_as_printed"])
def test_each_sentence_has_at_most_25_words(examples: Path, sample: MarketSnapshot, stem: str) -> None:
    found = answer(assess(load_plan(examples / f"{stem}.json"), sample))

    assert all(len(sentence.split()) <= 25 for sentence in (*found.lead.split(". "), *found.terms.split(". ")))


def test_a_liquidation_level_is_rounded_down() -> None:
    assert (level(0.419), level(0.07), level(0.0), level(math.inf), level(None)) == ("+41%", "+7%", "+0%", "never", "–")
    assert (level(0.0029), level(0.0004)) == ("+0.2%", "+0.0%")
    assert (liquidated(0.419), liquidated(math.inf)) == ("liquidated at +41%", "no rally liquidates you")


def test_the_months_can_be_said_alone_and_to_the_cent(examples: Path, sample: MarketSnapshot) -> None:
    result = assess(load_plan(examples / "layer1_bag.json"), sample)
    net = net_by_month(result)
    assert net is not None

    assert answer(result).terms.endswith(f" {answer(result).months}")
    assert answer(result, cents=True).months == f"First month +${net.first:,.2f}, then +${net.later:,.2f}."
