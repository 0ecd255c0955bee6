"""Option ways: the volatility at which a put costs as much as the short."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hedge_core.hedge.option_legs import option_leg
from hedge_core.market.options.surface import Smile, VolatilitySurface
from hedge_core.plan.plan import Decisions, HedgePlan
from hedge_core.simulation.option_search import Limit, cheapest, cvar
from hedge_core.simulation.option_ways import break_even_volatility, mean_volatility, option_venue
from tests.simulation.test_option_search import DAYS, MARKET, offer, outcomes
from tests.support.markets import PRICES


def flat(level: float) -> VolatilitySurface:
    return VolatilitySurface({}, Smile.flat(level, half_spread=0.01), "stated")


def test_at_the_break_even_volatility_the_same_puts_end_as_high_as_the_short() -> None:
    offered = replace(offer(), surface=flat(0.6))
    paths = outcomes(11, offered)
    expiry = offered.series["BTC"].expiries(MARKET.as_of.date())[:1]
    put = cheapest(offered.puts(expiry), paths, Limit(paths, cvar, 0.7 * cvar(paths.bag)))
    assert mean_volatility(put) == pytest.approx(0.6)
    target = float(paths.bag.mean()) - 0.4 * put.cost

    even = break_even_volatility(put, paths, target)

    made = [
        option_leg(leg.option, MARKET, flat(even), PRICES[leg.underlying], leg.lots).result(
            paths.levels[leg.underlying], DAYS
        )
        for leg in put.legs
    ]
    assert float((paths.bag + sum(made)).mean()) == pytest.approx(target, abs=5.0)
    assert break_even_volatility(put, paths, -1e9) is None
    assert break_even_volatility(put, paths, 1e9) is None


def test_a_plan_at_a_broker_gets_the_options_of_cme_and_any_other_those_of_deribit() -> None:
    venues = {venue: option_venue(HedgePlan(holdings=(), decisions=Decisions(venue=venue))) for venue in ("CME", "OKX")}
    assert venues == {"CME": "CME", "OKX": "Deribit"}
