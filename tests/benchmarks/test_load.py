"""The load of many users, kept from rotting: a few users find nothing wrong, and find every fault that is planted."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import pytest

from benchmarks.load import expect, report, run as loads
from benchmarks.load.__main__ import main
from benchmarks.load.attackers import WAYS
from benchmarks.load.client import WrongAnswer
from benchmarks.load.run import Outcome, Setup
from benchmarks.load.users import Conduct
from benchmarks.load.watch import EVENT_LOOPS, MIB, Parties, Usage, trend
from hedge_core import HedgePlan, Holding, assess
from hedge_core.documents.link.link import Shared, encode
from hedge_core.text import percent, signed_usd, usd

ROOT = Path(__file__).resolve().parents[2]
HASTY = Conduct(think=(0.0, 0.1), rounds=1)

PLANTED = """
import sys, time
sys.path.insert(0, {root!r})
{fault}
exec(compile(open({app!r}, encoding="utf-8").read(), {app!r}, "exec"))
"""
FAULTS = {
    "a page that raises": (
        "from pages.ui.size import cards\ncards.draw = lambda result: 1 / 0",
        "Something went wrong on this page",
    ),
    "a figure of somebody else": (
        "from pages.ui.app import headline\n"
        "headline.right = getattr(headline, 'right', headline.figures)\n"
        "headline.figures = lambda *given, **more: tuple(\n"
        "    one._replace(value='$12,345') if one.key == 'bag' else one for one in headline.right(*given, **more)\n"
        ")",
        "and the strip says $12,345",
    ),
    "a decision that changes by itself": (
        "from pages.ui.scenarios import one_move as move_view; from pages.ui.session import state\n"
        "move_view.cards = lambda *given, by: state.set_plan(state.plan().with_decisions(horizon_days=99))",
        "decisions that the user has not touched",
    ),
}


def run(setup: Setup) -> Outcome:
    """The load in a thread of its own: a browser of another test may have left its event loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(loads.run, setup).result()


def small(**changes: object) -> Setup:
    settings = {"users": 2, "seconds": 14.0, "conduct": HASTY, "ramp": 0.0, **changes}
    return Setup(**settings)  # type: ignore[arg-type]


def planted(folder: Path, fault: str) -> str:
    script = folder / "planted.py"
    script.write_text(PLANTED.format(root=str(ROOT), app=str(ROOT / "app.py"), fault=fault), encoding="utf-8")
    return str(script)


@pytest.mark.rare  # make load does the same with more users
def test_five_users_at_once_on_two_replicas_one_of_which_dies_find_nothing_wrong():
    outcome = run(small(users=5, seconds=45.0, replicas=2, kill_replica_after=8.0))
    assert [failure.what for failure in outcome.record.failures] == []
    assert outcome.log_faults == ()
    assert outcome.record.moves >= 2  # those of the replica that died came back with their plans
    kinds = {action.kind for action in outcome.record.actions}
    assert kinds >= {"open", "replace bag", "risk", "collateral", "scenario", "page proxy", "page size"}
    assert max(sample.pss for sample in outcome.samples) > 50 * MIB
    assert report.verdicts(outcome, report.Budget(p95=30.0)) == []


@pytest.mark.rare  # ten attackers and nginx
def test_users_beside_ten_attackers_find_nothing_wrong():
    outcome = run(small(users=3, seconds=30.0, replicas=2, attackers=len(WAYS)))

    assert [failure.what for failure in outcome.record.failures] == []
    assert outcome.log_faults == ()
    assert len(outcome.attacks) == len(WAYS)
    assert any(outcome.attacks.values()), outcome.attacks
    assert {action.kind for action in outcome.record.actions} >= {"open", "replace bag", "scenario"}


@pytest.mark.parametrize("given", [["--attackers", "3"], ["--hosted"]], ids=["attackers", "hosted"])
def test_attackers_and_nginx_need_servers_of_their_own(given, capsys):
    assert main([*given, "--address", "http://127.0.0.1:1"]) == 2
    assert f"{given[0]} works on servers that are started here" in capsys.readouterr().err


BURN = "import time; until = time.process_time() + {seconds}\nwhile time.process_time() < until: pass"
THREAD = "import threading; thread = threading.Thread(target=lambda: exec({burn!r})); thread.start(); thread.join()"


@pytest.mark.parametrize(
    ("code", "loop"),
    [(BURN.format(seconds=0.5), 0.5), (THREAD.format(burn=BURN.format(seconds=0.5)), 0.0), ("pass", 0.0)],
    ids=["in its main thread", "in another thread", "not at all"],
)
def test_the_processor_that_each_party_uses_is_told_apart(code, loop):
    done = "\nprint(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code + done], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as busy:
        parties = Parties({"servers": (busy.pid,), "users": (2**22 + 1,)})
        busy.stdout.readline()
        shares = parties.shares()
        used = shares["servers"] * (time.monotonic() - parties.began)
        in_loop = shares[EVENT_LOOPS] * (time.monotonic() - parties.began)
        busy.communicate("\n")

    assert shares["users"] == 0.0
    assert in_loop == pytest.approx(loop, abs=0.25)
    assert used == pytest.approx(0.0 if code == "pass" else 0.5, abs=0.25)


class Page:
    """A page that shows the strip and holds the address of these plans."""

    def __init__(self, strip_of: HedgePlan, address: HedgePlan) -> None:
        result = assess(strip_of, expect.sample_market())
        self.link = encode(Shared(plan=address))
        self.strip = {
            "Bag": usd(result.bag_value),
            "Hedged": f"{percent(result.achieved_hedge_ratio)} (target {result.hedge_ratio:.0%})",
            "Liquidated at": "no cash set",
            "Net per month": signed_usd((result.costs.carry - result.costs.rolls - result.cash_cost) * 30 / 30),
        }

    def faults(self) -> list[str]:
        return []

    def metrics(self) -> dict[str, str]:
        return self.strip

    def query(self) -> dict[str, str]:
        return {"p": self.link}


OLD = HedgePlan(holdings=(Holding(coin="SOL", quantity=100.0),)).with_decisions(risk_accepted=0.4)
NEW = OLD.with_decisions(risk_accepted=0.7)
OTHER = HedgePlan(holdings=(Holding(coin="SOL", quantity=90.0),)).with_decisions(risk_accepted=0.7)


@pytest.mark.parametrize(
    ("lost_with", "shown", "address", "fault"),
    [
        (OLD, OLD, OLD, ""),  # nothing was under way
        (NEW, NEW, NEW, ""),  # a change had reached the address, its figures not the page
        (OLD, NEW, OLD, "and the strip says"),
        (NEW, OLD, NEW, "and the strip says"),
        (NEW, NEW, OLD, "changed by itself"),
        (OTHER, OTHER, OTHER, "the bag should be worth"),
    ],
)
def test_after_a_loss_of_the_server_a_page_must_be_that_of_the_address(lost_with, shown, address, fault):
    user = expect.Expected(bag=usd(100 * expect.sample_market().price("SOL")), risk=40)
    user.check(Page(OLD, OLD), "risk")
    said = pytest.raises(WrongAnswer, match=fault) if fault else nullcontext()
    with said:
        user.check_restored(Page(shown, address), "risk", encode(Shared(plan=lost_with)))


def test_after_a_loss_of_the_server_every_figure_of_the_strip_is_looked_at():
    user = expect.Expected()
    user.check(Page(OLD, OLD), "size")
    page = Page(OLD, NEW)
    page.strip["Bag"] = "$1"
    with pytest.raises(WrongAnswer, match=r"Bag: \$1 instead of"):
        user.check_restored(page, "size", page.link)


@pytest.mark.rare
@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found(tmp_path, name):
    fault, said = FAULTS[name]
    outcome = run(small(script=planted(tmp_path, fault), seconds=40.0))
    assert any(said in failure.what for failure in outcome.record.failures), outcome.record.failures
    assert any("failures" in verdict for verdict in report.verdicts(outcome, report.Budget(p95=30.0)))


@pytest.mark.rare
def test_a_slow_page_is_over_the_budget(tmp_path):
    # The planted script runs anew with every action, the module stays.
    slow = "from pages.ui.scenarios import one_move as move_view\n"
    slow += "move_view.quick = getattr(move_view, 'quick', move_view.cards)\n"
    slow += "move_view.cards = lambda *given, by: (time.sleep(1.0), move_view.quick(*given, by=by))"
    outcome = run(small(script=planted(tmp_path, slow), seconds=30.0))
    assert sum(action.kind == "scenario" for action in outcome.record.actions) >= 2
    assert outcome.record.failures == []
    assert any("95th percentile" in verdict for verdict in report.verdicts(outcome, report.Budget(p95=0.9)))


def test_memory_that_grows_is_told_from_memory_that_wanders():
    def samples(a_minute: float) -> list[Usage]:
        sway = (0.0, 3.0, -2.0, 1.0)
        return [Usage(60.0 * n, int((300 + a_minute * n + sway[n % 4]) * MIB), 0, 0, 0.0) for n in range(30)]

    flat, growing = trend(samples(0.0), since=300.0), trend(samples(2.0), since=300.0)
    assert flat is not None
    assert flat.is_flat
    assert growing is not None
    assert not growing.is_flat
    assert growing.a_minute == pytest.approx(2.0 * MIB, rel=0.1)
    assert trend(samples(0.0)[:8], since=300.0) is None


def test_a_replica_of_somebody_elses_is_not_killed(capsys):
    assert main(["--address", "http://127.0.0.1:1", "--kill-replica-after", "1"]) == 2
    assert "not on --address" in capsys.readouterr().err
