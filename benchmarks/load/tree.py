"""What a browser holds of a page: the elements by their place, and the values of its widgets.

Streamlit sends elements one by one, each with its place (a path of numbers). An element that a full run has not sent
again is gone when that run ends; after the run of a fragment only that fragment's own elements can be gone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

ALERT_ERROR = 1
"""The format of an alert that `st.error` draws."""


@dataclass(slots=True)
class Placed:
    """One element, the run that sent it last, and the script and fragment that it belongs to."""

    kind: str
    body: Any
    run: int
    script: str
    fragment: str

    @property
    def widget_id(self) -> str:
        return str(getattr(self.body, "id", ""))

    @property
    def key(self) -> str:
        """The key that the script gave; Streamlit carries it as the last part of the widget's id."""
        parts = self.widget_id.split("-", maxsplit=2)
        return parts[2] if len(parts) == 3 and parts[2] != "None" else ""


@dataclass(slots=True)
class Tree:
    """The elements of one page in one tab."""

    placed: dict[tuple[int, ...], Placed] = field(default_factory=dict)
    states: dict[str, WidgetState] = field(default_factory=dict)
    run: int = 0

    def start_run(self) -> None:
        self.run += 1

    def take(self, message: ForwardMsg) -> None:
        """Put one delta in its place."""
        delta: Delta = message.delta
        path = tuple(message.metadata.delta_path)
        if delta.WhichOneof("type") != "new_element":
            return
        kind = delta.new_element.WhichOneof("type")
        if kind is None:
            return
        body = getattr(delta.new_element, kind)
        self.placed[path] = Placed(kind, body, self.run, message.metadata.active_script_hash, delta.fragment_id)
        state = _state_of(kind, body)
        if state is not None and (getattr(body, "set_value", False) or state.id not in self.states):
            self.states[state.id] = state

    def end_run(self, fragment: str = "") -> None:
        """Forget what the run that has ended did not send again."""
        for path, one in list(self.placed.items()):
            if one.run != self.run and (not fragment or one.fragment == fragment):
                del self.placed[path]
        ids = {one.widget_id for one in self.placed.values()}
        self.states = {name: state for name, state in self.states.items() if name in ids}

    def leave_page(self, main_script: str) -> None:
        """Keep only what the main script draws around every page."""
        self.placed = {path: one for path, one in self.placed.items() if one.script == main_script}
        ids = {one.widget_id for one in self.placed.values()}
        self.states = {name: state for name, state in self.states.items() if name in ids}

    def of_kind(self, kind: str) -> Iterator[Any]:
        return (one.body for one in self.placed.values() if one.kind == kind)

    def widget(self, key: str) -> Placed:
        """The widget with this key. Raises LookupError."""
        for one in self.placed.values():
            if one.key == key:
                return one
        raise LookupError(f"no widget '{key}' on the page")

    def has(self, key: str) -> bool:
        return any(one.key == key for one in self.placed.values())

    def metrics(self) -> dict[str, str]:
        """Every metric's text by its label; the first of a label stands (the strip is drawn first)."""
        found: dict[str, str] = {}
        for path in sorted(self.placed):
            if self.placed[path].kind == "metric":
                body = self.placed[path].body
                found.setdefault(body.label, body.body)
        return found

    def chart_title(self, key: str) -> str:
        """The title of the Plotly chart with this key."""
        spec = json.loads(self.widget(key).body.spec)
        title = spec.get("layout", {}).get("title", "")
        return str(title.get("text", "") if isinstance(title, dict) else title)

    def faults(self) -> list[str]:
        """Exceptions and red boxes on the page."""
        found = [f"exception: {body.type}: {body.message}"[:300] for body in self.of_kind("exception")]
        found += [f"error box: {body.body}"[:300] for body in self.of_kind("alert") if body.format == ALERT_ERROR]
        return found

    def query(self) -> dict[str, str]:
        """What the widgets that are bound to the address put there."""
        bound = (one for one in self.placed.values() if getattr(one.body, "query_param_key", ""))
        values = {one.body.query_param_key: self.states.get(one.widget_id) for one in bound}
        return {name: state.string_value for name, state in values.items() if state is not None and state.string_value}


def _state_of(kind: str, body: Any) -> WidgetState | None:
    """The state that a browser reports for a widget that nobody has touched; None for kinds that report none."""
    is_set = bool(getattr(body, "set_value", False))
    match kind:
        case "slider":
            if body.options:
                words = list(body.raw_value) if is_set else [body.options[int(place)] for place in body.default]
                return WidgetState(id=body.id, string_array_value={"data": words})
            return WidgetState(id=body.id, double_array_value={"data": list(body.value if is_set else body.default)})
        case "radio" | "selectbox":
            if is_set and body.HasField("raw_value"):
                return WidgetState(id=body.id, string_value=body.raw_value)
            has_default = body.HasField("default") and body.options
            return WidgetState(id=body.id, string_value=body.options[body.default]) if has_default else None
        case "text_input" | "text_area":
            if not is_set and not body.HasField("default"):
                return None
            return WidgetState(id=body.id, string_value=body.value if is_set else body.default)
        case "number_input":
            if is_set and body.HasField("value"):
                return WidgetState(id=body.id, double_value=body.value)
            return None if not body.HasField("default") else WidgetState(id=body.id, double_value=body.default)
        case "button_group":
            chosen = list(body.raw_values) if is_set else [body.options[place].content for place in body.default]
            return WidgetState(id=body.id, string_array_value={"data": chosen})
        case "checkbox":
            return WidgetState(id=body.id, bool_value=body.value if is_set else body.default)
        case _:
            return None
