"""What tests of the watch share: a clock that is moved by sleeping, a webhook on this machine, a plan with a short."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import numpy as np

from hedge_core import Decisions, Holding, Overrides
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.market.contracts import CustomContract
from hedge_core.market.snapshot import MarketSnapshot, PriceHistory, Quote
from hedge_core.monitoring.alerts import Alert, Severity
from hedge_core.monitoring.notify import Message
from hedge_core.monitoring.watch import Glance, Watcher, WatchSettings
from hedge_core.monitoring.watch_state import WatchState
from hedge_core.plan.exit_rule import ExitRule
from hedge_core.plan.fills import Fill
from hedge_core.plan.plan import Execution, HedgePlan, Thresholds, Watch

START = datetime(2026, 1, 31, 0, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass
class FakeClock:
    """A clock that moves when somebody sleeps."""

    moment: datetime = START

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class Webhook:
    """A real HTTP server that keeps what it was sent; while `status` is not 200 it refuses, and while `gate` is not set
    it answers nothing.
    """

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.asked = 0
        self.status = 200
        self.gate = threading.Event()
        self.gate.set()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.asked += 1
                hook.gate.wait(10.0)
                if hook.status == 200:
                    hook.received.append(json.loads(body))
                self.send_response(hook.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"json://127.0.0.1:{self._server.server_port}/"

    @property
    def titles(self) -> list[str]:
        return [message["title"] for message in self.received]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def webhook() -> Iterator[Webhook]:
    hook = Webhook()
    try:
        yield hook
    finally:
        hook.close()


def alert(key: str, severity: Severity = "warning") -> Alert:
    return Alert(
        code=key.partition(":")[0], key=key, severity=severity, evidence=f"Seen: {key}.", threshold="1", action="Act."
    )


MICRO_ETH = CustomContract(code="ME", underlying="ETH", coins=0.1, maintenance_margin_rate=0.1)


def short_plan(
    *,
    lots: int = 50,
    collateral: float | None = 5_000.0,
    rules: tuple[ExitRule, ...] = (),
    thresholds: Thresholds | None = None,
    name: str = "My bag",
) -> HedgePlan:
    """5 ETH held, 0.1 ETH contracts short since the 20th at $2,000."""
    opened = datetime(2026, 1, 20, tzinfo=UTC)
    contract = MICRO_ETH.contract().id
    fills = (Fill(at=opened, contract=contract, side="sell", contracts=lots, price=2_000.0),) if lots else ()
    return HedgePlan(
        name=name,
        holdings=(Holding(coin="ETH", quantity=5.0),),
        decisions=Decisions(risk_accepted=0.0, collateral=collateral),
        overrides=Overrides(contracts=(MICRO_ETH,), contract_choice={"ETH": MICRO_ETH.contract().id}),
        execution=Execution(fills=fills),
        watch=Watch(thresholds=thresholds or Thresholds(), exit_rules=rules),
    )


HISTORY = PriceHistory(
    np.arange(np.datetime64("2025-12-22"), np.datetime64("2026-01-31")),
    ("ETH", "BTC"),
    np.column_stack([np.full(40, 2_000.0), np.full(40, 60_000.0)]),
)


def market_at(moment: datetime, price: float = 2_000.0) -> MarketSnapshot:
    """Ether at a price, quoted at the moment."""
    quotes = {"ETH": Quote(price, moment, "here"), "BTC": Quote(60_000.0, moment, "here")}
    return MarketSnapshot(source="here", as_of=moment, simulated=False, history=HISTORY, quotes=quotes)


@dataclass
class Stage:
    """A watch on a plan and a market that a test moves about, with every message that it sends kept in `told`."""

    settings: WatchSettings = field(default_factory=WatchSettings)
    path: str = ":memory:"
    addresses: tuple[str, ...] = ("somebody",)
    send: Callable[[str, Message], bool] | None = None
    clock: FakeClock = field(default_factory=FakeClock)
    plan: HedgePlan | Exception = field(default_factory=short_plan)
    price: float | Exception = 2_000.0
    market: MarketSnapshot | None = None
    told: list[tuple[datetime, Message]] = field(default_factory=list)
    orders: Callable[[HedgeAssessment], str] = lambda _: ""

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Begin, or begin anew after a stop, on the same file."""
        self.state = WatchState(self.path)
        self.watch = Watcher(
            clock=self.clock,
            load_plan=self._plan,
            load_market=self._market,
            send=self.send or self._keep,
            addresses=self.addresses,
            state=self.state,
            settings=self.settings,
            orders=self.orders,
        )

    def restart(self) -> None:
        self.state.close()
        self.start()

    def check(self, after: timedelta = MINUTE) -> Glance:
        """Check, and let time go on."""
        glance = self.watch.check()
        self.clock.moment += after
        return glance

    def run(self, until: datetime) -> list[Glance]:
        """Let the loop run."""
        seen: list[Glance] = []
        self.watch.run(seen.append, lambda: self.clock.moment >= until)
        return seen

    @property
    def titles(self) -> list[str]:
        return [message.title for _, message in self.told]

    def _keep(self, _: str, message: Message) -> bool:
        self.told.append((self.clock.moment, message))
        return True

    def _plan(self) -> HedgePlan:
        if isinstance(self.plan, Exception):
            raise self.plan.with_traceback(None)  # or its traceback grows with every raise
        return self.plan

    def _market(self, _: HedgePlan) -> MarketSnapshot:
        if isinstance(self.price, Exception):
            raise self.price.with_traceback(None)
        return self.market or market_at(self.clock.moment, self.price)
