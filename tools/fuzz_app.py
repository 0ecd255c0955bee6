"""Throw broken input at the whole app: python -m tools.fuzz_app --visits 500 --seed 0 (or: make fuzz-app).

Each visit opens the app (fresh, by a damaged link, or with a plan at hand), on the sample market or on live prices of
an exchange on this machine that fails or lies, with a cache that may be broken and a clock that may be wrong. Then it
does a few things that a visitor can do: go to a page, type odd text or numbers, choose, press, upload a damaged file.

After each of them there must be no exception, no page that "went wrong", nothing logged as an error, no number that is
none (`$nan`), no text of the user that a browser would take for markup, and no run over its seconds. In the end memory
(RSS) must not have grown beyond its bound.

A visit is named by seed and number, and made anew from these: --visit NUMBER runs a single one and says what it did.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import re
import runpy
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.state.common import TESTING_KEY
from streamlit.testing.v1 import AppTest

from hedge_core import HedgeError, HedgePlan, load_plan
from hedge_core.documents.link.link import Shared, encode
from hedge_core.market.live.loader import Loader
from hedge_core.market.live.markets import LiveMarkets
from hedge_core.market.live.settings import LiveSettings
from pages.ui.monitor import today
from pages.ui.scenarios import path_inputs
from pages.ui.session import live_prices
from pages.ui.session.once import Once
from tests.exchange.faults import FAULTS, KINDS
from tests.exchange.server import LoopbackExchange
from tests.exchange.wrong_siblings import SIBLINGS
from tests.exchange.wrong_values import WRONG_VALUES
from tests.pages.test_hostile_text import elements, leaks
from tests.support.hostile import HOSTILE, MARKUP, hostile_plan
from tools import fuzz
from tools.whole_plan import filled

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("plan", "bag", "risk", "proxy", "size", "scenarios", "monitor", "guide")
ACTS = 6
"""What a visit does after it has opened the app."""

LIMIT = 5.0
"""Seconds of the processor that a run of the app may take; a quiet machine needs a tenth of it for most."""

LOADING = 5.0
"""Seconds that a visitor waits for live prices."""

GROWTH = 96 * 1024 * 1024
"""Bytes of memory that may be kept once WARM visits are over, however many follow: the bounded memories fill up."""

WARM = 100

NO_NUMBER = re.compile(
    r"[$€£]\s?[−-]?(?:nan|inf)\b|\b(?:nan|inf)\s?%|\b(?:nan|inf) (?:coins?|contracts?|days?)\b", re.I
)

TEXTS = (HOSTILE, *MARKUP, *(word.decode("utf-8", "replace") for word in fuzz.ODD))
MARKETS = ("okx", "kraken", "coinbase")
CLOCKS = (0, 0, 0, -3, 2, 30, 400)
"""Days by which the clock of the monitor page, or the exchange's, is wrong."""


@dataclass
class Visit:
    """One visit: its dice, the app, and what was done so far."""

    number: int
    rng: random.Random
    test: AppTest
    done: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def note(self, what: str) -> None:
        self.done.append(what)


@dataclass(frozen=True)
class Failure:
    """What a visit must not show, and what led to it."""

    visit: int
    done: tuple[str, ...]
    problem: str


@dataclass
class Tally:
    """What became of the visits."""

    visits: int = 0
    runs: int = 0
    acts: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    grown: int = 0
    failures: list[Failure] = field(default_factory=list)


# ---------------------------------------------------------------------------------------------------- the surroundings


def _junk(path: Path) -> str:
    path.write_bytes(b"not a database" * 400)
    return f"sqlite:{path}"


def _folder(path: Path) -> str:
    path.mkdir()
    return f"sqlite:{path}"


CACHES: dict[str, Callable[[Path], str]] = {
    "memory": lambda path: "memory",
    "a file": lambda path: f"sqlite:{path}",
    "a full disk": lambda path: f"sqlite:{path}",
    "a disk that turns read-only": lambda path: f"sqlite:{path}",
    "a full device": lambda path: "sqlite:/dev/full",
    "a file of something else": _junk,
    "a folder": _folder,
    "a folder that is not there": lambda path: f"sqlite:{path}/none/here",
    "a port where nobody answers": lambda path: "redis://127.0.0.1:9/0",
    "a socket that is not there": lambda path: f"unix://{path}",
}
"""Caches that work, are full, hold something else, are no file, or are not there."""

DAMAGES = {
    "a full disk": "PRAGMA max_page_count = 1",
    "a disk that turns read-only": "PRAGMA query_only = ON",
}
"""What happens to a cache's file after it was opened, as its own database says it."""


@contextmanager
def surroundings(visit: Visit, exchange: LoopbackExchange, folder: Path) -> Iterator[None]:
    """The exchange, cache and clock that this visit finds."""
    rng = visit.rng
    exchange.heal()
    exchange.world.shift = 86_400 * rng.choice(CLOCKS) if rng.random() < 0.2 else 0
    name = rng.choice(MARKETS)
    if rng.random() < 0.4:
        kind, fault = rng.choice(KINDS), rng.choice(FAULTS)
        exchange.play(name, kind, fault)
        visit.note(f"{name} plays {fault} for {kind}")
    elif rng.random() < 0.6:
        wrong = rng.choice((*WRONG_VALUES, *(one for many in SIBLINGS.values() for one in many)))
        for kind in wrong.kinds:
            exchange.alter(name, kind, wrong.alterations)
        visit.note(f"{name} states {wrong.name}")
    cache = rng.choice(("memory", *CACHES))
    moved = timedelta(days=rng.choice(CLOCKS))
    visit.note(f"cache: {cache}; clocks: exchange {exchange.world.shift / 86_400:+g}, monitor {moved.days:+d} days")
    url = CACHES[cache](folder / str(visit.number))
    settings = LiveSettings(market=name, cache_url=url, base_url=exchange.url, timeout=1.0)
    with ExitStack() as held:

        def loader() -> Loader:
            markets = LiveMarkets(settings)
            if cache in DAMAGES:
                markets._cache.storage.connection.execute(DAMAGES[cache])
            return Loader(markets)

        held.enter_context(mock.patch.object(live_prices, "loader", Once(loader)))
        held.enter_context(mock.patch.object(live_prices, "settings", return_value=settings))
        held.enter_context(mock.patch.object(today, "now", return_value=datetime.now(UTC) + moved))
        held.enter_context(mock.patch.object(path_inputs, "USUAL_PATHS", path_inputs.PATHS[0]))
        yield


# ------------------------------------------------------------------------------------------------------------ the acts


@cache
def plans() -> tuple[HedgePlan, ...]:
    """Plans that a visitor may have open."""
    examples = [load_plan(path) for path in sorted((ROOT / "examples").glob("*.json"))]
    return (*examples, hostile_plan(), filled(HedgePlan))


FOLDS = (
    "file_box", "prices_box", "currency_box", "monitor_close", "monitor_warn", "monitor_journal", "monitor_ahead",
    "rule_other", "entry_other", "proxy_hedges", "plan_quality", "paths_frontier",
)  # fmt: skip
"""Folds whose contents are drawn only when they are open."""


@cache
def _documents(parser: str) -> fuzz.Parser:
    return next(one for one in fuzz.parsers() if one.name == parser)


def opened(visit: Visit, at_hand: Sequence[HedgePlan], links: fuzz.Parser) -> None:
    """Open the app in one of the ways that there are."""
    rng, test = visit.rng, visit.test
    for fold in FOLDS:
        test.session_state[fold] = rng.random() < 0.5
    way = rng.random()
    if way < 0.2:
        link = fuzz.case_of(links, rng.randrange(10**6), visit.number).decode("utf-8", "replace")
        test.query_params["p"] = link[:20_000]
        visit.note(f"open by a link of {len(link)} characters")
    elif way < 0.9:
        plan = rng.choice(at_hand)
        if rng.random() < 0.4:
            plan = replace(plan, market=rng.choice(MARKETS))
        try:
            test.query_params["p"] = encode(Shared(plan=plan))
        except HedgeError:  # too long for a link
            test.session_state.plan = plan
        visit.note(f"open with '{plan.name[:20]}' on {plan.market[:20]}")
    else:
        visit.note("open")


def _odd_text(rng: random.Random) -> str:
    return rng.choice(TEXTS) if rng.random() < 0.7 else " ".join(rng.sample(TEXTS, 3))[:4_000]


def _type(visit: Visit) -> bool:
    boxes = [*visit.test.text_input, *visit.test.text_area]
    if boxes:
        box, text = visit.rng.choice(boxes), _odd_text(visit.rng)
        box.set_value(text)
        visit.note(f"type {text[:40]!r} into '{box.label[:30]}'")
    return bool(boxes)


def _paste(visit: Visit) -> bool:
    areas = list(visit.test.text_area)
    if areas:
        area = visit.rng.choice(areas)
        content = fuzz.case_of(_documents("holdings"), visit.rng.randrange(10**6), visit.number)
        area.set_value(content.decode("utf-8", "replace")[:5_000])
        visit.note(f"paste {content[:30]!r} into '{area.label[:30]}'")
    return bool(areas)


def _number(visit: Visit) -> bool:
    boxes = list(visit.test.number_input)
    if boxes:
        box, rng = visit.rng.choice(boxes), visit.rng
        least, most = (box.min if box.min is not None else -1e15), (box.max if box.max is not None else 1e15)
        value = rng.choice((least, most, least + (most - least) * rng.random() ** 4, least + box.step))
        box.set_value(type(box.step)(min(max(value, least), most)))
        visit.note(f"set '{box.label[:30]}' to {value!r}")
    return bool(boxes)


def _slide(visit: Visit) -> bool:
    sliders = list(visit.test.slider)
    if sliders:
        slider, rng = visit.rng.choice(sliders), visit.rng
        value = rng.choice((slider.min, slider.max))
        slider.set_value(value if not isinstance(slider.value, list | tuple) else (slider.min, value))
        visit.note(f"slide '{slider.label[:30]}' to {value!r}")
    return bool(sliders)


def _choose(visit: Visit) -> bool:
    test, rng = visit.test, visit.rng
    boxes = [one for one in (*test.selectbox, *test.radio, *test.select_slider) if one.options]
    groups = [one for one in test.get("button_group") if getattr(one, "options", None)]
    if boxes and (not groups or rng.random() < 0.5):
        box = rng.choice(boxes)
        _take(visit, box, rng.choice(box.options))
    elif groups:
        group = rng.choice(groups)
        _take(visit, group, rng.choice(group.options))
    return bool(boxes or groups)


def _take(visit: Visit, box: Any, option: Any) -> None:
    """Choose by the label that the visitor sees, which Streamlit's tests would put through its function once more."""
    label = str(getattr(option, "content", option))
    box.root.session_state[TESTING_KEY][box.id] = str
    box.set_value(label)
    visit.note(f"choose {label[:30]!r} in '{box.label[:30]}'")


def _switch(visit: Visit) -> bool:
    boxes = [*visit.test.checkbox, *visit.test.toggle]
    if boxes:
        box = visit.rng.choice(boxes)
        box.set_value(not box.value)
        visit.note(f"switch '{box.label[:30]}'")
    return bool(boxes)


def _press(visit: Visit) -> bool:
    buttons = [one for one in visit.test.button if not one.disabled]
    if buttons:
        button = visit.rng.choice(buttons)
        button.click()
        visit.note(f"press '{button.label[:30]}'")
    return bool(buttons)


def _date(visit: Visit) -> bool:
    boxes = list(visit.test.date_input)
    if boxes:
        box = visit.rng.choice(boxes)
        day = visit.rng.choice((box.min, box.max, date(2026, 2, 28), date(2028, 2, 29)))
        box.set_value(min(max(day, box.min), box.max))
        visit.note(f"set '{box.label[:30]}' to {day}")
    return bool(boxes)


UPLOADS = {"ics": "calendar", "json": "plan", "html": "report", "csv": "prices"}
"""Which damaged documents are given to a box that takes this ending."""


def _upload(visit: Visit) -> bool:
    boxes, rng = list(visit.test.file_uploader), visit.rng
    if boxes:
        box = rng.choice(boxes)
        ending = rng.choice([one.lstrip(".") for one in box.allowed_type] or ["csv"])
        parser = _documents(
            rng.choice(("holdings", "prices", "fills")) if ending == "csv" else UPLOADS.get(ending, "plan")
        )
        content = fuzz.case_of(parser, rng.randrange(10**6), visit.number)
        file = (f"{_odd_text(rng)[:30]}.{ending}".replace("\0", ""), content, "text/plain")
        box.set_value([file] if box.accept_multiple_files else file)
        visit.note(f"upload {parser.name} as {ending} into '{box.label[:30]}'")
    return bool(boxes)


def _go(visit: Visit) -> bool:
    page = visit.rng.choice(PAGES)
    visit.test.switch_page(f"pages/{page}.py")
    visit.note(f"go to {page}")
    return True


DOORS: dict[str, Callable[[Visit], bool]] = {
    "go": _go,
    "type": _type,
    "paste": _paste,
    "number": _number,
    "slide": _slide,
    "choose": _choose,
    "switch": _switch,
    "press": _press,
    "date": _date,
    "upload": _upload,
}
WEIGHTS = (1, 3, 2, 8, 3, 4, 1, 5, 2, 3)


# ------------------------------------------------------------------------------------------------------------ the run


class _Logged(logging.Handler):
    """What was logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        trace = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
        self.lines.append(f"{record.name}: {record.getMessage()}\n{trace}")


@dataclass(frozen=True)
class Watched:
    """A run of the app: seconds of the processor, and what is wrong with what it shows."""

    seconds: float
    problems: list[str]


def watched(test: AppTest, *, limit: float = LIMIT) -> Watched:
    """Run the app once, and once more when prices arrive; see what it must not show, log or use."""
    logged = _Logged()
    root = logging.getLogger()
    root.addHandler(logged)
    start = time.process_time()
    try:
        test.run()
        if _has_loaded(test):
            test.run()
    finally:
        root.removeHandler(logged)
    seconds = time.process_time() - start
    shown = [str(text) for element in elements(test._tree) if (text := getattr(element, "value", None)) is not None]
    found = [f"exception: {one.value}" for one in test.exception]
    found += [f"logged: {line}" for line in logged.lines]
    found += [f"page: {text}" for text in shown if "Something went wrong" in text]
    found += [f"no number: {text[:200]}" for text in shown if NO_NUMBER.search(text)]
    found += [f"taken for markup: {leak}" for leak in leaks(test)]
    if seconds > limit:
        found.append(f"took {seconds:.1f} s of the processor")
    return Watched(seconds, found)


def _has_loaded(test: AppTest) -> bool:
    """Whether prices were on their way to this page, and are there or have failed now."""
    held = test.session_state.get("live", None)
    if held is None or held.load is None:
        return False
    end = time.monotonic() + LOADING
    while held.load.finished is None and time.monotonic() < end:
        time.sleep(0.02)
    return held.load.finished is not None


def run_visit(visit: Visit, exchange: LoopbackExchange, folder: Path, tally: Tally) -> None:
    """Let one visit take place, and keep what it must not show."""
    tally.visits += 1
    try:
        with surroundings(visit, exchange, folder):
            opened(visit, plans(), _documents("link"))
            for place in range(ACTS + 1):
                if place:
                    act = "go" if place == 1 else visit.rng.choices(tuple(DOORS), WEIGHTS)[0]
                    if not DOORS[act](visit):
                        continue
                    tally.acts[act] += 1
                seen = watched(visit.test)
                tally.runs += 1
                tally.slowest = max(tally.slowest, seen.seconds)
                if seen.problems:
                    tally.failures.append(Failure(visit.number, tuple(visit.done), "\n".join(seen.problems)))
                    return
    except Exception:  # noqa: BLE001 - whatever it is, it is what this looks for
        tally.failures.append(Failure(visit.number, tuple(visit.done), traceback.format_exc()))


def visit_of(seed: int, number: int) -> Visit:
    """The visit of this number: the same for the same seed."""
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    return Visit(number, random.Random(f"{seed} app {number}"), test)


def memory() -> int:
    """Bytes of memory that this process has (RSS)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def as_served() -> Iterator[None]:
    """Streamlit's tests run the files of `pages/` as pages of their own; a server runs app.py for every page."""
    with mock.patch.object(script_runner, "_mpa_v1", lambda path: runpy.run_path(path, run_name="__main__")):
        yield


def run(visits: int, seed: int, *, first: int = 0) -> Tally:
    """So many visits, one after another, from number `first`."""
    tally, warm = Tally(), 0
    with TemporaryDirectory() as folder, LoopbackExchange() as exchange, as_served():
        for number in range(first, first + visits):
            run_visit(visit_of(seed, number), exchange, Path(folder), tally)
            if number - first == min(WARM, visits) - 1:
                warm = memory()
        tally.grown = memory() - warm
    if tally.grown > GROWTH:
        tally.failures.append(Failure(first + visits, (), f"memory grew by {tally.grown / 2**20:.0f} MiB after {WARM}"))
    return tally


def report(tally: Tally, seed: int) -> str:
    """The counts, and each failure with what is needed to see it again."""
    lines = [
        f"{tally.visits:,} visits, {tally.runs:,} runs, {len(tally.failures):,} failed, slowest {tally.slowest:.2f} s, "
        f"memory {tally.grown / 2**20:+.0f} MiB after the first {WARM}, seed {seed}",
        ", ".join(f"{act} {count:,}" for act, count in sorted(tally.acts.items())),
    ]
    for failure in tally.failures[:20]:
        lines += ["", f"FAILED --seed {seed} --visit {failure.visit}", *failure.done, failure.problem.rstrip()]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the visits and print what became of them; 1 when one failed."""
    options = argparse.ArgumentParser(prog="python -m tools.fuzz_app", description="Throw broken input at the app.")
    options.add_argument("--visits", type=int, default=500, help="in all (default: 500)")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--visit", type=int, default=None, help="this one only")
    chosen = options.parse_args(arguments)
    single = chosen.visit is not None
    tally = run(1 if single else chosen.visits, chosen.seed, first=chosen.visit if single else 0)
    print(report(tally, chosen.seed))
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
