"""Why this number: what a derivation says is what the assessment holds, and what a pocket calculator finds.

By hand, NovaCoin: 10,000 × $1 = $10,000; × beta 1.8 = $18,000; × 70% = $12,600; one contract 0.1 × $2,000 = $200;
12,600 / 200 = 63. Short $12,600 / $18,000 = 70%, so (1 − 0.7) × $10,000 = $3,000 stays unhedged. With $2,646 of
collateral at 1% maintenance: (2,646 − 126) / (12,600 + 126) = 2,520 / 12,726 = 19.802%; then the loss is $2,495.05,
left is $150.95, and 1% of $12,600 × 1.19802 is the same.
Altcoin X, dollar for dollar: $5,000 × 50% = $2,500 = 25 × $100; 2,500 / (5,000 × 1.5) = 33.3%.
Divided by beta: 10,000 / 1.8 × 70% = $3,888.89 = 19.44 × $200, so 19.
"""

from __future__ import annotations

import dataclasses
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies as st

from hedge_core.documents.link.link import hide_amounts
from hedge_core.documents.link.pin import pinned_market
from hedge_core.documents.link.pinning import pin_of
from hedge_core.documents.plan_file import load_plan
from hedge_core.hedge.account import MarginTable
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.planner import assess
from hedge_core.market.contracts import CustomContract, MarginTier, catalogue
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import CostAssumptions, Decisions, HedgePlan, Overrides
from hedge_core.reports.why import Derivation, derivations
from hedge_core.reports.why.step import MOST_LINES
from hedge_core.text import digits, dollars, exact_percent, unit_price
from tests.support.markets import PRICES, make_market
from tests.support.strategies import tradable_plans

MARKET = make_market(seed=1)
EQUATION = re.compile(r"^(?:.*?: )?([^=A-Za-z]*\d[^=A-Za-z]*) = (\S+)(?: \(.*\))?$")
TIERS = (MarginTier(0.0, 0.02, 0.01), MarginTier(10_000.0, 0.04, 0.02), MarginTier(50_000.0, 0.1, 0.05))


def holding(coin: str, usd: float, role: str = "hold") -> Holding:
    return Holding(coin=coin, quantity=usd / PRICES[coin], role=role)  # type: ignore[arg-type]


def stored(assessment: HedgeAssessment) -> list[float | None]:
    """The assessment's own numbers, in the order of the derivations."""
    legs = [
        number
        for leg in assessment.legs
        for number in (leg.target_notional, leg.exact_contracts, float(abs(leg.contracts)))
    ]
    costs, cash = assessment.costs, assessment.cash_cost
    opening = (costs.fees - costs.rolls) / 2.0
    first_month = (costs.carry - costs.rolls - cash) * 30.0 / costs.horizon_days - opening
    return [
        assessment.bag_value,
        assessment.hedgeable_value,
        assessment.hedge_ratio,
        *legs,
        assessment.achieved_hedge_ratio,
        assessment.residual_exposure,
        assessment.margin.initial,
        assessment.market_rally_survived if assessment.margin.legs else None,
        costs.carry_a_month if costs.is_carry_known else None,
        costs.fees,
        first_month if costs.is_carry_known else None,
    ]


def calculated(text: str) -> float:
    """What a pocket calculator finds for one side of a step."""
    plain = text.replace("$", "").replace(",", "").replace("×", "*").replace("−", "-").replace("½", "0.5")
    plain = re.sub(r"([\d.]+)%", r"(\1/100)", plain).replace("√", "math.sqrt")
    assert re.fullmatch(r"(math\.sqrt|[\d.*/()+ -])*", plain), text
    return float(eval(plain, {"math": math}))


def equations(derivation: Derivation) -> list[re.Match[str]]:
    return [found for step in derivation.steps if (found := EQUATION.match(step))]


def terms(text: str) -> float:
    """The largest number in a side: rounding of what is shown counts in proportion to it."""
    return max(abs(calculated(number)) for number in re.findall(r"[\d.,]+%?", text))


def check(assessment: HedgeAssessment) -> tuple[Derivation, ...]:
    """Values are those of the assessment, texts are clean, and each step is right on a calculator."""
    found = derivations(assessment)
    numbers = stored(assessment)
    assert len(found) == len(numbers)
    for derivation, number in zip(found, numbers, strict=True):
        if number is None:
            assert derivation.value is None, derivation
            continue
        rough = 1e-9 * max(1.0, assessment.hedgeable_value if derivation.name == "Left unhedged" else 1.0)
        assert derivation.value == pytest.approx(number, rel=1e-9, abs=rough), derivation
    check_steps(found)
    return found


def check_steps(found: tuple[Derivation, ...]) -> None:
    """Texts are clean, and each step is right on a calculator."""
    for derivation in found:
        texts = [derivation.name, derivation.formula, derivation.result, *derivation.steps]
        assert derivation.steps
        for text in texts:
            assert text.strip()
            assert not re.search(r"\b(nan|inf|None)\b|\d[eE][+-]?\d|[^ ]=|–\d", text), text
            for number_text in re.findall(r"\d[\d,]*\.\d{4,}", text):
                assert len(number_text.replace(",", "").replace(".", "").lstrip("0")) <= 8, text
        assert len(equations(derivation)) == sum(" = " in step for step in derivation.steps), derivation
        for equation in equations(derivation):
            left, right = equation.groups()
            room = 1e-6 * terms(left) + 2e-4 * abs(calculated(right)) + 0.02 * ("." in right)
            assert calculated(left) == pytest.approx(calculated(right), abs=room), equation[0]
    assert len({derivation.name for derivation in found}) == len(found)


def by_name(found: tuple[Derivation, ...], start: str) -> Derivation:
    return next(derivation for derivation in found if derivation.name.startswith(start))


# ---------------------------------------------------------------------------------------------- by hand


def test_novacoin_can_be_followed_line_by_line(examples):
    plan = load_plan(examples / "novacoin.json").with_decisions(collateral=2_646.0)

    found = check(assess(plan, MARKET))

    said = [(d.name, d.result) for d in found[:8]]
    assert said == [
        ("Bag", "$10,000"),
        ("To hedge", "$10,000"),
        ("Hedge ratio", "70.0%"),
        ("Target in ETH (My contracts:MICRO-ETH)", "$12,600"),
        ("Exact contracts of My contracts:MICRO-ETH", "63.000"),
        ("Whole contracts of My contracts:MICRO-ETH", "63 short"),
        ("Hedged (achieved hedge ratio)", "70.0% (target 70.0%)"),
        ("Left unhedged", "$3,000"),
    ]
    assert found[0].steps[0] == "NOVA: 10,000 × $1.00 = $10,000.00 (your price)"
    assert found[2].steps == ("Hedge ratio: 1 − 30% = 70%",)
    assert found[3].steps == (
        "NOVA: $10,000.00 × 1.8 = $18,000.00 (beta to ETH, set by you)",
        "Times the hedge ratio: $18,000.00 × 70% = $12,600.00",
    )
    assert found[4].steps == (
        "One contract: 0.1 × $2,000.00 = $200.00 (0.1 ETH at its price)",
        "Contracts: $12,600.00 / $200.00 = 63",
    )
    assert found[6].steps[-1] == "Hedged: $12,600.00 / $18,000.00 = 70%"
    assert found[7].steps == ("Left unhedged: (1 − 70%) × $10,000.00 = $3,000.00",)
    rally = by_name(found, "Survives")
    btc, eth = (np.diff(MARKET.history.of(coin)) / MARKET.history.of(coin)[:-1] for coin in ("BTC", "ETH"))
    beta = np.polyfit((btc[-365:] + eth[-365:]) / 2.0, eth[-365:], 1)[0]
    assert rally.value == pytest.approx(2_520 / (12_726 * beta))
    doubled, rate = 12_600 * beta, 2_520 / (12_726 * beta)
    assert rally.steps[0].startswith(f"My contracts:MICRO-ETH: $12,600.00 × {beta:.4f} = ${doubled:,.2f}")
    assert rally.steps[-4].startswith(f"Rally: ($2,646.00 − $126.00) / (${doubled:,.2f} + ${126 * beta:,.2f}) = ")
    left = f"${126 + 126 * beta * rate:,.2f}"
    assert left == "$150.95"
    assert rally.steps[-2] == f"Check, collateral left: $2,646.00 − $2,495.05 = {left}"
    assert rally.steps[-1].endswith(f"= {left} (the same)")


@pytest.mark.parametrize(
    ("name", "exact", "whole", "hedged", "line"),
    [
        ("altcoin_x", 25.0, 25.0, 1 / 3, "ALTX: $5,000.00"),
        ("novacoin_as_printed", 19.4444444444, 19.0, 3_800 / 18_000, "NOVA: $10,000.00 / 1.8 = $5,555.56"),
    ],
)
def test_the_other_methods_by_hand(examples, name, exact, whole, hedged, line):
    found = check(assess(load_plan(examples / f"{name}.json"), MARKET))

    assert by_name(found, "Exact").value == pytest.approx(exact)
    assert by_name(found, "Whole").value == whole
    assert by_name(found, "Hedged").value == pytest.approx(hedged)
    assert by_name(found, "Target").steps[0].startswith(line)


def test_a_tie_goes_to_the_fewer_contracts(examples):
    plan = load_plan(examples / "altcoin_x.json").with_decisions(method="beta_weighted")

    assert "37.5 rounded to the nearest: 37" in by_name(check(assess(plan, MARKET)), "Whole").steps


# ------------------------------------------------------------------------------------------- every plan


@given(plan=tradable_plans(), seed=st.integers(0, 3), knows_funding=st.booleans())
def test_every_figure_is_the_assessments_own_and_every_step_is_right(plan, seed, knows_funding):
    check(assess(plan, make_market(seed=seed, funding_rate_a_day=0.0003 if knows_funding else None)))


@pytest.mark.parametrize("approach", ["recommended", "bag_level", "coin_by_coin"])
@pytest.mark.parametrize("method", ["beta_weighted", "notional", "guide_divided"])
@pytest.mark.parametrize("rounding", ["nearest", "down", "up", "optimal"])
def test_each_approach_method_and_rounding(approach, method, rounding):
    plan = HedgePlan(
        holdings=tuple(holding(coin, 9_000.0) for coin in ("BTC", "ETH", "UNI", "LINK", "AVAX")),
        decisions=Decisions(approach=approach, method=method, rounding=rounding, collateral=30_000.0),
    )
    result = assess(plan, MARKET)
    assert (result.optimum is not None) is (rounding == "optimal")

    found = check(result)

    assert sum(len(equations(derivation)) for derivation in found) > 20
    how = {"nearest": "nearest", "down": "down", "up": "up", "optimal": "together"}[rounding]
    assert all(how in derivation.formula for derivation in found if derivation.name.startswith("Whole"))


def test_where_the_joint_optimum_is_not_known_each_contract_is_rounded_alone():
    plan = HedgePlan(
        holdings=(holding("SOL", 9_000.0), holding("ETH", 9_000.0)), decisions=Decisions(rounding="optimal")
    )
    result = assess(plan, make_market(young={"SOL": 10}))
    assert result.optimum is None

    found = check(result)

    assert "each contract is rounded alone" in by_name(found, "Whole").steps[1]
    assert by_name(found, "Hedged").steps[0].startswith("Assumed: too little common history")


def test_scarce_collateral_is_said_to_limit_the_joint_optimum():
    plan = HedgePlan(
        holdings=(holding("SOL", 9_000.0), holding("ETH", 9_000.0)),
        decisions=Decisions(rounding="optimal", collateral=900.0),
    )

    found = check(assess(plan, MARKET))

    assert "Your collateral does not cover the target" in " ".join(by_name(found, "Whole").steps)


@given(plan=tradable_plans(), seed=st.integers(0, 1))
def test_a_pinned_market_gives_the_same_derivations(plan, seed):
    result = assess(plan, make_market(seed=seed))

    pinned = check(assess(plan, pinned_market(pin_of(result))))

    fresh = check(result)
    assert [d.name for d in pinned] == [d.name for d in fresh]
    for derivation, other in zip(pinned, fresh, strict=True):  # a pin rounds what it holds to a few digits
        if derivation.value is None or other.value is None:
            assert derivation.value is other.value
        else:
            room = 1e-3 * max(20.0, result.hedgeable_value if derivation.name == "Left unhedged" else 0.0)
            assert derivation.value == pytest.approx(other.value, rel=2e-3, abs=room)


@pytest.mark.parametrize("usd", [500.0, 5e7])
def test_hidden_amounts_are_derived_for_a_bag_of_a_hundred_dollars(usd):
    plan = HedgePlan(holdings=(holding("ETH", usd), holding("UNI", usd / 3), holding("SOL", usd / 7)))
    shared = hide_amounts(assess(plan, MARKET))

    found = check(assess(shared.plan, pinned_market(shared.pin)))

    assert found[0].result == "$100"
    assert found[0].value == pytest.approx(100.0)


# ------------------------------------------------------------------------------------------ special cases


def test_an_empty_bag_says_so():
    found = check(assess(HedgePlan(), MARKET))

    assert found[0].steps == ("The bag is empty.",)
    assert [d.name for d in found][3] == "Hedged (achieved hedge ratio)"
    assert by_name(found, "Fees").steps == ("Nothing is shorted.",)


def test_what_cannot_be_hedged_is_left_out_with_its_reason():
    plan = HedgePlan(
        holdings=(
            Holding(coin="NOVA", quantity=10.0),
            Holding(coin="USDC", quantity=50.0),
            holding("SOL", 100.0, "speculative"),
        ),
        overrides=Overrides(prices={"NOVA": 3.0}),
    )

    found = check(assess(plan, MARKET))

    assert found[1].steps == (
        "There is nothing to hedge.",
        "Left out, SOL: $100.00 (a trade with a stop-loss)",
        "Left out, USDC: $50.00 (a stablecoin)",
        "Left out, NOVA: $30.00 (no usable contract)",
    )


def test_without_collateral_the_rally_is_not_known_and_with_too_little_there_is_none():
    plan = HedgePlan(holdings=(holding("ETH", 50_000.0),))

    unknown = by_name(check(assess(plan, MARKET)), "Survives")
    limited = assess(plan.with_decisions(collateral=100.0), MARKET)
    whole = assess(plan, MARKET)
    margin = dataclasses.replace(whole.margin, collateral=100.0)
    first = dataclasses.replace(whole, plan=limited.plan, margin=margin)
    missing = check(first)  # as links of the first edition show it

    assert (unknown.value, unknown.result) == (None, "–")
    assert by_name(missing, "Survives").value == 0.0
    assert "your collateral is too little" in by_name(missing, "Margin").steps[-1]
    assert by_name(check(limited), "Survives").value == pytest.approx(limited.market_rally_survived)
    assert "Collateral left after opening" in by_name(check(limited), "Margin").steps[-1]


def test_coins_posted_may_outgrow_any_rally():
    plan = HedgePlan(holdings=(holding("BTC", 50_000.0),), decisions=Decisions(venue="Deribit", collateral=90_000.0))

    rally = by_name(check(assess(plan, MARKET)), "Survives")

    assert (rally.value, rally.result) == (math.inf, "any")


@pytest.mark.parametrize("collateral", [1_000.0, 9_000.0, 40_000.0, 400_000.0])
def test_a_margin_table_is_read_in_the_tiers_that_the_rally_reaches(collateral):
    listed = tuple(c.with_margin_tiers(TIERS) for c in catalogue().on("Kraken Futures", "ETH"))
    market = replace(MARKET, contracts=listed)
    plan = HedgePlan(
        holdings=(holding("ETH", 40_000.0), holding("BTC", 9_000.0)),
        decisions=Decisions(venue="Kraken Futures", collateral=collateral, risk_accepted=0.0),
    )
    result = assess(plan, market)
    assert any(len(leg.tiers) == 3 for leg in result.margin.legs)

    check(result)


def kept(tiers, notional: float) -> float:
    """Maintenance margin in brackets: each tier's rate times the part of the notional in that tier."""
    ends = [*(tier.notional_from for tier in tiers[1:]), math.inf]
    return sum(
        tier.maintenance_rate * max(0.0, min(notional, end) - (0.0 if place == 0 else tier.notional_from))
        for place, (tier, end) in enumerate(zip(tiers, ends, strict=True))
    )


@given(notional=st.floats(0.0, 1e6))
def test_brackets_and_deductions_are_the_same_margin(notional):
    assert kept(TIERS, notional) == pytest.approx(MarginTable(TIERS).maintenance(notional), rel=1e-12, abs=1e-9)


def test_what_is_assumed_or_not_known_is_said():
    plan = HedgePlan(holdings=(holding("SOL", 20_000.0),), decisions=Decisions(venue="CME", collateral=9_000.0))

    found = check(assess(plan, make_market(seed=1, futures=())))

    assert "assumed" in by_name(found, "Margin to open").steps[0]
    assert "Assumed" in by_name(found, "Survives").steps[-1]
    assert "assumed" in by_name(found, "Fees").steps[0]
    carry = by_name(found, "Carry")
    assert (carry.value, carry.result) == (None, "unknown")
    assert "unknown" in carry.steps[0]


def test_a_basis_of_a_few_days_is_counted_to_its_end():
    plan = HedgePlan(holdings=(holding("ETH", 50_000.0),), decisions=Decisions(venue="CME", horizon_days=60))
    soon = [replace(quote, expiry=quote.expiry.replace(month=2, day=9)) for quote in MARKET.futures]

    (step, *_) = by_name(check(assess(plan, make_market(seed=1, futures=soon))), "Carry").steps

    assert "× 9 / 365 × 30 / 60 =" in step


def test_a_long_bag_is_shortened():
    coins = [f"COIN{n}" for n in range(12)]
    plan = HedgePlan(
        holdings=tuple(Holding(coin=coin, quantity=n + 1.0) for n, coin in enumerate(coins)),
        overrides=Overrides(
            prices=dict.fromkeys(coins, 10.0), betas=dict.fromkeys(coins, 1.5), proxies=dict.fromkeys(coins, "ETH")
        ),
    )

    found = check(assess(plan, MARKET))

    assert found[0].steps[0] == "COIN11: 12 × $10.00 = $120.00 (your price)"
    assert found[0].steps[MOST_LINES] == "and 4 others together: $100.00"  # 10 + 20 + 30 + 40
    assert by_name(found, "Target").steps[MOST_LINES] == "and 4 others together: $150.00"


def test_an_own_contract_with_an_awkward_size_and_own_costs():
    own = CustomContract(code="TINY", underlying="ETH", coins=3.3e-7, fee_rate=0.0)
    plan = HedgePlan(
        holdings=(holding("ETH", 777.0),),
        overrides=Overrides(contracts=(own,), costs=CostAssumptions(fee_rate=0.0007, carry_rate=-0.031)),
    )

    found = check(assess(plan, MARKET))

    assert "set by you" in by_name(found, "Fees").steps[0]
    assert by_name(found, "Carry").result.startswith("−$")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (digits(63.0), "63"),
        (digits(0.0), "0"),
        (digits(1.0 / 3.0), "0.33333333"),
        (digits(1e-9), "0.000000001"),
        (digits(1.2e15), "1,200,000,000,000,000"),
        (digits(-2.5, least=2), "−2.50"),
        (unit_price(3_180.0), "$3,180.00"),
        (unit_price(0.00001234), "$0.00001234"),
        (dollars(12_720.0), "$12,720.00"),
        (dollars(-7.01443), "−$7.0144"),
        (dollars(0.00123456), "$0.001235"),
        (dollars(3e-13), "$0.00"),
        (exact_percent(0.6), "60%"),
        (exact_percent(0.0005), "0.05%"),
    ],
)
def test_numbers_to_calculate_with(text, expected):
    assert text == expected
