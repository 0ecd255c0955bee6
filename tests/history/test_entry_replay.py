"""Entry replay: what an entry rule would have done in the past, against always and never.

By hand: the rule is met at the closes of days 1, 3 and 5 and the horizon is 2 days. Met on day 1, the hedge is held on
days 2 and 3; on day 3, its last, the rule is met again, so it stays for days 4 and 5, and so on for 6 and 7.
"""

from __future__ import annotations

import numpy as np
import pytest

from hedge_core.history.entry_replay import EntryReplay, holding_days, replay_entry
from hedge_core.market.snapshot import MarketSnapshot, PriceHistory
from hedge_core.plan.entry_rules import ENTRY_RULES, BelowAverage, ByHand, HasFallen, HasRisen
from hedge_core.plan.plan import CostAssumptions
from tests.history.test_rule_replay import market_of
from tests.simulation.test_simulation import hedged
from tests.support.markets import AS_OF
from tools.whole_plan import filled

FALLS = [-0.1, 0.0, 0.0, -0.05, 0.02, 0.0, 0.0, -0.1, 0.03, 0.0]
RULE = HasFallen(of="ETH", days=1, fall=0.1)


def test_the_days_worked_by_hand() -> None:
    asked = np.isin(np.arange(10), (1, 3, 5))
    assert np.flatnonzero(holding_days(asked, 2)).tolist() == [2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("asked", "horizon", "held"),
    [
        ([1], 3, [2, 3, 4]),
        ([1, 2, 3], 3, [2, 3, 4]),  # it is not checked while the hedge is held, but on the last day
        ([1, 4], 3, [2, 3, 4, 5, 6, 7]),
        ([1, 5], 3, [2, 3, 4, 6, 7, 8]),
        ([9], 3, []),
        ([], 3, []),
    ],
)
def test_a_hedge_is_held_for_the_horizon_and_longer_while_the_rule_is_met(
    asked: list[int], horizon: int, held: list[int]
) -> None:
    found = holding_days(np.isin(np.arange(10), asked), horizon)
    assert np.flatnonzero(found).tolist() == held


def replayed(moves: list[float], rule=RULE, **plan: object) -> EntryReplay:
    replay = replay_entry(hedged(market=market_of(moves), **plan), rule)
    assert replay is not None
    return replay


def test_a_rule_fires_on_its_days_and_no_other() -> None:
    market = market_of(FALLS)
    replay = replayed(FALLS, horizon_days=3)
    assert replay.fired == tuple(market.history.days[300 + day].item() for day in (1, 8))
    assert (replay.first_day, replay.last_day) == (market.history.days[1].item(), market.history.days[-1].item())
    assert "would have opened the hedge 2 times" in replay.sentences[0]


def test_the_outcomes_are_those_of_a_walk_through_the_days() -> None:
    """An independent walk: one Ether-only bag, hedged at n·lot/value, with the plan's own costs and carry."""
    costs = CostAssumptions(fee_rate=0.001, half_spread_rate=0.0005, carry_rate=0.1)
    plan = hedged(market=market_of(FALLS), horizon_days=3, costs=costs)
    replay = replay_entry(plan, RULE)
    assert replay is not None
    closes = plan.market.history.of("ETH")
    moves = (closes[1:] / closes[:-1] - 1.0).tolist()
    short = plan.margin.notional / plan.hedgeable_value
    side = plan.costs.fees / 2.0 / plan.hedgeable_value
    for outcome, is_hedged in zip(
        replay.outcomes, (lambda day: day in (301, 302, 303, 308, 309), lambda _: True, lambda _: False), strict=True
    ):
        wealth, highest, deepest = 1.0, 1.0, 0.0
        for day, move in enumerate(moves):
            growth = 1.0 + move
            if is_hedged(day):
                growth += short * (0.1 / 365.0 - move)
                growth -= side * (day == 0 or not is_hedged(day - 1))
                growth -= side * (day == len(moves) - 1 or not is_hedged(day + 1))
            wealth *= growth
            highest = max(highest, wealth)
            deepest = max(deepest, 1.0 - wealth / highest)
        assert outcome.end == pytest.approx(wealth - 1.0, rel=1e-9)
        assert outcome.deepest_fall == pytest.approx(deepest, rel=1e-9)
    assert [outcome.trades for outcome in replay.outcomes] == [2, 1, 0]
    assert replay.outcomes[0].costs == pytest.approx(4 * side)


def test_known_funding_of_the_day_is_the_carry_of_the_day() -> None:
    rates = np.linspace(-0.001, 0.002, 311)
    plan = hedged(contracts=(), market=market_of(FALLS, rates), venue="Kraken Futures", costs=CostAssumptions())
    replay = replay_entry(plan, RULE)
    assert replay is not None
    always = replay.outcomes[1]
    assert always.carry == pytest.approx(float(rates[1:].sum()) * plan.margin.notional / plan.hedgeable_value)


@pytest.mark.parametrize("place", [302, 305, 308])
def test_changing_later_days_changes_no_earlier_decision(place: int) -> None:
    """The market of FALLS, with all days after one of them changed: what fired up to that day is the same."""
    market = market_of(FALLS)
    changed = market.history.values.copy()
    changed[place + 1 :] *= np.cumprod(np.full((len(changed) - place - 1, 1), 1.15), axis=0)
    other = MarketSnapshot(
        source="test",
        as_of=AS_OF,
        simulated=False,
        history=PriceHistory(market.history.days, market.history.coins, changed),
    )
    day = market.history.days[place].item()
    for rule in (RULE, HasRisen(of="bag", days=1, rise=0.02), BelowAverage(of="bag", days=20)):
        fired = [
            [one for one in replay.fired if one <= day]
            for replay in (replay_entry(hedged(market=one, horizon_days=2), rule) for one in (market, other))
            if replay is not None
        ]
        assert fired[0] == fired[1]


@pytest.mark.parametrize("rule", ENTRY_RULES, ids=lambda rule: rule.__name__)
def test_every_rule_is_replayed_or_says_that_it_is_not(rule) -> None:
    market = market_of(FALLS, np.full(311, 0.0001))
    plan = hedged(contracts=(), market=market, venue="Kraken Futures", costs=CostAssumptions())
    replay = replay_entry(plan, filled(rule))
    assert (replay is not None) == rule.can_be_replayed
    if replay is not None:
        assert all(sentence.endswith(".") for sentence in replay.sentences)


def test_a_rule_that_never_fired_is_the_same_as_never() -> None:
    replay = replayed([0.0] * 10, HasRisen(of="ETH", days=1, rise=0.5))
    rule, _, never = replay.outcomes
    assert (rule.end, rule.costs, rule.hedged_days) == (never.end, 0.0, 0)
    assert "would never have opened" in replay.sentences[0]


def test_what_a_rule_has_told_is_the_record_of_its_days() -> None:
    """Ether falls by 10% on two days of the last ten; 30 days have to follow for an outcome, so none is known yet."""
    record = replayed(FALLS).record
    assert (record.episodes, record.days_standing) == (0, 0)
    followed = replayed([*FALLS, *[-0.02] * 20, *[0.0] * 40]).record
    assert (followed.episodes, followed.episodes_followed) == (1, 1)
    assert followed.verdict == "too few"


def test_a_rule_by_hand_has_no_history() -> None:
    assert replay_entry(hedged(), ByHand()) is None
