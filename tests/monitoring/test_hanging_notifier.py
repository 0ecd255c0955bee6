"""A notifier that hangs, for every kind of alert before and beside a hedge: each is told exactly once.

One address takes the connection and answers nothing for a while; another one answers at once. The first must not keep a
message from the second, and gets each message once when it answers again, also if it answers late what it was sent
before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hedge_core.monitoring import notify
from hedge_core.monitoring.notify import Message, Notifier, fingerprint
from hedge_core.plan.bag import Holding
from hedge_core.plan.fills import Fill
from hedge_core.plan.plan import HedgePlan
from tests.monitoring.test_armed_watch import ARMED, FALLEN
from tests.monitoring.test_entry_season import market_on as armed_market_on, plan_on as armed_plan_on
from tests.support.watching import Stage, Webhook, short_plan, webhook

pytest.importorskip("apprise")  # loading it for the first message is not what an address takes its time for
PATIENCE = 1.0
"""Seconds; an address that answers at once has them all, on a busy machine too."""


def near_stop() -> HedgePlan:
    plan = short_plan(lots=0).with_execution(stop_prices={"BTC": 59_000.0})
    return replace(plan, holdings=(*plan.holdings, Holding(coin="BTC", quantity=0.1, role="speculative")))


def with_option(code: str, side: str, lots: int) -> HedgePlan:
    at = datetime(2026, 1, 20, tzinfo=UTC)
    fill = Fill(at=at, contract=f"Deribit:ETH_USDC-{code}", side=side, contracts=lots, price=50.0)
    return short_plan(lots=0).with_execution(fills=(fill,))


def entry(stage: Stage) -> None:
    stage.plan, stage.price = ARMED, FALLEN


def stop(stage: Stage) -> None:
    stage.plan = near_stop()


def bag_risk(stage: Stage) -> None:
    stage.plan, stage.market = armed_plan_on(64).with_watch(entry_rules=()), armed_market_on(64)
    stage.clock.moment = stage.market.as_of


def option_expiry(stage: Stage) -> None:
    stage.plan = with_option("6FEB26-1900-P", "buy", 500)


def option_margin(stage: Stage) -> None:
    stage.plan = with_option("27MAR26-2200-C", "sell", 3_000)


KINDS: dict[str, tuple[Callable[[Stage], None], str]] = {
    "entry rule": (entry, "entry rule"),
    "stop": (stop, "stop"),
    "bag's risk": (bag_risk, "risk"),
    "option's expiry": (option_expiry, "option"),
    "option's margin": (option_margin, "option"),
}


@pytest.mark.parametrize("name", KINDS)
def test_each_alert_is_told_once_to_an_address_that_hangs_and_to_one_that_does_not(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "SEND_SECONDS", PATIENCE)
    prepare, word = KINDS[name]
    with webhook() as slow, webhook() as quick:
        slow.gate.clear()
        notifier = Notifier((slow.address, quick.address))
        stage = Stage(path=str(tmp_path / "state"), addresses=notifier.names, send=notifier.send)
        prepare(stage)
        for _ in range(3):
            stage.check(timedelta(minutes=15))
        assert told(quick, word) == 1
        assert told(slow, word) == 0
        assert slow.asked == 1
        slow.gate.set()
        finish(notifier)
        for _ in range(8):
            stage.check(timedelta(minutes=15))
        assert (told(slow, word), told(quick, word)) == (1, 1)
        assert stage.state.undelivered == 0
        stage.state.close()


def told(hook: Webhook, word: str) -> int:
    return sum(word in title for title in hook.titles)


def finish(notifier: Notifier) -> None:
    """Wait until the answers that were late have come."""
    for sending in notifier._busy.values():
        sending.thread.join(5.0)
        assert not sending.thread.is_alive()


def test_what_was_accepted_late_is_not_sent_again_even_with_a_note_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify, "SEND_SECONDS", PATIENCE)
    with webhook() as hook:
        hook.gate.clear()
        notifier, name = Notifier((hook.address,)), fingerprint(hook.address)
        first, other = Message("WARNING: margin", "Thin.", "warning"), Message("WARNING: drift", "Off.", "warning")
        assert not notifier.send(name, first)
        assert not notifier.send(name, other)
        hook.gate.set()
        finish(notifier)
        assert notifier.send(name, other)
        assert notifier.send(name, replace(first, body="Thin.\nThis had cleared."))
        assert hook.titles == ["WARNING: margin", "WARNING: drift"]
        assert notifier.send(name, first)
        assert hook.titles == ["WARNING: margin", "WARNING: drift", "WARNING: margin"]
