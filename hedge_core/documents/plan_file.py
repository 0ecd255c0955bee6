"""Plans as JSON documents with a schema name and a version, saved as files or inside a report.

Documents are untrusted input. All faults of a document are reported at once, each with its place in the document.
A document of an older version is migrated step by step; a document of a newer version is refused. Files are written
atomically: after a crash there is either the old file or the new one, never a part of one.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedge_core.errors import Fault, HedgeError, InvalidPlan
from hedge_core.plan.plan import HedgePlan
from hedge_core.plan.schema import REQUIRED, Record, default_document, walk

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SCHEMA = "hedge-plan"
VERSION = 1
MAX_BYTES = 1_000_000
MAX_REPORT_BYTES = 5_000_000
"""Limit for a whole report, which is mostly text and drawings; the plan inside it may have MAX_BYTES."""

REPORT_PLAN = '<script type="application/json" id="hedge-plan">'
"""Start of the element that holds the plan in a report; the element ends with END_OF_PLAN."""

END_OF_PLAN = "</script>"

_FOR_SCRIPTS = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&"}

_LONE_SURROGATE = re.compile("[\\ud800-\\udfff]")

_TOO_DEEP = "The file is nested too deeply to be a plan. Open a file that this program saved."

MIGRATIONS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""Functions that migrate a document by one version: MIGRATIONS[1] turns version 1 into version 2."""


def plan_to_json(plan: HedgePlan) -> str:
    """Return the plan as a JSON document. All fields are written, so a later change of a default does not alter it.

    Raises InvalidPlan if the plan contains a number that is not finite.
    """
    document = {"schema": SCHEMA, "version": VERSION, **_adapter().dump_python(plan, mode="json")}
    try:
        return json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    except ValueError:
        raise InvalidPlan("This plan cannot be saved: one of its numbers is not finite. Correct it first.") from None


def plan_from_json(text: str | bytes) -> HedgePlan:
    """Read a plan from a JSON document. Raises InvalidPlan, listing every fault with its place in the document."""
    document = _document(text)
    version = document.pop("version", None)
    if document.pop("schema", None) != SCHEMA:
        start = f'{{"schema": "{SCHEMA}", ...}}'
        raise InvalidPlan(f"This is not a hedge plan, which begins with {start}. Open a file that this program saved.")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise InvalidPlan(f"field 'version': must be a whole number from 1 to {VERSION}, not {version!r:.40}.")
    if version > VERSION:
        raise InvalidPlan(
            f"field 'version': this plan was saved by a newer release (version {version!s:.20}; this release reads up "
            f"to version {VERSION}). Update the program to open it."
        )
    for step in range(version, VERSION):
        document = MIGRATIONS[step](document)
    document.setdefault("edition", None)  # the first edition did not write it
    from pydantic import ValidationError

    try:
        plan = _adapter().validate_json(json.dumps(document), strict=True)
    except ValidationError as error:
        faults = tuple(_fault(detail) for detail in error.errors(include_url=False))
        raise InvalidPlan("This plan cannot be used:", faults) from None
    except HedgeError as error:
        raise InvalidPlan(str(error)) from None
    _ = plan.bag
    return plan


def plan_element(plan: HedgePlan) -> str:
    """Return the plan as an HTML element: ASCII JSON that a browser does not run and that cannot close the element."""
    document = json.dumps(json.loads(plan_to_json(plan)), separators=(",", ":"))
    return f"{REPORT_PLAN}{document.translate(_FOR_SCRIPTS)}{END_OF_PLAN}"


def read_plan(content: str | bytes) -> HedgePlan:
    """Read the plan from a saved plan (JSON) or a report (HTML). Raises InvalidPlan with every fault and its place."""
    if len(content) > MAX_REPORT_BYTES:
        raise InvalidPlan(f"The file is larger than {MAX_REPORT_BYTES:,} bytes. Open a plan or a report saved here.")
    text = content.decode("utf-8-sig", "replace") if isinstance(content, bytes) else content
    if not text.lstrip()[:1].startswith("<"):
        return plan_from_json(content)
    _, mark, rest = text.partition(REPORT_PLAN)
    document, end, rest = rest.partition(END_OF_PLAN)
    if not mark or not end:
        raise InvalidPlan(
            "This page contains no plan. Open a plan (JSON) or a report (HTML) exactly as this program saved it."
        )
    if REPORT_PLAN in rest:
        raise InvalidPlan("This page contains more than one plan. Open a report exactly as this program saved it.")
    return plan_from_json(document)


def load_plan(path: str | Path) -> HedgePlan:
    """Read the plan from a file: a saved plan or a report. Raises InvalidPlan, also if the file cannot be read."""
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_REPORT_BYTES + 1)
    except OSError as error:
        raise InvalidPlan(f"Cannot read the plan '{path}': {error.strerror}.") from None
    return read_plan(content)


def save_plan(plan: HedgePlan, path: str | Path) -> None:
    """Write the plan to a file atomically (see `write_bytes`)."""
    write_bytes(plan_to_json(plan).encode(), path)


def write_bytes(content: bytes, path: str | Path) -> None:
    """Write a file atomically: after a crash there is either the old file or the new one. Raises OSError."""
    target = Path(path)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a plan document.

    Each property also has a `description`, and under `link` its place in links and the default that it has there.
    """
    schema = _adapter().json_schema()
    for field in walk(HedgePlan):
        properties = (schema if field.record is HedgePlan else schema["$defs"][field.record.__name__])["properties"]
        about, default = field.about, default_document(field)
        if about.link is not None:
            is_nested = isinstance(field.shape, Record)
            place = {"place": about.link} | ({} if default is REQUIRED or is_nested else {"default": default})
            properties[field.name] |= {"description": about.help or about.label, "link": place}
    properties = {"schema": {"const": SCHEMA}, "version": {"const": VERSION}, **schema["properties"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "properties": properties,
        "required": ["schema", "version"],
    }


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[HedgePlan]:
    from pydantic import TypeAdapter

    return TypeAdapter(HedgePlan)


def _document(text: str | bytes) -> dict[str, Any]:
    if len(text) > MAX_BYTES:
        raise InvalidPlan(f"The file is larger than {MAX_BYTES:,} bytes, too large for a plan. Open a plan saved here.")
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        document = json.loads(text, object_pairs_hook=_checked_object)
    except UnicodeDecodeError:
        raise InvalidPlan("The plan is not UTF-8 text. Open a file that this program saved.") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InvalidPlan(f"The plan is not valid JSON: {error.msg} at {place}.") from None
    except RecursionError:
        raise InvalidPlan(_TOO_DEEP) from None
    except InvalidPlan:
        raise
    except ValueError as error:
        raise InvalidPlan(f"The plan is not valid JSON: {error}.") from None
    if not isinstance(document, dict):
        raise InvalidPlan("A plan is a JSON object, {...}, and this file is not. Open a file that this program saved.")
    return document


def _checked_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        name = key[:60].encode("utf-8", "replace").decode()
        if key in result:
            raise InvalidPlan(f"field '{name}': appears twice in the same object; keep one of them.")
        for text in (key, value):
            if isinstance(text, str) and _LONE_SURROGATE.search(text):
                raise InvalidPlan(f"field '{name}': contains an incomplete character; type the text again.")
        result[key] = value
    return result


def _fault(detail: Mapping[str, Any]) -> Fault:
    """Convert an error of pydantic to a Fault: `holdings[2].quantity` becomes row 3 with that field."""
    if detail["type"] == "json_invalid":  # it has been parsed as JSON before, so only its depth can be the fault
        return Fault(_TOO_DEEP)
    place = tuple(detail["loc"])
    row = None
    if len(place) > 1 and place[0] == "holdings" and isinstance(place[1], int):
        row = place[1] + 1
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")
    message = str(detail["msg"]).removeprefix("Value error, ")
    given = detail.get("input")
    if detail["type"] != "missing" and isinstance(given, (str, int, float, bool)):
        message += f" (found {given!r:.60})"
    return Fault(message, row=row, field=text or None)
