"""A young coin's beta is shrunk towards those of its peers.

By hand: 90 of 360 days, so w = 1/4. Own beta 2.0 with an error of 0.4; peers 1.0, 1.2 and 1.4, mean 1.2 and sample
variance 0.04. Beta = 0.25 · 2.0 + 0.75 · 1.2 = 1.4; error = √(0.25² · 0.4² + 0.75² · 0.04) = √0.0325.
"""

from __future__ import annotations

import math

import pytest

from hedge_core.exposure.betas import BetaEstimate, estimate_betas, shrunk_to_peers
from hedge_core.exposure.estimates import HistoryEstimates
from hedge_core.exposure.estimators import PLAN_ESTIMATOR
from hedge_core.exposure.evidence import gather_evidence
from tests.support.markets import make_market


def estimate(beta: float, days: int = 360, error: float | None = 0.1) -> BetaEstimate:
    return BetaEstimate(
        coin="NOVA", proxy="ETH", beta=beta, method="ols", standard_error=error, observations=days, window_days=360
    )


PEERS = [estimate(1.0), estimate(1.2), estimate(1.4)]


def test_the_worked_example():
    found = shrunk_to_peers(estimate(2.0, days=90, error=0.4), PEERS, 360)

    assert found.beta == pytest.approx(1.4)
    assert found.standard_error == pytest.approx(math.sqrt(0.0325))
    assert found.method == "shrunk"


def test_one_peer_has_no_spread():
    found = shrunk_to_peers(estimate(2.0, days=90, error=0.4), PEERS[:1], 360)

    assert (found.beta, found.standard_error) == pytest.approx((1.25, 0.1))


@pytest.mark.parametrize(
    ("own", "peers"),
    [(estimate(2.0, days=90), []), (estimate(2.0, days=360), PEERS), (estimate(2.0, days=90, error=None), PEERS)],
)
def test_without_peers_with_all_days_or_without_an_error_nothing_changes(own, peers):
    assert shrunk_to_peers(own, peers, 360) is own


def test_the_peers_are_the_coins_of_the_market_with_all_days_other_than_bitcoin_and_ether():
    """UNI has 100 days and NEAR 150 of 365, so the peers of UNI are SOL, LINK, AVAX and DOGE."""
    market = make_market(3, young={"UNI": 101, "NEAR": 151})
    evidence = gather_evidence(market.history, ["UNI"], ["ETH"], window_days=365, estimator=PLAN_ESTIMATOR)
    own = estimate_betas(market.history, market.history.coins, "ETH", window_days=365, estimator=PLAN_ESTIMATOR)

    found = HistoryEstimates(market=market, window_days=365, proxies=("ETH",), evidence=evidence).betas(
        ["UNI", "NEAR", "SOL"]
    )

    peers = [own[coin].beta for coin in ("SOL", "LINK", "AVAX", "DOGE")]
    for coin, days in (("UNI", 100), ("NEAR", 150)):
        weight = days / 365
        expected = weight * own[coin].beta + (1 - weight) * sum(peers) / len(peers)
        assert found[coin]["ETH"].beta == pytest.approx(expected)
    assert found["SOL"]["ETH"].beta == own["SOL"].beta
