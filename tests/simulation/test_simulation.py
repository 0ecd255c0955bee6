"""Simulation: a plan on joint paths.

In closed form, with independent days: see tests/simulation/test_engine.py. Here one coin of $10,000 is hedged with
$7,000 of its own future, so that bag and hedge together are $3,000 of the coin: 0.3 times what the bag makes, on
every path.
"""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from hedge_core.errors import InvalidInput
from hedge_core.hedge.assessment import OPENED_IN_PART
from hedge_core.hedge.planner import assess
from hedge_core.market.contracts import CustomContract
from hedge_core.market.snapshot import MarketSnapshot, PriceHistory, Quote
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import CostAssumptions, Decisions, HedgePlan, Overrides
from hedge_core.simulation.distributions import QUANTILES
from hedge_core.simulation.paths import Bootstrap, FatTails
from hedge_core.simulation.setup import path_model, prepare
from hedge_core.simulation.simulation import CashAdvised, cash_advised, simulate
from tests.support.markets import AS_OF, make_market

FREE = CostAssumptions(fee_rate=0.0, half_spread_rate=0.0, carry_rate=0.0)
MARKET = make_market(seed=3, days=500)


def micro(coin: str, rate: float = 0.05) -> CustomContract:
    return CustomContract(code=f"{coin}-MICRO", underlying=coin, coins=0.001, maintenance_margin_rate=rate)


def hedged(
    coin="ETH", quantity=5.0, *, market=MARKET, costs=FREE, contracts=None, prices=None, betas=None, **decisions
):
    contracts = (micro(coin),) if contracts is None else contracts
    return assess(
        HedgePlan(
            holdings=(Holding(coin=coin, quantity=quantity),),
            decisions=Decisions(**{"risk_accepted": 0.3} | decisions),
            overrides=Overrides(contracts=contracts, costs=costs, prices=prices or {}, betas=betas or {}),
        ),
        market,
    )


def test_a_coin_hedged_with_its_own_future_keeps_the_share_that_is_accepted() -> None:
    result = simulate(hedged(), paths=4_000)
    np.testing.assert_allclose(result.net_results, 0.3 * result.bag_results, atol=1e-6)
    assert result.net.expected_shortfall.value == pytest.approx(0.3 * result.bag.expected_shortfall.value)
    assert result.both_lose.value == 0.0
    assert result.gain_given_up.value == pytest.approx(float((result.bag_results > 0).mean()))
    assert result.gain_lost.value == 0.0


def test_paths_have_no_trend_unless_one_is_expected() -> None:
    calm = simulate(hedged(), kind="fat_tails", paths=20_000)
    assert calm.bag.mean.value == pytest.approx(0.0, abs=3 * calm.bag.mean.error)
    down = simulate(hedged(), kind="fat_tails", paths=20_000, market_move=-0.2)
    assert down.bag.mean.value == pytest.approx(-0.2 * 10_000, abs=3 * down.bag.mean.error)


def test_fees_and_funding_are_those_of_the_plan() -> None:
    costs = CostAssumptions(fee_rate=0.001, half_spread_rate=0.0005)
    plan = hedged(contracts=(), costs=costs, venue="Kraken Futures", horizon_days=20)
    assert plan.legs[0].contract.kind == "perpetual"
    result = simulate(plan, paths=8_000)
    assert result.carry.value == pytest.approx(plan.costs.carry, rel=0.02)
    assert result.fees.value == pytest.approx(plan.costs.fees, rel=0.02)


def test_the_basis_of_a_dated_future_accrues_day_by_day() -> None:
    plan = hedged(contracts=(), costs=CostAssumptions(fee_rate=0.0, half_spread_rate=0.0), venue="CME", quantity=50.0)
    assert plan.legs[0].contract.kind == "future"
    assert simulate(plan, paths=100).carry.value == pytest.approx(plan.costs.carry)


def test_rolls_are_paid_on_the_way() -> None:
    costs = CostAssumptions(fee_rate=0.001, half_spread_rate=0.0)
    plan = hedged(contracts=(), costs=costs, venue="CME", quantity=50.0, horizon_days=90)
    assert len(plan.costs.legs[0].roll_days) >= 2
    assert simulate(plan, paths=8_000).fees.value == pytest.approx(plan.costs.fees, rel=0.03)


def test_without_collateral_nothing_is_closed_and_the_cash_is_shown() -> None:
    result = simulate(hedged(), paths=2_000)
    assert result.closed is None
    assert any("No collateral is entered" in note for note in result.notes)
    assert result.cash_needed > result.initial_margin


def test_the_cash_that_lives_through_95_percent_does() -> None:
    needed = simulate(hedged(), paths=4_000, seed=1).cash_needed
    funded = simulate(hedged(collateral=needed), paths=4_000, seed=1)
    assert funded.closed is not None
    assert funded.closed.value == pytest.approx(0.05, abs=0.005)


def test_more_collateral_is_closed_less_often_on_the_same_paths() -> None:
    chances = [simulate(hedged(collateral=cash), paths=4_000).closed for cash in (800.0, 1_500.0, 3_000.0, 20_000.0)]
    values = [chance.value for chance in chances if chance is not None]
    assert len(values) == 4
    assert values == sorted(values, reverse=True)
    assert values[0] > 0.1 > values[-1]


def test_a_collateral_that_opens_nothing_is_said() -> None:
    result = simulate(hedged(collateral=0.0), paths=500)
    assert result.closed is None
    assert OPENED_IN_PART in result.notes


def test_real_days_are_drawn_where_there_are_enough_and_a_distribution_where_not() -> None:
    long, text = path_model(prepare(hedged()))
    assert isinstance(long, Bootstrap)
    assert "499 days" in text
    assert long.block_length >= 1.0
    short, text = path_model(prepare(hedged(market=make_market(seed=4, days=120))))
    assert isinstance(short, FatTails)
    assert "119 days" in text


def test_a_coin_without_history_moves_by_the_beta_that_is_stated() -> None:
    plan = hedged("NOVA", 10_000, contracts=(micro("ETH"),), prices={"NOVA": 1.0}, betas={"NOVA": 1.8}, horizon_days=1)
    result = simulate(plan, paths=40_000)
    ether = MARKET.history.returns_of("ETH").std()
    assert result.bag.deviation == pytest.approx(10_000 * 1.8 * ether / 0.7, rel=0.03)
    assert any(note.startswith("NOVA has too little price history") for note in result.notes)


def test_what_cannot_be_drawn_is_refused_in_words() -> None:
    history = PriceHistory(np.array(["2026-01-31"], dtype="datetime64[D]"), ("ETH",), np.array([[2_000.0]]))
    bare = MarketSnapshot(source="test", as_of=AS_OF, simulated=False, history=history)
    with pytest.raises(InvalidInput, match="upload daily closes"):
        simulate(hedged(market=bare))
    none = PriceHistory(np.array([], dtype="datetime64[D]"), (), np.empty((0, 0)))
    typed = dataclasses.replace(bare, history=none, quotes={"ETH": Quote(2_000.0, AS_OF, "typed")})
    with pytest.raises(InvalidInput, match=r"one moment, from a link or typed.*upload daily closes"):
        simulate(hedged(market=typed))
    with pytest.raises(InvalidInput, match="nothing to simulate"):
        simulate(assess(HedgePlan(holdings=(Holding(coin="USDC", quantity=5),)), MARKET))
    with pytest.raises(InvalidInput, match="expected market move"):
        simulate(hedged(), market_move=-1.0)
    with pytest.raises(InvalidInput, match="days of prices in common; drawing real days needs"):
        simulate(hedged(market=make_market(seed=4, days=50)), kind="bootstrap")


def test_a_bag_without_a_short_is_simulated_bare() -> None:
    result = simulate(hedged(risk_accepted=1.0), paths=1_000)
    np.testing.assert_array_equal(result.net_results, result.bag_results)
    assert result.closed is None


def test_the_fans_have_a_day_for_each_day_and_start_today() -> None:
    result = simulate(hedged(horizon_days=12), paths=1_000)
    for name in ("bag", "hedge", "net", "cash"):
        assert result.fans[name].shape == (len(QUANTILES), 13)
        assert (np.diff(result.fans[name], axis=0) >= 0.0).all()
    assert (result.fans["bag"][:, 0] == 0.0).all()


def test_doubling_the_bag_doubles_every_figure() -> None:
    one = simulate(hedged(quantity=5.0, collateral=2_000.0), paths=2_000)
    two = simulate(hedged(quantity=10.0, collateral=4_000.0), paths=2_000)
    np.testing.assert_allclose(two.net_results, 2 * one.net_results, rtol=1e-9, atol=1e-6)
    assert two.closed == one.closed


def test_the_sentence_names_the_figures() -> None:
    result = simulate(hedged(collateral=2_000.0), paths=2_000)
    assert result.closed is not None
    for figure in (
        f"${result.bag.expected_shortfall.value:,.0f}",
        f"{result.closed.value:.1%}",
        f"${result.cash_needed:,.0f}",
    ):
        assert figure in result.sentence


def test_the_same_seed_gives_the_same_simulation() -> None:
    once, again = (simulate(hedged(), paths=3_000, seed=9) for _ in range(2))
    np.testing.assert_array_equal(once.net_results, again.net_results)
    assert (once.net, once.closed, once.sentence) == (again.net, again.closed, again.sentence)
    assert simulate(hedged(), paths=3_000, seed=8).net != once.net


def test_the_weights_of_a_leg_add_up_to_one() -> None:
    plan = HedgePlan(
        holdings=tuple(Holding(coin=coin, quantity=100.0) for coin in ("LINK", "AVAX", "NEAR", "ETH")),
        decisions=Decisions(risk_accepted=0.2, venue="Kraken Futures"),
        overrides=Overrides(contract_choice={}),
    )
    setup = prepare(assess(plan, MARKET))
    np.testing.assert_allclose(setup.weights().sum(axis=0), 1.0)
    assert (setup.weights() >= 0.0).all()


def test_the_cash_that_lives_through_95_percent_counts_costs_and_a_carry_that_is_paid() -> None:
    costs = CostAssumptions(fee_rate=0.005, half_spread_rate=0.0, carry_rate=-0.6)
    needed = simulate(hedged(costs=costs, horizon_days=90), paths=4_000, seed=1).cash_needed
    funded = simulate(hedged(costs=costs, horizon_days=90, collateral=needed), paths=4_000, seed=1)
    assert funded.closed is not None
    assert funded.closed.value == pytest.approx(0.05, abs=0.003)


def test_an_expected_move_counts_where_neither_ether_nor_bitcoin_is_known() -> None:
    market = make_market(seed=3, days=500, coins=("SOL", "LINK"))
    plan = hedged("LINK", 1_000.0, market=market)
    down = simulate(plan, market_move=-0.5, paths=4_000)
    assert down.bag.mean.value == pytest.approx(-0.5 * 15_000, rel=0.05)
    assert down.sentence.startswith("The market is assumed to move by −50%")


def test_funding_scatters_around_the_rate_of_the_plan() -> None:
    market = make_market(seed=3, days=500)
    assert market.funding is not None
    rates = market.funding.values.copy()
    rates[:-90] = -0.001
    rates[-90:] = 0.001
    funding = dataclasses.replace(market.funding, values=rates)
    plan = hedged(
        contracts=(),
        costs=CostAssumptions(),
        venue="Kraken Futures",
        market=dataclasses.replace(market, funding=funding),
    )
    found = simulate(plan, paths=4_000)
    assert found.carry.value == pytest.approx(plan.costs.carry, rel=0.1)
    assert plan.costs.carry > 0


def test_a_young_coin_whose_proxy_is_young_too_follows_another() -> None:
    market = make_market(seed=3, days=500, young={"NEAR": 20, "SOL": 20})
    plan = assess(
        HedgePlan(
            holdings=(Holding(coin="NEAR", quantity=1_000),),
            overrides=Overrides(proxies={"NEAR": "SOL"}, betas={"NEAR": 1.1}, contracts=(micro("SOL"),), costs=FREE),
        ),
        market,
    )
    found = simulate(plan, paths=500)
    assert any(
        re.match(r"NEAR has too little price history, so it is simulated as [-\d.]+ × the move of ETH", note)
        for note in found.notes
    )


def test_a_bag_of_young_coins_is_drawn_from_their_own_days() -> None:
    young = dict.fromkeys(("LINK", "AVAX", "NEAR", "UNI"), 200)
    market = make_market(seed=3, days=600, young=young)
    plan = assess(
        HedgePlan(
            holdings=tuple(Holding(coin=coin, quantity=1_000 / market.price(coin)) for coin in young),
            overrides=Overrides(costs=FREE),
        ),
        market,
    )
    model, text = path_model(prepare(plan))
    assert isinstance(model, FatTails)
    assert set(young) <= set(model.panel.core)
    assert "199 days" in text


def test_other_holdings_and_simulated_days_are_named() -> None:
    market = make_market(seed=3, days=500, simulated=True)
    plan = assess(
        HedgePlan(
            holdings=(Holding(coin="ETH", quantity=5), Holding(coin="SOL", quantity=100, role="speculative")),
            overrides=Overrides(contracts=(micro("ETH"),), costs=FREE),
        ),
        market,
    )
    found = simulate(plan, paths=200)
    assert any("$15,000 of other holdings is left out" in note for note in found.notes)
    assert found.model.startswith("simulated days")


@pytest.mark.parametrize("changes", [{"seed": -1}, {"kind": "bogus"}, {"paths": 0}])
def test_arguments_out_of_range_are_refused_in_words(changes) -> None:
    with pytest.raises(InvalidInput):
        simulate(hedged(), **changes)


def test_the_sentence_of_a_bag_without_a_short_speaks_of_no_hedge() -> None:
    assert simulate(hedged(risk_accepted=1.0), paths=200).sentence.endswith("nothing is shorted against it.")


def test_the_cash_advised_worked_by_hand():
    """20 paths that need 100, 101, … 119 through day 5 and 40 more by day 7: 19 of 20 are 95%, so Q95 is 118 and 158.

    If the hedge takes 150 to open, that is posted, and 8 are kept in reserve.
    """
    through = np.arange(100.0, 120.0)
    needed = np.array([np.full(20, 90.0), *[through] * 5, through + 10.0, through + 40.0])

    assert cash_advised(needed, 90.0) == CashAdvised(118.0, 40.0)
    assert cash_advised(needed, 150.0) == CashAdvised(150.0, 8.0)
    assert cash_advised(needed, 200.0) == CashAdvised(200.0, 0.0)
    assert cash_advised(needed[:3], 90.0) == CashAdvised(118.0, 0.0)


def test_the_cash_advised_carries_the_short_through_95_percent_of_the_paths():
    """The account pays fees from other cash, so without fees the share that lives through is just 95%."""
    advised = simulate(hedged(horizon_days=20), paths=4_000).cash_advised
    whole = advised.post + advised.reserve

    def closed(**decisions) -> float:
        chance = simulate(hedged(horizon_days=20, **decisions), paths=4_000).closed
        assert chance is not None
        return chance.value

    assert advised.reserve > 0.0
    assert 0.045 <= closed(collateral=whole * 1.00001) <= 0.05 < closed(collateral=whole * 0.99)
    more = 1.00001
    topped_up = closed(collateral=advised.post * more, reserve=advised.reserve * more, breach=None)
    assert topped_up == pytest.approx(closed(collateral=whole * more), abs=0.0005)


def test_a_partial_close_leaves_a_hedge_where_a_full_close_leaves_none():
    """Paths that first rise beyond the margin and then fall: cutting keeps a part of the short for the fall."""
    results = {
        rule: simulate(hedged(horizon_days=20, collateral=1_200.0, breach=rule), paths=4_000)
        for rule in ("reduced", "by_position", "closed")
    }

    chances = {rule: result.closed.value for rule, result in results.items() if result.closed}
    assert len(set(chances.values())) == 1
    assert min(chances.values()) > 0.1
    assert results["reduced"].net.expected_shortfall.value < results["closed"].net.expected_shortfall.value
