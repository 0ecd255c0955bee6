"""The search for options: the size against an independent bisection, the choice against brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hedge_core.market.options.contracts import option_series, proposed_series
from hedge_core.market.options.surface import Smile, VolatilitySurface
from hedge_core.simulation.option_search import (
    MOST_COVER,
    Limit,
    Offer,
    Outcomes,
    cheapest,
    cvar,
    largest_loss,
    least_cover,
    results_of,
)
from tests.support.markets import PRICES, make_market
from tests.support.scale import scaled

MARKET = make_market(futures=())
DAYS = 27
PATHS = 800


def surface(level: float) -> VolatilitySurface:
    return VolatilitySurface({}, Smile.flat(level, put_over_call=0.03, half_spread=0.01), "stated")


def offer(level: float = 0.6, **exposure: float) -> Offer:
    exposure = exposure or {"BTC": 60_000.0, "ETH": 40_000.0}
    spots = {coin: PRICES[coin] for coin in exposure}
    return Offer(
        market=MARKET, surface=surface(level), series=proposed_series("Deribit"), spots=spots, exposure=exposure
    )


def outcomes(seed: int, offered: Offer, own: float = 0.05, paths: int = PATHS) -> Outcomes:
    """A bag that follows its options' coins by its exposure to them, with noise of its own."""
    random = np.random.default_rng(seed)
    market = random.standard_t(5, paths) * 0.1
    levels = {coin: np.exp(market + random.normal(0.0, 0.05, paths)) for coin in offered.exposure}
    bag = sum(usd * (levels[coin] - 1.0) for coin, usd in offered.exposure.items())
    return Outcomes(bag + random.normal(0.0, own * sum(offered.exposure.values()), paths), levels, DAYS)


def slow_cvar(results: np.ndarray) -> float:
    worst = sorted(results)[: round(0.05 * len(results))]
    return -math.fsum(worst) / len(worst)


def test_cvar_is_the_mean_of_the_worst_twentieth() -> None:
    results = np.random.default_rng(1).normal(0.0, 1.0, 1_000)
    assert cvar(results) == pytest.approx(slow_cvar(results), rel=1e-12)
    assert largest_loss(np.array([3.0, -2.0, 1.0])) == 2.0


@pytest.mark.parametrize("seed", range(scaled(12)))
def test_options_leave_the_cvar_that_was_asked_for_to_a_thousandth(seed: int) -> None:
    random = np.random.default_rng(seed)
    offered = offer(random.uniform(0.3, 1.0), BTC=random.uniform(2e3, 2e6), ETH=random.uniform(2e3, 2e6))
    paths = outcomes(seed, offered, own=random.uniform(0.0, 0.06))
    alone = slow_cvar(paths.bag)
    target = random.uniform(0.6, 0.95) * alone
    found = cheapest(
        offered.puts([offered.series["BTC"].expiries(MARKET.as_of.date())[0]]), paths, Limit(paths, cvar, target)
    )

    assert found is not None
    assert found.is_met
    assert found.reached == pytest.approx(target, rel=1e-3)
    scaled_legs = offered.legs("put", found.put_strike, found.expiry)
    made = found.cover * sum(one.result(paths.levels[one.underlying], DAYS) for one in scaled_legs)
    assert slow_cvar(paths.bag + made) == pytest.approx(target, rel=1e-3)
    assert all(one.lots == int(one.lots) for one in found.legs)


def brute_force(candidates, paths: Outcomes, target: float):
    """The cheapest candidate, by trying sizes in steps of 1/2,000 on every one, without the laws of bisection."""
    best = None
    for one in candidates:
        made = sum(leg.result(paths.levels[leg.underlying], DAYS) for leg in one.legs)
        size = next(
            (q for q in np.arange(0.0, MOST_COVER, 1 / 2_000) if slow_cvar(paths.bag + q * made) <= target), None
        )
        if size is not None and (best is None or -size * made.mean() < best[0]):
            best = (-size * made.mean(), one, size)
    return best


@pytest.mark.parametrize("kind", ["puts", "collars"])
def test_the_cheapest_is_that_of_brute_force(kind: str, monkeypatch) -> None:
    monkeypatch.setattr("hedge_core.simulation.option_search.PUT_STRIKES", (0.8, 0.9, 0.975, 1.05))
    monkeypatch.setattr("hedge_core.simulation.option_search.CALL_STRIKES", (1.05, 1.1, 1.2, 1.4))
    offered = offer()
    paths = outcomes(3, offered, paths=200)
    expiries = offered.series["BTC"].expiries(MARKET.as_of.date())[:2]
    target = 0.75 * cvar(paths.bag)
    candidates = list(getattr(offered, kind)(expiries))
    cost, one, size = brute_force(candidates, paths, target)

    found = cheapest(iter(candidates), paths, Limit(paths, cvar, target))

    assert (found.expiry, found.put_strike, found.call_strike) == (one.expiry, one.put_strike, one.call_strike)
    assert found.cover == pytest.approx(size, abs=1 / 1_000)
    assert found.cost == pytest.approx(cost, rel=2e-3)


def test_the_calls_of_a_collar_pay_for_its_puts_with_the_highest_strike_that_does() -> None:
    offered = offer()
    expiry = offered.series["BTC"].expiries(MARKET.as_of.date())[0]
    for one in list(offered.collars([expiry]))[:6]:
        puts = [leg for leg in one.legs if leg.is_bought]
        paid = sum(leg.up_front for leg in puts)
        assert sum(leg.up_front for leg in one.legs) <= 0.0
        higher = offered.legs("call", round(one.call_strike + 0.025, 3), expiry)
        assert paid + sum(leg.up_front for leg in higher) > 0.0
        assert one.put_strike < 1.0 < one.call_strike


def test_a_largest_loss_is_kept_in_whole_lots() -> None:
    offered = offer(BTC=9_000.0, ETH=7_000.0)
    moves = np.arange(-95, 101) / 100.0
    levels = {"BTC": 1.0 + 0.9 * moves, "ETH": np.maximum(1.0 + 1.1 * moves, 0.0)}
    moved = Outcomes(9_000.0 * (levels["BTC"] - 1.0) + 7_000.0 * (levels["ETH"] - 1.0), levels, DAYS)
    expiries = offered.series["BTC"].expiries(MARKET.as_of.date())[:1]
    found = cheapest(offered.puts(expiries), outcomes(5, offered), Limit(moved, largest_loss, 3_000.0, must_hold=True))

    assert found is not None
    made = sum(one.result(levels[one.underlying], DAYS) for one in found.legs)
    assert (moved.bag + made).min() >= -3_000.0
    assert all(one.lots == int(one.lots) > 0 for one in found.legs)


def test_what_no_option_reaches_gives_the_closest_or_nothing_where_the_limit_must_hold() -> None:
    offered = offer()
    paths = outcomes(7, offered, own=0.2)
    expiries = offered.series["BTC"].expiries(MARKET.as_of.date())[:1]
    target = 0.1 * cvar(paths.bag)

    found = cheapest(offered.puts(expiries), paths, Limit(paths, cvar, target))
    assert found is not None
    assert not found.is_met
    assert found.cover == 1.0
    least = min(cvar(paths.bag + results_of(one.legs, paths)) for one in offered.puts(expiries))
    assert found.reached == pytest.approx(least)
    assert cheapest(offered.puts(expiries), paths, Limit(paths, cvar, target, must_hold=True)) is None


def test_a_bag_below_one_lot_gets_nothing() -> None:
    offered = offer(SOL=100.0)
    assert offered.series["SOL"] is option_series()["Deribit:SOL_USDC"]
    paths = outcomes(9, offered)
    expiries = offered.series["SOL"].expiries(MARKET.as_of.date())[:1]
    assert cheapest(offered.puts(expiries), paths, Limit(paths, cvar, 0.8 * cvar(paths.bag))) is None


def test_the_size_is_zero_where_the_bag_meets_the_limit_and_none_where_no_size_does() -> None:
    bag, options = np.array([-10.0, 5.0]), np.array([8.0, -4.0])
    assert least_cover(bag, options, largest_loss, 12.0) == 0.0
    # −10 + 8q ≥ −5 needs q = 5/8, and 5 − 4q ≥ −5 holds.
    assert least_cover(bag, options, largest_loss, 5.0) == pytest.approx(0.625, abs=1e-3)
    # The two losses 10 − 8q and 4q − 5 meet at q = 1.25 with a loss of 0.
    assert least_cover(bag, options, largest_loss, 0.01) == pytest.approx(1.24875, abs=1e-3)
    assert least_cover(bag, -options, largest_loss, 9.0) is None
