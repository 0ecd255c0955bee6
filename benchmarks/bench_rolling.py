"""Rolling betas of 100 coins on 2 proxies over three years, beside statsmodels a coin at a time."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.harness import Timings, benchmark
from hedge_core import rolling_betas

COINS, DAYS, WINDOW, PROXIES = 100, 3 * 365, 90, 2
SAMPLED = 10
"""Coins that the peer is timed on; its time is scaled up to all of them (it takes them one at a time)."""


@benchmark("rolling beta, 100 coins x 3 years", peer="RollingOLS a coin at a time", at_most_ratio=0.01)
def rolling() -> Timings:
    import statsmodels.api as sm
    from statsmodels.regression.rolling import RollingOLS

    random = np.random.default_rng(0)
    x = random.normal(0.0, 0.025, (DAYS, PROXIES))
    y = x @ random.uniform(0.3, 1.2, (PROXIES, COINS)) + random.normal(0.0, 0.02, (DAYS, COINS))
    design = sm.add_constant(x)

    ours, peer = [], []
    for number in range(4):
        start = time.perf_counter()
        betas = rolling_betas(y, x, window=WINDOW)
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        theirs = [RollingOLS(y[:, coin], design, window=WINDOW).fit().params[:, 1:] for coin in range(SAMPLED)]
        peer.append((time.perf_counter() - start) * COINS / SAMPLED)
        if number == 0:
            np.testing.assert_allclose(betas[:, :SAMPLED], np.stack(theirs, axis=1), rtol=0, atol=1e-9)
    return Timings(
        ours[1:], peer[1:], note=f"the peer is timed on {SAMPLED} coins and scaled to {COINS}; equal to 1e-9"
    )
