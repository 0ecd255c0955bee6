"""Text stays text on every page: nothing that a user wrote reaches a reader of markup as markup.

The walk goes through every element of every page and looks at each string that the browser gets. Only the strings in
`SHOWN_AS_IT_IS` may hold the text as it was written; the browser test shows that the escapes hold there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from hedge_core import HedgePlan, SampleSource, assess
from tests.pages.test_pages import PAGES, ROOT, app
from tests.support.hostile import HOSTILE, NAME, hostile_plan, taken_for_markup

SHOWN_AS_IT_IS = {
    "Selectbox.options",
    "Selectbox.raw_value",
    "MultiSelect.options",
    "MultiSelect.raw_values",
    "MultiSelect.id",
    "NumberInput.id",
    "TextInput.value",
    "TextArea.value",
    "Button.id",
    "Code.code_text",
}
"""Strings that the browser shows as plain text, or does not show."""


def strings(message: Message, path: str) -> Iterator[tuple[str, str]]:
    """Every string in a message, with the names of the fields that lead to it."""
    for field, value in message.ListFields():
        name = f"{path}.{field.name}"
        if field.type == field.TYPE_STRING:
            yield from ((name, text) for text in ([value] if isinstance(value, str) else value))
        elif field.type == field.TYPE_MESSAGE and not field.message_type.GetOptions().map_entry:
            for child in [value] if isinstance(value, Message) else value:
                yield from strings(child, name)


def elements(node: Any) -> Iterator[Any]:
    yield node
    for child in getattr(node, "children", {}).values():
        yield from elements(child)


def leaks(test: AppTest) -> list[tuple[str, list[str], str]]:
    """Each string with hostile text that the browser would read as markup."""
    found = []
    for element in elements(test._tree):
        proto = getattr(element, "proto", None)
        if isinstance(proto, Message):
            for path, text in strings(proto, type(proto).__name__):
                parts = taken_for_markup(text)
                if parts and path not in SHOWN_AS_IT_IS and "spec" not in path:
                    found.append((path, parts, text[:200]))
    return found


def visit(page: str, plan: HedgePlan, *, opened: str = "") -> AppTest:
    test = app(plan, opened=opened)
    if page != "plan":
        test.switch_page(f"pages/{page}.py").run()
    assert not test.exception, test.exception
    return test


UNUSABLE = {
    "unknown venue": lambda plan: plan.with_decisions(venue=HOSTILE[:64]),
    "unknown prices": lambda plan: replace(plan, market=f"csv:{HOSTILE}"),
    "unknown contract": lambda plan: plan.with_overrides(contract_choice={"ETH": HOSTILE[:100]}),
    "unknown fill": lambda plan: plan.with_execution(fills=(replace(plan.execution.fills[0], contract=HOSTILE[:100]),)),
}


def test_the_walk_finds_text_that_is_not_escaped() -> None:
    test = AppTest.from_string(
        "import streamlit as st\n"
        "from tests.support.hostile import HOSTILE\n"
        "st.caption(HOSTILE)\n"
        "st.button(HOSTILE, help=HOSTILE)\n"
    ).run()

    assert {path for path, _, _ in leaks(test)} == {"Markdown.body", "Button.label", "Button.help"}


@pytest.mark.parametrize("page", PAGES)
def test_no_page_takes_text_of_the_plan_for_markup(page: str) -> None:
    test = visit(page, hostile_plan())

    assert leaks(test) == []
    assert "went wrong" not in "".join(error.value for error in test.error)


def test_the_pages_do_show_the_text() -> None:
    plan = hostile_plan()
    assert any(leg.contract.code == NAME and leg.contracts for leg in assess(plan, SampleSource().snapshot()).legs)

    values = [getattr(element, "value", None) for element in elements(visit("plan", plan)._tree)]
    shown = "".join(value.to_string() if isinstance(value, pd.DataFrame) else str(value) for value in values)

    assert "evil.example" in shown


@pytest.mark.parametrize("box", ["file_box", "prices_box"])
def test_no_box_of_the_sidebar_takes_text_for_markup(box: str) -> None:
    assert leaks(visit("plan", hostile_plan(), opened=box)) == []


@pytest.mark.parametrize("page", ["plan", "proxy", "size", "monitor"])
@pytest.mark.parametrize("fault", UNUSABLE)
def test_no_message_that_quotes_the_plan_takes_it_for_markup(page: str, fault: str) -> None:
    assert leaks(visit(page, UNUSABLE[fault](hostile_plan()))) == []


def test_an_error_that_quotes_what_was_typed_is_text() -> None:
    test = AppTest.from_string(
        "from hedge_core import HedgeError\n"
        "from pages.ui.parts import fragments\n"
        "from tests.support.hostile import HOSTILE\n"
        "with fragments.calm():\n"
        "    raise HedgeError(f\"'{HOSTILE}' cannot be used.\")\n"
    ).run()

    assert not test.exception, test.exception
    assert "cannot be used" in test.error[0].value
    assert leaks(test) == []


@pytest.mark.parametrize("link", ["not-a-link-![i](http://evil.example/)", "$zq^2$", HOSTILE])
def test_a_link_that_cannot_be_read_is_quoted_as_text(link: str) -> None:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
    test.query_params["p"] = link
    test.run()

    assert "cannot be opened" in test.error[0].value
    assert leaks(test) == []


def test_no_comparison_of_the_size_page_takes_text_for_markup() -> None:
    test = visit("size", hostile_plan())
    for view in ("Venues", "Contracts", "Perpetual or dated", "Your own contract"):
        test.button_group(key="size_view").set_value(view).run()
        assert (leaks(test), list(test.exception), list(test.error)) == ([], [], []), view


@pytest.mark.parametrize("page", ["plan", "size", "proxy", "risk"])
def test_no_chart_takes_text_for_html(page: str) -> None:
    test = visit(page, hostile_plan())
    if page == "size":
        test.button_group(key="size_view").set_value("Perpetual or dated").run()
    specs = [json.loads(chart.proto.spec) for chart in test.get("plotly_chart")]
    texts = [text for spec in specs for text in _texts(spec)]

    assert specs
    assert [text for text in texts for part in ("<img", "](http") if part in text] == []


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for child in value.values():
            yield from _texts(child)
    elif isinstance(value, list):
        for child in value:
            yield from _texts(child)
