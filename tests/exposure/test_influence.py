"""How much one day's closes move a basket's short, against fits on closes from which the day was deleted.

By hand, the changes of legs A, B and C in USD and the dollars that move, each counted once:

    +30, −30, 0   a dollar from B to A is one dollar         30
    +30, +20, 0   the short grows                            50
    +30, −10, −5  30 are sold, 15 of them came from B and C  30
    −30, −20, +5  50 are bought back, 5 of them go to C      50
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies as st

from hedge_core import Holding, assess
from hedge_core.exposure.basket import BasketFitter
from hedge_core.exposure.influence import changes_without_each_close, dollars_moved
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.plan.plan import HedgePlan
from hedge_core.text import day_text
from tests.support.markets import make_market

DAYS = np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-03-22"))
CORE = (0, 1)

changes_of_legs = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=7).map(np.array)


@pytest.mark.parametrize(
    ("changes", "moved"),
    [((30, -30, 0), 30), ((30, 20, 0), 50), ((30, -10, -5), 30), ((-30, -20, 5), 50), ((0, 0, 0), 0)],
)
def test_each_dollar_that_moves_is_counted_once(changes, moved):
    assert dollars_moved(np.array(changes, dtype=float)) == moved


@given(st.floats(0.0, 1e6), st.integers(0, 3), st.integers(0, 3))
def test_a_dollar_that_goes_from_leg_to_leg_moves_once(usd, source, target):
    changes = np.zeros(4)
    changes[source] -= usd
    changes[target] += usd

    assert dollars_moved(changes) == (usd if source != target else 0.0)


@given(changes_of_legs, st.integers(0, 6), st.floats(0.0, 1.0))
def test_a_leg_in_two_parts_moves_what_it_moves_as_one(changes, leg, share):
    leg %= len(changes)
    split = np.append(np.delete(changes, leg), [share * changes[leg], (1.0 - share) * changes[leg]])

    assert dollars_moved(split) == pytest.approx(dollars_moved(changes), rel=1e-9, abs=1e-6)


@given(changes_of_legs)
def test_what_moves_is_half_of_all_changes_with_cash_as_one_more_leg(changes):
    with_cash = np.append(changes, -changes.sum())

    assert dollars_moved(changes) == pytest.approx(np.abs(with_cash).sum() / 2.0, rel=1e-9, abs=1e-6)


@given(changes_of_legs)
def test_there_and_back_are_the_same_and_neither_the_total_nor_a_leg_changes_by_more(changes):
    moved = dollars_moved(changes)

    assert moved == dollars_moved(-changes)
    assert moved >= abs(changes.sum()) - 1e-6
    assert moved >= np.abs(changes).max()
    assert moved <= np.abs(changes).sum()


def prices(seed: int) -> np.ndarray:
    """Closes of five contracts, of which the first two are the core, and a bag, one more than DAYS."""
    moves = np.random.default_rng(seed).normal(0.0, 0.03, (len(DAYS) + 1, 6))
    moves[:, 2:5] += moves[:, :2] @ np.array([[0.6, 0.2, 0.9], [0.4, 0.9, 0.1]])
    moves[:, 5] += moves[:, :5] @ (0.5, 0.4, 0.3, 0.2, 0.1)
    return np.exp(np.cumsum(moves, axis=0))


def returns(closes: np.ndarray) -> np.ndarray:
    return closes[1:] / closes[:-1] - 1.0


def ridge(x: np.ndarray, y: np.ndarray, kept: list[int]) -> np.ndarray:
    """Independent: ordinary least squares with a row of sqrt(d) for each leg; d is what the core leaves over."""
    x, y = x - x.mean(axis=0), y - y.mean()
    core = x[:, CORE]
    d = ((x - core @ np.linalg.lstsq(core, x, rcond=None)[0]) ** 2).sum(axis=0)
    d[list(CORE)] = 0.0
    rows = np.vstack([x[:, kept], np.diag(np.sqrt(d[kept]))])
    return np.linalg.lstsq(rows, np.append(y, np.zeros(len(kept))), rcond=None)[0]


@pytest.mark.parametrize("kept", [[0, 1, 2, 4], [1, 3], [3, 4]])
@pytest.mark.parametrize("seed", range(3))
def test_it_is_what_a_fit_gives_on_closes_without_the_day(seed, kept):
    closes = prices(seed)
    R = returns(closes)

    found = changes_without_each_close(R[:, :5], R[:, 5:], np.ones(1), DAYS, core=CORE, kept=kept)

    whole = ridge(R[:, :5], R[:, 5], kept)
    left = [returns(np.delete(closes, row + 1, axis=0)) for row in range(len(DAYS))]
    expected = [ridge(one[:, :5], one[:, 5], kept) - whole for one in left]
    assert found == pytest.approx(np.array(expected), abs=1e-10)


def test_a_day_before_a_gap_is_left_out_and_not_joined_to_the_day_after_the_gap():
    R, days = returns(prices(1)), np.delete(DAYS, 40)
    R, kept = np.delete(R, 40, axis=0), [0, 1, 2]

    found = changes_without_each_close(R[:, :5], R[:, 5:], np.ones(1), days, core=CORE, kept=kept)

    left = np.delete(R, 39, axis=0)
    expected = ridge(left[:, :5], left[:, 5], kept) - ridge(R[:, :5], R[:, 5], kept)
    assert found[39] == pytest.approx(expected, abs=1e-10)


def test_a_basket_of_old_and_young_coins_changes_as_fits_without_the_day_say():
    """UNI and ATOM are old, TIA has 60 of 200 days, so w = 0.3: 0.3·own + 0.7·the mean of its old peers."""
    names, days = (
        ("BTC", "ETH", "SOL", "LINK", "AVAX"),
        np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-07-20")),
    )
    random = np.random.default_rng(5)
    core = random.normal(0.0, 0.03, (len(days), 2))
    moves = random.normal(0.0, 0.03, (len(days), 8))
    moves[:, :2] = core
    moves[:, 2:] += core @ random.uniform(0.3, 0.8, (2, 6))
    closes = np.exp(np.cumsum(np.vstack([np.zeros(8), moves]), axis=0))
    closes[:-61, 7] = np.nan
    all_days, values = np.append(days[0] - 1, days), np.array([3_000.0, 1_000.0, 2_000.0])
    R = returns(closes)
    fitter = BasketFitter(
        coins=("UNI", "ATOM", "TIA"), proxies=names, coin_returns=R[:, 5:], proxy_returns=R[:, :5], values=values
    )
    basket = fitter.fit(2)
    found = fitter.influence(basket, all_days)

    kept = [names.index(proxy) for proxy in basket.proxies]
    assert basket.is_young.tolist() == [False, False, True]

    def short(left: np.ndarray) -> np.ndarray:
        slopes = {column: ridge(left[:, :5], left[:, column], kept) for column in (3, 4, 5, 6)}
        young = left[~np.isnan(left[:, 7])]
        own = ridge(young[:, :5], young[:, 7], kept)
        beta = 0.3 * own + 0.7 * np.mean(list(slopes.values()), axis=0)
        return 3_000.0 * slopes[5] + 1_000.0 * slopes[6] + 2_000.0 * beta

    assert short(R) == pytest.approx(basket.exposures(dict(zip(fitter.coins, values, strict=True))))
    assert found.days.tolist() == days.tolist()
    for row in (0, 7, 100, 138, 140, 170, 198, 199):
        left = returns(np.delete(closes, row + 1, axis=0))
        assert found.changes[row] == pytest.approx(short(left) - short(R), abs=1e-6), row


def test_a_basket_of_young_coins_alone_is_moved_by_their_own_days_and_by_their_peers():
    R = returns(prices(3))
    coins = R[:, 5:].copy()
    coins[:-50] = np.nan
    fitter = BasketFitter(
        coins=("TIA",),
        proxies=("BTC", "ETH", "LINK", "AVAX", "NEAR"),
        coin_returns=coins,
        proxy_returns=R[:, :5],
        values=np.array([1_000.0]),
    )
    found = fitter.influence(fitter.fit(2), np.append(DAYS[0] - 1, DAYS))

    assert np.abs(found.changes[-50:]).sum() > 2.0 * np.abs(found.changes[:-50]).sum() > 0.0


def market(times: float) -> MarketSnapshot:
    """A market in which UNI is so many times as high in its last 60 days."""
    made = make_market()
    values = made.history.values.copy()
    values[-60:, made.history.column_of["UNI"]] *= times
    return replace(made, history=replace(made.history, values=values))


def named(plan: HedgePlan, times: float) -> list[str]:
    return [notice.text for notice in assess(plan, market(times)).notices if notice.code == "influence"]


UNI = Holding(coin="UNI", quantity=5_000.0)


def test_a_plan_names_the_day_if_its_closes_move_more_than_15_percent_of_the_short():
    day = day_text(make_market().history.days[-60].item(), "%d %b %Y")
    found = named(HedgePlan(holdings=(UNI,)), 6.0)

    assert named(HedgePlan(holdings=(UNI,)), 1.0) == []
    assert len(found) == 1
    assert day in found[0]


def test_what_moves_is_a_share_of_the_whole_short_and_not_of_the_baskets():
    """Beside 40 Bitcoin, which are shorted themselves, the basket of UNI is a small part of the short."""
    beside = HedgePlan(holdings=(UNI, Holding(coin="BTC", quantity=40.0)))

    assert named(HedgePlan(holdings=(UNI,)), 6.0)
    assert named(beside, 6.0) == []


def test_a_change_of_less_than_a_lot_in_every_leg_is_not_named():
    few = HedgePlan(holdings=(replace(UNI, quantity=2.0),))
    result = assess(few, market(6.0))

    share = dollars_moved(result.joint.influence.changes).max() / sum(leg.target_notional for leg in result.legs)
    assert share > 0.15
    assert named(few, 6.0) == []


def test_the_hedge_ratio_scales_the_dollars_and_not_the_share():
    def share(text: str) -> str:
        return text.partition(" alone move the short by ")[2].partition(". ")[0]

    half, whole = (HedgePlan(holdings=(UNI,)).with_decisions(risk_accepted=risk) for risk in (0.5, 0.0))
    assert share(named(half, 6.0)[0]) == share(named(whole, 6.0)[0])
