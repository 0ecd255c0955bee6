"""Histories against each other: one witness can only contradict, two that agree can refute.

A history at a thinly traded exchange is right and has other changes than that at a busy one. It is kept with a note.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from hedge_core.market.live.agreement import Opinion, changes_alike, compared, leaves_its_level

FIRST = date(2026, 1, 1)


def closes(*values: float | None) -> dict[date, float]:
    return {FIRST + timedelta(days=n): value for n, value in enumerate(values) if value is not None}


TEN = closes(*[100.0] * 10)
WRONG = closes(*[500.0] * 10)


@pytest.mark.parametrize(
    ("opinions", "verdict", "days"),
    [
        ([], "alone", 0),
        ([closes(100.0, 100.0)], "alone", 0),
        ([TEN], "confirmed", 0),
        ([closes(*[119.0] * 10)], "confirmed", 0),
        ([closes(*[100.0] * 9, 121.0)], "days", 1),
        ([closes(*[100.0] * 9, 121.0), TEN], "confirmed", 0),
        ([closes(*[100.0] * 9, 121.0), closes(*[100.0] * 9)], "days", 1),
        ([WRONG], "disputed", 10),
        ([WRONG, WRONG], "refuted", 10),
        ([WRONG, closes(*[50.0] * 10)], "disputed", 10),
        ([WRONG, TEN], "confirmed", 0),
    ],
)
def test_the_verdict_follows_from_what_the_others_say(opinions, verdict, days):
    found = compared(TEN, [Opinion("X", by_day) for by_day in opinions])

    assert (found.verdict, len(found.days)) == (verdict, days)


def test_a_coin_listed_three_days_ago_is_compared_on_these_days():
    young = closes(100.0, 101.0, 102.0)

    assert compared(young, [Opinion("X", closes(10.0, 10.1, 10.2, 10.3))]).verdict == "disputed"
    assert compared(young, [Opinion("X", closes(100.0, 101.0, 102.0))]).verdict == "confirmed"


def moving(days: int = 100, *, seed: int = 0, volatility: float = 0.03) -> np.ndarray:
    return 100.0 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0.0, volatility, days)))


def noisy(values: np.ndarray, error: float) -> np.ndarray:
    return values * np.exp(np.random.default_rng(9).normal(0.0, error, len(values)))


MOVING = moving()
RIGHT = closes(*MOVING)
OTHER_DAYS = {
    "a day late": {day + timedelta(days=1): close for day, close in RIGHT.items()},
    "a day early": {day - timedelta(days=1): close for day, close in RIGHT.items()},
    "the mean of seven closes": closes(*[MOVING[max(0, n - 6) : n + 1].mean() for n in range(len(MOVING))]),
}


@pytest.mark.parametrize("name", OTHER_DAYS)
def test_a_history_with_the_right_prices_and_the_changes_of_other_days_is_found(name):
    wrong = OTHER_DAYS[name]
    alone = compared(wrong, [Opinion("X", RIGHT)])
    outvoted = compared(wrong, [Opinion("X", RIGHT), Opinion("Y", closes(*noisy(MOVING, 0.002)))])

    assert (alone.verdict, alone.is_of_other_days) == ("disputed", True)
    assert (outvoted.verdict, outvoted.is_of_other_days) == ("refuted", True)
    assert compared(RIGHT, [Opinion("X", wrong), Opinion("Y", RIGHT)]).verdict in ("confirmed", "days")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (RIGHT, closes(*noisy(MOVING, 0.01))),
        (RIGHT, closes(*(MOVING * 1.1))),
        (RIGHT, closes(*np.where(np.arange(100) % 33 == 5, MOVING * 1.15, MOVING))),
        (closes(*moving(volatility=0.0005)), closes(*moving(seed=1, volatility=0.0005))),  # a coin that is pegged
        (closes(*MOVING[:20]), closes(*moving(seed=1)[:20])),  # 19 changes are too few
        (closes(*[100.0] * 60), closes(*[100.0] * 60)),
    ],
    ids=["an error of 1%", "another level", "three odd closes", "pegged", "few days", "still"],
)
def test_the_same_days_told_with_small_errors_are_alike(one, other):
    assert changes_alike(one, other)
    assert changes_alike(other, one)


HOURS, DAYS = 24, 100


def hourly(seed: int, *, volatility: float = 0.04) -> np.ndarray:
    """Prices of every hour of DAYS + 10 days, with the fat tails of Student's t with 4 degrees of freedom."""
    moves = np.random.default_rng([7, seed]).standard_t(4, (DAYS + 10) * HOURS) * volatility / np.sqrt(2 * HOURS)
    return 100.0 * np.exp(np.cumsum(moves))


def at_hours(prices: np.ndarray, before: np.ndarray | int = 0) -> np.ndarray:
    """The last DAYS closes, each so many hours before the end of the day."""
    return prices[np.arange(len(prices))[HOURS - 1 :: HOURS][-DAYS:] - before]


def last_trades(prices: np.ndarray, hours: float) -> np.ndarray:
    ago = np.random.default_rng(3).exponential(hours, DAYS).astype(int)
    return at_hours(prices, np.minimum(ago, 9 * HOURS))


def stale(prices: np.ndarray, share: float) -> np.ndarray:
    found, is_stale = at_hours(prices).copy(), np.random.default_rng(3).random(DAYS) < share
    for n in np.flatnonzero(is_stale[1:]) + 1:
        found[n] = found[n - 1]
    return found


THIN = {
    "last trade 6 h old": lambda p: last_trades(p, 6.0),
    "last trade 12 h old": lambda p: last_trades(p, 12.0),
    "40% of days without a trade": lambda p: stale(p, 0.4),
    "close 6 h earlier": lambda p: at_hours(p, 6),
    "close 8 h earlier": lambda p: at_hours(p, 8),
    "rounded to 8%": lambda p: np.round(at_hours(p) / p[-1] * 12.0) * p[-1] / 12.0,
    "an error of 5%": lambda p: noisy(at_hours(p), 0.05),
}
SEEDS = range(40)


@pytest.mark.parametrize("name", THIN)
def test_no_thin_exchange_removes_a_right_history_and_none_is_removed_for_being_thin(name):
    for seed in SEEDS:
        prices = hourly(seed)
        right, thin = closes(*at_hours(prices)), closes(*THIN[name](prices))
        for one, other in ((right, thin), (thin, right)):
            found = compared(one, [Opinion("X", other)])
            assert not found.is_of_other_days, seed
            if sum(not 1.0 / 1.2 < other[day] / one[day] < 1.2 for day in one) <= DAYS * 0.1:
                assert found.verdict in ("confirmed", "days")
                assert found.unlike == (() if changes_alike(one, other, without=found.days) else ("X",))


def test_small_errors_at_both_exchanges_of_a_calm_coin_are_no_other_days():
    """1% volatility and errors of 0.5% of each: their changes correlate by 0.67."""
    for seed in SEEDS:
        right = at_hours(hourly(seed, volatility=0.01))
        one, other = (right * np.exp(np.random.default_rng([n, seed]).normal(0.0, 0.005, DAYS)) for n in (1, 2))
        assert compared(closes(*one), [Opinion("X", closes(*other))]).verdict == "confirmed"


def test_two_thin_exchanges_do_not_outvote_a_right_history():
    for seed in SEEDS:
        prices = hourly(seed)
        thin = [Opinion("X", closes(*last_trades(prices, 12.0))), Opinion("Y", closes(*at_hours(prices, 8)))]
        found = compared(closes(*at_hours(prices)), thin)
        assert (found.verdict, found.unlike) in (("confirmed", ("X", "Y")), ("confirmed", ()))


def test_a_thin_exchange_is_a_witness_for_or_against_other_days():
    """Held against one under the wrong dates, it is nearer to the history that is right."""
    for seed in SEEDS:
        prices = hourly(seed)
        right, late = closes(*at_hours(prices)), closes(*at_hours(prices, HOURS))
        thin = Opinion("Y", closes(*at_hours(prices, 8)))

        assert compared(right, [Opinion("X", late), thin]).verdict == "confirmed"
        found = compared(late, [Opinion("X", right), thin])
        assert (found.verdict, found.is_of_other_days) == ("refuted", True)


@pytest.mark.parametrize("days", [2, 3, 7])
def test_averages_are_found_by_their_own_changes_and_do_not_accuse_a_right_history(days):
    found = 0
    for seed in SEEDS:
        every = hourly(seed)[HOURS - 1 :: HOURS]
        means = closes(*np.convolve(every, np.ones(days) / days, "valid")[-DAYS:])
        right = closes(*every[-DAYS:])
        found += compared(means, [Opinion("X", right)]).is_of_other_days
        assert not compared(right, [Opinion("X", means)]).is_of_other_days
    assert found >= (len(SEEDS) * 0.9 if days > 2 else len(SEEDS) * 0.3)


def test_days_that_every_other_exchange_has_are_absent():
    short = {day: close for day, close in RIGHT.items() if day >= FIRST + timedelta(days=40)}
    gapped = {day: close for day, close in RIGHT.items() if (day - FIRST).days not in range(50, 60)}

    assert compared(short, [Opinion("X", RIGHT), Opinion("Y", gapped)]).absent == tuple(RIGHT)[:40]
    assert len(compared(gapped, [Opinion("X", RIGHT)]).absent) == 10
    assert compared(RIGHT, [Opinion("X", gapped)]).absent == ()


YEAR = moving(365, volatility=0.035)
STATED = closes(*noisy(YEAR, 0.002))


def altered(factors: np.ndarray) -> dict[date, float]:
    return closes(*(YEAR * factors))


def days_of(first: int, last: int) -> set[date]:
    return {FIRST + timedelta(days=n) for n in range(first, last)}


@pytest.mark.parametrize("factor", [1.08, 0.9, 1.15])
@pytest.mark.parametrize(("first", "last"), [(0, 120), (305, 365), (100, 110)])
def test_a_part_of_a_history_at_another_level_is_found_by_its_days(factor, first, last):
    """By hand: the ratio to the other history is 1 ± 0.2% on most days, and the factor on the others."""
    factors = np.ones(365)
    factors[first:last] = factor

    assert leaves_its_level(altered(factors), STATED) == days_of(first, last)


def test_one_close_is_off_its_level_from_eight_percent_on():
    for factor, found in ((1.07, set()), (1.09, days_of(364, 365)), (0.85, days_of(364, 365))):
        factors = np.ones(365)
        factors[-1] = factor
        assert leaves_its_level(altered(factors), STATED) == found


@pytest.mark.parametrize(
    "factors",
    [
        1.001 ** np.arange(365.0),
        1.0 + 0.15 * np.sin(np.arange(365.0) / 20.0),
        1.0 + 0.1 * np.sin(np.arange(365.0) / 3.0),
        (YEAR / YEAR[-1]) ** -0.2,
        (YEAR / YEAR[-1]) ** 0.3,
    ],
    ids=["drift", "slow wave", "quick wave", "moves × 0.8", "moves × 1.3"],
)
def test_a_level_that_drifts_or_follows_the_price_is_found(factors):
    assert len(leaves_its_level(altered(factors), STATED)) > 30


@pytest.mark.parametrize("factors", [1.0, 1.1, 0.02], ids=str)
def test_a_constant_ratio_is_no_doubt_and_a_wide_spread_is_allowed_for(factors):
    assert leaves_its_level(altered(np.full(365, factors)), STATED) == frozenset()
    assert leaves_its_level(altered(np.full(365, factors)), closes(*noisy(YEAR, 0.03))) == frozenset()


def test_what_one_of_two_other_exchanges_confirms_is_at_its_level():
    factors = np.ones(365)
    factors[-60:] = 1.1
    wrong = altered(factors)

    assert compared(wrong, [Opinion("X", STATED)]).off_level == tuple(sorted(days_of(305, 365)))
    assert compared(wrong, [Opinion("X", STATED), Opinion("Y", wrong)]).off_level == ()
    assert compared(STATED, [Opinion("X", wrong)]).is_rough
    assert compared(STATED, [Opinion("X", STATED)]).doubt < compared(wrong, [Opinion("X", STATED)]).doubt


def test_closes_that_often_repeat_while_others_change_are_counted():
    """Rounded to 4% of the price, about a third of the closes repeat; 37 of 364 are a tenth."""
    rounded = closes(*np.exp(np.round(np.log(YEAR) / 0.04) * 0.04))
    found = compared(rounded, [Opinion("X", STATED)]).repeated
    assert 60 < len(found) < 180
    assert all(rounded[day] == rounded[day - timedelta(days=1)] for day in found)

    assert compared(rounded, [Opinion("X", rounded)]).repeated == ()
    for count, expected in ((36, 0), (38, 38)):
        some = YEAR.copy()
        for n in range(count):
            some[5 + 8 * n] = some[4 + 8 * n]
        assert len(compared(closes(*some), [Opinion("X", STATED)]).repeated) == expected


def test_the_newest_hundred_days_must_agree_as_well_as_the_whole():
    factors = np.ones(365)
    factors[-15:] = 1.5  # 4% of all days, and 15% of the newest hundred
    found = compared(altered(factors), [Opinion("X", STATED), Opinion("Y", closes(*YEAR))])
    assert (found.verdict, set(found.days)) == ("refuted", days_of(350, 365))

    factors = np.ones(365)
    factors[-100:] = noisy(np.ones(100), 0.05)
    assert compared(altered(factors), [Opinion("X", STATED)]).unlike == ("X",)


@pytest.mark.parametrize("late_at_first", [True, False])
def test_a_crash_that_one_exchange_saw_a_day_late_is_no_contradiction(late_at_first):
    """One exchange fell from 100 to 75 on the sixth day; the last trade at the other was hours old."""
    prompt = closes(*[100.0] * 5, *[75.0] * 5)
    for seen_late, days in ((100.0, 0), (92.0, 0), (130.0, 1), (55.0, 1)):
        late = closes(*[100.0] * 5, seen_late, *[75.0] * 4)
        one, other = (late, prompt) if late_at_first else (prompt, late)
        assert len(compared(one, [Opinion("X", other)]).days) == days

    spiked = closes(*[100.0] * 5, 75.0, *[100.0] * 4)
    assert len(compared(spiked, [Opinion("X", TEN)]).days) == 1
    assert len(compared(closes(*[100.0] * 9, 75.0), [Opinion("X", TEN)]).days) == 1  # it may stay or come back


@pytest.mark.parametrize(("traded", "days", "off_level"), [
    (None, 1, 0), ((74.0, 101.0), 0, 1), ((81.0, 101.0), 0, 1), ((81.1, 101.0), 1, 0), ((100.0, 140.0), 1, 0),
])  # fmt: skip
def test_a_far_close_within_what_was_traded_at_the_other_exchange_is_used_and_named(traded, days, off_level):
    """By hand: 75 × 1.08 is 81. The other exchange closed at 100 on that day, and the price came back."""
    other = Opinion("X", TEN, {} if traded is None else {FIRST + timedelta(days=5): traded})
    found = compared(closes(*[100.0] * 5, 75.0, *[100.0] * 4), [other])

    assert (len(found.days), len(found.off_level)) == (days, off_level)


@pytest.mark.parametrize(("lowest", "own", "days"), [
    (87.1, (75.0, 101.0), 0), (87.5, (75.0, 101.0), 1), (87.0, (75.0, 90.0), 1), (87.0, (75.1, 101.0), 1),
    (82.0, (74.0, 80.0), 1),
])  # fmt: skip
def test_a_far_close_may_lie_half_of_its_days_range_beyond_what_the_other_traded_at(lowest, own, days):
    """By hand: 75 × √(101 / 75) is 87.03. What the other traded at is stated a thousandth lower."""
    day = FIRST + timedelta(days=5)
    other = Opinion("X", TEN, {day: (lowest / 1.001, 101.0)}, {day: own})
    found = compared(closes(*[100.0] * 5, 75.0, *[100.0] * 4), [other])

    assert (len(found.days), len(found.off_level)) == (days, 1 - days)


def test_a_far_close_that_one_exchange_confirms_is_not_named_because_of_what_another_traded():
    fell = closes(*[100.0] * 5, 75.0, *[100.0] * 4)
    late = Opinion("X", TEN, {FIRST + timedelta(days=5): (70.0, 101.0)})

    assert compared(fell, [late, Opinion("Y", fell)]).off_level == ()
    assert compared(fell, [late, Opinion("Y", TEN)]).off_level == (FIRST + timedelta(days=5),)


def test_a_wrong_close_is_found_though_the_newest_hundred_days_are_unlike_those_of_another_exchange():
    """Its day is long before them, and what is found in them does not replace what is found in all days."""
    factors = np.ones(365)
    factors[-100:] = noisy(np.ones(100), 0.05)
    factors[40] = 1.5
    found = compared(altered(factors), [Opinion("X", STATED)])

    assert (found.unlike, found.unlike_since) == (("X",), FIRST + timedelta(days=265))
    assert (found.verdict, set(found.days)) == ("days", days_of(40, 41))


@pytest.mark.parametrize("factor", [1.1, 0.9, 1.15, 1.19])
@pytest.mark.parametrize("length", [1, 2, 7, 30])
@pytest.mark.parametrize("first", [0, 1, 29, 30])
def test_a_history_with_two_levels_is_off_one_of_them_whichever_is_the_usual_one(factor, length, first):
    """The other exchanges have histories of different lengths, so that the usual level of one is not the other's."""
    is_high = np.arange(365) // length % 2 == 1
    wrong = altered(np.where(is_high, factor, 1.0))
    shorter = closes(*[None] * first, *list(STATED.values())[first:])
    found = compared(wrong, [Opinion("X", STATED), Opinion("Y", shorter)])

    assert found.is_rough
    assert found.unlike or 0.3 * 365 < len(found.off_level) < 0.7 * 365


@pytest.mark.parametrize("late", [1, -1])
@pytest.mark.parametrize(("first", "last"), [(325, 365), (100, 160), (0, 45)])
def test_a_part_of_a_history_under_the_dates_of_other_days_is_found(late, first, last):
    wrong = dict(STATED)
    days = list(STATED)[first:last]
    for day in days:
        wrong[day] = STATED.get(day - timedelta(days=late), STATED[day])
    found = compared(wrong, [Opinion("X", STATED), Opinion("Y", closes(*noisy(YEAR, 0.001)))])

    assert (found.verdict, found.is_of_other_days) == ("refuted", True)
    assert set(found.days) & set(days)


@pytest.mark.parametrize(("days", "is_found"), [(9, False), (10, False), (11, True), (20, True), (60, True)])
def test_a_price_that_stands_still_in_the_middle_is_found_from_ten_repeated_closes_on(days, is_found):
    wrong = dict(STATED)
    still = list(STATED)[200 : 200 + days]
    for day in still:
        wrong[day] = STATED[still[0]]
    found = compared(wrong, [Opinion("X", STATED)])

    assert bool(found.repeated) == is_found
    assert not found.repeated or set(found.repeated) == set(still[1:])


@pytest.mark.parametrize(
    ("wrong", "is_found"),
    [
        (noisy(YEAR, 0.01), True),
        (noisy(YEAR, 0.005), True),
        (YEAR * np.where(np.arange(365) % 7 < 2, 1.05, 1.0), True),
        (YEAR * np.where(np.arange(365) % 2, 1.03, 1.0), True),
        (noisy(YEAR, 0.003), False),
        (YEAR * 0.9, False),
        (YEAR * np.where(np.arange(365) % 30 == 0, 1.05, 1.0), False),
    ],
    ids=[
        "errors of 1%",
        "errors of 0.5%",
        "weekends",
        "each second day",
        "errors of 0.3%",
        "another unit",
        "one day in thirty",
    ],
)
def test_a_history_less_exact_than_two_others_among_themselves_is_inexact(wrong, is_found):
    others = [Opinion("X", closes(*YEAR)), Opinion("Y", closes(*(1.01 * YEAR)))]

    assert compared(closes(*wrong), others).inexact == (("X", "Y") if is_found else ())
    assert (compared(closes(*wrong), others[:1]).inexactness >= 0.006) == is_found
    assert compared(closes(*wrong), [others[0], Opinion("Z", closes(*wrong))]).inexact == ()
