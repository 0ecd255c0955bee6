"""Deleveraging: when a contract is struck, what is closed, and a queue of ten accounts by hand.

The queue: each is short one coin that has fallen from 100 to 60, unless another entry is stated. Profit is a share of
the entry, leverage the notional over balance and open profit. Ten bankrupt longs of 12 coins in all are taken over:

    account  lots  entry  balance   profit        leverage            score
    A           5    100      100   0.4           300 / 300 = 1       0.4
    B           5    100       20   0.4           300 / 220 = 1.364   0.545…   <- second
    C           2    100       10   0.4           120 /  90 = 1.333   0.533…   <- third
    D          10    100    1,600   0.4           600 / 2000 = 0.3    0.12
    E           1     60       15   0             60 / 15 = 4         0
    F           3     75        5   0.2           180 / 50 = 3.6      0.72     <- first
    G           1     50       30   −0.2          60 / 20 = 3         −0.066…
    H           1     40       40   −0.5          60 / 20 = 3         −0.166…
    I           4    100      400   0.4           240 / 560 = 0.4286  0.171…
    J           2     80       80   0.25          120 / 120 = 1       0.25

F gives 3, B 5, C 2: 10 of the 12. A, the next, gives the other 2 of its 5.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, strategies as st

from hedge_core.hedge.deleveraging import DeleveragingRule, Queued, closing_fees, deleveraging_rule, score
from hedge_core.market.sources.sample import SampleSource
from hedge_core.plan.dangers import Dangers
from hedge_core.plan.plan import Decisions, HedgePlan, Overrides

RULE = DeleveragingRule(0.2, Dangers())
QUEUE = [
    Queued(5, 100, 60, 100), Queued(5, 100, 60, 20), Queued(2, 100, 60, 10), Queued(10, 100, 60, 1_600),
    Queued(1, 60, 60, 15), Queued(3, 75, 60, 5), Queued(1, 50, 60, 30), Queued(1, 40, 60, 40),
    Queued(4, 100, 60, 400), Queued(2, 80, 60, 80),
]  # fmt: skip


def queue_closes(shorts: Sequence[Queued], lots: float) -> list[float]:
    """The lots of each short that are closed to take over `lots` of bankrupt longs, the highest score first."""
    closed, left = [0.0] * len(shorts), lots
    for place in sorted(range(len(shorts)), key=lambda place: -score(shorts[place])):
        closed[place] = min(shorts[place].lots, left)
        left -= closed[place]
    return closed


def test_a_queue_of_ten_accounts_closes_the_highest_profit_times_leverage_first():
    scores = [0.4, 6 / 11, 8 / 15, 0.12, 0.0, 0.72, -0.2 / 3, -0.5 / 3, 0.4 * 3 / 7, 0.25]
    assert [score(one) for one in QUEUE] == pytest.approx(scores)

    assert queue_closes(QUEUE, 12) == [2, 5, 2, 0, 0, 3, 0, 0, 0, 0]


def test_whoever_posts_more_comes_later():
    low, high = Queued(5, 100, 60, 1_000), Queued(5, 100, 60, 50)

    assert score(low) < score(high)
    assert queue_closes([low, high], 5) == [0, 5]


DAYS = {
    # day: median altcoin at its low, at its close; does deleveraging strike altcoins that fall as the median does?
    "2020-03-12": (-0.46, -0.44, True),
    "2021-05-19": (-0.51, -0.34, True),
    "2022-05-11 LUNA": (-0.32, -0.24, False),
    "2022-11-08 FTX": (-0.25, -0.15, False),
    "2022-11-09 FTX": (-0.23, -0.19, False),
    "2024-04-13": (-0.34, None, False),
    "2024-08-05": (-0.21, -0.09, False),
    "2024-12-09": (-0.34, None, False),
    "2025-02-03": (-0.30, None, False),
    "2025-10-10": (-0.65, -0.28, True),
}


@pytest.mark.parametrize("day", DAYS)
def test_the_days_of_the_record_on_which_deleveraging_fires_by_their_lows(day):
    low, _, fires = DAYS[day]

    assert bool(RULE.market_falls(low, is_low=True)) == fires
    struck = RULE.coin_falls(["LINK"], np.array([low]), is_low=True) & RULE.market_falls(low, is_low=True)
    assert struck.tolist() == [fires]


def test_by_closes_alone_it_fires_on_one_day_more_and_not_on_every_fall_of_a_quarter():
    by_closes = [day for day, (_, close, _) in DAYS.items() if close is not None and close <= -0.22]

    fired = [d for d, (_, close, _) in DAYS.items() if close is not None and RULE.market_falls(close, is_low=False)]
    assert fired == by_closes == ["2020-03-12", "2021-05-19", "2022-05-11 LUNA", "2025-10-10"]
    falls_of_a_quarter = [day for day, (low, _, _) in DAYS.items() if low <= -0.25]
    assert sum(bool(RULE.market_falls(DAYS[d][0], is_low=True)) for d in falls_of_a_quarter) == 3
    assert len(falls_of_a_quarter) == 8


def test_on_the_ten_worst_days_of_the_sample_market_it_never_fires():
    """The sample's worst day is a fall of the median by 18.6%, less than the 22% that closes must show."""
    history = SampleSource().snapshot().history
    closes = np.array([history.of(coin) for coin in history.coins if coin not in ("BTC", "ETH")])
    medians = np.nanmedian(closes[:, 1:] / closes[:, :-1] - 1.0, axis=0)
    worst = np.sort(medians)[:10]

    assert worst[0] == pytest.approx(-0.186, abs=0.001)
    assert not RULE.market_falls(medians, is_low=False).any()


def test_each_coin_has_a_threshold_of_its_own():
    coins = ["BTC", "ETH", "SOL", "BNB", "LINK"]
    at, above = np.array([-0.12, -0.2, -0.25, -0.25, -0.35]), np.array([-0.119, -0.199, -0.249, -0.249, -0.349])

    assert RULE.coin_falls(coins, at, is_low=True).all()
    assert not RULE.coin_falls(coins, above, is_low=True).any()
    assert RULE.coin_falls(coins, 0.56 * at, is_low=False).all()
    assert not RULE.coin_falls(coins, 0.54 * at, is_low=False).any()
    assert not RULE.coin_falls(["BTC"], np.array([np.nan]), is_low=True).any()


def test_whole_lots_of_winning_shorts_are_closed_and_no_others():
    lots = np.array([10.0, 14.0, 4.0, 10.0, 10.0])
    struck = np.array([True, True, True, False, True])
    winning = np.array([True, True, True, True, False])

    assert RULE.closed(lots, struck, winning).tolist() == [2.0, 2.0, 0.0, 0.0, 0.0]


@given(st.integers(1, 10**6), st.integers(1, 100))
def test_a_share_in_whole_percent_closes_as_many_lots_as_whole_numbers_say(lots, percent):
    rule = DeleveragingRule(percent / 100, Dangers())

    yes = np.array([True])
    assert rule.closed(np.array([float(lots)]), yes, yes)[0] == lots * percent // 100


def test_lots_are_closed_at_a_share_of_the_close_but_not_below_the_low_nor_above_the_close():
    close, low = np.array([0.7, 0.7, 0.7, 0.7]), np.array([0.3, 0.6, np.nan, 0.7])

    assert RULE.fill(close, low).tolist() == pytest.approx([0.532, 0.6, 0.7, 0.7])


def test_closing_costs_a_side_of_what_each_lot_is_worth_there_by_hand():
    """3 lots of $50 at 0.1% and 2 lots of $400 at 0.2%: $0.15 + $1.60; the second path closes nothing."""
    fees = closing_fees(np.array([[3.0, 2.0], [0.0, 0.0]]), np.array([50.0, 400.0]), np.array([0.001, 0.002]))

    assert fees.tolist() == [pytest.approx(1.75), 0.0]


@pytest.mark.parametrize(
    ("venue", "share"), [("OKX", 0.2), ("Hyperliquid", 0.2), ("WEEX", 0.2), ("CME", 0.0), ("Deribit", 0.0)]
)
def test_the_share_is_the_venues_unless_the_plan_states_one(venue, share):
    plan = HedgePlan(decisions=Decisions(venue=venue))

    assert deleveraging_rule(plan).share == share
    assert deleveraging_rule(plan, 1.0).share == 1.0
    stated = HedgePlan(decisions=Decisions(venue=venue), overrides=Overrides(dangers=Dangers(deleveraged_share=0.3)))
    assert deleveraging_rule(stated).share == 0.3
