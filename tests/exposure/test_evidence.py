"""Walk-forward tests and calibrated intervals against plain loops that look at no later day."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from hedge_core.exposure.betas import BetaEstimate, estimate_betas
from hedge_core.exposure.effectiveness import measure
from hedge_core.exposure.estimators import OLS
from hedge_core.exposure.evidence import (
    FORECAST_DAYS,
    FORECAST_STEP_DAYS,
    MINIMUM_FORECASTS,
    REFIT_DAYS,
    calibrate,
    calibration_of,
    forecast_errors,
    gather_evidence,
    walk_forward,
)
from hedge_core.market.snapshot import PriceHistory
from tests.support.markets import make_history

WINDOW = 120
HISTORY = make_history(seed=2, days=500)


def test_the_walk_forward_is_that_of_plain_loops():
    hedged, slopes = walk_forward(HISTORY, ["LINK", "UNI"], "ETH", window_days=WINDOW, estimator=OLS)

    y, x = HISTORY.returns_of("UNI"), HISTORY.returns_of("ETH")
    assert np.isnan(hedged[:WINDOW]).all()
    beta = np.nan
    for day in range(WINDOW, len(x)):
        if (day - WINDOW) % REFIT_DAYS == 0:
            beta = np.polyfit(x[day - WINDOW : day], y[day - WINDOW : day], 1)[0]
        assert slopes[(day - WINDOW) // REFIT_DAYS, 1] == pytest.approx(beta)
        assert hedged[day, 1] == pytest.approx(y[day] - beta * x[day], abs=1e-12)


def test_nothing_of_a_test_rests_on_a_later_day():
    changed = HISTORY.values.copy()
    changed[400:] *= np.linspace(1.0, 3.0, 100)[:, None] ** np.arange(1, 9)
    other = PriceHistory(HISTORY.days, HISTORY.coins, changed)

    one, two = (walk_forward(h, ["LINK"], "ETH", window_days=WINDOW)[0] for h in (HISTORY, other))

    np.testing.assert_allclose(one[:399], two[:399], rtol=1e-9)
    assert not np.allclose(one[400:], two[400:])
    early, days = forecast_errors(HISTORY, "ETH", window_days=WINDOW)
    late, _ = forecast_errors(other, "ETH", window_days=WINDOW)
    is_over = days + FORECAST_DAYS < 399
    np.testing.assert_allclose(early[is_over], late[is_over], rtol=1e-9)


def test_forecast_errors_are_the_next_beta_less_the_estimate_in_its_errors():
    errors, days = forecast_errors(HISTORY, "ETH", window_days=WINDOW, estimator=OLS)

    assert days.tolist() == list(range(WINDOW, 499 - FORECAST_DAYS + 1, FORECAST_STEP_DAYS))
    t = int(days[3])
    cut = PriceHistory(HISTORY.days[: t + 1], HISTORY.coins, HISTORY.values[: t + 1])
    estimate = estimate_betas(cut, ["NEAR"], "ETH", window_days=WINDOW, estimator=OLS)["NEAR"]
    y, x = HISTORY.returns_of("NEAR"), HISTORY.returns_of("ETH")
    after = np.polyfit(x[t : t + FORECAST_DAYS], y[t : t + FORECAST_DAYS], 1)[0]
    column = [coin for coin in HISTORY.coins if coin != "ETH"].index("NEAR")
    assert errors[3, column] == pytest.approx((after - estimate.beta) / estimate.standard_error)


def test_the_factor_by_hand_is_a_quantile_of_the_errors():
    errors = np.append(np.linspace(-2.0, 0.0, 50, endpoint=False), np.linspace(2.0, 0.0, 50, endpoint=False))
    days = np.arange(0, 300, 15)

    calibration = calibration_of(np.column_stack([errors.reshape(20, 5), np.full(20, np.nan)]), days, "ETH")

    assert calibration.forecasts == 100
    assert calibration.factor == pytest.approx(1.92)  # the 96th smallest of 100, ceil(0.95·101); sizes come in pairs
    assert calibration.textbook_share == pytest.approx(0.98)  # all but the two of size 2
    estimate = BetaEstimate(coin="LINK", proxy="ETH", beta=1.2, method="ols", standard_error=0.1)
    assert calibration.interval(estimate) == pytest.approx(
        (1.2 - 0.1 * calibration.factor, 1.2 + 0.1 * calibration.factor)
    )
    assert calibration.interval(BetaEstimate.own("ETH")) is None


def test_too_few_forecasts_calibrate_nothing():
    many, days = np.ones((20, 5)), np.arange(0, 300, 15)
    assert calibration_of(many[: MINIMUM_FORECASTS // 5 - 1], days[: MINIMUM_FORECASTS // 5 - 1], "ETH") is None
    assert calibration_of(many, np.arange(20), "ETH") is None  # a hundred, but all of one month
    assert calibration_of(many, days, "ETH").factor == 1.0
    assert calibrate(make_history(days=WINDOW + FORECAST_DAYS), "ETH", window_days=WINDOW) is None


def drifting(seed, *, days=900, coins=12):
    """Coins whose betas wander, so that the textbook interval is too narrow for the beta to come."""
    random = np.random.default_rng(seed)
    x = random.normal(0, 0.03, days)
    wander = np.cumsum(random.normal(0, 0.02, (days, coins)), axis=0)
    y = (1.0 + wander) * x[:, None] + random.normal(0, 0.02, (days, coins))
    closes = np.cumprod(1 + np.clip(np.column_stack([x, y]), -0.5, 1.0), axis=0)
    names = ("ETH", *(f"C{number}" for number in range(coins)))
    return PriceHistory(np.datetime64("2023-01-01") + np.arange(days), names, closes)


def test_calibrated_on_earlier_days_only_the_interval_holds_the_beta_to_come():
    held, textbook, total = 0, 0, 0
    for seed in range(12):
        errors, days = forecast_errors(drifting(seed), "ETH", window_days=180)
        for row, t in enumerate(days):
            is_over = days + FORECAST_DAYS <= t
            calibration = calibration_of(errors[is_over], days[is_over], "ETH")
            if calibration is not None:
                sizes = np.abs(errors[row])
                held += int((sizes <= calibration.factor).sum())
                textbook += int((sizes <= 1.96).sum())
                total += len(sizes)

    assert total > 1_000
    assert 0.88 <= held / total <= 0.97
    assert textbook / total < 0.75


def same(one, other):
    """Equal but for the last bits, which depend on how many coins were worked out at once."""
    return all(
        value == pytest.approx(dataclasses.asdict(other)[name], abs=1e-12)
        for name, value in dataclasses.asdict(one).items()
    )


def test_evidence_holds_the_measure_of_every_pair_and_nothing_of_a_coin_with_itself():
    evidence = gather_evidence(HISTORY, ["LINK", "ETH", "NOVA"], ["ETH", "BTC"], window_days=WINDOW)

    assert set(evidence.effectiveness) == {("LINK", "ETH"), ("LINK", "BTC"), ("ETH", "BTC")}
    hedged, slopes = walk_forward(HISTORY, ["LINK"], "BTC", window_days=WINDOW)
    hedged = hedged[:, 0]
    assert evidence.beta_ranges["LINK", "BTC"] == pytest.approx((slopes.min(), slopes.max()))
    assert same(evidence.of("LINK", "BTC"), measure(HISTORY.returns_of("LINK"), hedged))
    assert evidence.of("NOVA", "ETH") is None


def test_evidence_that_is_known_is_taken_over_and_only_the_rest_is_worked_out(monkeypatch):
    first = gather_evidence(HISTORY, ["LINK"], ["ETH"], window_days=WINDOW)
    whole = gather_evidence(HISTORY, ["LINK", "UNI"], ["ETH", "BTC"], window_days=WINDOW)
    tested = []
    monkeypatch.setattr(
        "hedge_core.exposure.evidence.walk_forward",
        lambda history, coins, proxy, **options: (
            tested.append((proxy, *coins)),
            walk_forward(history, coins, proxy, **options),
        )[1],
    )

    more = gather_evidence(HISTORY, ["UNI"], ["BTC"], window_days=WINDOW, known=first)

    assert tested == [("BTC", "LINK", "UNI"), ("ETH", "UNI")]
    assert set(more.effectiveness) == set(whole.effectiveness)
    assert all(same(result, whole.effectiveness[pair]) for pair, result in more.effectiveness.items())
    assert more.calibrations == whole.calibrations
    assert gather_evidence(HISTORY, ["LINK"], ["ETH"], window_days=WINDOW, known=more) is more
    assert gather_evidence(HISTORY, ["LINK"], ["ETH"], window_days=90, known=more).coins == {"LINK"}


def test_an_estimate_is_completed_with_its_interval_where_there_is_one():
    evidence = gather_evidence(HISTORY, ["LINK"], ["ETH"], window_days=WINDOW)
    estimate = estimate_betas(HISTORY, ["LINK"], "ETH", window_days=WINDOW)["LINK"]

    low, high = evidence.completed(estimate).interval_to_come

    assert (
        low < estimate.textbook_interval[0] < estimate.textbook_interval[1] < high
        or evidence.calibrations["ETH"].factor < 1.96
    )
    assert evidence.completed(BetaEstimate.own("LINK")) == BetaEstimate.own("LINK")
    short = gather_evidence(make_history(days=100), ["LINK"], ["ETH"], window_days=60)
    assert short.completed(estimate).interval_to_come is None


@pytest.mark.parametrize("history", [make_history(days=1), make_history(days=40), make_history(days=400, gaps=0.5)])
def test_what_a_history_cannot_say_is_left_out(history):
    evidence = gather_evidence(history, ["LINK", "UNI"], ["ETH", "BTC", "DOGE"], window_days=365)

    assert evidence.effectiveness == {}
    assert evidence.calibrations == {}
