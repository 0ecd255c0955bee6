"""What a load has shown, in words and as JSON, and whether it is within the budget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.load.record import Spread
from benchmarks.load.run import Outcome
from benchmarks.load.watch import FLAT, LEAST_MINUTES, MIB, Trend, trend


@dataclass(frozen=True, slots=True)
class Budget:
    """At most so many seconds at the 95th percentile; memory flat after so many seconds (None: not judged)."""

    p95: float = 2.0
    flat_after: float | None = None


def verdicts(outcome: Outcome, budget: Budget) -> list[str]:
    """What is over the budget; nothing when all is well."""
    record, found = outcome.record, []
    whole = record.spread("all")
    if whole is None:
        found.append("no action was answered")
    elif whole.p95 > budget.p95:
        found.append(f"95th percentile {whole.p95:.2f} s, more than {budget.p95:g} s")
    if record.failures:
        found.append(f"{len(record.failures)} failures")
    if outcome.floor is not None and outcome.floor.failures:
        found.append(f"{len(outcome.floor.failures)} failures on the bare page")
    if outcome.log_faults:
        found.append(f"{len(outcome.log_faults)} faults in the servers' logs")
    if budget.flat_after is not None:
        line = memory_trend(outcome, budget)
        if line is None or line.minutes < LEAST_MINUTES:
            found.append(f"too short to judge the memory, which takes {LEAST_MINUTES:g} minutes more")
        elif not line.is_flat:
            found.append(f"memory grows by {line.growth:.1%} over {line.minutes:.0f} minutes, more than {FLAT:.0%}")
    return found


def memory_trend(outcome: Outcome, budget: Budget) -> Trend | None:
    return None if budget.flat_after is None else trend(outcome.samples, budget.flat_after)


def text(outcome: Outcome, budget: Budget) -> str:
    return "\n".join(_lines(outcome, budget))


def _lines(outcome: Outcome, budget: Budget) -> Iterator[str]:
    setup, record = outcome.setup, outcome.record
    low, high = setup.conduct.think
    yield (
        f"{setup.users} users at once for {setup.seconds:g} s, thinking {low:g} to {high:g} s; {record.visits} visits, "
        f"{len(record.actions):,} actions ({len(record.actions) / setup.seconds:.1f} a second), {record.checks:,} "
        f"answers checked, {record.received / MIB:.0f} MiB received"
    )
    yield f"{'seconds from message to last delta':36}{'count':>7}{'p50':>8}{'p95':>8}{'p99':>8}{'max':>8}"
    for one in record.spreads():
        yield _row(one)
    if outcome.floor is not None:
        floor = outcome.floor.spread("bare page, slider", (a for a in outcome.floor.actions if a.kind == "scenario"))
        ours = record.spread("", (a for a in record.actions if a.kind == "scenario"))
        if floor is not None:
            yield _row(floor)
            if ours is not None:
                yield f"our slider / the bare page's: p50 {ours.p50 / floor.p50:.2f}, p95 {ours.p95 / floor.p95:.2f}"
    if setup.gone_after is not None:
        for name, actions in (
            ("before the loss", [a for a in record.actions if a.at < setup.gone_after]),
            ("after the loss", [a for a in record.actions if a.at >= setup.gone_after]),
        ):
            part = record.spread(name, actions)
            if part is not None:
                yield _row(part)
        yield f"changes of server: {record.moves}"
    for who, done in outcome.attacks.items():
        yield f"attacker, {who}: " + (", ".join(f"{count:,} {what}" for what, count in done.items()) or "nothing")
    if outcome.shares:
        yield "processors busy: " + ", ".join(f"{who} {share:.2f}" for who, share in outcome.shares.items())
    yield from _usage_lines(outcome, budget)
    for what, count in Counter((f.kind, f.what) for f in record.failures).most_common(10):
        yield f"FAILURE x {count}: {what[0]}: {what[1]}"
    yield from (f"LOG: {fault}" for fault in outcome.log_faults[:5])
    over = verdicts(outcome, budget)
    yield f"OVER: {'; '.join(over)}" if over else f"ok: p95 within {budget.p95:g} s, no failure"


def _usage_lines(outcome: Outcome, budget: Budget) -> Iterator[str]:
    samples = [sample for sample in outcome.samples if sample.pss]
    if not samples:
        yield "the servers' memory is not known (give --pid)"
        return
    most, last = max(samples, key=lambda sample: sample.pss), samples[-1]
    idle = outcome.idle
    yield f"servers: {outcome.processors:.2f} processors busy, {_processor_time(outcome) * 1e3:.0f} ms an action"
    yield (
        f"memory (PSS): {idle.pss / MIB:.0f} MiB idle, {last.pss / MIB:.0f} at the end, {most.pss / MIB:.0f} at most; "
        f"RSS {last.rss / MIB:.0f} MiB; open files {idle.files} idle, {max(sample.files for sample in samples)} at most"
    )
    line = memory_trend(outcome, budget)
    if line is not None:
        yield (
            f"memory after {line.since / 60:.1f} min: {line.level / MIB:.0f} MiB, {line.a_minute / 1024:+.0f} KiB a "
            f"minute, {line.growth:+.1%} over {line.minutes:.0f} min (flat: at most {FLAT:.0%})"
        )


def _processor_time(outcome: Outcome) -> float:
    """Seconds of processor that an action costs the servers; other work on the machine hardly moves it."""
    last = max((sample.processor for sample in outcome.samples), default=0.0)
    return (last - outcome.idle.processor) / max(len(outcome.record.actions), 1)


def _row(one: Spread) -> str:
    times = "".join(f"{value:8.3f}" for value in (one.p50, one.p95, one.p99, one.longest))
    return f"{one.kind:36}{one.count:7,}{times}"


def document(outcome: Outcome, budget: Budget) -> dict[str, Any]:
    """Everything that a later reader or a drawing needs."""
    line = memory_trend(outcome, budget)
    return {
        "users": outcome.setup.users,
        "seconds": outcome.setup.seconds,
        "think": list(outcome.setup.conduct.think),
        "visits": outcome.record.visits,
        "spreads": [asdict(one) for one in outcome.record.spreads()],
        "floor": [asdict(one) for one in outcome.floor.spreads()] if outcome.floor else None,
        "failures": [asdict(one) for one in outcome.record.failures],
        "processors": outcome.processors,
        "shares": dict(outcome.shares),
        "processor_seconds_an_action": _processor_time(outcome),
        "idle": asdict(outcome.idle),
        "samples": [asdict(sample) for sample in outcome.samples],
        "trend": None if line is None else {**asdict(line), "growth": line.growth},
        "attacks": {who: dict(done) for who, done in outcome.attacks.items()},
        "over": verdicts(outcome, budget),
    }
