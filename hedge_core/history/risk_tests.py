"""Tests of a VaR of 95% and its expected shortfall (ES) by what then happened, on start dates that do not overlap.

Subjects of one date fall together, so dates are what counts, not forecasts. Three questions are asked one by one:

- *Coverage*: is the VaR exceeded on 5% of the forecasts? With k of m forecasts exceeded on each date, the likelihood
  ratio of a share of 5% against any share π, twice its logarithm being chi-squared with one degree of freedom. k has a
  beta-binomial law (Skellam 1948) with the mean π·m and the correlation ρ within a date, which is estimated. With one
  forecast per date this is the test of Kupiec (1995).
- *Independence*: is it exceeded more, or less, often after a date on which it was? The sum of the products of
  neighbouring dates, among PERMUTATIONS random orders of the dates (after Christoffersen 1998).
- *Shortfall*: are losses beyond the VaR as frequent and as large as the ES says? The mean of loss/(5%·ES) where the VaR
  is exceeded and 0 elsewhere is 1 (Acerbi and Szekely 2014); its error is that which VaR, ES and ρ imply.

Errors estimated from what happened would be too small where little was exceeded, since they then rest on the few dates
on which something was (`docs/evidence.md` says by how much).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hedge_core.market.snapshot import Floats

TAIL = 0.05

LEAST_DATES = 20
"""With fewer start dates nothing is tested."""

PERMUTATIONS = 2_000
SEED = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """A VaR and an expected shortfall (ES), and the `loss` that followed; fractions of the bag, positive for a loss.

    `tail_variance` is the variance that the forecast gives to loss/ES beyond the VaR.
    """

    value_at_risk: float
    shortfall: float
    loss: float
    tail_variance: float

    @property
    def is_exceeded(self) -> bool:
        """Whether the loss was larger than the VaR."""
        return self.loss > self.value_at_risk

    @property
    def beyond(self) -> float:
        """loss/(5%·ES) if the VaR was exceeded, else 0; its mean is 1 if VaR and ES are right."""
        return self.loss / (TAIL * self.shortfall) if self.is_exceeded and self.shortfall > 0.0 else 0.0


def pinball(outcome: Outcome) -> float:
    """The pinball loss of a VaR of 95%, a fraction of the bag: 0.95·u if u = loss − VaR is positive, else −0.05·u."""
    beyond = outcome.loss - outcome.value_at_risk
    return max((1.0 - TAIL) * beyond, -TAIL * beyond)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskTest:
    """Tests of VaR and ES pooled over `forecasts` on `dates` start dates; p-values, two-sided.

    `exceeded` is the share of forecasts whose VaR was exceeded, and 5% if it is right. `independence` is None if all
    dates are alike. `pinball` is the mean pinball loss of the VaR, a fraction of the bag.
    """

    forecasts: int
    dates: int
    exceeded: float
    coverage: float
    independence: float | None
    shortfall: float
    pinball: float


def risk_test(outcomes: Mapping[int, Sequence[Outcome]]) -> RiskTest | None:
    """The tests of outcomes by start date (a number that grows with time); None with fewer than LEAST_DATES dates."""
    dates = [outcomes[date] for date in sorted(outcomes) if outcomes[date]]
    if len(dates) < LEAST_DATES:
        return None
    m = np.array([len(made) for made in dates], dtype=np.float64)
    k = np.array([sum(one.is_exceeded for one in made) for made in dates], dtype=np.float64)
    return RiskTest(
        forecasts=int(m.sum()),
        dates=len(dates),
        exceeded=float(k.sum() / m.sum()),
        coverage=coverage_p(k, m),
        independence=independence_p(k / m),
        shortfall=shortfall_p(dates, _best_fit(k, m, TAIL)[0]),
        pinball=float(np.mean([pinball(one) for made in dates for one in made])),
    )


def coverage_p(k: Floats, m: Floats) -> float:
    """The p-value of a VaR that is exceeded on 5% of the forecasts, k of m on each date."""
    from scipy.optimize import minimize_scalar
    from scipy.special import chdtrc

    free = minimize_scalar(lambda share: -_best_fit(k, m, share)[1], bounds=(1e-9, 1.0 - 1e-9), method="bounded")
    return float(chdtrc(1.0, max(2.0 * (-float(free.fun) - _best_fit(k, m, TAIL)[1]), 0.0)))


def _best_fit(k: Floats, m: Floats, share: float) -> tuple[float, float]:
    """The correlation ρ within dates that suits a share exceeded best, and the log-likelihood of both."""
    from scipy.optimize import minimize_scalar
    from scipy.special import betaln

    def unlikelihood(rho: float) -> float:
        a, b = (part * (1.0 - rho) / rho for part in (share, 1.0 - share))
        return -float((betaln(k + a, m - k + b) - betaln(a, b)).sum())

    best = minimize_scalar(unlikelihood, bounds=(1e-6, 0.999), method="bounded")
    return float(best.x), -float(best.fun)


def independence_p(shares: Floats) -> float | None:
    """The p-value of shares exceeded (dates,) whose order means nothing; None if they are all alike."""
    apart = shares - shares.mean()
    if not (apart != 0.0).any():
        return None
    drawn = np.random.default_rng(SEED).permuted(np.tile(apart, (PERMUTATIONS, 1)), axis=1)
    sums = (drawn[:, 1:] * drawn[:, :-1]).sum(axis=1)
    found = float(apart[1:] @ apart[:-1])
    tie = 1e-12 * float(apart @ apart)
    above, below = (sums >= found - tie).sum(), (sums <= found + tie).sum()
    return min(1.0, 2.0 * (1.0 + float(min(above, below))) / (PERMUTATIONS + 1.0))


def shortfall_p(dates: Sequence[Sequence[Outcome]], rho: float) -> float:
    """The p-value of a mean of one of the losses beyond the VaR over 5%·ES, with the correlation ρ within dates.

    With v the variance of loss/ES beyond the VaR, the share of one date has under the hypothesis the variance

        [(5%·(1 + v) − 5%²)/m + (1 − 1/m)·(π₂·(1 + v) − 5%²)] / 5%²,   π₂ = 5%² + ρ·5%·(1 − 5%)

    in which two losses of one date are taken to be as far beyond their ES as each other.
    """
    from scipy.special import ndtr

    m = np.array([len(made) for made in dates], dtype=np.float64)
    beyond = np.array([np.mean([one.beyond for one in made]) for made in dates])
    second = 1.0 + np.array([np.mean([one.tail_variance for one in made]) for made in dates])
    both = TAIL**2 + rho * TAIL * (1.0 - TAIL)
    variances = ((TAIL * second - TAIL**2) / m + (1.0 - 1.0 / m) * (both * second - TAIL**2)) / TAIL**2
    return float(2.0 * ndtr(-abs(float((beyond - 1.0).sum())) / np.sqrt(variances.sum())))
