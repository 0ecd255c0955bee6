"""Links in the app: opened from the address, pinned, and made in the dialog."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from hedge_core import SampleSource, assess, load_plan
from hedge_core.documents.link.link import Shared, encode, hide_amounts
from hedge_core.documents.link.pinning import pin_of
from pages.ui.app import navigation
from tests.pages.test_pages import PAGES, ROOT, app, calm, words

LAYER1 = load_plan(Path(__file__).parents[2] / "examples" / "layer1_bag.json")
RESULT = assess(LAYER1, SampleSource().snapshot())
PINNED = encode(Shared(plan=LAYER1, pin=pin_of(RESULT)))
HIDDEN = encode(hide_amounts(RESULT))


def opened(text: str) -> AppTest:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
    test.query_params["p"] = text
    return test.run()


def figures(test: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in test.metric[:4]}


def test_a_link_opens_the_plan_with_its_numbers() -> None:
    test = opened(PINNED)
    calm(test)
    assert test.session_state.plan == LAYER1
    assert figures(test) == figures(app(LAYER1))
    assert "From a link" in words(test)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("text", [PINNED, HIDDEN], ids=["pinned", "hidden"])
def test_every_page_opens_on_a_link(page: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(navigation, "START", page)
    calm(opened(text))


def test_a_link_with_hidden_amounts_is_a_bag_of_a_hundred_dollars() -> None:
    test = opened(HIDDEN)
    calm(test)
    assert figures(test)["Bag"] == "$100"
    assert "Amounts are hidden" in words(test)
    assert "In proportion" in [heading.value for heading in test.header]
    assert "Sell short" not in words(test)
    assert "Enter your cash" not in words(test)


def test_a_damaged_link_is_said() -> None:
    test = opened(PINNED[:-3] + "abc")
    calm(test)
    assert "The link cannot be opened" in words(test)
