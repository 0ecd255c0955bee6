"""Plans as documents: JSON with a schema name and a version, read as untrusted input; a report carries one.

Every fault of a document is reported at once with its place in it. A document of an older version is migrated
step by step; one of a newer version is refused with a clear message. Writing is atomic: after a crash there is
the old file or the new one, never half of one.
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

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SCHEMA = "hedge-plan"
VERSION = 1
MAX_BYTES = 1_000_000
MAX_REPORT_BYTES = 5_000_000
"""A report is mostly words and drawings; the plan in it may have MAX_BYTES."""

REPORT_PLAN = '<script type="application/json" id="hedge-plan">'
"""Where the plan stands in a report; the element ends with END_OF_PLAN."""

END_OF_PLAN = "</script>"

_FOR_SCRIPTS = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&"}

_LONE_SURROGATE = re.compile("[\\ud800-\\udfff]")

MIGRATIONS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""From a version to the next: MIGRATIONS[1] turns a document of version 1 into one of version 2."""


def plan_to_json(plan: HedgePlan) -> str:
    """The plan as a JSON document, every field written out, so that a later default does not change it.

    Raises InvalidPlan when it holds a number that is not finite.
    """
    document = {"schema": SCHEMA, "version": VERSION, **_adapter().dump_python(plan, mode="json")}
    try:
        return json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    except ValueError:
        raise InvalidPlan("A plan holds finite numbers only; this one cannot be saved.") from None


def plan_from_json(text: str | bytes) -> HedgePlan:
    """The plan that a JSON document holds. Raises InvalidPlan with every fault and its place."""
    document = _document(text)
    version = document.pop("version", None)
    if document.pop("schema", None) != SCHEMA:
        raise InvalidPlan(f'This is not a hedge plan: it should begin with {{"schema": "{SCHEMA}", ...}}.')
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise InvalidPlan(f"field 'version': must be a whole number from 1 to {VERSION}, not {version!r:.40}.")
    if version > VERSION:
        raise InvalidPlan(
            f"field 'version': this plan was written by a newer release (version {version!s:.20}, this one reads up "
            f"to {VERSION}). Update the program to open it."
        )
    for step in range(version, VERSION):
        document = MIGRATIONS[step](document)
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
    """The plan as an element of an HTML page: JSON in ASCII that no browser runs and nothing in it can end."""
    document = json.dumps(json.loads(plan_to_json(plan)), separators=(",", ":"))
    return f"{REPORT_PLAN}{document.translate(_FOR_SCRIPTS)}{END_OF_PLAN}"


def read_plan(content: str | bytes) -> HedgePlan:
    """The plan in a saved plan or in a report that was made here. Raises InvalidPlan with every fault and its place."""
    if len(content) > MAX_REPORT_BYTES:
        raise InvalidPlan(f"The file is larger than {MAX_REPORT_BYTES:,} bytes; neither a plan nor a report ever is.")
    text = content.decode("utf-8-sig", "replace") if isinstance(content, bytes) else content
    if not text.lstrip()[:1].startswith("<"):
        return plan_from_json(content)
    _, mark, rest = text.partition(REPORT_PLAN)
    document, end, rest = rest.partition(END_OF_PLAN)
    if not mark or not end:
        raise InvalidPlan(
            "There is no plan in this page. Open a plan (JSON) or a report (HTML) that was saved here, as it was saved."
        )
    if REPORT_PLAN in rest:
        raise InvalidPlan("There is more than one plan in this page; a report holds one.")
    return plan_from_json(document)


def load_plan(path: str | Path) -> HedgePlan:
    """The plan in a file, a saved plan or a report. Raises InvalidPlan, also when the file cannot be read."""
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_REPORT_BYTES + 1)
    except OSError as error:
        raise InvalidPlan(f"Cannot read the plan '{path}': {error.strerror}.") from None
    return read_plan(content)


def save_plan(plan: HedgePlan, path: str | Path) -> None:
    """Write the plan to a file, atomically."""
    write_bytes(plan_to_json(plan).encode(), path)


def write_bytes(content: bytes, path: str | Path) -> None:
    """Write a file, atomically: after a crash there is the old file or the new one."""
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
    """The JSON Schema of a plan document."""
    schema = _adapter().json_schema()
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
        raise InvalidPlan(f"The plan is larger than {MAX_BYTES:,} bytes; a plan never is.")
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        document = json.loads(text, object_pairs_hook=_checked_object)
    except UnicodeDecodeError:
        raise InvalidPlan("The plan is not a text file in UTF-8. Open a file that was saved here.") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InvalidPlan(f"The plan is not valid JSON: {error.msg} at {place}.") from None
    except RecursionError:
        raise InvalidPlan("The plan is nested too deeply to be one.") from None
    except InvalidPlan:
        raise
    except ValueError as error:
        raise InvalidPlan(f"The plan is not valid JSON: {error}.") from None
    if not isinstance(document, dict):
        raise InvalidPlan("A plan is a JSON object, as in {...}; this is something else.")
    return document


def _checked_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        name = key[:60].encode("utf-8", "replace").decode()
        if key in result:
            raise InvalidPlan(f"field '{name}': stands twice in the same object; keep one.")
        for text in (key, value):
            if isinstance(text, str) and _LONE_SURROGATE.search(text):
                raise InvalidPlan(f"field '{name}': holds half of a character; type it again.")
        result[key] = value
    return result


def _fault(detail: Mapping[str, Any]) -> Fault:
    """One fault of pydantic's in our words: `holdings[2].quantity` is row 3, field quantity."""
    if detail["type"] == "json_invalid":  # it was read as JSON before, so that only its depth can be at fault
        return Fault("The plan is nested too deeply to be one.")
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
