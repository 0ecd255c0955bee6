"""The basket against plain loops over scipy's solver, by hand, and its laws.

By hand: 73 of 365 days, so w = 0.2. A young coin whose own betas on the legs are (1.0, 0.5), beside peers with the mean
(0.4, 0.6), has 0.2·(1.0, 0.5) + 0.8·(0.4, 0.6) = (0.52, 0.58).
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.optimize import nnls

from hedge_core.exposure.basket import BasketFitter, eligible, most_extra_legs
from hedge_core.exposure.count_risk import count_risk

PROXIES = ("BTC", "ETH", "SOL", "LINK", "AVAX", "NEAR", "DOGE")
COINS = ("UNI", "ATOM", "ARB", "TIA")
VALUES = np.array([4_000.0, 3_000.0, 2_000.0, 1_000.0])


def make_market(seed=0, *, days=365, coins=COINS):
    """Returns of coins and contracts: parts of Bitcoin and Ether, in coins those of two altcoins too, and noise."""
    random = np.random.default_rng(seed)
    bitcoin = random.normal(0.0, 0.025, days)
    core = np.column_stack([bitcoin, 0.9 * bitcoin + random.normal(0.0, 0.02, days)])
    altcoins = core @ random.uniform(0.3, 0.8, (2, len(PROXIES) - 2)) + random.normal(0.0, 0.02, (days, 5))
    x = np.column_stack([core, altcoins])
    y = core @ random.uniform(0.1, 0.5, (2, len(coins))) + random.normal(0.0, 0.02, (days, len(coins)))
    for column in range(len(coins)):
        y[:, column] += altcoins[:, random.choice(5, 2, replace=False)] @ random.uniform(0.1, 0.4, 2)
    return y, x


def fitter(y, x, *, values=VALUES, coins=COINS, proxies=PROXIES):
    return BasketFitter(
        coins=coins, proxies=proxies, coin_returns=y, proxy_returns=x, values=np.asarray(values, dtype=float)
    )


def penalised(x, y, kept, core=(0, 1)):
    """X with the rows diag(√d) below, and y with as many zeros: the least squares problem that the objective is."""
    x, y = x - x.mean(axis=0), y - y.mean()
    of_core = x[:, list(core)]
    d = ((x - of_core @ np.linalg.lstsq(of_core, x, rcond=None)[0]) ** 2).sum(axis=0)
    d[list(core)] = 0.0
    return np.vstack([x[:, kept], np.diag(np.sqrt(d[kept]))]), np.concatenate([y, np.zeros(len(kept))])


def plain_ridge(y, x, kept):
    """The slopes by least squares, and those that are not below zero."""
    rows, target = penalised(x, y, kept)
    return np.linalg.lstsq(rows, target, rcond=None)[0], nnls(rows, target)[0]


def test_the_bag_is_non_negative_least_squares_and_its_coins_are_ridges_on_what_that_keeps():
    for seed in range(20):
        y, x = make_market(seed)

        found = fitter(y, x).fit(3)

        kept = [PROXIES.index(name) for name in found.proxies]
        _, weights = plain_ridge(y @ (VALUES / VALUES.sum()), x, kept)
        np.testing.assert_allclose(found.exposures(dict(zip(COINS, VALUES, strict=True))) / 10_000, weights, rtol=1e-9)
        for row in range(len(COINS)):
            np.testing.assert_allclose(found.betas[row], plain_ridge(y[:, row], x, kept)[0], rtol=1e-8, atol=1e-10)
        assert {"BTC", "ETH"} & set(found.proxies)
        assert len(set(found.proxies) - {"BTC", "ETH"}) <= 3
        assert (found.days, found.window_days, found.observations.tolist()) == (365, 365, [365] * 4)


def test_betas_of_the_coins_add_up_to_the_bags_and_the_hedged_bag_has_no_beta_to_bitcoin_and_ether():
    """1,000 random bags; a coefficient of a coin can be negative, and is."""
    has_both, negative = 0, 0
    for seed in range(1_000):
        random = np.random.default_rng(seed)
        y, x = make_market(seed, days=int(random.integers(40, 366)))
        values = random.uniform(10.0, 10_000.0, len(COINS))
        weights = values / values.sum()

        found = fitter(y, x, values=values).fit(int(random.integers(0, 6)))

        kept = [PROXIES.index(name) for name in found.proxies]
        bag = plain_ridge(y @ weights, x, kept)[1]
        np.testing.assert_allclose(weights @ found.betas, bag, rtol=0, atol=1e-11)
        left = [name for name in PROXIES if name not in found.proxies]
        alone = fitter((y @ weights)[:, None], x, values=[1.0], coins=("BAG",)).fit(5, without=left)
        assert alone.proxies == found.proxies
        assert np.abs(weights @ found.betas - alone.betas[0]).max() < 1e-12
        negative += int((found.betas < 0).any())
        if {"BTC", "ETH"} <= set(found.proxies):
            has_both += 1
            hedged = y @ weights - x[:, kept] @ (weights @ found.betas)
            core = x[:, :2] - x[:, :2].mean(axis=0)
            slopes = np.linalg.lstsq(core, hedged - hedged.mean(), rcond=None)[0]
            assert np.abs(slopes).max() < 1e-10
    assert has_both > 300
    assert negative > 300


@given(scale=st.floats(1e-3, 1e6), seed=st.integers(0, 30))
def test_the_size_of_the_bag_scales_its_exposures_and_changes_no_beta(scale, seed):
    y, x = make_market(seed)
    plain, scaled = fitter(y, x).fit(3), fitter(y, x, values=scale * VALUES).fit(3)

    assert scaled.proxies == plain.proxies
    np.testing.assert_allclose(scaled.betas, plain.betas, rtol=1e-9)
    larger = scaled.exposures(dict(zip(COINS, scale * VALUES, strict=True)))
    np.testing.assert_allclose(larger, scale * plain.exposures(dict(zip(COINS, VALUES, strict=True))), rtol=1e-9)


@given(order=st.permutations(range(len(COINS))), legs=st.permutations(range(len(PROXIES))), seed=st.integers(0, 20))
def test_the_order_of_coins_and_contracts_does_not_matter(order, legs, seed):
    y, x = make_market(seed)
    y[:300, 2] = np.nan
    plain = fitter(y, x).fit(3)

    other = fitter(
        y[:, order],
        x[:, legs],
        values=VALUES[order],
        coins=tuple(COINS[row] for row in order),
        proxies=tuple(PROXIES[leg] for leg in legs),
    ).fit(3)

    assert set(other.proxies) == set(plain.proxies)
    back = [other.proxies.index(name) for name in plain.proxies]
    np.testing.assert_allclose(other.betas[:, back], plain.betas[order], rtol=1e-7, atol=1e-10)


def test_a_young_coin_is_its_own_ridge_and_the_mean_of_its_peers_by_its_days():
    y, x = make_market(1)
    y[: 365 - 73, 3] = np.nan

    found = fitter(y, x).fit(3)

    kept = [PROXIES.index(name) for name in found.proxies]
    peers = [plain_ridge(y[:, row], x, kept)[0] for row in range(3)]
    peers += [
        plain_ridge(x[:, row], x, kept)[0] for row in range(len(PROXIES)) if PROXIES[row] not in ("BTC", "ETH", "SOL")
    ]
    own = plain_ridge(y[-73:, 3], x[-73:], kept)[0]
    assert found.is_young.tolist() == [False, False, False, True]
    assert found.observations.tolist() == [365, 365, 365, 73]
    np.testing.assert_allclose(found.betas[3], 0.2 * own + 0.8 * np.mean(peers, axis=0), rtol=1e-8)
    assert (found.standard_errors[3] > 0).all()
    # Young coins choose no leg.
    without = fitter(y[:, :3], x, values=VALUES[:3], coins=COINS[:3]).fit(3)
    assert without.proxies == found.proxies
    np.testing.assert_allclose(without.betas, found.betas[:3], rtol=1e-9)


def test_a_coin_that_is_a_peer_and_a_contract_counts_once():
    y, x = make_market(1, coins=("LINK", "TIA"))
    y[:, 0], y[:300, 1] = x[:, 3], np.nan

    found = fitter(y, x, values=[1.0, 1.0], coins=("LINK", "TIA")).fit(0)

    altcoins = [3, 4, 5, 6]
    mean = np.mean([plain_ridge(x[:, column], x, [0, 1])[0] for column in altcoins], axis=0)
    own = plain_ridge(y[300:, 1], x[300:], [0, 1])[0]
    np.testing.assert_allclose(found.betas[1], (65 * own + 300 * mean) / 365, rtol=1e-8)


def test_a_coin_of_a_few_days_has_the_betas_of_its_peers_and_one_gap_makes_no_coin_young():
    y, x = make_market(2)
    y[:-29, 3] = np.nan
    y[100:102, 0] = np.nan

    found = fitter(y, x).fit(2)

    assert found.is_young.tolist() == [False, False, False, True]
    assert found.observations.tolist() == [363, 363, 363, 29]
    keep = np.ones(365, dtype=bool)
    keep[100:102] = False
    kept = [PROXIES.index(name) for name in found.proxies]
    names = [0, 1, 2]
    peers = [plain_ridge(y[keep, row], x[keep], kept)[0] for row in names]
    peers += [plain_ridge(x[keep, row], x[keep], kept)[0] for row in (3, 4, 5, 6)]
    np.testing.assert_allclose(found.betas[3], np.mean(peers, axis=0), rtol=1e-8)


def test_with_fewer_than_three_peers_the_mean_is_half_bitcoin_and_half_ether():
    y, x = make_market(3)
    y[:-10] = np.nan

    found = fitter(y, x[:, :5], proxies=PROXIES[:5]).fit(5)  # LINK and AVAX are two peers, SOL is none

    assert found.proxies == ("BTC", "ETH")
    np.testing.assert_allclose(found.betas, 0.5)
    np.testing.assert_array_equal(found.standard_errors, 0.0)


@pytest.mark.parametrize(("left_out", "betas"), [((), [0.5, 0.5]), (("BTC",), [1.0]), (("BTC", "ETH"), [1.0])])
def test_the_mean_without_peers_is_in_what_is_kept(left_out, betas):
    y, x = make_market(3, coins=("UNI", "TIA"))
    y[:-10, 1] = np.nan

    found = fitter(y, x[:, :4], values=[1.0, 1.0], coins=("UNI", "TIA"), proxies=PROXIES[:4]).fit(
        1 if len(left_out) == 2 else 0, without=left_out
    )

    np.testing.assert_array_equal(found.betas[1], betas)


@pytest.mark.parametrize("has_bitcoin", [False, True])
def test_a_bag_of_young_coins_is_hedged_with_bitcoin_and_ether(has_bitcoin):
    """Bitcoin in the rest says nothing about the others: on the same legs their betas stay as they are."""
    y, x = make_market(4)
    y[:250] = np.nan
    coins, values = COINS, VALUES
    if has_bitcoin:
        y, coins, values = np.column_stack([y, x[:, 0]]), (*COINS, "BTC"), np.append(VALUES, 400.0)

    found = fitter(y, x, values=values, coins=coins).fit(5)

    assert found.proxies == ("BTC", "ETH")
    assert found.is_young[:4].all()
    peers = np.mean([plain_ridge(x[:, row], x, [0, 1])[0] for row in (3, 4, 5, 6)], axis=0)
    own = plain_ridge(y[250:, 0], x[250:], [0, 1])[0]
    np.testing.assert_allclose(found.betas[0], (115 * own + 250 * peers) / 365, rtol=1e-8)
    if has_bitcoin:
        np.testing.assert_allclose(found.betas[4], [1.0, 0.0], atol=1e-12)


def test_a_little_bitcoin_changes_no_beta_of_the_other_coins_on_the_same_legs():
    for seed in range(30):
        y, x = make_market(seed)
        y[: 200 + 3 * seed, 2:] = np.nan
        plain = fitter(y, x).fit(3)
        more = fitter(np.column_stack([y, x[:, 0]]), x, values=np.append(VALUES, 400.0), coins=(*COINS, "BTC"))
        only = [name for name in PROXIES if name not in plain.proxies]

        found = more.fit(5, without=only)

        assert set(found.proxies) <= set(plain.proxies)
        if found.proxies == plain.proxies:
            assert np.abs(found.betas[:4] - plain.betas).max() < 0.02


def test_a_leg_that_young_coins_would_have_bought_is_removed_and_all_coins_are_fitted_again():
    y, x = make_market(5, coins=("UNI", "TIA"))
    y[:, 1] = 2.0 * x[:, 0] - 2.5 * x[:, 1]
    y[:180, 1] = np.nan

    found = fitter(y, x, values=[100.0, 10_000.0], coins=("UNI", "TIA")).fit(2)

    assert "ETH" not in found.proxies
    assert (found.exposures({"UNI": 100.0, "TIA": 10_000.0}) > 0).all()
    kept = [PROXIES.index(name) for name in found.proxies]
    np.testing.assert_allclose(found.betas[0], plain_ridge(y[:, 0], x, kept)[0], rtol=1e-8)


def test_a_contract_left_out_does_not_return_and_the_days_stay_those_of_all():
    y, x = make_market(6)
    x[10:20, 4] = np.nan
    whole = fitter(y, x)
    first = whole.fit(5)
    extra = [name for name in first.proxies if name not in ("BTC", "ETH")]

    again = whole.fit(5, without=extra[:1])

    assert extra[0] not in again.proxies
    assert again.days == first.days == 355
    assert whole.fit(0, without=("BTC",)).proxies == ("ETH",)
    assert whole.fit(5, without=PROXIES) is None


def test_a_contract_of_less_than_a_lot_is_left_out_and_the_search_runs_again():
    y, x = make_market(6)
    asked = []

    def too_small(basket):
        asked.append(basket.proxies)
        altcoins = [name for name in basket.proxies if name not in ("BTC", "ETH", "AVAX")]
        return altcoins[0] if altcoins else None

    basket, left_out = fitter(y, x).fit_tradable(5, too_small)

    assert len(asked) == len(left_out) + 1 > 2
    assert asked[-1] == basket.proxies
    assert not set(left_out) & set(basket.proxies)
    np.testing.assert_array_equal(basket.betas, fitter(y, x).fit(5, without=left_out).betas)
    assert fitter(y, x).fit_tradable(5, lambda basket: basket.proxies[0]) is None


def test_the_objective_is_what_is_left_of_the_variance_with_the_penalty():
    y, x = make_market(6)
    weights = VALUES / VALUES.sum()

    found = fitter(y, x).fit(2)

    kept = [PROXIES.index(name) for name in found.proxies]
    rows, target = penalised(x, y @ weights, kept)
    assert found.objective == pytest.approx(nnls(rows, target)[1] ** 2 / (target @ target))
    assert fitter(y, x).fit(0).objective > found.objective > fitter(y, x).fit(5).objective
    y[:200] = np.nan
    assert fitter(y, x).fit(2).objective is None


def test_a_contract_with_gaps_or_without_a_move_is_not_eligible():
    _, x = make_market(7)
    x[:18, 2], x[:19, 3], x[:, 4] = np.nan, np.nan, 0.001

    assert eligible(x).tolist() == [True, True, True, False, False, True, True]
    assert not eligible(x[:29]).any()
    assert not eligible(x[:0]).any()


@pytest.mark.parametrize("lack", ["days", "common days", "contracts"])
def test_where_nothing_can_be_fitted_there_is_no_basket(lack):
    y, x = make_market(8, days=31)
    if lack == "days":
        y, x = y[:29], x[:29]
    elif lack == "common days":  # 30 of each contract and coin, but 29 of all
        x[3, 0], y[7, 1] = np.nan, np.nan
    else:
        x[:] = np.nan

    assert fitter(y, x).fit(3) is None


def test_contracts_that_repeat_bitcoin_and_ether_are_no_legs():
    y, x = make_market(9)
    x[:, 2] = 0.5 * x[:, 0] + 0.5 * x[:, 1]

    found = fitter(y, x).fit(5)

    assert "SOL" not in found.proxies


def test_without_bitcoin_and_ether_the_basket_is_what_the_venue_has():
    y, x = make_market(10)

    found = fitter(y, x[:, 2:], proxies=PROXIES[2:]).fit(2)

    assert 1 <= len(found.proxies) <= 2
    assert (found.exposures(dict(zip(COINS, VALUES, strict=True))) > 0).all()


@pytest.mark.parametrize(("value", "legs"), [(0, 2), (2_999, 2), (3_000, 3), (10_000, 3), (10_001, 5), (1e6, 5)])
def test_the_number_of_legs_grows_with_the_bag(value, legs):
    assert most_extra_legs(value) == legs


def test_counts_are_judged_by_covariance_and_own_risk_on_the_days_that_the_legs_share():
    _, x = make_market(11)
    x[:5, 4] = np.nan
    names = ("ETH", "LINK", "AVAX", "BTC")
    legs = x[:, [1, 3, 4, 0]]

    found = count_risk(legs, names)

    shared = legs[5:]
    np.testing.assert_allclose(found.covariance, np.cov(shared.T, bias=True), rtol=1e-9)
    core = np.column_stack([np.ones(360), shared[:, [0, 3]]])
    residual = shared[:, 1] - core @ np.linalg.lstsq(core, shared[:, 1], rcond=None)[0]
    assert found.unexplained[[0, 3]].tolist() == [0.0, 0.0]
    assert found.unexplained[1] == pytest.approx(residual.var())
    assert found.days == 360
    np.testing.assert_allclose(found.matrix, found.covariance + np.diag(found.unexplained))
    assert found.legs == names
    assert count_risk(x[:20], PROXIES) is None


def test_a_leg_of_a_few_days_is_rounded_alone():
    _, x = make_market(12)
    x[29:, 3], x[30:, 5] = np.nan, np.nan

    found = count_risk(x, PROXIES)

    assert found.legs == ("BTC", "ETH", "SOL", "AVAX", "NEAR", "DOGE")
    assert found.days == 30
    x[0, 0] = np.nan
    assert count_risk(x, PROXIES) is None  # 29 days that all of them share
