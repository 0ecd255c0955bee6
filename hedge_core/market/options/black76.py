"""Black-76: price, delta and implied volatility of European options on a forward.

    call = D·(F·N(d1) − K·N(d2)),  put = D·(K·N(−d2) − F·N(−d1))
    d1 = ln(F/K)/s + s/2,  d2 = d1 − s,  s = σ·√T

F is the forward, K the strike, σ the volatility per year, T the years to expiry and D the discount factor. Prices are
in the unit of F. All arguments broadcast; `sign` is +1 for a call and −1 for a put. Options on coins are margined in
the currency in which they are quoted, so D is 1 unless stated. With s = 0 the price is the payoff.

F. Black, The pricing of commodity contracts, Journal of Financial Economics 3 (1976).
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from hedge_core.errors import InvalidInput
from hedge_core.market.snapshot import Floats

Numbers: TypeAlias = Floats | float

CALL, PUT = 1, -1

MOST_STEPS = 200
"""Steps of the search for an implied volatility; halving alone needs fewer than 60."""

LARGEST_DEVIATION = 50.0
"""The largest s = σ·√T searched: above it, a call costs the forward to the last digit."""


def payoff(sign: Numbers, forward: Numbers, strike: Numbers) -> Floats:
    """What the option pays at expiry: max(sign·(F − K), 0)."""
    return np.maximum(np.asarray(sign * (np.asarray(forward) - strike), dtype=np.float64), 0.0)


def price(sign: Numbers, forward: Numbers, strike: Numbers, deviation: Numbers, *, discount: Numbers = 1.0) -> Floats:
    """The price of the option; `deviation` is s = σ·√T.

    A forward of zero makes a call worthless and a put worth its strike.
    """
    from scipy.special import ndtr

    F, K, s = (np.asarray(one, dtype=np.float64) for one in (forward, strike, deviation))
    d1, d2 = _d(F, K, s)
    value = sign * (F * ndtr(sign * d1) - K * ndtr(sign * d2))
    lives = (s > 0.0) & (F > 0.0)
    result: Floats = discount * np.where(lives, np.maximum(value, 0.0), payoff(sign, F, K))
    return result


def delta(sign: Numbers, forward: Numbers, strike: Numbers, deviation: Numbers, *, discount: Numbers = 1.0) -> Floats:
    """The change of the price for a change of the forward: sign·D·N(sign·d1). At expiry 0, ½ or 1 times the sign."""
    from scipy.special import ndtr

    F, K, s = (np.asarray(one, dtype=np.float64) for one in (forward, strike, deviation))
    d1, _ = _d(F, K, s)
    at_expiry = np.heaviside(sign * (F - K), 0.5)
    result: Floats = sign * discount * np.where((s > 0.0) & (F > 0.0), ndtr(sign * d1), at_expiry)
    return result


def implied_deviation(
    sign: Numbers, forward: Numbers, strike: Numbers, quoted: Numbers, *, discount: Numbers = 1.0
) -> Floats:
    """The s = σ·√T at which the option costs `quoted`; NaN if no volatility gives that price.

    An option in the money is first turned into the other one at the same strike by put-call parity, which leaves the
    time value as it is. Newton's steps are kept inside a bracket that is halved where a step leaves it.
    """
    F, K, bought, w = np.broadcast_arrays(
        *(np.asarray(one, dtype=np.float64) for one in (forward, strike, np.asarray(quoted) / discount, sign))
    )
    inner = w * (F - K)
    in_money = inner > 0.0
    target = np.where(in_money, bought - inner, bought)
    out = np.where(in_money, -w, w)
    ceiling = np.where(out > 0.0, F, K)
    is_possible = (target > 0.0) & (target < ceiling) & (F > 0.0) & (K > 0.0)
    low, high = np.zeros(F.shape), np.full(F.shape, LARGEST_DEVIATION)
    with np.errstate(divide="ignore", invalid="ignore"):
        s = np.clip(np.sqrt(2.0 * np.abs(np.log(F / K))), 0.05, 5.0)
    for _ in range(MOST_STEPS):
        error = price(out, F, K, s) - target
        low, high = np.where(error < 0.0, s, low), np.where(error < 0.0, high, s)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            step = s - error / _vega(F, K, s)
        following = np.where(np.isfinite(step) & (step > low) & (step < high), step, (low + high) / 2.0)
        is_done = np.abs(following - s) <= 1e-15 * s
        s = following
        if (is_done | ~is_possible).all():
            break
    result: Floats = np.where(is_possible, s, np.nan)
    return result


def implied_volatility(sign: int, forward: float, strike: float, quoted: float, years: float) -> float:
    """The volatility per year at which one option costs `quoted`, undiscounted.

    Raises InvalidInput if `years` is not positive, or if the price is below what the option would pay at the forward or
    above the most that it can be worth.
    """
    if not years > 0.0:
        raise InvalidInput("An option that has expired has no implied volatility.")
    found = float(implied_deviation(sign, forward, strike, quoted))
    if not np.isfinite(found):
        least = float(payoff(sign, forward, strike))
        most = forward if sign > 0 else strike
        raise InvalidInput(
            f"No volatility gives this option a price of {quoted:,.6g}: it must be above {least:,.6g} and below "
            f"{most:,.6g}."
        )
    return found / float(np.sqrt(years))


def _d(F: Floats, K: Floats, s: Floats) -> tuple[Floats, Floats]:
    with np.errstate(divide="ignore", invalid="ignore"):
        d1 = np.log(F / K) / s + s / 2.0
    return d1, d1 - s


def _vega(F: Floats, K: Floats, s: Floats) -> Floats:
    """The change of the undiscounted price for a change of s: F·n(d1)."""
    d1, _ = _d(F, K, s)
    vega: Floats = F * np.exp(-0.5 * d1**2) / np.sqrt(2.0 * np.pi)
    return vega
