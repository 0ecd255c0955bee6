"""Alternatives: every way on the same paths, put and collar sized for the short, and what is missing said."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from hedge_core.errors import InvalidInput
from hedge_core.hedge.planner import assess
from hedge_core.market.options.contracts import OptionSeries
from hedge_core.market.options.surface import assumed_surface, surface_of
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import CostAssumptions, Decisions, HedgePlan, Overrides
from hedge_core.simulation.alternatives import AlternativeSettings, compare_alternatives
from hedge_core.simulation.engine import run_paths
from hedge_core.simulation.option_search import Outcomes
from hedge_core.simulation.option_ways import EndLevels, limit_of, offer_of, protections
from hedge_core.simulation.policies import Hedge, Hold
from hedge_core.simulation.policy_comparison import compare_policies
from hedge_core.simulation.setup import path_model, prepare
from hedge_core.simulation.simulation import simulate
from hedge_core.simulation.ways import Alternatives
from tests.support.markets import PRICES, make_market
from tests.support.scale import scaled

MARKET = make_market(simulated=True)
PATHS = 600


def plan(*, coin: str = "ETH", usd: float = 60_000.0, cash_rate: float = 0.04, **decisions) -> HedgePlan:
    decided = {"venue": "OKX", "horizon_days": 20, "risk_accepted": 0.4, "collateral": 30_000.0} | decisions
    return HedgePlan(
        holdings=(Holding(coin=coin, quantity=usd / PRICES[coin]),),
        decisions=Decisions(**decided),
        overrides=Overrides(costs=CostAssumptions(cash_rate=cash_rate)),
    )


@lru_cache
def compared(**decisions) -> Alternatives:
    return compare_alternatives(assess(plan(**decisions), MARKET), paths=PATHS)


def test_every_way_is_there_once_and_the_short_under_every_rule() -> None:
    kinds = [way.kind for way in compared().ways]
    assert sorted(set(kinds)) == ["collar", "hold", "put", "sell_part", "short", "stablecoin", "stop_loss"]
    assert kinds.count("short") == 3
    assert sum(way.is_own for way in compared().ways) == 1


def test_put_and_collar_leave_what_the_short_leaves_to_within_their_whole_lots() -> None:
    short, put, collar = (compared().of(kind) for kind in ("short", "put", "collar"))
    assert put.worst.value == pytest.approx(short.worst.value, rel=0.02)
    assert collar.worst.value == pytest.approx(short.worst.value, rel=0.05)
    assert compared().missing == ()
    assert compared().gap.is_equal


def test_the_ways_that_need_no_options_are_those_of_the_policies() -> None:
    assessment = assess(plan(cash_rate=0.0), MARKET)
    ours = compare_alternatives(assessment, paths=PATHS)
    theirs = {one.label: one for one in compare_policies(assessment, paths=PATHS).simulated}
    for kind, label in (
        ("hold", "Hold"),
        ("short", "Hedge, left alone"),
        ("stop_loss", "Stop-loss at −10%"),
        ("sell_part", "Sell 60% now"),
        ("stablecoin", "All to stablecoin"),
    ):
        assert ours.of(kind).end == theirs[label].end
        assert ours.of(kind).regret == pytest.approx(theirs[label].regret_holding)
    assert ours.of("short").closed == theirs["Hedge, left alone"].closed


def test_the_cash_of_a_way_costs_what_the_plan_says() -> None:
    short, put = compared().of("short"), compared().of("put")
    assert short.cash == 30_000.0
    assert short.cash_cost == pytest.approx(0.04 * (30_000.0 + short.up_front) * 20 / 365)
    assert put.cash == 0.0
    assert put.cash_cost == pytest.approx(0.04 * put.up_front * 20 / 365)
    free = compare_alternatives(assess(plan(cash_rate=0.0), MARKET), paths=PATHS).of("short")
    assert free.end.mean.value - short.end.mean.value == pytest.approx(short.cash_cost)


def test_what_a_point_less_of_the_worst_costs_is_that_of_the_table() -> None:
    hold, put = compared().of("hold"), compared().of("put")
    points = (hold.worst.value - put.worst.value) / 600.0
    assert put.point_cost == pytest.approx((hold.end.mean.value - put.end.mean.value) / points)
    assert hold.point_cost is None
    assert hold.upside_kept == pytest.approx(1.0)
    assert compared().of("short").upside_kept == pytest.approx(0.4, abs=0.05)


def test_a_put_cannot_be_closed_by_force_and_the_calls_of_a_collar_can() -> None:
    assert compared().of("put").closed is None
    assert compared().of("collar").closed is not None
    assert compared().of("hold").closed is None


def test_the_chance_that_the_short_is_closed_is_that_of_the_plan_at_todays_volatility() -> None:
    assessment = assess(plan(collateral=9_000.0), MARKET)
    tight = compare_alternatives(assessment, paths=PATHS).of("short")
    assert 0.0 < tight.closed.value < 1.0
    assert tight.closed == simulate(assessment, paths=PATHS).closed
    # On the days as they were the chance is another one.
    setup = prepare(assessment)
    usual = run_paths(path_model(setup)[0], setup.bag, setup.book, horizon=setup.horizon, paths=PATHS).hedge
    assert (usual.closed_on > 0).mean() != tight.closed.value


def test_the_break_even_volatility_lies_on_the_side_of_the_dearer_way() -> None:
    short, put = compared().of("short"), compared().of("put")
    assert (compared().break_even_volatility < compared().put_volatility) == (put.end.mean.value < short.end.mean.value)


def test_the_orders_are_whole_contracts_of_the_venue_that_goes_with_the_plan() -> None:
    put, collar = compared().of("put"), compared().of("collar")
    assert [order.option.series.venue for order in put.orders] == ["Deribit"]
    assert put.orders[0].text.startswith(f"Buy {put.orders[0].contracts:,.10g} × Deribit:ETH_USDC-")
    assert [order.is_bought for order in collar.orders] == [True, False]
    assert collar.up_front <= 0.02 * 60_000.0
    cme = compare_alternatives(assess(plan(venue="CME"), MARKET), paths=PATHS)
    assert {order.option.series.code for order in cme.of("put").orders} == {"MET"}
    assert "The fees of these options are assumed." in cme.notes


def test_a_stated_largest_loss_is_kept_in_every_move_of_the_market() -> None:
    settings = AlternativeSettings(largest_loss=12_000.0)
    found = compare_alternatives(assess(plan(), MARKET), settings, paths=PATHS)
    put = found.of("put")
    # The bag loses 60,000 × (1 − level). The put lives past the horizon, so it is worth at least its payoff then.
    order = put.orders[0]
    coins = order.contracts * order.option.series.contract_size
    levels = np.linspace(0.05, 1.0, 96)
    loss = (
        60_000.0 * (1.0 - levels) - coins * np.maximum(order.option.strike - PRICES["ETH"] * levels, 0.0) + put.up_front
    )
    assert loss.max() == pytest.approx(12_000.0, rel=0.12)
    assert found.target.startswith("a largest loss of $12,000")


def test_without_collateral_the_short_has_what_the_paths_advise() -> None:
    free = compare_alternatives(assess(plan(collateral=None), MARKET), paths=PATHS)
    assert free.of("short").cash > 0.0
    assert free.of("short").closed is not None
    assert any("states no collateral" in note for note in free.notes)


def test_a_horizon_beyond_every_listed_month_leaves_the_options_out_and_says_why() -> None:
    found = compare_alternatives(assess(plan(venue="CME", horizon_days=120), MARKET), paths=200)
    assert found.of("put") is None
    assert "lasts 120 days" in found.missing[0].why
    assert found.verdict.startswith("Only the short can be compared over 120 days: no listed option lasts")


def test_a_venue_without_options_on_these_coins_is_said() -> None:
    found = compare_alternatives(assess(plan(), MARKET), AlternativeSettings(venue="Kalshi"), paths=200)
    assert "Kalshi lists no option" in found.missing[0].why
    assert found.gap is None


def test_a_call_that_the_stated_collateral_does_not_open_leaves_the_collar_out() -> None:
    found = compare_alternatives(assess(plan(collateral=100.0), MARKET), paths=200)
    assert found.of("collar") is None


def test_series_and_surface_of_the_users_own_are_used() -> None:
    settings = AlternativeSettings(surface=assumed_surface().at_level(0.9), own_series=(OptionSeries.own("ETH", 0.1),))
    found = compare_alternatives(assess(plan(), MARKET), settings, paths=PATHS)
    assert found.of("put").orders[0].option.series.venue == "My options"
    assert found.put_volatility == pytest.approx(0.9, abs=0.06)
    assert found.of("put").end.mean.value < compared().of("put").end.mean.value
    with pytest.raises(InvalidInput, match="largest loss"):
        AlternativeSettings(largest_loss=0.0)


def test_the_past_has_every_way_and_the_same_seed_the_same_figures() -> None:
    assert all(way.past is not None for way in compared().ways)
    assert compared().independent >= 3
    again = compare_alternatives(assess(plan(), MARKET), paths=PATHS)
    assert [way.end for way in again.ways] == [way.end for way in compared().ways]


def random_plan(random: np.random.Generator) -> HedgePlan:
    coins = random.choice(["BTC", "ETH", "SOL", "AVAX", "LINK"], size=random.integers(1, 4), replace=False)
    holdings = tuple(Holding(coin=coin, quantity=random.uniform(5e3, 5e5) / PRICES[coin]) for coin in coins.tolist())
    decided = {"venue": "OKX", "horizon_days": int(random.integers(5, 50)), "risk_accepted": random.uniform(0.3, 0.7)}
    return HedgePlan(holdings=holdings, decisions=Decisions(collateral=1e7, **decided))


@pytest.mark.parametrize("seed", range(scaled(3)))
def test_on_random_plans_the_put_leaves_the_cvar_of_the_short_to_a_thousandth(seed: int) -> None:
    assessment = assess(random_plan(np.random.default_rng(seed)), MARKET)
    offer, _, _ = offer_of(assessment, venue="Deribit", surface=surface_of(MARKET))
    setup = prepare(assessment)
    model, _ = path_model(setup)
    ends = EndLevels(setup.panel.coins)
    policies = [Hold(), Hedge(setup.book), ends]
    runs = run_paths(model, setup.bag, setup.book, policies, horizon=setup.horizon, paths=500, seed=seed)
    bag, short = (track.worth - runs.start_value for track in runs.tracks[:2])
    outcomes = Outcomes(bag, ends.levels(offer.exposure), setup.horizon)

    found, missing = protections(offer, outcomes, limit_of(assessment, offer, outcomes, short, None))

    target = -float(np.sort(short)[:25].mean())
    put = found["put"]
    covered = [leg.with_lots(leg.lots * put.cover) for leg in offer.legs("put", put.put_strike, put.expiry)]
    made = bag + sum(leg.result(outcomes.levels[leg.underlying], setup.horizon) for leg in covered)
    reached = -float(np.sort(made)[:25].mean())
    if put.is_met:
        assert reached == pytest.approx(target, rel=1e-3)
    else:
        assert reached > target
        assert missing[0].label == "Put"
