"""The track record of a signal: counts by hand, intervals against statsmodels, and markets in which it means nothing.

By hand, a horizon of 2 days and a fall of 10%, closes 100 100 89 100 100 100 100 100 100 80 100 100. The outcome is
known of the first ten days. A fall followed days 0 and 1 (89) and days 7 and 8 (80): a base rate of 4/10. The signal
stands on days 0, 2, 5 and 8: from 0 to 2 is no more than the horizon, so these are three episodes, beginning on days
0, 5 and 8, of which 0 and 8 were followed by a fall. Days 0 and 8 are the standing days that fell: 2 of 4.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, strategies as st
from statsmodels.stats.proportion import proportion_confint

from hedge_core.errors import InvalidInput
from hedge_core.history.fall_record import FallRecord, followed_by_fall, track_record, wilson_interval
from hedge_core.history.signals import SIGNALS, rsi
from tests.support.markets import make_market

CLOSES = np.array([100, 100, 89, 100, 100, 100, 100, 100, 100, 80, 100, 100], dtype=float)
STANDS = np.array([1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 1, 1], dtype=float)


def by_hand(closes=CLOSES, values=STANDS, **options):
    return followed_by_fall(closes, values, 1.0, **{"fall": 0.1, "horizon_days": 2, **options})


def record(**fields):
    given = {"days": 1_000, "days_fallen": 300, "days_standing": 100, "standing_fallen": 40, "episodes": 10}
    return FallRecord(fall=0.15, horizon_days=30, **{**given, "episodes_followed": 4, **fields})


def walk(seed, days=1_500, volatility=0.04):
    """Closes of a random walk without drift: tomorrow's expected price is today's."""
    return 100.0 * np.cumprod(np.exp(np.random.default_rng(seed).normal(-(volatility**2) / 2, volatility, days)))


def test_the_record_worked_by_hand():
    assert by_hand() == FallRecord(
        fall=0.1,
        horizon_days=2,
        days=10,
        days_fallen=4,
        days_standing=4,
        standing_fallen=2,
        episodes=3,
        episodes_followed=2,
    )


@pytest.mark.parametrize(
    ("lowest", "fell"), [(90.0, 1), (90.0 + 1e-9, 0), (np.nan, 0)], ids=["a tenth", "a little less", "missing"]
)
def test_a_fall_counts_from_its_size_on(lowest, fell):
    found = by_hand(np.array([100.0, lowest, 100.0]), np.ones(3))

    assert (found.days_fallen, found.days) == (fell, 0 if np.isnan(lowest) else 1)


def test_a_missing_close_in_thirty_is_borne_and_two_are_not():
    closes = np.full(31, 100.0)
    closes[5], closes[9] = 80.0, np.nan

    assert followed_by_fall(closes, np.ones(31), 1.0).days_fallen == 1
    closes[10] = np.nan
    assert followed_by_fall(closes, np.ones(31), 1.0).days == 0


@pytest.mark.parametrize("days", [0, 1, 2, 30])
def test_a_history_without_an_outcome_says_so(days):
    found = followed_by_fall(np.ones(days), np.ones(days), 1.0)

    assert (found.days, found.base_rate, found.share, found.verdict) == (0, None, None, "too few")
    assert found.sentence == "The history is too short to see what followed this signal."


def test_a_signal_that_never_stood_says_so():
    found = followed_by_fall(np.ones(100), np.zeros(100), 1.0)

    assert found.sentence == "The signal was never on during the 70 days whose outcome is known."


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_equals_that_of_an_independent_library(counts):
    assert wilson_interval(*counts) == pytest.approx(proportion_confint(*counts, method="wilson"), abs=1e-9)


def test_nothing_seen_leaves_everything_possible():
    assert wilson_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("fields", "verdict", "words"),
    [
        ({}, "no different", "not clearly different from all days."),
        ({"episodes": 20, "episodes_followed": 15}, "more often", "more often than after other days"),
        ({"episodes": 20, "episodes_followed": 0}, "less often", "less often than after other days"),
        ({"episodes": 4, "episodes_followed": 4}, "too few", "too few to draw a conclusion."),
        (
            {"days_fallen": 0, "standing_fallen": 0, "episodes_followed": 0},
            "no different",
            "not clearly different from",
        ),
    ],
)
def test_a_record_is_judged_against_any_other_day(fields, verdict, words):
    found = record(**fields)

    assert found.verdict == verdict
    assert words in found.sentence


def test_a_record_in_words():
    assert record().sentence == (
        "The signal was on for 100 of 1,000 days, in 10 separate periods. A fall of 15% within 30 days followed 40% of "
        "these days and 30% of all days. Counting each period once, from its first day: 4 of 10 (95% range 17% to "
        "69%), not clearly different from all days."
    )


@given(st.integers(0, 10_000), st.integers(0, 400), st.floats(0.05, 0.5), st.integers(1, 40))
def test_counts_hold_together(seed, days, fall, horizon):
    closes = walk(seed, days)
    closes[np.random.default_rng(seed).random(days) < 0.02] = np.nan
    found = followed_by_fall(closes, rsi(closes), 60.0, fall=fall, horizon_days=horizon)

    assert 0 <= found.days_fallen <= found.days <= max(days - horizon, 0)
    assert 0 <= found.standing_fallen <= found.days_standing <= found.days
    assert 0 <= found.episodes_followed <= found.episodes <= found.days_standing
    assert found.episodes <= 1 + found.days / (horizon + 1)
    assert found.standing_fallen >= found.episodes_followed


def test_on_walks_in_which_no_signal_means_anything_the_interval_holds_the_base_rate_as_often_as_it_says():
    held = told_apart = counted = 0
    for seed in range(200):
        closes = walk(seed)
        found = followed_by_fall(closes, rsi(closes), 70.0)
        if found.episodes >= 5:
            low, high = found.interval
            counted += 1
            held += low <= found.base_rate <= high
            told_apart += found.verdict != "no different"

    assert counted >= 150
    assert 0.90 <= held / counted <= 0.99
    assert told_apart == counted - held


def test_counting_days_as_if_each_were_its_own_would_have_promised_far_too_much():
    held = counted = 0
    for seed in range(100):
        closes = walk(seed)
        found = followed_by_fall(closes, rsi(closes), 70.0)
        if found.days_standing:
            low, high = wilson_interval(found.standing_fallen, found.days_standing)
            counted += 1
            held += low <= found.base_rate <= high

    assert held / counted < 0.75


def test_a_market_that_does_fall_after_its_rallies_is_told_apart():
    rally, fall, quiet = np.full(20, 0.02), np.full(10, -0.04), np.tile([0.002, -0.002], 60)
    closes = 100.0 * np.cumprod(1.0 + np.tile(np.concatenate([rally, fall, quiet]), 12))

    found = followed_by_fall(closes, rsi(closes), 95.0)

    assert found.episodes >= 10
    assert found.verdict == "more often"


@pytest.mark.parametrize("name", SIGNALS)
def test_every_signal_of_a_market_has_a_record(name):
    market = make_market(seed=4, days=900, gaps=0.01)
    random = np.random.default_rng(5)
    funding = dataclasses.replace(market.funding, values=random.normal(0, 0.001, market.funding.values.shape))

    found = track_record(dataclasses.replace(market, funding=funding), "SOL", name)

    assert found.days > 100
    assert found.sentence


def test_a_coin_without_history_has_no_record(market):
    assert track_record(market, "NOVA", "rsi").days == 0


@pytest.mark.parametrize("options", [{"fall": 0.0}, {"fall": 1.0}, {"horizon_days": 0}, {"values": np.ones(3)}])
def test_a_question_that_makes_no_sense_is_refused(options):
    with pytest.raises(InvalidInput, match="The fall must be between 0 and 1"):
        by_hand(**options)
