"""The sample market: always the same, plausible, and marked as simulated."""

from __future__ import annotations

import numpy as np
import pytest

from hedge_core import BetaEstimate, MarketSnapshot, estimate_betas
from hedge_core.sources.generate_sample import COINS, simulate
from hedge_core.sources.registry import open_source
from hedge_core.sources.sample import SampleSource


@pytest.fixture(scope="module")
def market() -> MarketSnapshot:
    return SampleSource().snapshot()


def test_it_says_that_it_is_simulated(market: MarketSnapshot) -> None:
    assert market.simulated
    assert market.source == "sample" == SampleSource().name
    assert open_source("sample").snapshot() is market


def test_the_file_is_what_the_generator_makes(market: MarketSnapshot) -> None:
    made = simulate()
    np.testing.assert_allclose(market.history.values, made["closes"], rtol=1e-12)
    assert market.funding is not None
    np.testing.assert_allclose(market.funding.values, made["funding"].astype(float), rtol=1e-6, atol=1e-12)
    assert market.history.coins == tuple(COINS)


def test_it_holds_three_years_of_bitcoin_ether_solana_and_twenty_altcoins(market: MarketSnapshot) -> None:
    assert len(market.history.days) >= 3 * 365
    assert {"BTC", "ETH", "SOL"} <= set(market.history.coins)
    assert len(market.history.coins) >= 23
    young = [coin for coin in market.history.coins if np.isnan(market.history.of(coin)[0])]
    assert len(young) >= 2


def test_altcoins_move_with_ether_more_than_half_and_further_than_bitcoin(market: MarketSnapshot) -> None:
    altcoins = [coin for coin in market.history.coins if coin not in ("BTC", "ETH")]
    to_ether = estimate_betas(market.history, altcoins, "ETH", window_days=365)
    to_bitcoin = estimate_betas(market.history, altcoins, "BTC", window_days=365)
    correlations = [e.correlation for e in to_ether.values() if isinstance(e, BetaEstimate) and e.correlation]
    betas = [e.beta for e in to_bitcoin.values() if isinstance(e, BetaEstimate)]
    assert 0.5 < min(correlations) < max(correlations) < 0.95
    assert 0.9 < float(np.median(betas)) < 1.9


def test_returns_have_fat_tails_that_come_in_clusters(market: MarketSnapshot) -> None:
    returns = market.history.returns_of("BTC")
    centred = returns - returns.mean()
    assert (centred**4).mean() / (centred**2).mean() ** 2 > 4.0
    squares = np.abs(centred)
    assert np.corrcoef(squares[1:], squares[:-1])[0, 1] > 0.05


def test_in_crashes_altcoins_fall_further_than_bitcoin(market: MarketSnapshot) -> None:
    returns = market.history.returns
    medians = np.nanmedian(returns, axis=1)
    worst = np.argsort(medians)[:10]
    assert medians[worst].mean() < 1.4 * returns[worst, market.history.position["BTC"]].mean() < 0


def test_funding_is_positive_in_the_mean_and_negative_at_times(market: MarketSnapshot) -> None:
    assert market.funding is not None
    for coin in ("BTC", "ETH", "SOL"):
        mean = market.funding.annual_mean(coin, 1096)
        assert mean is not None
        assert 0.03 < mean < 0.15
        assert (market.funding.of(coin) < 0).mean() > 0.02


def test_dated_futures_expire_on_fridays_after_today_at_a_premium(market: MarketSnapshot) -> None:
    assert len(market.futures) >= 10
    for quote in market.futures:
        assert quote.expiry.weekday() == 4
        basis = quote.annual_basis(market.price(quote.underlying), market.as_of.date())
        assert basis is not None
        assert 0.02 < basis < 0.10
