"""Account: shorts followed day by day.

By hand: short $2,000 of a coin with $1,000 of collateral and a maintenance margin of 1%. The coin rises by 20% (equity
600, maintenance 24), then by another 25% to 1.5 times its price: equity 1,000 − 2,000·0.5 = 0 < 30, closed. Behind a
broker it is closed where 1,000 − 2,000·x = 20·(1 + x), x = 980/2,020 = 48.51%, with 29.70 left.

The chance that a driftless Brownian motion of the log price (drift −sigma²/2, so that the price has none) reaches a
barrier b by T (reflection): N((−b + m·T)/(s·√T)) + exp(2·m·b/s²)·N((−b − m·T)/(s·√T)), m = −s²/2. Seen at daily closes
only, the barrier is 0.5826·s further away (Broadie, Glasserman, Kou 1997).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import norm

from hedge_core.hedge.account import MarginLeg
from hedge_core.hedge.breach import Breach, Closed
from hedge_core.hedge.margin import MarginRequirement
from hedge_core.market.contracts import MarginTier
from hedge_core.market.instruments import InversePerpetual, Perpetual
from hedge_core.simulation.account import BETWEEN_CLOSES, Book, CashNeeded, ShortAccount, peak_factors
from hedge_core.simulation.bag import BagOnPaths
from hedge_core.simulation.engine import run_paths
from hedge_core.simulation.paths import Day
from tests.support.scale import scaled

TABLE = (MarginTier(0.0, 0.1, 0.05), MarginTier(5_000.0, 0.2, 0.1), MarginTier(20_000.0, 0.5, 0.25))


def margin_leg(
    notional: float,
    tiers: tuple[MarginTier, ...] = (MarginTier(0.0, 0.02, 0.01),),
    *,
    is_inverse: bool = False,
    is_exchange_traded: bool = False,
) -> MarginLeg:
    return MarginLeg(
        contract_id="test",
        underlying="ETH",
        price=1.0,
        notional=notional,
        tiers=tiers,
        instrument=InversePerpetual() if is_inverse else Perpetual(),
        is_exchange_traded=is_exchange_traded,
    )


def book_of(
    legs: Sequence[MarginLeg],
    collateral: float | None,
    *,
    lot: float = 1.0,
    side_cost: float = 0.0,
    carry_a_day: float = 0.0,
    has_funding: bool = False,
    roll_days: frozenset[int] = frozenset(),
    volatility: float = 0.0,
) -> Book:
    size = len(legs)
    return Book(
        margin=MarginRequirement(tuple(legs), collateral, False),
        breach=Breach(Closed(), np.full(size, 0.01)),
        notional=np.array([leg.notional for leg in legs]),
        lot_notional=np.full(size, lot),
        columns=np.arange(size),
        funding_columns=np.arange(size) if has_funding else np.full(size, -1),
        side_cost=np.full(size, side_cost),
        carry_a_day=np.full(size, carry_a_day),
        roll_days=(roll_days,) * size,
        peak=peak_factors(np.full(size, volatility)),
    )


def follow(book: Book, *levels: Sequence[float], funding: float = 0.0) -> ShortAccount:
    """One path of levels, a sequence a day with an entry a leg."""
    account = ShortAccount(book, 1)
    for day, level in enumerate(levels, start=1):
        account.step(day, np.array([level], dtype=np.float64), np.full((1, len(book.notional)), funding))
    return account


def test_the_short_worked_by_hand() -> None:
    book = book_of([margin_leg(2_000.0)], 1_000.0)
    held = follow(book, [1.2])
    assert (held.pnl[0], held.closed_on[0]) == (pytest.approx(-400.0), 0)
    closed = follow(book, [1.2], [1.5], [0.5])
    assert (closed.pnl[0], closed.closed_on[0]) == (-1_000.0, 2)


def test_behind_a_broker_what_is_left_stays_the_holders() -> None:
    closed = follow(book_of([margin_leg(2_000.0, is_exchange_traded=True)], 1_000.0), [1.2], [1.5], [0.5])
    assert closed.pnl[0] == pytest.approx(-2_000.0 * 980 / 2_020)
    assert closed.equity[0] == pytest.approx(29.70, abs=0.005)


def test_the_highest_price_of_the_day_counts() -> None:
    book = book_of([margin_leg(2_000.0)], 1_000.0, volatility=0.05)
    assert follow(book, [1.45]).closed_on[0] == 1
    assert 1.45 * math.exp(BETWEEN_CLOSES * 0.05) > 1.0 + 980 / 2_020 > 1.45


def test_without_a_collateral_nothing_is_closed() -> None:
    assert follow(book_of([margin_leg(2_000.0)], None), [3.0]).pnl[0] == -4_000.0


def test_a_collateral_that_does_not_open_the_short_is_not_watched() -> None:
    assert follow(book_of([margin_leg(2_000.0)], 1.0), [3.0]).closed_on[0] == 0


def test_funding_is_on_the_notional_at_the_close_before() -> None:
    account = follow(book_of([margin_leg(1_000.0)], None, has_funding=True), [2.0], [4.0], funding=0.01)
    assert account.carry[0] == pytest.approx(0.01 * (1_000 + 2_000))
    inverse = book_of([margin_leg(1_000.0, is_inverse=True)], None, has_funding=True)
    assert follow(inverse, [2.0], [4.0], funding=0.01).carry[0] == pytest.approx(0.01 * (1_000 + 1_000))


def test_opening_rolling_and_closing_cost_what_they_trade() -> None:
    account = follow(book_of([margin_leg(1_000.0)], None, side_cost=0.001, roll_days=frozenset({2})), [1.5], [2.0])
    account.close()
    assert account.fees[0] == pytest.approx(0.001 * (1_000 + 2 * 2_000 + 2_000))
    assert account.pnl[0] == pytest.approx(-1_000 - account.fees[0])


def test_a_closed_account_pays_and_earns_nothing_more() -> None:
    book = book_of([margin_leg(1_000.0)], 500.0, has_funding=True, side_cost=0.001, roll_days=frozenset({2}))
    once = follow(book, [1.6], funding=0.01)
    later = follow(book, [1.6], [0.2], [3.0], funding=0.01)
    later.close()
    assert later.pnl[0] == once.pnl[0] == -500.0 - once.fees[0]
    assert later.carry[0] == 0.0


def test_an_inverse_short_pays_on_its_face() -> None:
    """1% a side of a face of 1,000, whatever the price: opening, a roll and closing are 10, 20 and 10."""
    book = book_of([margin_leg(1_000.0, is_inverse=True)], None, side_cost=0.01, roll_days=frozenset({1}))
    account = follow(book, [2.0])
    account.close()
    assert account.fees[0] == pytest.approx(40.0)


def test_the_cash_needed_counts_what_funding_has_cost() -> None:
    cash = CashNeeded(book_of([margin_leg(1_000.0)], None, has_funding=True), 1)
    cash.step(1, np.array([[1.5]]), np.array([[-0.02]]))
    assert cash.most[0] == pytest.approx(500 + 0.01 * 1_500 + 20)


def test_an_inverse_short_against_its_formula_in_coin() -> None:
    """Face 2,000 at price 1: 2,000 coins; 600 coins posted. At 1.3 it has lost 2,000·(1 − 1/1.3) coins."""
    tiers = (MarginTier(0.0, 0.05, 0.02),)
    account = follow(book_of([margin_leg(2_000.0, tiers, is_inverse=True)], 600.0), [1.3])
    in_coin = 600.0 - 2_000.0 * (1.0 - 1.0 / 1.3)
    assert account.equity[0] == pytest.approx(in_coin * 1.3)
    closed_at = 2_000.0 * (1.0 - 0.02) / (2_000.0 - 600.0)
    assert follow(book_of([margin_leg(2_000.0, tiers, is_inverse=True)], 600.0), [closed_at * 0.999]).closed_on[0] == 0
    assert follow(book_of([margin_leg(2_000.0, tiers, is_inverse=True)], 600.0), [closed_at * 1.001]).closed_on[0] == 1


@settings(deadline=None, max_examples=scaled(60))
@given(
    st.lists(
        st.tuples(st.floats(100.0, 30_000.0), st.booleans(), st.sampled_from([TABLE, TABLE[:1]]), st.floats(0.2, 4.0)),
        min_size=1,
        max_size=4,
    ),
    st.floats(0.5, 3.0),
    st.booleans(),
)
def test_one_step_agrees_with_the_margin_of_the_plan(legs, cushion, behind_a_broker) -> None:
    made = [
        margin_leg(notional, tiers, is_inverse=inverse, is_exchange_traded=behind_a_broker)
        for notional, inverse, tiers, _ in legs
    ]
    margin = MarginRequirement(tuple(made), None, False)
    margin = MarginRequirement(tuple(made), margin.initial * (1.0 + cushion), False)
    moves = [level - 1.0 for *_, level in legs]
    account = follow(book_of(made, margin.collateral), [level for *_, level in legs])
    room = margin.room(moves)
    if abs(room) < 1e-6 * margin.notional:
        return
    assert (account.closed_on[0] == 1) == (room < 0.0)
    if room >= 0.0:
        assert account.equity[0] == pytest.approx(margin.equity(moves), rel=1e-9, abs=1e-6)
    elif behind_a_broker and all(len(leg.tiers) == 1 for leg in made):
        at_border = [margin.border(moves) * move for move in moves]
        assert account.equity[0] == pytest.approx(margin.equity(at_border), rel=1e-6, abs=1e-6)
    elif not behind_a_broker:
        assert account.equity[0] == 0.0


@settings(deadline=None, max_examples=scaled(60))
@given(st.lists(st.tuples(st.integers(0, 40), st.floats(0.3, 3.0)), min_size=1, max_size=6), st.booleans())
def test_trading_on_the_way_earns_what_each_lot_earns(trades, is_inverse) -> None:
    """Against lots kept one by one, first in and last out; an inverse lot of $1 earns 1 − exit/entry dollars."""
    book = book_of([margin_leg(10.0, is_inverse=is_inverse)], None)
    account = ShortAccount(book, 1)
    entries, realised, level = [1.0] * 10, 0.0, 1.0
    sizes = [1.0] * 10
    for day, (lots, level) in enumerate(trades, start=1):
        account.step(day, np.array([[level]]), np.zeros((1, 1)))
        account.trade(np.array([[float(lots)]]))
        held = float(len(entries))
        if lots > held:
            entries += [level] * int(lots - held)
            sizes += [1.0] * int(lots - held)
        elif lots < held:
            # The account keeps an average: every lot is bought back in the same part.
            mean_units = sum(1.0 / e for e in entries) / held if is_inverse else 1.0
            average = 1.0 / mean_units if is_inverse else sum(entries) / held
            gone = held - lots
            realised += gone * ((1.0 - level / average) if is_inverse else (average - level))
            entries = [average] * lots
        assert account.lots[0, 0] == lots
    opened = sum((1.0 - level / e) if is_inverse else (e - level) for e in entries)
    assert account.pnl[0] == pytest.approx(realised + opened, abs=1e-9)


def test_the_cash_needed_is_that_of_the_margin() -> None:
    legs = [margin_leg(3_000.0, TABLE), margin_leg(2_000.0, is_inverse=True)]
    book = book_of(legs, None)
    path = [(1.5, 1.1), (2.5, 0.9), (1.0, 1.0)]
    cash = CashNeeded(book, 1)
    seen = []
    for day, level in enumerate(path, start=1):
        cash.step(day, np.array([level]), np.zeros((1, 2)))
        seen.append(cash.most[0])
    needed = book.margin.collateral_needed(np.array(path) - 1.0)
    np.testing.assert_allclose(seen, np.maximum.accumulate(needed))


class LogNormal:
    """A driftless price: log returns normal with mean −s²/2."""

    coins = ("X",)

    def __init__(self, volatility: float) -> None:
        self._volatility = volatility

    def draw(self, random: np.random.Generator, paths: int, horizon: int) -> Iterator[Day]:
        s = self._volatility
        for _ in range(horizon):
            yield Day(np.exp(s * random.standard_normal((paths, 1)) - s * s / 2.0), np.zeros((1, 0)))


def reflection(barrier: float, volatility: float, days: int) -> float:
    m, width = -(volatility**2) / 2.0, volatility * math.sqrt(days)
    first = norm.cdf((-barrier + m * days) / width)
    return float(first + math.exp(2.0 * m * barrier / volatility**2) * norm.cdf((-barrier - m * days) / width))


@pytest.mark.parametrize("cushion", [0.05, 0.1, 0.15, 0.2, 0.3, 0.4])
@pytest.mark.parametrize("is_watched_within_the_day", [False, True])
def test_the_chance_of_liquidation_is_that_of_the_reflection_formula(cushion, is_watched_within_the_day) -> None:
    volatility, days, paths, rate = 0.03, 30, 60_000, 0.01
    barrier = math.log((1.0 + cushion) / (1.0 + rate))
    leg = margin_leg(1_000.0, (MarginTier(0.0, rate, rate),))
    book = book_of([leg], 1_000.0 * cushion, volatility=volatility if is_watched_within_the_day else 0.0)
    bag = BagOnPaths(np.array([1_000.0]), np.array([0]), np.ones(1))
    runs = run_paths(LogNormal(volatility), bag, book, horizon=days, paths=paths, seed=17)
    seen = float((runs.hedge.closed_on > 0).mean())
    further = 0.0 if is_watched_within_the_day else BETWEEN_CLOSES * volatility
    expected = reflection(barrier + further, volatility, days)
    assert seen == pytest.approx(expected, abs=3.0 * math.sqrt(expected * (1.0 - expected) / paths))


def test_an_open_book_pays_nothing_to_open() -> None:
    book = book_of([margin_leg(2_000.0)], 1_000.0, side_cost=0.001)
    held = replace(book, margin=replace(book.margin, is_open=True))
    assert (ShortAccount(book, 1).fees[0], ShortAccount(held, 1).fees[0]) == (2.0, 0.0)
