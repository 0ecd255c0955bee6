"""Generates the sample market: `python -m hedge_core.market.sources.generate_sample`.

The model, for daily log returns of coin i on day t:

    r_it = drift_i + b_i·m_t + c_i·a_t + v_i·e_it + jumps

- m is the market factor that all coins share, a the factor that all altcoins share, and e each coin's own noise.
- Each factor is Student t noise with five degrees of freedom, scaled to unit variance and clipped at 4.5 standard
  deviations, times a volatility that follows a GARCH(1,1) process with persistence 0.97. This gives fat tails and
  clustered volatility, but no day on which Bitcoin gains a third.
- Jumps: on about one day in 90 the whole market falls at once: Bitcoin by 3 to 8%, Ether by about 1.4 times and
  altcoins by 2 to 3.5 times as much. A coin also jumps alone, up or down, about once per year.
- The drift of each coin is set so that its path ends at a plausible price and starts near it.

Funding is a mean-reverting rate that rises after the market has risen; it averages 5 to 11% per year and is negative
at times. Dated futures are quoted at a basis of 5 to 7% per year. One seed determines everything. LAYR and NOVX are
invented; they play the part of young coins.

The file stores whole numbers: closes in ticks (a tick is the price step that gives the last close six digits; 0 is a
missing close), funding in units of 1e-7 per day.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from hedge_core.market.snapshot import Floats
from hedge_core.market.sources.sample import FUNDING_UNIT

SEED = 20261031
LAST_DAY = date(2026, 10, 31)
DAYS = 1096

# coin: last price (USD), market loading, altcoin loading, own daily volatility, total log drift, days listed
COINS: dict[str, tuple[float, float, float, float, float, int]] = {
    "BTC": (92_400, 0.024, 0.000, 0.011, 0.45, DAYS),
    "ETH": (3_180, 0.029, 0.012, 0.014, 0.25, DAYS),
    "SOL": (148.0, 0.032, 0.019, 0.022, 0.55, DAYS),
    "XRP": (2.05, 0.027, 0.019, 0.027, 0.60, DAYS),
    "BNB": (865.0, 0.025, 0.013, 0.016, 0.50, DAYS),
    "ADA": (0.64, 0.031, 0.021, 0.022, 0.10, DAYS),
    "DOGE": (0.165, 0.034, 0.021, 0.028, 0.25, DAYS),
    "AVAX": (18.6, 0.034, 0.024, 0.024, -0.10, DAYS),
    "LINK": (16.4, 0.031, 0.022, 0.021, 0.15, DAYS),
    "DOT": (3.05, 0.030, 0.023, 0.019, -0.45, DAYS),
    "LTC": (88.0, 0.028, 0.019, 0.022, 0.05, DAYS),
    "BCH": (495.0, 0.029, 0.017, 0.027, 0.35, DAYS),
    "NEAR": (2.35, 0.035, 0.026, 0.028, 0.05, DAYS),
    "UNI": (6.9, 0.031, 0.023, 0.028, 0.10, DAYS),
    "AAVE": (205.0, 0.032, 0.024, 0.027, 0.40, DAYS),
    "ATOM": (3.1, 0.029, 0.023, 0.019, -0.55, DAYS),
    "XLM": (0.29, 0.028, 0.020, 0.027, 0.40, DAYS),
    "HBAR": (0.17, 0.030, 0.021, 0.032, 0.45, DAYS),
    "SUI": (2.4, 0.035, 0.027, 0.033, 0.60, DAYS),
    "APT": (3.3, 0.034, 0.027, 0.027, -0.50, DAYS),
    "ARB": (0.34, 0.035, 0.028, 0.025, -0.60, DAYS),
    "OP": (0.46, 0.035, 0.029, 0.026, -0.60, DAYS),
    "INJ": (8.2, 0.035, 0.028, 0.032, -0.20, DAYS),
    "TIA": (1.05, 0.035, 0.029, 0.037, -0.60, DAYS),
    "RENDER": (2.6, 0.036, 0.028, 0.034, 0.05, DAYS),
    "FET": (0.31, 0.036, 0.029, 0.036, -0.10, DAYS),
    "ONDO": (0.72, 0.034, 0.025, 0.034, 0.40, 640),
    "ENA": (0.38, 0.035, 0.029, 0.039, -0.20, 560),
    "PEPE": (0.0000072, 0.037, 0.029, 0.041, 0.50, DAYS),
    "SHIB": (0.0000098, 0.032, 0.024, 0.026, 0.10, DAYS),
    "TRX": (0.30, 0.024, 0.010, 0.021, 0.60, DAYS),
    "ZEC": (310.0, 0.031, 0.019, 0.040, 0.80, DAYS),
    "HYPE": (38.0, 0.033, 0.025, 0.036, 0.40, 320),
    "POL": (0.19, 0.032, 0.027, 0.025, -0.60, DAYS),
    "SEI": (0.19, 0.035, 0.028, 0.032, -0.40, DAYS),
    "LAYR": (0.84, 0.033, 0.026, 0.036, -0.20, 95),
    "NOVX": (1.22, 0.031, 0.024, 0.042, 0.10, 240),
}
QUOTED_FUTURES = {"BTC": 0.052, "ETH": 0.058, "SOL": 0.068, "XRP": 0.055}


def simulate(seed: int = SEED) -> dict[str, np.ndarray]:
    """The simulated market as named arrays; the same `seed` always gives the same market.

    `closes` (USD) and `funding` (fraction of notional per day, positive if longs pay shorts) have shape (days, coins)
    and are NaN before a coin is listed. `first_day` and `coins` label their rows and columns, and `ticks_a_dollar` is
    the number of price steps per dollar of each coin. `future_coins`, `future_expiries` (ISO dates) and `future_prices`
    (USD per coin) have one entry for each dated future.
    """
    rng = np.random.default_rng(seed)
    market = _clustered(rng, DAYS - 1)
    alts = _clustered(rng, DAYS - 1)
    crash_days = rng.random(DAYS - 1) < 1 / 90
    crash_sizes = np.where(crash_days, rng.uniform(0.03, 0.08, DAYS - 1), 0.0)
    closes = np.empty((DAYS, len(COINS)))
    ticks_a_dollar = 10.0 ** (5 - np.floor(np.log10([last for last, *_ in COINS.values()])))
    for column, (coin, (last, b, c, v, drift, listed)) in enumerate(COINS.items()):
        depth = 1.0 if coin == "BTC" else 1.4 if coin == "ETH" else rng.uniform(2.0, 3.2)
        depths = depth * rng.uniform(0.85, 1.15, DAYS - 1)
        alone = np.where(rng.random(DAYS - 1) < 1 / 365, rng.normal(0.0, 5.0 * v, DAYS - 1), 0.0)
        returns = b * market + c * alts + v * _clustered(rng, DAYS - 1) - depths * crash_sizes + alone
        returns += drift / (DAYS - 1) - returns.mean()
        path = np.concatenate(([0.0], np.cumsum(returns)))
        closes[:, column] = np.round(last * np.exp(path - path[-1]) * ticks_a_dollar[column]) / ticks_a_dollar[column]
        closes[: DAYS - listed, column] = np.nan
    coins = np.array(list(COINS))
    expiries = _expiries()
    quotes = [
        (coin, expiry.isoformat(), closes[-1, list(COINS).index(coin)] * (1 + basis * (expiry - LAST_DAY).days / 365))
        for coin, basis in QUOTED_FUTURES.items()
        for expiry in expiries
    ]
    return {
        "coins": coins,
        "first_day": np.array(np.datetime64(LAST_DAY - timedelta(days=DAYS - 1), "D")),
        "ticks_a_dollar": ticks_a_dollar,
        "closes": closes,
        "funding": _funding(rng, closes, market),
        "future_coins": np.array([quote[0] for quote in quotes]),
        "future_expiries": np.array([quote[1] for quote in quotes]),
        "future_prices": _significant(np.array([quote[2] for quote in quotes]), 6),
    }


def write(path: Path) -> None:
    """Simulate the market with the default seed and write it to `path` (.npz), replacing any earlier file.

    Closes are stored as a whole number of ticks and funding as a whole number of FUNDING_UNIT per day. A missing value
    is stored as 0.
    """
    market = simulate()
    closes, funding = market.pop("closes"), market.pop("funding")
    np.savez_compressed(
        path,
        closes=np.nan_to_num(np.round(closes * market["ticks_a_dollar"])).astype(np.uint32),
        funding=np.nan_to_num(np.round(funding / FUNDING_UNIT)).astype(np.int16),
        **market,  # type: ignore[arg-type]
    )


def _clustered(rng: np.random.Generator, days: int) -> Floats:
    """Student t shocks of unit variance, times a GARCH(1,1) volatility with a mean variance of one; shape (days,)."""
    shocks = np.clip(rng.standard_t(5, days + 200) / np.sqrt(5 / 3), -4.5, 4.5)
    values = np.empty(days + 200)
    variance = 1.0
    for t, shock in enumerate(shocks):
        values[t] = np.sqrt(variance) * shock
        variance = 0.03 + 0.09 * min(values[t] ** 2, 25.0) + 0.88 * variance
    result: Floats = values[200:]
    return result


def _funding(rng: np.random.Generator, closes: Floats, market: Floats) -> Floats:
    """Daily funding of each coin: a mean-reverting rate around 7% per year, higher after the market has risen."""
    month = np.convolve(np.concatenate(([0.0], market)), np.ones(30) / 30)[: len(closes)]
    rates = np.empty(closes.shape)
    for column in range(closes.shape[1]):
        own = np.zeros(len(closes))
        for t in range(1, len(closes)):
            own[t] = 0.93 * own[t - 1] + rng.normal(0.0, 0.02)
        rates[:, column] = (0.075 + 0.35 * month + own) / 365.0
    rates[np.isnan(closes)] = np.nan
    return np.round(rates / FUNDING_UNIT) * FUNDING_UNIT


def _expiries() -> list[date]:
    """The last Fridays of the next three months and of the two quarters after them."""
    months = [(2026, 11), (2026, 12), (2027, 1), (2027, 3), (2027, 6)]
    fridays = []
    for year, month in months:
        day = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        fridays.append(day - timedelta(days=(day.weekday() - 4) % 7))
    return fridays


def _significant(values: Floats, digits: int) -> Floats:
    scale = 10.0 ** (digits - 1 - np.floor(np.log10(values)))
    rounded: Floats = np.round(values * scale) / scale
    return rounded


if __name__ == "__main__":
    target = Path(__file__).parents[2] / "data" / "sample_market.npz"
    write(target)
    sys.stderr.write(f"wrote {target.name}: {target.stat().st_size:,} bytes\n")
