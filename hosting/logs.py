"""The log of a hosted app: one line a record, as JSON where HEDGE_LOG says so, and never a visitor's data.

A fault's own words may quote what somebody typed. In JSON they are left out: its type and the places in the code say
enough to find it.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

import streamlit.config
import streamlit.logger

from hosting.budget import Allowance, Budget

PLAIN = "%(asctime)s %(levelname) -7s %(name)s: %(message)s"
RECORDS = Allowance(1.0, 100.0)
"""Records of one logger."""

SERVER_LOGGERS = ("uvicorn", "uvicorn.error", "uvicorn.asgi", "websockets")


class JsonLines(logging.Formatter):
    """One JSON object a record: time, level, logger, message, and for a fault its type and where it happened."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        fault = record.exc_info[1] if record.exc_info else None
        if fault is not None:
            line["fault"] = type(fault).__name__
            frames = traceback.extract_tb(fault.__traceback__)
            line["at"] = [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
        return json.dumps(line, ensure_ascii=False)


def _short(path: str) -> str:
    """The last two parts of a path: enough to find the file, and nothing about the machine."""
    return "/".join(Path(path).parts[-2:])


class Faults(logging.Handler):
    """Counts what was logged as an error, by logger and by the type of the fault."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._counts: Counter[tuple[str, str]] = Counter()
        self._guard = Lock()

    def emit(self, record: logging.LogRecord) -> None:
        """Count one record."""
        fault = record.exc_info[1] if record.exc_info else None
        with self._guard:
            self._counts[record.name, type(fault).__name__ if fault else "none"] += 1

    def read(self) -> dict[tuple[str, str], int]:
        """The counts now."""
        with self._guard:
            return dict(self._counts)


class Repeats(logging.Filter):
    """Leaves out what a logger writes too often, so that no visitor can fill a disk; the next record says how much."""

    def __init__(self, allowance: Allowance = RECORDS) -> None:
        super().__init__()
        self._allowance = allowance
        self._budgets: dict[str, Budget] = {}
        self._left_out: Counter[str] = Counter()
        self._guard = Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is written; one that follows records left out says how many there were."""
        with self._guard:
            budget = self._budgets.setdefault(record.name, Budget(self._allowance))
            if not budget.take():
                self._left_out[record.name] += 1
                return False
            missing = self._left_out.pop(record.name, 0)
        if missing:
            record.msg = f"{record.getMessage()} ({missing} records of this logger were left out before)"
            record.args = None
        return True


def configure(style: str) -> Faults:
    """Send every record of this process to one place, in the style `json` or `plain`; returns the count of errors.

    Each logger may write as much as `RECORDS` allows.
    """
    formatter = JsonLines() if style == "json" else logging.Formatter(PLAIN)
    output = logging.StreamHandler()
    output.setFormatter(formatter)
    output.addFilter(Repeats())
    faults = Faults()
    logging.basicConfig(level=logging.INFO, handlers=[output, faults], force=True)

    def through_the_root(logger: logging.Logger) -> None:
        logger.handlers.clear()
        logger.propagate = True

    # Streamlit gives each of its loggers a handler of its own, also to those that it makes later, and then stops
    # them from passing records on: so each is given ours.
    def with_our_handlers(logger: logging.Logger) -> None:
        logger.handlers[:] = [output, faults]

    streamlit.config.set_option("logger.enableRich", False)  # it would print a fault past every handler
    streamlit.logger.setup_formatter = with_our_handlers
    streamlit.logger.update_formatter()
    for name in SERVER_LOGGERS:
        if name not in streamlit.logger._loggers:
            through_the_root(logging.getLogger(name))
    # The server would note every WebSocket with its query; libraries the addresses that they ask.
    logging.getLogger("uvicorn.access").disabled = True
    for name in (*SERVER_LOGGERS, "urllib3", "ccxt"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # It warns of every call outside of a session, and warming up is one.
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").setLevel(logging.ERROR)
    logging.captureWarnings(True)
    return faults
