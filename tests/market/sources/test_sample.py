"""The sample market: always the same, plausible, and marked as simulated."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from hedge_core import BetaEstimate, MarketSnapshot, estimate_betas
from hedge_core.documents.market_sources import open_source
from hedge_core.documents.prices.file import CsvFileSource
from hedge_core.market.sources import MarketSource
from hedge_core.market.sources.generate_sample import COINS, simulate, write
from hedge_core.market.sources.sample import FILE, SampleSource


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
    assert medians[worst].mean() < 1.4 * returns[worst, market.history.column_of["BTC"]].mean() < 0


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


def test_no_coin_is_absurd(market: MarketSnapshot) -> None:
    history = market.history
    for coin in history.coins:
        closes, returns = history.of(coin), history.returns_of(coin)
        closes, returns = closes[~np.isnan(closes)], returns[~np.isnan(returns)]
        assert closes.max() / closes.min() < 30, coin
        assert 1 / 10 < closes[-1] / closes[0] < 10, coin
        assert -0.5 < returns.min() < returns.max() < 0.8, coin
        known = np.flatnonzero(~np.isnan(history.of(coin)))
        assert len(known) == known[-1] - known[0] + 1, coin


@pytest.mark.parametrize(("coin", "low", "high"), [("BTC", 0.42, 0.58), ("ETH", 0.58, 0.80), ("SOL", 0.70, 1.00)])
def test_a_years_volatility_is_that_of_the_coin(market: MarketSnapshot, coin: str, low: float, high: float) -> None:
    assert low < market.history.returns_of(coin).std() * np.sqrt(365) < high


def test_every_altcoin_follows_bitcoin_and_ether_as_real_ones_do(market: MarketSnapshot) -> None:
    history = market.history
    bitcoin, ether = history.returns_of("BTC"), history.returns_of("ETH")
    for coin in set(history.coins) - {"BTC", "ETH"}:
        own = history.returns_of(coin)
        known = ~np.isnan(own)
        assert 0.45 < np.corrcoef(own[known], bitcoin[known])[0, 1] <= 0.85, coin
        assert 0.5 < np.corrcoef(own[known], ether[known])[0, 1] <= 0.85, coin
        assert 0.85 < np.cov(own[known], bitcoin[known])[0, 1] / bitcoin[known].var(ddof=1) < 1.9, coin
        assert 0.55 < own[known].std() * np.sqrt(365) < 1.35, coin


def test_the_market_crashes_every_few_months(market: MarketSnapshot) -> None:
    medians = np.nanmedian(market.history.returns, axis=1)
    crashes = np.flatnonzero(medians < -0.09)
    assert 6 <= len(crashes) <= 30


def test_two_coins_are_young_and_have_no_closes_before_they_were_listed(market: MarketSnapshot) -> None:
    listed = {coin: int((~np.isnan(market.history.of(coin))).sum()) for coin in market.history.coins}
    assert sum(days < 365 for days in listed.values()) >= 2
    assert market.funding is not None
    np.testing.assert_array_equal(np.isnan(market.funding.values), np.isnan(market.history.values))


def test_funding_persists_and_is_higher_after_a_rise(market: MarketSnapshot) -> None:
    assert market.funding is not None
    for coin in ("BTC", "ETH", "SOL"):
        funding = market.funding.of(coin)
        month = np.convolve(market.history.returns_of(coin), np.ones(30) / 30, mode="valid")
        assert np.corrcoef(funding[1:], funding[:-1])[0, 1] > 0.8
        assert np.corrcoef(funding[30:], month)[0, 1] > 0.1


def test_it_is_made_again_exactly(tmp_path: Path) -> None:
    write(tmp_path / "market.npz")
    shipped = files("hedge_core").joinpath(FILE)
    with shipped.open("rb") as file, np.load(file) as kept, np.load(tmp_path / "market.npz") as made:
        assert set(kept) == set(made)
        for name in kept:
            np.testing.assert_array_equal(kept[name], made[name])


def test_the_file_is_small() -> None:
    assert len(files("hedge_core").joinpath(FILE).read_bytes()) < 300_000


def test_every_source_is_one_by_the_port() -> None:
    assert isinstance(SampleSource(), MarketSource)
    assert isinstance(CsvFileSource("closes.csv"), MarketSource)
