"""The plan in this browser session.

Everything that the user decides lives in one `HedgePlan`; widgets only show it. A widget is seeded from the plan
before it is drawn and writes back in its callback, so that the whole page, the summary strip included, is drawn
from the new plan and a page change or a loaded file cannot leave a widget behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException
from streamlit.runtime.scriptrunner import get_script_run_ctx

from hedge_core import HedgePlan
from hedge_core.plan import new_plan
from pages.ui.session import bag_rows, live_prices, prices


def plan() -> HedgePlan:
    """This session's plan (an empty one at first)."""
    if "plan" not in st.session_state:
        open_plan(new_plan(first_market()))
    current: HedgePlan = st.session_state.plan
    return current


def first_market() -> str:
    """The source that this server starts with; files of the server are not for its visitors."""
    name = live_prices.settings().market
    return name if live_prices.is_live(name) else prices.SAMPLE


def set_plan(new: HedgePlan) -> None:
    """Take `new` as the plan, keeping the bag as it was typed."""
    st.session_state.plan = new


def open_plan(new: HedgePlan) -> None:
    """Take `new` as the plan and lay its bag out afresh in the table."""
    st.session_state.plan = new
    bag_rows.put_rows([bag_rows.row(holding, new.overrides.prices.get(holding.coin)) for holding in new.holdings])


def seed(key: str, value: object) -> str:
    """Give the widget `key` this value unless it shows it already; returns the key.

    A value is sent with the run that gives it, and with no later one. If that run is cut short by the next, or the
    widget is in a popover that opens later, the browser would show the widget's default and write it into the plan. So
    the value is given again until the browser has the widget.
    """
    st.session_state.setdefault("seeded", set()).add(key)
    in_browser: set[str] = st.session_state.setdefault("in_browser", set())
    if key not in st.session_state or st.session_state[key] != value:
        in_browser.discard(key)
        st.session_state[key] = value
    elif key not in in_browser:
        if _is_in_browser(key):
            in_browser.add(key)
        else:
            with suppress(StreamlitAPIException):  # this run has drawn it already
                st.session_state[key] = value
    return key


def _is_in_browser(key: str) -> bool:
    """Whether the message that began this run names the widget, whose identity ends with its key."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return True
    return any(widget.id.endswith(f"-{key}") for widget in context.session_state.get_widget_states())


def keep_on_page(key: str, value: object) -> None:
    """Keep a value that is no widget's under `key` until another page is entered."""
    st.session_state[key] = value
    st.session_state.setdefault("seeded", set()).add(key)


def enter_page(name: str) -> None:
    """On a page change, forget what belongs to the last page: a widget of the same key starts anew."""
    if st.session_state.get("page") != name:
        st.session_state.page = name
        for key in st.session_state.pop("seeded", set()):
            st.session_state.pop(key, None)


def change(**fields: Any) -> None:
    """Callback: take these fields of the plan itself, such as its market."""
    set_plan(replace(plan(), **fields))


def decide(name: str, key: str, scale: float = 1.0) -> None:
    """Callback: take the widget's value as the decision `name`."""
    value = st.session_state[key]
    if scale != 1.0 and value is not None:
        value = round(value * scale, 12)
    set_plan(plan().with_decisions(**{name: value}))


def remember(key: str, default: Any) -> Any:
    """A value of this session that is not part of the plan and survives page changes."""
    kept: dict[str, Any] = st.session_state.setdefault("kept", {})
    return kept.setdefault(key, default)


def recall(key: str) -> bool:
    """Whether something is remembered under this key."""
    return key in st.session_state.get("kept", {})


def keep(key: str) -> None:
    """Callback: remember the widget's value under its own key."""
    st.session_state.setdefault("kept", {})[key] = st.session_state[key]


def override(name: str, coin: str, value: object) -> None:
    """Set or (with None) lift one override of the plan, such as the beta of a coin."""
    values: Mapping[str, object] = getattr(plan().overrides, name)
    changed = {**values, coin: value} if value is not None else {k: v for k, v in values.items() if k != coin}
    set_plan(plan().with_overrides(**{name: changed}))
