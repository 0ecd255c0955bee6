"""`python -m benchmarks.load`: users do the main job at once; ends with code 1 when it is slow or something is wrong.

Without --address it starts its own server. --kill-replica-after starts two and kills the first; --exchange-gone-after
and --redis-gone-after work on live prices of an exchange that is played on this machine.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.load import report
from benchmarks.load.attackers import NAMES
from benchmarks.load.run import Setup, run
from benchmarks.load.users import Conduct


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    is_live = options.live or options.exchange_gone_after is not None or options.redis_gone_after is not None
    for name, is_given in (
        ("--attackers", bool(options.attackers)),
        ("--hosted", options.hosted),
        ("--kill-replica-after", options.kill_replica_after is not None),
    ):
        if is_given and options.address:
            print(f"{name} works on servers that are started here, not on --address.", file=sys.stderr)
            return 2
    setup = Setup(
        users=options.users,
        seconds=options.minutes * 60 if options.minutes else options.seconds,
        conduct=Conduct(think=options.think, rounds=options.rounds, is_live=is_live),
        ramp=options.ramp,
        addresses=tuple(address.rstrip("/") for address in options.address),
        pids=tuple(options.pid),
        replicas=2 if options.kill_replica_after is not None else options.replicas,
        kill_replica_after=options.kill_replica_after,
        exchange_gone_after=options.exchange_gone_after,
        redis_gone_after=options.redis_gone_after,
        is_live=is_live,
        floor_seconds=options.floor_seconds,
        seed=options.seed,
        attackers=options.attackers,
        ways=tuple(options.way),
        is_hosted=options.hosted,
    )
    budget = report.Budget(p95=options.p95, flat_after=options.flat_after)
    outcome = run(setup)
    print(report.text(outcome, budget))
    if options.json:
        Path(options.json).write_text(json.dumps(report.document(outcome, budget), indent=1), encoding="utf-8")
    return 1 if report.verdicts(outcome, budget) else 0


def _parser() -> argparse.ArgumentParser:
    title, _, rest = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=title, epilog=rest)
    add = parser.add_argument
    add("--users", type=int, default=50, metavar="N", help="users at once (50)")
    add("--seconds", type=float, default=120.0, help="length of the load (120)")
    add("--minutes", type=float, default=0.0, help="the same in minutes")
    add("--think", type=_range, default=(1.0, 5.0), metavar="LOW-HIGH", help="seconds between two actions (1-5)")
    add("--rounds", type=int, metavar="N", help="users leave after so many rounds of the job, and others come")
    add("--ramp", type=float, default=10.0, help="seconds over which the first users arrive (10)")
    add("--address", action="append", default=[], metavar="URL", help="a server that runs already; may be repeated")
    add("--pid", action="append", type=int, default=[], help="its process, to watch its memory; may be repeated")
    add("--replicas", type=int, default=1, metavar="N", help="servers to start here (1)")
    add("--kill-replica-after", type=float, metavar="S", help="start two servers and kill the first after S seconds")
    add("--exchange-gone-after", type=float, metavar="S", help="live prices; the exchange dies after S seconds")
    add("--redis-gone-after", type=float, metavar="S", help="live prices cached in Redis; it dies after S seconds")
    add("--live", action="store_true", help="live prices of an exchange that is played on this machine")
    add("--floor-seconds", type=float, default=0.0, help="first load a bare page for so long, for a ratio (0: do not)")
    add(
        "--attackers",
        type=int,
        default=0,
        metavar="N",
        help="attackers beside the users, all of them through nginx (0)",
    )
    add("--hosted", action="store_true", help="all come through nginx to hosted.py, as with attackers")
    add("--way", action="append", default=[], choices=NAMES, help="what all attackers do; may be repeated")
    add("--p95", type=float, default=2.0, metavar="S", help="budget for the 95th percentile (2)")
    add("--flat-after", type=float, metavar="S", help="judge that memory is flat after S seconds")
    add("--seed", type=int, default=0, help="the users' values follow from it (0)")
    add("--json", metavar="FILE", help="write every figure there")
    return parser


def _range(text: str) -> tuple[float, float]:
    low, _, high = text.partition("-")
    try:
        found = float(low), float(high or low)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not LOW-HIGH in seconds") from None
    if not 0 <= found[0] <= found[1]:
        raise argparse.ArgumentTypeError(f"'{text}' is not LOW-HIGH in seconds")
    return found


if __name__ == "__main__":
    sys.exit(main())
