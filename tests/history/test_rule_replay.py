"""Rule replay: what a rule would have done in the past.

By hand: Ether falls by 10% a day for five days, then stands. Fall reached at 25%: 0.9³ = 0.729 on the third day closes;
from there 0.9² = 0.81 by the end, so that it fires once.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from hedge_core.errors import InvalidInput
from hedge_core.history.rule_replay import RuleReplay, replay_rule
from hedge_core.market.snapshot import FundingHistory, MarketSnapshot, PriceHistory
from hedge_core.plan.exit_rule import Replay
from hedge_core.plan.plan import CostAssumptions
from hedge_core.plan.rules import (
    EXIT_RULES,
    BagRecovered,
    CarryLimit,
    Catalyst,
    ExpiryNear,
    FallReached,
    LossLimit,
    OnDate,
)
from tests.simulation.test_simulation import hedged
from tests.support.markets import AS_OF, make_market
from tools.whole_plan import filled


def market_of(moves: list[float], funding: np.ndarray | None = None) -> MarketSnapshot:
    """Ether on 300 still days (a hair up and down), then these moves."""
    still = [0.0001 * (-1) ** day for day in range(300)]
    closes = np.cumprod(1.0 + np.array([0.0, *still, *moves]))
    closes *= 2_000.0 / closes[-1]
    days = np.datetime64(AS_OF.date(), "D") - np.arange(len(closes))[::-1]
    rates = None if funding is None else FundingHistory(days, ("ETH",), funding[:, None])
    history = PriceHistory(days, ("ETH",), closes[:, None])
    return MarketSnapshot(source="test", as_of=AS_OF, simulated=False, history=history, funding=rates)


def day_after_still(number: int, moves: list[float]) -> date:
    return market_of(moves).history.days[300 + number].item()


FALLING = [-0.1] * 5 + [0.0] * 10


def test_the_fall_worked_by_hand() -> None:
    replay = replay_rule(hedged(market=market_of(FALLING)), FallReached(fall=0.25))
    assert replay is not None
    assert replay.fired == (day_after_still(3, FALLING),)
    assert replay.open_for == (303,)
    assert "closed the hedge once, on" in replay.sentence


def test_a_rule_for_half_of_the_short_does_not_claim_to_close_it() -> None:
    replay = replay_rule(hedged(market=market_of(FALLING)), FallReached(fall=0.25, share=0.5))
    assert replay is not None
    assert "would have bought back 50% of the short once, on" in replay.sentence
    assert replay.sentence.endswith(", after 303 days. Costs are not included.")


def test_a_hedge_of_one_day_is_not_open_for_1_days() -> None:
    day = date(2026, 3, 2)
    replay = RuleReplay(fired=(day,), open_for=(1,), first_day=day, last_day=day, is_simulated=False, share=1.0)
    assert "after 1 day." in replay.sentence


def test_the_hedge_is_opened_again_the_day_after() -> None:
    moves = [-0.1] * 6 + [0.0] * 10
    replay = replay_rule(hedged(market=market_of(moves)), FallReached(fall=0.25))
    assert replay is not None
    assert replay.fired == (day_after_still(3, moves), day_after_still(6, moves))
    assert replay.open_for == (303, 3)


def test_a_recovery_counts_from_the_low() -> None:
    moves = [-0.2, 0.05, 0.08, 0.0, 0.0]
    replay = replay_rule(hedged(market=market_of(moves)), BagRecovered(fall=0.15, recovered=0.5))
    assert replay is not None
    assert replay.fired == (day_after_still(3, moves),)


def test_a_loss_of_the_hedge_is_a_share_of_the_bag() -> None:
    """70% of the bag is short: +10% twice costs 0.7·21% = 14.7% of it."""
    moves = [0.1, 0.1, 0.1]
    plan = hedged(market=market_of(moves))
    for loss, day in ((0.14, 2), (0.15, 3)):
        replay = replay_rule(plan, LossLimit(loss=loss))
        assert replay is not None
        assert replay.fired == (day_after_still(day, moves),)


def test_a_carry_limit_looks_at_30_days_of_funding() -> None:
    rates = np.full(316, 0.0001)
    rates[-40:] = -0.001
    market = market_of(FALLING, rates)
    plan = hedged(contracts=(), market=market, venue="Kraken Futures", costs=CostAssumptions())
    replay = replay_rule(plan, CarryLimit(paid=0.1))
    assert replay is not None
    assert len(replay.fired) == 1  # it stays too dear to the end, and is closed once
    means = np.convolve(rates, np.ones(30) / 30, mode="valid") * 365
    first = int(np.flatnonzero(means <= -0.1)[0]) + 29
    assert replay.fired[0] == market.history.days[first].item()


@pytest.mark.parametrize("rule", EXIT_RULES, ids=lambda rule: rule.__name__)
def test_every_rule_is_replayed_or_says_that_it_is_not(rule) -> None:
    """A rule that forgets how it is replayed, or needs a figure that past days do not have, fails here by its name."""
    market = market_of(FALLING, np.full(316, 0.0001))
    plan = hedged(contracts=(), market=market, venue="Kraken Futures", costs=CostAssumptions())

    replay = replay_rule(plan, filled(rule))

    if rule.replay is Replay.NEVER:
        assert replay is None
    else:
        assert replay is not None
        assert (replay.first_day, replay.last_day) == (market.history.days[1].item(), market.history.days[-1].item())


def test_a_rule_whose_figures_no_past_day_has_fails_by_its_name() -> None:
    class ExpiryReplayed(ExpiryNear):
        replay = Replay.EACH_TIME

    with pytest.raises(TypeError, match=r"ExpiryReplayed needs expiry, which no past day has\."):
        replay_rule(hedged(), ExpiryReplayed())


def test_rules_of_the_calendar_have_no_history() -> None:
    plan = hedged()
    for rule in (OnDate(day=date(2026, 1, 1)), ExpiryNear(), Catalyst()):
        assert replay_rule(plan, rule) is None


def test_funding_that_is_not_known_is_said() -> None:
    with pytest.raises(InvalidInput, match="Past funding rates are unavailable"):
        replay_rule(hedged(market=make_market(seed=3, days=500, funding_rate_a_day=None)), CarryLimit())


def test_a_rule_that_never_fired_says_so() -> None:
    replay = replay_rule(hedged(market=market_of([0.0] * 10)), FallReached(fall=0.9))
    assert replay is not None
    assert replay.sentence.endswith("this rule would never have closed the hedge.")
    assert "real history" in replay.sentence
