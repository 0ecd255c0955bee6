"""The dangers of a plan with their chances: those of the paths, and the same list as without paths."""

from __future__ import annotations

import pytest

from hedge_core.errors import InvalidInput
from hedge_core.scenarios.dangers import what_hurts
from hedge_core.simulation.pledging import pledging
from hedge_core.simulation.simulation import simulate
from hedge_core.simulation.what_hurts import hurts_on_paths
from tests.simulation.test_simulation import hedged
from tests.support.markets import make_market


def test_the_chance_of_a_liquidation_is_that_of_the_paths():
    assessment = hedged(collateral=1_500.0)
    found = hurts_on_paths(assessment, paths=400, seed=3)
    closed = simulate(assessment, paths=400, seed=3).closed

    danger = next(one for one in found.dangers if one.key == "liquidation")
    assert closed is not None
    assert danger.chance == closed.value > 0.0
    assert [one.key for one in found.dangers] == [one.key for one in what_hurts(assessment)]


def test_a_venue_that_does_not_deleverage_is_not_said_to():
    at_okx, at_cme = (hurts_on_paths(hedged(venue=venue), paths=200) for venue in ("OKX", "CME"))

    assert "closes winning shorts on" in at_okx.on_paths
    assert "closes winning shorts" not in at_cme.on_paths
    assert "fails on" in at_cme.on_paths


def test_without_enough_history_the_list_stands_without_paths():
    found = hurts_on_paths(hedged(market=make_market(days=20), betas={"ETH": 1.0}), paths=100)

    assert found.intact is None
    assert "fewer than 30 days" in found.on_paths
    assert found.dangers


def test_a_wrong_number_of_paths_is_refused():
    with pytest.raises(InvalidInput, match="number of paths"):
        hurts_on_paths(hedged(), paths=0)


def test_nothing_short_has_no_dangers_and_draws_no_paths():
    found = hurts_on_paths(hedged(risk_accepted=1.0))

    assert (found.dangers, found.intact, found.on_paths) == ((), None, "")
    assert "no hedge to lose" in found.reading


def test_pledged_coins_keep_the_short_alive_on_more_paths_and_change_nothing_else():
    found = pledging(hedged(collateral=1_500.0, venue="OKX"), {"ETH": 0.5}, paths=400, seed=2)

    assert found.backed.closed.value < found.plain.closed.value
    assert (found.plain.bag_results == found.backed.bag_results).all()
    assert found.room_at_low > found.room_without - 1e-9
    assert "count for" in found.sentences[0]


def test_a_haircut_of_100_percent_gives_exactly_the_same_paths():
    found = pledging(hedged(collateral=1_500.0), {"ETH": 1.0}, {"ETH": 1.0}, paths=400, seed=2)

    assert (found.plain.net_results == found.backed.net_results).all()
    assert found.plain.closed == found.backed.closed
    assert found.plain.cash_advised == found.backed.cash_advised
    assert found.room_at_low == found.room_without
    assert all((found.plain.fans[name] == found.backed.fans[name]).all() for name in found.plain.fans)
