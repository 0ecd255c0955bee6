"""Throw broken input at every parser: python -m tools.fuzz --cases 1000000 --seed 0 (or: make fuzz).

Each case is a good document that was damaged (bits flipped, chunks cut out, doubled or taken from another document,
words replaced by odd ones, other encodings), or random bytes. A parser may take it, or refuse it with a HedgeError (or
a ValueError, where its docstring says so). Anything else is a bug, and so are a warning, a case that takes longer than
LIMIT seconds, and a document that was taken and does not come back equal when it is written and read again.

A case is named by seed, parser and number, and made anew from these: --only PARSER --case NUMBER runs a single one.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import io
import json
import math
import random
import re
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import click
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError

from hedge_core import HedgeError, SampleSource, Shock, assess, catalogue, load_plan, run_scenario
from hedge_core.cli.main import command_line
from hedge_core.documents.calendar_file import calendar_to_ics, read_calendar
from hedge_core.documents.fills.file import fills_csv, read_fills
from hedge_core.documents.holdings_file import dry_run, read_holdings
from hedge_core.documents.link.envelope import text_of
from hedge_core.documents.link.link import Shared, content_of, decode, encode, hide_amounts
from hedge_core.documents.link.pin import pinned_market
from hedge_core.documents.link.pinning import pin_of
from hedge_core.documents.plan_file import plan_element, plan_from_json, plan_to_json, read_plan
from hedge_core.documents.prices.file import read_price_csv
from hedge_core.monitoring.execution import as_proposed
from hedge_core.monitoring.notify import MAX_BODY, MAX_TITLE, Message
from hedge_core.plan.plan import HedgePlan, Watch
from hedge_core.scenarios.presets import preset_named
from hedge_core.text import json_for_terminal, markdown, parse_number, plain, spreadsheet_safe
from tools import fuzz_live
from tools.whole_plan import filled

ROOT = Path(__file__).resolve().parents[1]
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LIMIT = 5.0
"""Seconds that a case may take; a quiet machine needs a hundredth of it for the slowest."""

FIELDS_OF_A_SHOCK = frozenset(one.name for one in fields(Shock))

TEXTS = (
    "![i](http://evil.example) <b>x</b> $x^2$ :material/home: www.evil.example a@b.example",
    "- a\n1. b\n# c\n=====\n| d | e |\n|---|---|\n    f",
    "=1+1;=2+2\t@SUM(A1)\r\x1b[31m\x9b\u202e -> -- :smile: @everyone <!channel>",
)

LONGEST = 200_000
"""Bytes that a case may have: what is larger is refused by size, which tests of their own look at."""

ODD = [
    word.encode("utf-8", "surrogatepass")
    for word in (
        "", "0", "-0", "-1", "1e308", "1e309", "-1e309", "1e-320", "1e400", "NaN", "-Infinity", "inf", "1e15", "1e18",
        "0.1", "1,5", "1.234,5", "1,234.5", "1 234,5", "--5", "+-1", ".", "-", "%", "5%", "$1", "1e", "0x10", "1_000",
        "9" * 400, "9" * 5_000, "0." + "0" * 400 + "1", "true", "null", "None", "[]", "{}", '""', '"', "'", "\\", "\\u",
        '"\\ud800"', '"\\u0000"', "[" * 300, '{"a":' * 300, "0001-01-01", "9999-12-31", "2026-02-30", "2026-13-01",
        "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "19700101T000000Z", "00010101T000000", "1769868000",
        "99999999999999", "-62135596800", "31/12/2026", "12/31/2026", "24:60:61", "١٢٣", "½", "²", "१२", "１２", "−5",
        "=1+1", "@SUM(A1)", "<script>", "\x00", "\x1b[31m", "\x85", "\u2028", "\ufeff", "\u202e", "\u200b", "İ", "ß",
        "ſ", "😀", "\ud800", "e\u0301" * 40, "A" * 10_000, "SOL", "ETH", "sol", "-USD", "1000SHIB", "Coinbase:",
        ";", ",", "\t", "\n", "\r", "\r\n", ":", "BEGIN:VEVENT", "END:VCALENDAR", "TZID=Europe/Berlin", "TZID=../../x",
        "RRULE:FREQ=DAILY", "--move=5", "-h", "--", "@file",
    )
]  # fmt: skip
WORD = re.compile(rb"[^\s,;:=\"{}\[\]]+")
VALUE = re.compile(rb"[^\n\t,;=]+")


@dataclass(frozen=True)
class Parser:
    """A way into the program: good documents, and what reads one. `refusals` are the errors that it may raise."""

    name: str
    good: tuple[bytes, ...]
    read: Callable[[bytes], object]
    refusals: tuple[type[BaseException], ...] = (HedgeError,)


@dataclass(frozen=True)
class Failure:
    """A case that a parser neither took nor refused."""

    parser: str
    case: int
    content: bytes
    problem: str


@dataclass
class Tally:
    """What became of a parser's cases; `slowest` in seconds."""

    parser: str
    cases: int = 0
    refused: int = 0
    taken: int = 0
    slowest: float = 0.0
    failures: list[Failure] = field(default_factory=list)


# ------------------------------------------------------------------------------------------------------- the parsers


def _read_plan(content: bytes) -> object:
    plan = read_plan(content)
    assert read_plan(plan_element(plan)) == plan, "the plan does not come out of a report"
    assert plan_from_json(plan_to_json(plan)) == plan, "the plan does not come back equal"
    return plan


def _read_link(content: bytes) -> object:
    shared = decode(content.decode("utf-8", "replace"))
    assert decode(text_of(content_of(shared))) == shared, "what the link holds does not come back equal"
    return shared


def _read_link_content(content: bytes) -> object:
    """What a forged link holds, worked out on the market that is pinned in it."""
    shared = _read_link(text_of(content).encode())
    if isinstance(shared, Shared) and shared.pin is not None:
        run_scenario(assess(shared.plan, pinned_market(shared.pin)), Shock(move=-0.2, correlation_break=0.5))
    return shared


def _links() -> tuple[Shared, ...]:
    assessment = assess(load_plan(ROOT / "examples" / "layer1_bag.json"), SampleSource().snapshot())
    pinned = Shared(plan=assessment.plan, pin=pin_of(assessment))
    full = Shared(plan=filled(HedgePlan))
    return Shared(plan=_plan_with_everything()), full, pinned, hide_amounts(assessment)


def _read_number(content: bytes) -> object:
    number = parse_number(content.decode("utf-8", "replace"))
    assert math.isfinite(number), f"{number} is not finite"
    return number


def _read_calendar(content: bytes) -> object:
    events = read_calendar(content).events
    assert read_calendar(calendar_to_ics(events, stamp=NOW)).events == events, "the events do not come back equal"
    return events


def _read_text(content: bytes) -> object:
    """Any text on every way out: it neither steers a reader nor changes what it says."""
    text = content.decode("utf-8", "replace")
    shown = re.sub(r"\\([\\`*_\[\]<>#~:|$&])", r"\1", markdown(text)).replace("\u2060", "")
    kept = "".join(c for c in text.replace("\u2060", "") if c.isprintable() or c.isspace())
    assert shown.split() == re.sub(r"[\x1c-\x1f\x85\u2028\u2029]", " ", kept).split(), "markdown changes the text"
    assert "://" not in markdown(text), "markdown holds an address"
    assert all(line.isprintable() for line in plain(text).split("\n")), "a terminal would be steered"
    assert not re.match(r"[=+\-@]|.*;[=+\-@]", spreadsheet_safe(text)), "a spreadsheet would compute"
    document = json.dumps(text, ensure_ascii=False)
    assert json.loads(json_for_terminal(document)) == text, "JSON changes the text"
    assert json_for_terminal(document).replace("\n", "").isprintable(), "JSON would steer a terminal"
    message = Message(text, text)
    assert len(message.title) <= MAX_TITLE
    assert len(message.body) <= MAX_BODY
    return shown


def _shock_of(options: Mapping[str, Any]) -> Shock:
    """The shock that the options of `scenario` state."""
    if options["preset"] is not None:
        return preset_named(options["preset"]).shock_on(_assessed())
    if options["move"] is None:
        raise click.UsageError("no move is stated")
    return Shock(**{name: value for name, value in options.items() if name in FIELDS_OF_A_SHOCK})


def _read_command(content: bytes) -> object:
    """Arguments, one a line; those of `scenario` are also carried out, on a plan that is at hand."""
    arguments = content.replace(b"\x00", b"").decode("utf-8", "surrogateescape").split("\n")
    program = click.Context(command_line, info_name="hedge")
    with contextlib.redirect_stdout(io.StringIO()):
        name, command, rest = command_line.resolve_command(program, arguments)
        assert command is not None
        options = command.make_context(name, rest, parent=program).params
    if name == "scenario":
        result = run_scenario(_assessed(), _shock_of(options))
        assert math.isfinite(result.net_after_costs), "the result is not finite"
    return options


@lru_cache(maxsize=1)
def _assessed():
    return assess(load_plan(ROOT / "examples" / "novacoin.json"), SampleSource().snapshot())


def _plan_with_everything() -> HedgePlan:
    """A plan that was executed and is watched, with every exit rule."""
    plan = load_plan(ROOT / "examples" / "layer1_bag.json")
    return as_proposed(assess(replace(plan, watch=filled(Watch)), SampleSource().snapshot()), NOW)


CALENDAR = b"""BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//someone//EN
BEGIN:VTIMEZONE
TZID:Europe/Berlin
END:VTIMEZONE
BEGIN:VEVENT
UID:1@example
DTSTART;TZID=Europe/Berlin:20261209T190000
SUMMARY:Fed decision\\, and what
  follows
RRULE:FREQ=YEARLY
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20261127
SUMMARY;LANGUAGE=en:Expiry
STATUS:CONFIRMED
END:VEVENT
BEGIN:VTODO
SUMMARY:no event
END:VTODO
END:VCALENDAR
"""

COMMANDS = (
    "scenario\n-\n--move=-15%\n--of=bag",
    "scenario\n-\n--preset=crash",
    *(f"scenario\n-\n--move=-0.1\n--{name}=0.2" for name in ("beta-shift", "basis", "break", "carry")),
    "scenario\nplan.json\n--move\n-15%\n--of\nproxy\n--basis\n-0.01\n--json\n--offline\n--market\ncsv:prices.csv",
    *(f"new\nbag.csv\n--{option}" for option in ("risk=30%", "collateral=$5,000", "window=365", "rounding=up")),
    "new\nbag.csv\n--method\nnotional\n--approach\nbag_level\n--venue\nCME",
    "propose\nplan.json\n--market\nkraken\n--json",
    "stress\nplan.json\n--residual\n-10%",
    *(f"simulate\n-\n--{option}" for option in ("paths=1000", "seed=7", "model=auto", "market-move=-20%", "stop=0.1")),
    *(
        f"monitor\n-\n--{option}"
        for option in (
            "every=15m",
            "quiet=22:00-07:00",
            "digest=08:00",
            "heartbeat=9:30",
            "zone=Europe/Berlin",
            "now=2026-01-31T14:00Z",
            "notify=json://localhost",
        )
    ),
    "report\nplan.json\n--out\n-",
    "contracts\n--venue\nOKX\n--live",
)


def parsers() -> tuple[Parser, ...]:
    """Every way in, with good documents to damage."""
    executed = _plan_with_everything()
    contracts = tuple(catalogue())
    examples = [path.read_bytes() for path in sorted((ROOT / "examples").glob("*.json"))]
    bag = (ROOT / "examples" / "bag.csv").read_bytes()
    fills = fills_csv(executed.execution.fills).encode()
    return (
        Parser(
            "plan", (*examples, plan_to_json(executed).encode(), plan_to_json(filled(HedgePlan)).encode()), _read_plan
        ),
        Parser("report", (f"<!doctype html><p>Plan</p>{plan_element(executed)}<p>End</p>".encode(),), _read_plan),
        Parser(
            "holdings",
            (
                bag,
                b"SOL 120\nLINK 1,250\nATOM\t800\n",
                b"Coin;Amount;Price;Stop loss;Role;Note\nSOL;1.234,5;150,25;10%;trade;a note\nBTC;0,5;;;hold;\n",
                b'\xef\xbb\xbf"Asset","Total","Price (USD)"\n"ETH","1,234.5","$3,180.00"\n"USDT","10","1"\n',
            ),
            lambda content: dry_run(read_holdings(content), executed.holdings),
        ),
        Parser(
            "prices",
            (
                b"date,BTC,ETH,SOL\n2026-10-29,91800,3150,147.2\n2026-10-30,,3160,148\n2026-10-31,92400,3180,149\n",
                b"Date;Coin;Close\n29.10.2026;ETH;3.150,5\n31.10.2026;ETH;3.180,0\n30.10.2026;SOL-USD;148,2\n",
                b"timestamp,symbol,price\n1761782400000,ETHUSDT,3150\n1761868800000,ETHUSDT,3180\n",
            ),
            lambda content: read_price_csv(content, name="csv:case"),
        ),
        Parser(
            "fills",
            (
                fills,
                b"Date(UTC),Symbol,Side,Price,Quantity,Amount,Fee,Realized Profit\n"
                b"2026-01-31 14:05:00,ETHUSDT,SELL,3180.5,1.5,4770.75,1.9 USDT,0\n",
                b"time,coin,dir,px,sz,ntl,fee,closedPnl\n31/01/2026 - 14:05:00,ETH,Open Short,3180,0.5,1590,0.5,0\n",
                b"Time Zone:UTC+8\nid,Order id,Time,Instrument,Side,Filled price,Filled,Trading unit,Fee,Fee unit\n"
                b"1,2,2026-01-31 14:05:00,ETH-USDT-SWAP,sell,3180,3,cont,-0.5,USDT\n",
            ),
            lambda content: read_fills(content, contracts),
        ),
        Parser("link", tuple(encode(shared).encode() for shared in _links()), _read_link),
        Parser("link-content", tuple(content_of(shared) for shared in _links()), _read_link_content),
        Parser("calendar", (CALENDAR, calendar_to_ics(executed.watch.events, stamp=NOW)), _read_calendar),
        Parser(
            "numbers",
            (b"1234.5", b"1,234.5", b"1 234,5", b"$1,234.50", b"12%", b"1e-3", "−5".encode(), b"1.234.567,89"),
            _read_number,
            (ValueError,),
        ),
        Parser("text", tuple(text.encode() for text in TEXTS), _read_text, refusals=()),
        Parser(
            "commands",
            tuple(map(str.encode, COMMANDS)),
            _read_command,
            (HedgeError, click.UsageError, click.exceptions.Exit),
        ),
        Parser("answers", fuzz_live.answers(), fuzz_live.read_answers, (HedgeError, ValueError, RecursionError)),
        Parser("stored", fuzz_live.stored(), fuzz_live.read_stored, refusals=()),
        Parser("response", fuzz_live.responses(), fuzz_live.read_response, (RequestException, HTTPError, ValueError)),
        Parser("settings", tuple(map(str.encode, fuzz_live.SETTINGS)), fuzz_live.read_settings),
    )


# ------------------------------------------------------------------------------------------------------- the damage


def _place(rng: random.Random, content: bytes) -> int:
    return rng.randrange(len(content) + 1)


def _chunk(rng: random.Random, content: bytes) -> tuple[int, int]:
    start = _place(rng, content)
    return start, min(len(content), start + 1 + int(rng.expovariate(1 / 12)))


def _flip(rng: random.Random, content: bytes, other: bytes) -> bytes:
    if not content:
        return content
    place = rng.randrange(len(content))
    return content[:place] + bytes([content[place] ^ 1 << rng.randrange(8)]) + content[place + 1 :]


def _remove(rng: random.Random, content: bytes, other: bytes) -> bytes:
    start, end = _chunk(rng, content)
    return content[:start] + content[end:]


def _double(rng: random.Random, content: bytes, other: bytes) -> bytes:
    start, end = _chunk(rng, content)
    return content[:end] + content[start:end] * rng.choice((1, 1, 2, 50)) + content[end:]


def _splice(rng: random.Random, content: bytes, other: bytes) -> bytes:
    start, end = _chunk(rng, other)
    place = _place(rng, content)
    return content[:place] + other[start : end + rng.randrange(60)] + content[place + rng.randrange(60) :]


def _cut(rng: random.Random, content: bytes, other: bytes) -> bytes:
    return content[: _place(rng, content)]


def _insert(rng: random.Random, content: bytes, other: bytes) -> bytes:
    place = _place(rng, content)
    return content[:place] + rng.choice((rng.choice(ODD), rng.randbytes(rng.randrange(1, 9)))) + content[place:]


def _replace_word(rng: random.Random, content: bytes, other: bytes) -> bytes:
    words = list(rng.choice((WORD, VALUE)).finditer(content))
    if not words:
        return content
    word = rng.choice(words)
    return content[: word.start()] + rng.choice(ODD) + content[word.end() :]


def _swap_lines(rng: random.Random, content: bytes, other: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    rng.shuffle(lines)
    return b"".join(lines)


def _recode(rng: random.Random, content: bytes, other: bytes) -> bytes:
    text = content.decode("utf-8", "replace")
    return text.encode(rng.choice(("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp500")), "replace")


def _change_value(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """One value of a JSON document changed, so that the damage is in its meaning and not in its form."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return _replace_word(rng, content, other)
    places = list(_places(document))
    if not places:
        return content
    holder, key = rng.choice(places)
    value = rng.choice(
        (None, True, 0, -1, 1e308, 1e-320, 10**30, 0.5, "", "SOL", "sol", "=1", "x" * 600, "2026-02-30", [], {}, [[]])
    )
    if rng.random() < 0.3:
        value = rng.choice(places)[0]
    if isinstance(holder, dict) and rng.random() < 0.2:
        holder[str(value)[:40]] = holder.pop(key)
    elif rng.random() < 0.2:
        del holder[key]
    elif value is not holder:
        holder[key] = value
    with contextlib.suppress(ValueError, RecursionError):  # a holder that was put inside itself
        return json.dumps(document).encode()
    return content


def _places(value: object) -> Iterator[tuple[dict | list, object]]:
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


DAMAGES = (
    _flip, _remove, _double, _splice, _cut, _insert, _insert, _replace_word, _replace_word, _replace_word, _swap_lines,
    _recode, _change_value, _change_value, _change_value,
)  # fmt: skip


def case_of(parser: Parser, seed: int, number: int) -> bytes:
    """The case of this number: the same for the same seed, parser and good documents."""
    rng = random.Random(f"{seed} {parser.name} {number}")
    if rng.random() < 0.03:
        return rng.randbytes(rng.randrange(200))
    content = rng.choice(parser.good)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        content = rng.choice(DAMAGES)(rng, content, rng.choice(parser.good))[:LONGEST]
    return content


# ------------------------------------------------------------------------------------------------------- the run


class _TooSlow(BaseException):
    """The case has used up its time."""


@contextlib.contextmanager
def _bounded(seconds: float) -> Iterator[None]:
    """Raises _TooSlow inside the block when its time is up."""

    def ring(*_: object) -> None:
        raise _TooSlow

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def try_case(parser: Parser, content: bytes, tally: Tally, number: int, *, limit: float = LIMIT) -> None:
    """Let the parser read one case, and count what became of it."""
    tally.cases += 1
    start = time.perf_counter()
    try:
        with _bounded(limit):
            parser.read(content)
        tally.taken += 1
    except parser.refusals:
        tally.refused += 1
    except _TooSlow:
        tally.failures.append(Failure(parser.name, number, content, f"took longer than {limit:g} s"))
    except Exception:  # noqa: BLE001 - whatever it is, it is what this looks for
        tally.failures.append(Failure(parser.name, number, content, traceback.format_exc()))
    tally.slowest = max(tally.slowest, time.perf_counter() - start)


def run(cases: int, seed: int, *, only: Sequence[str] = (), first: int = 0) -> list[Tally]:
    """`cases` in all, shared evenly among the parsers (those named in `only`, else every one), from number `first`."""
    chosen = [parser for parser in parsers() if not only or parser.name in only]
    tallies = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for place, parser in enumerate(chosen):
            tally = Tally(parser.name)
            for number in range(first, first + cases // len(chosen) + (place < cases % len(chosen))):
                try_case(parser, case_of(parser, seed, number), tally, number)
            tallies.append(tally)
    return tallies


def report(tallies: Sequence[Tally], seed: int) -> str:
    """The table, and each failure with what is needed to see it again."""
    lines = [f"{'parser':10} {'cases':>10} {'refused':>10} {'taken':>10} {'failed':>8} {'slowest ms':>11}"]
    lines += [
        f"{tally.parser:10} {tally.cases:10,} {tally.refused:10,} {tally.taken:10,} {len(tally.failures):8,} "
        f"{tally.slowest * 1e3:11,.1f}"
        for tally in tallies
    ]
    lines.append(f"seed {seed}")
    for failure in (failure for tally in tallies for failure in tally.failures[:20]):
        lines += [
            "",
            f"FAILED {failure.parser}: --seed {seed} --only {failure.parser} --case {failure.case}",
            f"bytes (base64): {base64.b64encode(failure.content).decode()}",
            f"bytes: {failure.content[:400]!r}",
            failure.problem.rstrip(),
        ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cases and print the table; 1 when one failed."""
    options = argparse.ArgumentParser(prog="python -m tools.fuzz", description="Throw broken input at every parser.")
    options.add_argument("--cases", type=int, default=1_000_000, help="in all (default: 1,000,000)")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--only", action="append", default=[], choices=[parser.name for parser in parsers()])
    options.add_argument("--case", type=int, default=None, help="this one only; needs --only")
    chosen = options.parse_args(arguments)
    single = chosen.case is not None
    tallies = run(1 if single else chosen.cases, chosen.seed, only=chosen.only, first=chosen.case if single else 0)
    print(report(tallies, chosen.seed))
    return 1 if any(tally.failures for tally in tallies) else 0


if __name__ == "__main__":
    sys.exit(main())
