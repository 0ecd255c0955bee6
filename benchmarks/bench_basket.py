"""The basket of a bag of 100 coins on 25 contracts, beside plain loops over scipy's non-negative least squares."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.harness import Timings, benchmark
from hedge_core.exposure.basket import BasketFitter
from hedge_core.market.snapshot import Floats

COINS, CONTRACTS, DAYS, EXTRA_LEGS, ROUNDS = 100, 25, 365, 5, 101


def bag_and_contracts() -> tuple[Floats, Floats]:
    """Returns of the coins and of the contracts; the first two contracts are Bitcoin and Ether."""
    random = np.random.default_rng(0)
    bitcoin = random.normal(0.0, 0.025, DAYS)
    core = np.column_stack([bitcoin, 0.9 * bitcoin + random.normal(0.0, 0.02, DAYS)])
    others = core @ random.uniform(0.3, 0.8, (2, CONTRACTS - 2)) + random.normal(0.0, 0.02, (DAYS, CONTRACTS - 2))
    x = np.column_stack([core, others])
    y = x @ (random.uniform(0.0, 0.3, (CONTRACTS, COINS)) * (random.random((CONTRACTS, COINS)) < 0.2))
    return y + core @ random.uniform(0.1, 0.4, (2, COINS)) + random.normal(0.0, 0.02, (DAYS, COINS)), x


def plain_loops(y: Floats, x: Floats) -> tuple[list[int], Floats]:
    """The legs, and the betas of the coins on them, as the formula states them."""
    from scipy.optimize import nnls

    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    core = x[:, :2]
    d = ((x - core @ np.linalg.lstsq(core, x, rcond=None)[0]) ** 2).sum(axis=0)
    d[:2] = 0.0

    def rows(kept: list[int]) -> Floats:
        return np.vstack([x[:, kept], np.diag(np.sqrt(d[kept]))])

    def padded(target: Floats, kept: list[int]) -> Floats:
        return np.concatenate([target, np.zeros((len(kept), *target.shape[1:]))])

    kept, bag = [0, 1], y.mean(axis=1)
    for _ in range(EXTRA_LEGS):
        trials = [[*kept, column] for column in range(CONTRACTS) if column not in kept]
        kept = min(trials, key=lambda trial: nnls(rows(trial), padded(bag, trial))[1])
    return kept, np.linalg.lstsq(rows(kept), padded(y, kept), rcond=None)[0].T


@benchmark("basket of 100 coins, 25 contracts", peer="scipy's nnls in plain loops", at_most_ratio=0.3)
def basket() -> Timings:
    y, x = bag_and_contracts()
    coins = tuple(f"COIN{number}" for number in range(COINS))
    proxies = ("BTC", "ETH", *(f"LEG{number}" for number in range(CONTRACTS - 2)))
    ours, peer = [], []
    for number in range(ROUNDS + 1):
        start = time.perf_counter()
        fitter = BasketFitter(coins=coins, proxies=proxies, coin_returns=y, proxy_returns=x, values=np.ones(COINS))
        found = fitter.fit(EXTRA_LEGS)
        middle = time.perf_counter()
        kept, betas = plain_loops(y, x)
        end = time.perf_counter()
        if number == 0:
            assert found is not None
            order = [kept.index(proxies.index(name)) for name in found.proxies]
            np.testing.assert_allclose(found.betas, betas[:, order], rtol=0, atol=1e-9)
            continue
        ours.append(middle - start)
        peer.append(end - middle)
    return Timings(ours, peer, note=f"{EXTRA_LEGS} legs besides BTC and ETH; equal to 1e-9")
