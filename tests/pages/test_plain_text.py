"""What the pages say is plain English: no private idiom, short leading sentences, numbers and counts that agree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from hedge_core import HedgePlan
from tests.pages.test_pages import LAYER1, PAGES, ROOT, on_page

IDIOMS = (
    r"\bbare\b",
    r"\bnobody\b",
    r"\bstands still\b",
    r"\bsorry for\b",
    r"\bfor want of\b",
    r"\bwhoever\b",
    r"\bin the heat of\b",
    r"\bnot to be had\b",
    r"\bthere is none of\b",
    r"\bhad not seen\b",
    r"\bwhat you are short\b",
    r"\bwhat is shorted\b",
    r"\bdearer?\b",
    r"\bowed\b",
    r"\basks for action\b",
    r"\bcomes to nothing\b",
    r"\bthat you may\b",
    r"\bmonths to come\b",
    r"\bthe guide'?s? (?:says|way|example|prints)\b",
    r"\b[Ww]hat these numbers rest on\b",
    r"\bWords on this page\b",
)
"""Turns of phrase of the first edition that a native speaker would have to read twice."""

ARGUES_WITH_THE_GUIDE = {"guide.py"}
"""The one page whose subject is the worked example of the guide."""


def texts(path: Path) -> Iterator[str]:
    """The string constants of a module that are not docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documents = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
            yield node.value


@pytest.mark.parametrize("path", sorted((ROOT / "pages").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_page_uses_a_banned_idiom(path: Path) -> None:
    banned = [idiom for idiom in IDIOMS if path.name not in ARGUES_WITH_THE_GUIDE or "guide" not in idiom]
    found = [(idiom, text) for text in texts(path) for idiom in banned if re.search(idiom, text)]

    assert found == []


def said(test: AppTest) -> list[str]:
    """Everything that a page says in words, with the escapes of Markdown taken out."""
    kinds = ("title", "header", "markdown", "caption", "warning", "info", "error", "success")
    return [
        re.sub(r"[\\*\u2060]", "", str(element.value)) for kind in kinds for element in test.get(kind) if element.value
    ]


@pytest.fixture(scope="module")
def spoken() -> dict[str, tuple[str, list[str]]]:
    """The heading of each page, and all that it says, with a plan and for the start without one."""
    pages = {page: on_page(page, LAYER1) for page in PAGES} | {"start": on_page("plan", HedgePlan())}
    return {
        page: (re.sub(r"[\\*\u2060]", "", test.title[0].value), said(test))
        for page, test in pages.items()
        if test.title
    }


def test_the_sentence_that_leads_a_page_has_at_most_25_words(spoken: dict[str, tuple[str, list[str]]]) -> None:
    assert len(spoken) == len(PAGES) + 1
    assert {page: lead for page, (lead, _) in spoken.items() if len(lead.split()) > 25} == {}


@pytest.mark.parametrize("page", ["plan", "bag", "risk", "size", "scenarios"])
def test_the_leading_sentence_is_about_the_users_own_figures(
    spoken: dict[str, tuple[str, list[str]]], page: str
) -> None:
    assert re.search(r"\$\d", spoken[page][0])


def test_the_other_steps_lead_with_their_answer_too(spoken: dict[str, tuple[str, list[str]]]) -> None:
    assert re.search(r"removed \d+% of the daily variance", spoken["proxy"][0])
    assert re.search(r"\d+ orders are waiting", spoken["monitor"][0])


WRONG_NUMBERS = (
    r"(?<![\w–-])-\$?\d",  # a hyphen in place of a minus sign
    r"\$-",  # the sign behind the dollar
    r"\$[\d,]+\.\d(?!\w)",  # one digit of cents
    r"\bnan\b",
    r"\d[eE][+-]\d",
    r"about \$[\d,]+\.\d\d\b",
)
WRONG_COUNTS = (
    r"(?<![\d,.])1 (?:days|fills|contracts|coins|rows|orders|months|paths|futures|steps|assumptions)\b",
    r"(?<!\d)(?<![\d,.])(?:0|[2-9]|\d{2,}) (?:day|fill|contract|coin|row|order|month|assumption)\b(?!-)",
)


@pytest.mark.parametrize("wrong", [*WRONG_NUMBERS, *WRONG_COUNTS])
def test_numbers_have_one_form_and_counts_agree(spoken: dict[str, tuple[str, list[str]]], wrong: str) -> None:
    found = {page: [text for text in lines if re.search(wrong, text)] for page, (_, lines) in spoken.items()}

    assert {page: lines for page, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (WRONG_NUMBERS[0], "you lose -$20"),
        (WRONG_NUMBERS[1], "$-20"),
        (WRONG_NUMBERS[2], "$3.5 of fees"),
        (WRONG_COUNTS[0], "in 1 days"),
        (WRONG_COUNTS[1], "34 contract on 9 coins"),
    ],
)
def test_the_patterns_find_what_they_are_for(wrong: str, text: str) -> None:
    assert re.search(wrong, text)
