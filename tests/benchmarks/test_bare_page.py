"""The page that the scenarios page is timed against stays its equal: not lighter, and not heavier either."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, Node

from hedge_core import load_plan
from pages.ui.app import navigation
from tests.pages.test_pages import app

ROOT = Path(__file__).resolve().parents[2]
SAME_SIZE = 0.03
"""By which share what both pages send may differ."""


@pytest.fixture(scope="module")
def pages() -> tuple[AppTest, AppTest]:
    """The scenarios page of the layer-1 example, and its peer."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(navigation, "START", "scenarios")  # AppTest knows only the page at /
        ours = app(load_plan(ROOT / "examples" / "layer1_bag.json"))
    bare = AppTest.from_file(str(ROOT / "benchmarks" / "bare_page.py"), default_timeout=30).run()
    assert not ours.exception
    assert not bare.exception
    return ours, bare


def nodes(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    yield node
    for child in node.children.values() if isinstance(node, Block) else ():
        yield from nodes(child)


def kinds(page: AppTest) -> Counter[str]:
    """How many elements, widgets and containers of each kind there are."""
    return Counter(node.type for node in nodes(page._tree))


def choices(page: AppTest) -> dict[str, list[int]]:
    """How many options each choice has, by the kind of widget."""
    return {
        kind: sorted(len(widget.proto.options) for widget in page.get(kind))
        for kind in ("button_group", "radio", "selectbox")
    }


def spec(page: AppTest) -> dict[str, Any]:
    """The one chart of the page."""
    (chart,) = page.get("plotly_chart")
    found: dict[str, Any] = json.loads(chart.proto.spec)
    return found


def size(page: AppTest) -> int:
    """Bytes of everything that the page sends."""
    return sum(node.proto.ByteSize() for node in nodes(page._tree) if getattr(node, "proto", None) is not None)


def test_both_pages_have_the_same_number_of_elements_of_every_kind(pages: tuple[AppTest, AppTest]) -> None:
    ours, bare = map(kinds, pages)
    assert ours["slider"] > 5, "the scenarios page has not been drawn"
    assert bare == ours


def test_both_pages_offer_as_many_choices(pages: tuple[AppTest, AppTest]) -> None:
    ours, bare = map(choices, pages)
    assert bare == ours


def test_both_charts_have_the_same_traces_shapes_and_notes(pages: tuple[AppTest, AppTest]) -> None:
    ours, bare = map(spec, pages)
    for chart in (ours, bare):
        chart["layout"].pop("template")
    assert [trace["name"] for trace in bare["data"]] == [trace["name"] for trace in ours["data"]]
    for one, other in zip(bare["data"], ours["data"], strict=True):
        assert one.keys() == other.keys(), one["name"]
        assert len(one["x"]) == len(other["x"]), one["name"]
    assert bare["layout"].keys() == ours["layout"].keys()
    for part in ("shapes", "annotations"):
        assert len(bare["layout"][part]) == len(ours["layout"][part]), part


def test_both_pages_send_as_much(pages: tuple[AppTest, AppTest]) -> None:
    ours, bare = pages
    assert size(bare) == pytest.approx(size(ours), rel=SAME_SIZE)
    assert len(json.dumps(spec(bare))) == pytest.approx(len(json.dumps(spec(ours))), rel=SAME_SIZE)
