"""Scenarios: what bag and hedge make together, and why it is not the ideal.

By hand, NovaCoin (V = $10,000, beta 1.8, h = 0.7) and a fall of the bag by 15%: Ether falls by 15%/1.8 = 8.333%.

    63 contracts  bag −1,500.00  hedge 12,600·8.333% = +1,050.00  net −450.00, which is 30% of the loss
    19 contracts  bag −1,500.00  hedge  3,800·8.333% =   +316.67  net −1,183.33
                  gap to the ideal of −450: −733.33 = method (3,888.89 − 12,600)·8.333% = −725.93
                                                    + rounding (3,800 − 3,888.89)·8.333% =  −7.41
    35 contracts  hedge 7,000·8.333% = +583.33, 38.9% of the loss

Altcoin X, Ether −5%, beta 1.5: bag −375, hedge 25·100·5% = +125, net −250.
"""

from __future__ import annotations

import dataclasses
import math
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, strategies as st

from hedge_core.documents.link.pin import pinned_market
from hedge_core.documents.link.pinning import pin_of
from hedge_core.documents.plan_file import load_plan
from hedge_core.errors import HedgeError, InvalidInput
from hedge_core.hedge.planner import assess
from hedge_core.market.contracts import CustomContract, catalogue
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import CostAssumptions, Decisions, HedgePlan, Overrides, WhenMarginRunsOut
from hedge_core.scenarios.run import BORDER, MOVES, break_even_moves, net_grid, run_range, run_scenario, to_the_border
from hedge_core.scenarios.shocks import Shock, reachable_moves
from tests.support.markets import PRICES, make_market
from tests.support.scale import scaled
from tests.support.strategies import one_by_one, shocks, tradable_plans

MARKET = make_market(seed=1)
FREE = CostAssumptions(fee_rate=0.0, half_spread_rate=0.0, carry_rate=0.0)


def hedged_nova(collateral=None, maintenance=0.01, beta=1.8, risk=0.3, costs=FREE):
    """NovaCoin as in the docstring, the shock to be chosen."""
    contract = CustomContract(code="MICRO", underlying="ETH", coins=0.1, maintenance_margin_rate=maintenance)
    return assess(
        HedgePlan(
            holdings=(Holding(coin="NOVA", quantity=10_000),),
            decisions=Decisions(risk_accepted=risk, collateral=collateral),
            overrides=Overrides(
                prices={"NOVA": 1.0, "ETH": 2_000.0}, betas={"NOVA": beta}, contracts=(contract,), costs=costs
            ),
        ),
        MARKET,
    )


@pytest.mark.parametrize(
    ("name", "changes", "shock", "bag", "hedge", "net", "offset"),
    [
        ("novacoin", {}, Shock(move=-0.15, of="bag"), -1_500.00, 1_050.00, -450.00, 0.70),
        ("novacoin_as_printed", {}, Shock(move=-0.15, of="bag"), -1_500.00, 316.67, -1_183.33, 0.2111),
        ("novacoin", {"method": "notional"}, Shock(move=-0.15, of="bag"), -1_500.00, 583.33, -916.67, 0.3889),
        ("altcoin_x", {}, Shock(move=-0.05), -375.00, 125.00, -250.00, 0.3333),
    ],
)
def test_the_worked_examples_to_the_cent(examples, name, changes, shock, bag, hedge, net, offset):
    assessment = assess(load_plan(examples / f"{name}.json").with_decisions(**changes), MARKET)

    result = run_scenario(assessment, shock)

    assert [round(x, 2) for x in (result.bag_pnl, result.hedge_pnl, result.net_pnl)] == [bag, hedge, net]
    assert result.offset == pytest.approx(offset, abs=5e-5)
    assert result.net_after_costs == pytest.approx(result.net_pnl)
    assert result.notes == ()


def test_the_gap_of_the_guides_example_is_its_method_and_a_little_rounding(examples):
    assessment = assess(load_plan(examples / "novacoin_as_printed.json"), MARKET)

    parts = run_scenario(assessment, Shock(move=-0.15, of="bag")).attribution

    assert round(parts.method, 2) == -725.93
    assert round(parts.rounding, 2) == -7.41
    assert round(parts.total, 2) == -733.33
    assert (parts.beta, parts.basis, parts.liquidation, parts.carry, parts.fees) == pytest.approx((0, 0, 0, 0, 0))


def test_the_right_hedge_has_no_gap(examples):
    assessment = assess(load_plan(examples / "novacoin.json"), MARKET)

    assert run_scenario(assessment, Shock(move=-0.15, of="bag")).attribution.total == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("shock", "bag", "hedge"),
    [
        (Shock(move=0.0), 0.0, 0.0),
        (Shock(move=-0.1), -1_800.0, 1_260.0),
        (Shock(move=0.1), 1_800.0, -1_260.0),
        (Shock(move=-0.1, beta_shift=0.5), -2_700.0, 1_260.0),
        (Shock(move=-0.1, beta_shift=-1.0), 0.0, 1_260.0),
        (Shock(move=0.0, own_moves={"NOVA": -0.4}), -4_000.0, 0.0),
        (Shock(move=-0.1, basis_move=0.02), -1_800.0, 12_600 * 0.08),
        (Shock(move=-0.1, basis_move=-0.02), -1_800.0, 12_600 * 0.12),
        (Shock(move=-0.6), -10_000.0, 7_560.0),  # beta asks for −108%
        (Shock(move=-1.0), -10_000.0, 12_600.0),
        (Shock(move=-1.0, basis_move=-0.3), -10_000.0, 12_600.0),
        (Shock(move=0.1, of="bag"), 1_000.0, -700.0),
        (Shock(move=-0.9, own_moves={"OTHER": -0.5}), -10_000.0, 11_340.0),
    ],
)
def test_each_part_of_a_shock_does_what_it_says(shock, bag, hedge):
    result = run_scenario(hedged_nova(), shock)

    assert (result.bag_pnl, result.hedge_pnl) == pytest.approx((bag, hedge))


def test_a_bag_that_does_not_move_has_no_offset():
    assert run_scenario(hedged_nova(), Shock(move=0.0)).offset is None


def test_a_coin_that_falls_by_exactly_all_of_it_needs_no_word():
    result = run_scenario(hedged_nova(), Shock(move=0.0, own_moves={"NOVA": -1.0}))

    assert result.bag_pnl == pytest.approx(-10_000)
    assert result.notes == ()


@pytest.mark.parametrize(("shift", "words"), [(0.2, "At 20% per year, the short earns $"), (-0.2, "the short pays $")])
def test_a_shifted_carry_is_said_with_who_gains_by_it(shift, words):
    (note,) = run_scenario(hedged_nova(), Shock(move=-0.1, carry_shift=shift)).notes

    assert words in note


def test_the_moves_shown_run_from_half_lost_to_twice_the_price():
    assert [f"{move:+.0%}" for move in MOVES] == [
        *("-50%", "-40%", "-30%", "-20%", "-15%", "-10%", "-5%", "+0%"),
        *("+5%", "+10%", "+20%", "+30%", "+50%", "+75%", "+100%"),
    ]


@pytest.mark.parametrize(
    ("beta", "shock", "words"),
    [
        (1.8, Shock(move=-0.6), "NOVA cannot fall below -100%, although its beta implies -108%"),
        (0.5, Shock(move=-0.6, of="bag"), "The proxies cannot fall below -100%"),
    ],
)
def test_a_floor_is_named(beta, shock, words):
    notes = run_scenario(hedged_nova(beta=beta), shock).notes

    assert any(words in note for note in notes)


@pytest.mark.parametrize(
    ("move", "liquidated", "hedge"),
    [
        (0.4851, False, -12_600 * 0.4851),
        (0.4852, True, -6_300.0),
        (3.0, True, -6_300.0),
        (-0.5, False, 6_300.0),
    ],
)
def test_beyond_the_rally_survived_the_collateral_is_lost_and_the_bag_is_bare(move, liquidated, hedge):
    """Collateral of half the notional and 1% maintenance survive 48.51%, as in `test_margin`."""
    result = run_scenario(hedged_nova(collateral=6_300), Shock(move=move))

    assert result.is_liquidated is liquidated
    assert result.hedge_pnl == pytest.approx(hedge)
    assert bool(result.notes) is liquidated
    assert result.attribution.liquidation == pytest.approx(-6_300 + 12_600 * move if liquidated else 0.0)


def test_costs_stand_between_net_and_net_after_costs():
    costs = CostAssumptions(fee_rate=0.001, half_spread_rate=0.0005, carry_rate=0.1)

    result = run_scenario(hedged_nova(costs=costs), Shock(move=-0.1))

    fees = 2 * 12_600 * (0.001 + 0.0005 * (1 + math.sqrt(12_600 / 1e6)))
    assert result.attribution.fees == pytest.approx(-fees)
    assert result.attribution.carry == pytest.approx(12_600 * 0.1 * 30 / 365)
    assert result.net_after_costs == pytest.approx(-540 - fees + 12_600 * 0.1 * 30 / 365)


@pytest.mark.parametrize(
    ("shock", "words"),
    [
        ({"move": -1.01}, "move"),
        ({"move": 10.5}, "move"),
        ({"move": math.nan}, "move"),
        ({"move": math.inf}, "move"),
        ({"move": 1e308}, "move"),
        ({"move": 0.0, "beta_shift": 11.0}, "beta shift"),
        ({"move": 0.0, "beta_shift": math.nan}, "beta shift"),
        ({"move": 0.0, "basis_move": -2.0}, "basis move"),
        ({"move": 0.0, "own_moves": {"SOL": -1.5}}, "own move of SOL"),
        ({"move": 0.0, "own_moves": {"SOL": math.nan}}, "own move of SOL"),
    ],
)
def test_a_shock_outside_its_range_is_refused_by_name_in_few_words(shock, words):
    with pytest.raises(InvalidInput, match=f"The {words} must be between") as caught:
        Shock(**shock)

    assert len(str(caught.value)) < 120


def test_a_move_of_a_bag_that_has_no_hedge_says_nothing_of_the_proxies():
    nothing = assess(HedgePlan(holdings=(Holding(coin="USDC", quantity=1),)), MARKET)

    with pytest.raises(InvalidInput, match="No holding is hedged"):
        run_scenario(nothing, Shock(move=-0.1, of="bag"))
    assert run_scenario(nothing, Shock(move=-0.1)).net_pnl == 0.0


def test_what_is_not_hedged_stands_apart():
    plan = HedgePlan(
        holdings=(
            Holding(coin="NEAR", quantity=1_000),  # hedged
            Holding(coin="NEAR", quantity=100, role="speculative"),  # has a beta of its own
            Holding(coin="NOVA", quantity=300),  # has none: the bag's mean
            Holding(coin="USDC", quantity=700),  # does not move
        ),
        overrides=Overrides(prices={"NOVA": 1.0}, betas={"NEAR": 1.5}, proxies={"NEAR": "ETH"}),
    )

    result = run_scenario(assess(plan, MARKET), Shock(move=-0.1))
    dead = run_scenario(assess(plan, MARKET), Shock(move=0.0, own_moves={"USDC": -0.5}))

    assert result.bag_pnl == pytest.approx(-5_000 * 0.15)
    assert result.unhedged_pnl == pytest.approx(-500 * 0.15 - 300 * 0.15)
    assert result.notes == ("NOVA has no beta, so the bag's average (1.50) is assumed.",)
    assert dead.unhedged_pnl == pytest.approx(-350)


def test_betas_to_the_market_that_are_assumed_are_named_and_those_that_nothing_moves_by_are_not():
    """SOL and AVAX are young and short. A link pins no beta of a dollar, nor of LINK, which moves with its basket."""
    coins = (("SOL", 100.0), ("AVAX", 300.0), ("ETH", 5.0), ("LINK", 500.0), ("USDC", 700.0))
    holdings = tuple(Holding(coin=coin, quantity=quantity) for coin, quantity in coins)

    def said(plan, market):
        result = run_scenario(assess(plan, market), Shock(move=-0.1, of="market"))
        return [note for note in result.notes if "history" in note]

    listed = HedgePlan(holdings=holdings, decisions=Decisions(venue="Binance"))
    assert said(listed, make_market(young={"SOL": 20, "AVAX": 20})) == [
        "Too little history to tell how SOL and AVAX move with the market: a beta of 1 is assumed."
    ]
    in_a_basket = dataclasses.replace(listed, decisions=Decisions(venue="Deribit"))
    pinned = pinned_market(pin_of(assess(in_a_basket, MARKET)))
    assert {"USDC", "LINK"} <= set(assess(in_a_basket, pinned).market_betas.coins)
    assert said(in_a_basket, pinned) == []


def test_a_floor_of_a_coin_that_is_not_hedged_is_named_as_well():
    plan = HedgePlan(
        holdings=(Holding(coin="NEAR", quantity=100, role="speculative"),), overrides=Overrides(betas={"NEAR": 3.0})
    )

    result = run_scenario(assess(plan.with_overrides(proxies={"NEAR": "ETH"}), MARKET), Shock(move=-0.5))

    assert result.unhedged_pnl == pytest.approx(-500)
    assert result.notes == ("NEAR cannot fall below -100%, although its beta implies -150%.",)


def independent(assessment, shock):
    """Bag, hedge and every term of the attribution, position by position and contract by contract."""
    h = 1 - assessment.plan.decisions.risk_accepted
    held = [p for p in assessment.held_coins if p.status == "hedged"]
    history = assessment.market.history.frame().pct_change(fill_method=None).tail(assessment.plan.decisions.window_days)

    def to_market(coin):  # the slope on half Bitcoin and half Ether
        both = pd.concat([history[coin], (history["BTC"] + history["ETH"]) / 2], axis=1).dropna()
        return float(np.polyfit(both.iloc[:, 1], both.iloc[:, 0], 1)[0]) if len(both) >= 30 else 1.0

    m = {coin: 1.0 if shock.of == "proxy" else to_market(coin) for coin in history.columns}
    p = shock.move
    if shock.of == "bag":
        exposure = sum(x.value * x.beta for x in held)
        average = max(shock.move * sum(x.value for x in held) / exposure, -1.0)
        p = average * exposure / sum(x.value * e.beta * m[e.proxy] for x in held for e in x.estimates)
    elif shock.of == "proxy":
        p = max(p, -1.0)

    bag_of = [x for x in held if x.route == "bag"]
    market = {"ETH", "BTC", *(bag_of[0].proxies if bag_of else ())}

    def residual_gained(x):  # when its correlation breaks, over the horizon
        predicted = sum(e.beta * history[e.proxy] for e in x.estimates)
        both = pd.concat([history[x.moves_with], predicted], axis=1).dropna()
        if len(both) < 30:
            return 0.0
        rho = both.corr().iloc[0, 1]
        before, after = 1 - rho**2, 1 - (rho * (1 - shock.correlation_break)) ** 2
        days = assessment.plan.decisions.horizon_days
        return both.iloc[:, 0].std(ddof=0) * math.sqrt(days) * (math.sqrt(after) - math.sqrt(before))

    def moved(coin):  # the coin under a contract
        if coin in shock.stated_moves:
            return shock.stated_moves[coin]
        scale = m[coin] * (1.0 if coin in market else 1 + shock.beta_shift)
        return max(scale * p + shock.own_moves.get(coin, 0.0), -1.0)

    bag = 0.0
    for x in held:
        own = shock.own_moves.get(x.holding.coin, 0.0)
        if x.proxy == x.moves_with:
            scale = m[x.proxy] * (1.0 if x.proxy in market else 1 + shock.beta_shift)
            unfloored = scale * p + shock.own_moves.get(x.proxy, 0.0)
            unfloored = shock.stated_moves.get(x.proxy, unfloored)
            exit_price = x.price * (1 + unfloored + (own if x.holding.coin != x.proxy else 0.0))
        elif x.moves_with in shock.stated_moves:
            exit_price = x.price * (1 + shock.stated_moves[x.moves_with])
        else:
            link, beta = 1 - shock.correlation_break, sum(e.beta * m[e.proxy] for e in x.estimates)
            lost = residual_gained(x) if shock.correlation_break else 0.0
            exit_price = x.price * (1 + link * beta * (1 + shock.beta_shift) * p - lost + own)
        bag += x.holding.quantity * (max(exit_price, 0.0) - x.price)
    method = {
        "beta_weighted": lambda x: h * x.value * x.beta,
        "notional": lambda x: h * x.value,
        "guide_divided": lambda x: h * x.value / x.beta,
    }[assessment.plan.decisions.method]
    terms = {"beta": h * bag, "method": 0.0, "rounding": 0.0, "basis": 0.0}
    hedge = entry = maintenance = 0.0
    for leg in assessment.legs:
        mine = [x for x in held if x.route != "bag" and x.proxy == leg.underlying]
        ideal = sum(h * x.value * x.beta for x in mine)
        target = sum(method(x) for x in mine)
        if bag_of and leg.underlying in bag_of[0].proxies:
            k = len(bag_of[0].proxies)
            joint = sum(x.value * e.beta for x in bag_of for e in x.estimates if e.proxy == leg.underlying)
            naive = sum(x.value for x in bag_of) / k
            ideal += h * joint
            if assessment.plan.decisions.method == "notional":
                target += h * naive
            else:
                target += h * joint if k == 1 or assessment.basket else h * (joint + naive) / 2
        coins = -leg.contracts * leg.contract.multiplier(leg.price)
        floored = moved(leg.underlying)
        spot = leg.price * (1 + floored)
        exit_price = max(spot + leg.price * shock.basis_move, 0.0)
        hedge += -coins * (exit_price - leg.price)
        rate = leg.contract.maintenance_margin_rate
        maintenance += (1.0 if rate is None else rate) * coins * exit_price
        entry += coins * leg.price
        terms["beta"] -= ideal * floored
        terms["method"] -= (target - ideal) * floored
        terms["rounding"] -= (coins * leg.price - target) * floored
        terms["basis"] -= coins * (exit_price - spot)
    collateral = assessment.plan.decisions.collateral
    terms["liquidation"] = terms["collateral"] = 0.0
    is_open = collateral is not None and entry and assessment.margin.is_enough_to_open
    margin_left = collateral + hedge - maintenance if is_open else None
    terms["carry"] = sum(leg.carry or 0.0 for leg in assessment.costs.legs)
    terms["carry"] += shock.carry_shift * entry * assessment.plan.decisions.horizon_days / 365
    if margin_left is not None and margin_left < 0:
        traded = [leg for leg in assessment.legs if leg.contracts]
        if all(leg.contract.venue in ("CME", "Coinbase Derivatives") for leg in traded):
            low, high = 0.0, 1.0  # the point of the path at which the equity is down to the maintenance margin
            now = assessment.margin.maintenance
            for _ in range(200):
                middle = (low + high) / 2
                equity_left = collateral + middle * hedge - (now + middle * (maintenance - now))
                low, high = (middle, high) if equity_left > 0 else (low, middle)
            closed = low * hedge
        else:
            closed = -collateral
        terms["liquidation"] = closed - hedge
        terms["carry"] = 0.0
        hedge = closed
    rate = assessment.plan.overrides.costs.cash_rate
    terms["cash"] = -rate * (collateral or 0.0) * assessment.plan.decisions.horizon_days / 365 if entry else 0.0
    terms["options"] = 0.0  # no fills, so nothing is held; see tests/simulation/test_held_options.py
    is_closed = margin_left is not None and margin_left < 0  # then nothing is rolled any more
    terms["fees"] = -sum(leg.fees - (leg.roll_cost if is_closed else 0.0) for leg in assessment.costs.legs)
    return bag, hedge, terms, margin_left


@given(tradable_plans(), shocks(), st.sampled_from([0.0, 0.1]), st.integers(0, 3))
def test_every_term_of_the_attribution_equals_an_independent_one_and_their_sum_is_the_gap(plan, shock, gaps, seed):
    assessment = assess(plan, make_market(seed=seed, days=150, gaps=gaps))
    assume(assessment.legs or shock.of == "proxy")
    assume(reachable_moves(assessment, [shock.move], shock.of))

    result = run_scenario(assessment, shock)

    bag, hedge, terms, margin_left = independent(assessment, shock)
    assume(margin_left is None or abs(margin_left) > 1e-6)
    tolerance = 1e-9 * max(assessment.bag_value, 1.0)
    assert result.bag_pnl == pytest.approx(bag, abs=tolerance)
    assert result.hedge_pnl == pytest.approx(hedge, abs=10 * tolerance)
    assert result.is_liquidated == (margin_left is not None and margin_left < 0)
    assert dataclasses.asdict(result.attribution) == {
        name: pytest.approx(value, abs=10 * tolerance) for name, value in terms.items()
    }
    gap = result.net_after_costs - (1 - assessment.hedge_ratio) * result.bag_pnl
    assert result.attribution.total == pytest.approx(gap, abs=tolerance)


def test_the_cost_of_cash_worked_by_hand():
    """4% a year on $6,000 posted and $1,300 in reserve over 30 days: 0.04·7,300·30/365 = 24."""
    free = hedged_nova(collateral=6_000)
    dear = dataclasses.replace(by_rule(free, None, 1_300.0).plan, overrides=cash_at(free.plan.overrides, 0.04))
    costly = run_scenario(assess(dear, MARKET), Shock(move=-0.15))
    result = run_scenario(free, Shock(move=-0.15))

    assert costly.attribution.cash == pytest.approx(-24.0)
    assert result.net_after_costs - costly.net_after_costs == pytest.approx(24.0)
    assert (result.attribution.cash, costly.net_pnl) == (0.0, result.net_pnl)


def test_without_collateral_the_cost_of_cash_is_left_out_and_this_is_said():
    free = hedged_nova()
    plan = free.plan.with_decisions(collateral=None)
    costly = dataclasses.replace(plan, overrides=cash_at(plan.overrides, 0.04))

    said, silent = (run_scenario(assess(one, MARKET), Shock(move=-0.15)) for one in (costly, plan))

    assert said.attribution.cash == 0.0
    assert [note for note in said.notes if "cost of cash is left out" in note]
    assert not [note for note in silent.notes if "cost of cash" in note]


def cash_at(overrides, rate):
    return dataclasses.replace(overrides, costs=dataclasses.replace(overrides.costs, cash_rate=rate))


@pytest.mark.long
def test_the_attribution_adds_up_in_random_cases():
    """Plans with 25 shocks each, drawn so that every floor and many liquidations are among them.

    In `make long` there are over 10,000 cases.
    """
    random = np.random.default_rng(7)
    market = make_market(seed=2, days=150)
    coins = list(PRICES)
    cases = liquidated = 0
    for _ in range(scaled(50)):
        held = random.choice(coins, random.integers(1, 7), replace=False)
        plan = HedgePlan(
            holdings=tuple(Holding(coin=c, quantity=10 ** random.uniform(2, 6) / PRICES[c]) for c in held),
            decisions=Decisions(
                risk_accepted=random.uniform(0, 1),
                method=random.choice(["beta_weighted", "notional"]),
                rounding=random.choice(["nearest", "down", "up"]),
                approach=random.choice(["recommended", "coin_by_coin", "bag_level"]),
                venue=random.choice(["Coinbase Derivatives", "CME", "Hyperliquid", "Kraken Futures"]),
                collateral=None if random.random() < 0.2 else 10 ** random.uniform(2, 6),
                horizon_days=int(random.integers(1, 200)),
            ),
        )
        assessment = assess(plan, market)
        for _ in range(25):
            shock = Shock(
                move=random.uniform(-1, 2),
                beta_shift=random.choice([0.0, random.uniform(-1, 2)]),
                basis_move=random.choice([0.0, random.uniform(-0.3, 0.3)]),
                own_moves={random.choice(coins): random.uniform(-1, 2)} if random.random() < 0.5 else {},
                correlation_break=random.choice([0.0, random.uniform(0, 1)]),
                carry_shift=random.choice([0.0, random.uniform(-1, 1)]),
                stated_moves={random.choice(coins): random.uniform(-1, 2)} if random.random() < 0.3 else {},
            )
            result = run_scenario(assessment, shock)
            gap = result.net_after_costs - (1 - assessment.hedge_ratio) * result.bag_pnl
            assert abs(result.attribution.total - gap) <= 1e-9 * assessment.bag_value
            cases += 1
            liquidated += result.is_liquidated
    assert cases == scaled(1_250)
    assert liquidated > cases / 10


def test_a_broken_correlation_worked_by_hand():
    """NEAR on Ether: with c = 1 the link is gone, and its whole volatility over 30 days less its residual is lost."""
    assessment = assess(
        HedgePlan(
            holdings=(Holding(coin="NEAR", quantity=2_000),),
            decisions=Decisions(approach="coin_by_coin", horizon_days=30),
            overrides=Overrides(proxies={"NEAR": "ETH"}, costs=FREE),
        ),
        MARKET,
    )
    near, ether = MARKET.history.returns_of("NEAR")[-365:], MARKET.history.returns_of("ETH")[-365:]
    rho, sigma = np.corrcoef(near, ether)[0, 1], near.std()

    broken = run_scenario(assessment, Shock(move=0.4, correlation_break=1.0))
    half = run_scenario(assessment, Shock(move=0.0, correlation_break=0.5))

    assert broken.bag_pnl == pytest.approx(-10_000 * sigma * math.sqrt(30) * (1 - math.sqrt(1 - rho**2)))
    gained = math.sqrt(1 - (rho / 2) ** 2) - math.sqrt(1 - rho**2)
    assert half.bag_pnl == pytest.approx(-10_000 * sigma * math.sqrt(30) * gained)
    assert broken.hedge_pnl == pytest.approx(-assessment.legs[0].notional * 0.4)


def test_a_coin_with_its_own_future_has_no_link_to_break():
    assessment = hedged_nova()
    own = assess(HedgePlan(holdings=(Holding(coin="ETH", quantity=10),)), MARKET)

    assert run_scenario(own, Shock(move=-0.1, correlation_break=1.0)).bag_pnl == pytest.approx(-2_000)
    # NovaCoin has no history: only its beta breaks.
    assert run_scenario(assessment, Shock(move=-0.1, correlation_break=1.0)).bag_pnl == 0.0


def test_funding_that_turns_costs_its_rate_on_the_notional():
    shifted = run_scenario(hedged_nova(), Shock(move=0.0, carry_shift=-0.5))

    assert shifted.attribution.carry == pytest.approx(-12_600 * 0.5 * 30 / 365)
    assert shifted.net_after_costs == pytest.approx(shifted.attribution.carry)
    assert shifted.net_pnl == 0.0


def test_a_stated_move_wins_over_beta():
    result = run_scenario(hedged_nova(), Shock(move=-0.5, stated_moves={"NOVA": 0.1, "ETH": -0.2}))

    assert result.bag_pnl == pytest.approx(1_000)
    assert result.hedge_pnl == pytest.approx(12_600 * 0.2)


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_break_beyond_all_of_the_correlation_is_refused(share):
    with pytest.raises(InvalidInput, match="correlation break must be between"):
        Shock(move=0.1, correlation_break=share)


@given(tradable_plans(), st.floats(0.0, 3.0))
def test_the_short_is_liquidated_exactly_beyond_the_rally_that_the_margin_survives(plan, move):
    assessment = assess(plan, MARKET)
    rally = assessment.margin.rally_survived
    assume(rally is not None and abs(move - rally) > 1e-9 and assessment.margin.is_enough_to_open)

    assert run_scenario(assessment, Shock(move=move)).is_liquidated == (move > rally)


@given(tradable_plans(free_of_costs=True, method=st.just("beta_weighted"), approach=one_by_one), st.floats(-0.2, 0.3))
def test_without_floors_rounding_and_costs_the_holder_bears_exactly_the_risk_accepted(plan, move):
    assessment = assess(plan.with_decisions(collateral=None), MARKET)

    result = run_scenario(assessment, Shock(move=move))

    missed = sum(leg.notional - leg.target_notional for leg in assessment.legs)
    expected = plan.decisions.risk_accepted * result.bag_pnl - missed * move - assessment.costs.fees
    assert result.net_after_costs == pytest.approx(expected, abs=1e-8 * assessment.bag_value)


@given(tradable_plans(), shocks())
def test_no_coin_and_no_contract_loses_more_than_all_of_itself(plan, shock):
    assessment = assess(plan, MARKET)
    assume(assessment.legs or shock.of == "proxy")
    assume(reachable_moves(assessment, [shock.move], shock.of))

    result = run_scenario(assessment, shock)

    assert result.bag_pnl >= -assessment.hedgeable_value * (1 + 1e-12)
    assert result.hedge_pnl <= sum(leg.notional for leg in assessment.legs) * (1 + 1e-12)
    if result.is_liquidated:
        assert result.hedge_pnl >= -plan.decisions.collateral - 1e-9 * assessment.bag_value


@given(tradable_plans(), shocks(), st.lists(st.floats(-1.0, 3.0), max_size=5))
def test_a_range_is_the_same_shock_at_each_of_its_moves(plan, shock, moves):
    assessment = assess(plan, MARKET)
    assume(assessment.legs or shock.of == "proxy")

    moves = reachable_moves(assessment, moves, shock.of)

    results = run_range(assessment, moves, shock)

    assert [result.net_pnl for result in results] == [
        run_scenario(assessment, dataclasses.replace(shock, move=move)).net_pnl for move in moves
    ]


def test_the_grid_has_a_row_for_each_beta_shift_and_a_column_for_each_move():
    assessment = hedged_nova()

    grid = net_grid(assessment, [-0.1, 0.0, 0.1], [-0.5, 0.5])

    assert grid.shape == (2, 3)
    np.testing.assert_allclose(grid, [[-900 + 1_260, 0, 900 - 1_260], [-2_700 + 1_260, 0, 2_700 - 1_260]], atol=1e-9)


def test_the_break_even_is_where_the_net_crosses_zero():
    """Bag 18,000·p floored at −10,000; hedge −12,600·p. Below the floor net = −10,000 − 12,600·p is 0 at −79.4%."""
    moves = np.linspace(-1.0, 0.5, 301)

    crossings = break_even_moves(run_range(hedged_nova(), list(moves), Shock(move=0.0)))

    assert crossings == pytest.approx((-10_000 / 12_600, 0.0), abs=1e-9)


def test_a_liquidation_is_no_break_even():
    """With half the beta and collateral of 4,200: 2,700 − 3,780 at +30%, then liquidated and 4,500 − 4,200."""
    results = run_range(hedged_nova(collateral=4_200), [0.3, 0.5], Shock(move=0.0, beta_shift=-0.5))

    assert [result.net_pnl for result in results] == pytest.approx([-1_080, 300])
    assert [result.is_liquidated for result in results] == [False, True]
    assert break_even_moves(results) == ()


def test_prices_of_this_market_are_the_ones_that_the_hand_calculations_use():
    assert MARKET.price("ETH") == pytest.approx(2_000)
    assert MARKET.price("NEAR") == pytest.approx(PRICES["NEAR"])


def test_a_broker_closes_at_the_call_and_what_is_left_stays_with_the_holder():
    """10 ETH at $2,000 short on Coinbase, maintenance 33.48%, collateral $16,000: called at a rise of 34.9%.

    (16,000 - 6,696) / (20,000 + 6,696) = 34.9%, a loss of $6,970; $9,030 stay in the account.
    """
    plan = HedgePlan(
        holdings=(Holding(coin="ETH", quantity=10),), decisions=Decisions(risk_accepted=0.0, collateral=16_000)
    )

    result = run_scenario(assess(plan, MARKET), Shock(move=0.8))

    assert result.is_liquidated
    assert result.hedge_pnl == pytest.approx(-20_000 * 9_304 / 26_696)
    assert "broker closes" in " ".join(result.notes)


def test_collateral_that_does_not_open_the_hedge_is_said_and_not_liquidated():
    plan = HedgePlan(
        holdings=(Holding(coin="ETH", quantity=10),), decisions=Decisions(risk_accepted=0.0, collateral=100)
    )

    result = run_scenario(assess(plan, MARKET), Shock(move=-0.15))

    assert not result.is_liquidated
    assert result.hedge_pnl == pytest.approx(30)  # one lot of $200; all 100 would need $4,000 of margin or more
    assert "too little for the full hedge; the figures are for what it opens" in " ".join(result.notes)


def test_a_move_of_the_bag_that_asks_for_the_impossible_is_refused_or_floored():
    tiny = HedgePlan(
        holdings=(Holding(coin="NOVA", quantity=1_000),),
        decisions=Decisions(risk_accepted=0.0),
        overrides=Overrides(prices={"NOVA": 100.0}, betas={"NOVA": 0.1}, proxies={"NOVA": "ETH"}),
    )
    assessment = assess(tiny, MARKET)

    with pytest.raises(HedgeError, match="smaller move"):
        run_scenario(assessment, Shock(move=1.5, of="bag"))
    floored = run_scenario(assessment, Shock(move=-0.15, of="bag"))

    assert floored.proxy_move == -1.0
    assert floored.bag_pnl == pytest.approx(-10_000)  # 0.1 of a fall of 100%
    assert floored.attribution.beta == pytest.approx(0.0)
    assert reachable_moves(assessment, [-0.5, 0.9, 1.5], "bag") == [-0.5, 0.9]


def test_a_coin_that_is_hedged_with_its_own_future_takes_the_future_with_it():
    """100 SOL at $150, fully hedged with 20 of its own contracts: whatever SOL does alone, the short takes back."""
    assessment = assess(
        HedgePlan(holdings=(Holding(coin="SOL", quantity=100),)).with_decisions(risk_accepted=0.0), MARKET
    )

    for shock in (Shock(move=-0.15, beta_shift=1.0), Shock(move=0.0, own_moves={"SOL": -0.9})):
        result = run_scenario(assessment, shock)
        assert result.bag_pnl < -4_000
        assert result.net_pnl == pytest.approx(0.0)


def test_an_inverse_short_never_does_better_for_being_liquidated_and_its_coins_count():
    """2 BTC hedged at Deribit with $108,000 in coins: alive it stands at its equity less what was posted.

    equity = 108,000·(1 + r) − 120,000·r; maintenance is 40% of the face: 48,000 = 108,000 − 12,000·r at r = 5.
    """
    plan = HedgePlan(
        holdings=(Holding(coin="BTC", quantity=2.0),),
        decisions=Decisions(risk_accepted=0.0, venue="Deribit", collateral=108_000.0),
    )
    row = catalogue().get("Deribit:BTC-PERPETUAL")
    listed = dataclasses.replace(row, initial_margin_rate=0.4, maintenance_margin_rate=0.4)
    assessment = assess(plan, dataclasses.replace(MARKET, contracts=(listed,)))

    alive, closed, fall = (run_scenario(assessment, Shock(move=move)) for move in (4.9, 5.1, -0.5))

    assert assessment.margin.rally_survived == pytest.approx(5.0)
    assert alive.hedge_pnl == pytest.approx(-120_000 * 4.9 + 108_000 * 4.9)
    assert alive.attribution.collateral == pytest.approx(108_000 * 4.9)
    assert closed.is_liquidated
    assert closed.hedge_pnl == pytest.approx(-108_000.0)
    assert closed.hedge_pnl < alive.hedge_pnl
    assert fall.hedge_pnl == pytest.approx(60_000 - 54_000)


@pytest.mark.parametrize("maintenance", [0.01, 0.3])
def test_lines_bend_at_the_rally_that_the_short_survives(maintenance):
    nova = hedged_nova(collateral=7_000, maintenance=maintenance)
    survived = nova.margin.rally_survived
    coarse = run_range(nova, [-0.5, 0.0, 0.5, 1.0], Shock(move=0.0))

    fine = to_the_border(nova, coarse)

    moves = [result.shock.move for result in fine]
    assert moves == sorted({*moves, -0.5, 0.0, 0.5, 1.0})
    low, high = (move for move in moves if move not in (-0.5, 0.0, 0.5, 1.0))
    assert low <= survived <= high
    assert 0 < high - low <= BORDER
    assert [result.is_liquidated for result in fine] == [move >= high for move in moves]


def test_no_border_is_looked_for_where_no_short_is_closed():
    results = run_range(hedged_nova(), [-0.5, 0.0, 0.5], Shock(move=0.0))

    assert to_the_border(hedged_nova(), results) == results
    assert to_the_border(hedged_nova(), ()) == ()


def test_a_position_closed_by_force_keeps_what_its_margin_leaves_after_the_cost():
    """$12,600 short with $6,300 and a maintenance margin of 2%: margin runs out at 6,048 / 12,852 = 47.06%.

    Equity is 252·1.4706 = 370.59 there, closing 12,600·1.4706 costs 1% = 185.29, and 185.29 of the 6,300 is left.
    """
    plan = hedged_nova(collateral=6_300, maintenance=0.02)
    result = run_scenario(by_rule(plan, "by_position"), Shock(move=1.0))

    assert result.is_liquidated
    assert result.hedge_pnl == pytest.approx(-6_300 + 185.29, abs=0.005)
    assert result.attribution.liquidation == pytest.approx(12_600 - 6_300 + 185.29, abs=0.005)
    assert "Closed by force: 63 of 63" in " ".join(result.notes)


def test_a_reserve_that_is_large_enough_keeps_the_short_open():
    result = run_scenario(by_rule(hedged_nova(collateral=6_300), None, reserve=10_000.0), Shock(move=1.0))

    assert not result.is_liquidated
    assert (result.hedge_pnl, result.attribution.liquidation) == pytest.approx((-12_600, 0.0), abs=1e-6)
    assert "Nothing is closed" in " ".join(result.notes)


@pytest.mark.parametrize("rule", get_args(WhenMarginRunsOut))
@pytest.mark.parametrize("move", [-0.3, 0.15, 0.3, 0.8, 3.0])
def test_the_attribution_adds_up_whatever_is_closed(rule, move):
    assessment = by_rule(three_legs(), rule, reserve=500.0)
    result = run_scenario(assessment, Shock(move=move))

    gap = result.net_after_costs - (1 - assessment.hedge_ratio) * result.bag_pnl
    assert result.attribution.total == pytest.approx(gap)
    assert result.is_liquidated == (move > 0.2)


def three_legs():
    """$6,000 of Bitcoin and $3,750 of Solana in one lot each, $5,000 of Ether in 25, margin 40%, with $9,000."""
    sizes = {"SOL": 3_750 / PRICES["SOL"], "BTC": 6_000 / PRICES["BTC"], "ETH": 200 / PRICES["ETH"]}
    contracts = tuple(
        CustomContract(code=coin, underlying=coin, coins=size, maintenance_margin_rate=0.4)
        for coin, size in sizes.items()
    )
    holdings = tuple(Holding(coin=coin, quantity=10_000 / PRICES[coin]) for coin in sizes)
    plan = HedgePlan(
        holdings=holdings, decisions=Decisions(collateral=9_000.0), overrides=Overrides(contracts=contracts)
    )
    return assess(plan, MARKET)


def by_rule(assessment, rule, reserve=0.0):
    """The assessment with another rule for when margin runs out."""
    return dataclasses.replace(assessment, plan=assessment.plan.with_decisions(breach=rule, reserve=reserve))


@pytest.mark.parametrize(
    ("rule", "move", "open_notional"),
    [
        ("by_position", 0.1, 14_750),
        ("by_position", 0.3, 3_750 + 5_000),
        ("by_position", 0.8, 3_750),
        ("reduced", 0.1, 14_750),
        ("reduced", 0.3, 24 * 200),
        ("closed", 0.1, 14_750),
        ("closed", 0.3, 0),
    ],
)
def test_what_stays_open_worked_by_hand(rule, move, open_notional):
    """The legs of `three_legs`: margin runs out at 3,100 / (14,750·1.4) = 15.012%.

    By position Bitcoin goes first, its maintenance margin being the largest, and Ether with the next breach. Cut by the
    same share, q = 1/25 is enough, but rounded up it takes the only lot of Bitcoin and of Solana.
    """
    assessment = by_rule(three_legs(), rule)

    result = run_scenario(assessment, Shock(move=move))

    assert [round(leg.notional) for leg in assessment.traded_legs] == [3_750, 6_000, 5_000]
    assert result.open_share == pytest.approx(open_notional / 14_750)
    assert result.is_liquidated == (open_notional < 14_750)


@pytest.mark.parametrize(
    ("rule", "open_notional", "pnl"), [("by_position", 8_750, -3_594.7), ("reduced", 4_800, -3_048.1)]
)
def test_a_part_that_stays_open_takes_the_rest_of_the_move(rule, open_notional, pnl):
    """As above, +30%: margin runs out at 15.012%, where all have lost 14,750·0.15012 = 2,214.3.

    By position 6,000·1.15012 of Bitcoin are closed for 1% = 69.0, and 8,750 lose 14.988% more = 1,311.4. Cut, 9,950 are
    closed for 114.4, and 4,800 lose 719.4 more.
    """
    assessment = by_rule(three_legs(), rule)
    call = assessment.margin.rally_survived

    result = run_scenario(assessment, Shock(move=0.3))

    closed = 14_750 - open_notional
    assert call == pytest.approx(0.15012, abs=1e-5)
    assert result.hedge_pnl == pytest.approx(pnl, abs=0.1)
    assert result.hedge_pnl == pytest.approx(-14_750 * call - 0.01 * closed * (1 + call) - open_notional * (0.3 - call))
    assert result.attribution.liquidation == pytest.approx(result.hedge_pnl + 14_750 * 0.3)
