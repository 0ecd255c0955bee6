"""The first words of a plan are those that the page then shows, and no link puts anything else into the document."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest
from streamlit.testing.v1 import AppTest

from hedge_core import HedgePlan, Holding, SampleSource, assess, load_plan
from hedge_core.documents.link.envelope import MAX_TEXT, text_of
from hedge_core.documents.link.link import Shared, encode, hide_amounts
from hedge_core.documents.link.pinning import pin_of
from hedge_core.plan.own_figures import OwnRate
from hedge_core.text import WORD_JOINER
from pages.ui.app import first_answer, first_words, navigation, start, warm
from pages.ui.session import worked_out
from tests.pages.test_monitor_page import executed
from tests.pages.test_pages import PAGES, ROOT, calm, on_page
from tests.support.scale import SCALE

EXAMPLES = ROOT / "examples"
LAYER1 = load_plan(EXAMPLES / "layer1_bag.json")
RESULT = assess(LAYER1, SampleSource().snapshot())
EUROS = replace(LAYER1, currency="EUR").with_overrides(rates={"EUR": OwnRate(usd=1.25, on=date(2026, 1, 2))})
TYPED = replace(LAYER1, market="typed").with_overrides(prices={row.coin: 2.0 for row in LAYER1.holdings} | {"ETH": 3e3})
UNHEDGED = LAYER1.with_decisions(risk_accepted=1.0)
MARKUP = '<img src=x onerror=alert(1)><script>alert("&1")</script>*a* **b** [c](http://d.e) :material/home: \u202e'
NAMED = replace(UNHEDGED, name=MARKUP)

LINKS = {
    "sample": Shared(plan=LAYER1),
    "pinned": Shared(plan=LAYER1, pin=pin_of(RESULT)),
    "hidden": hide_amounts(RESULT),
    "euros": Shared(plan=EUROS),
    "typed": Shared(plan=TYPED),
    "unhedged": Shared(plan=UNHEDGED),
    "filled": Shared(plan=executed()),
    **{path.stem: Shared(plan=load_plan(path)) for path in sorted(EXAMPLES.glob("*.json"))},
}
CASES = [
    (page, name) for name in LINKS for page in PAGES if SCALE > 1 or page == "plan" or name in ("filled", "hidden")
]

TAGS = {
    "style", "div", "section", "span", "b", "p", "mark", "i", "small", "nav", "h6", "strong", "em", "aside", "br",
}  # fmt: skip


class Words(HTMLParser):
    """The tags, attributes and texts of a piece of HTML; texts by the tag around them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= set(attrs)
        if tag != "br":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((tuple(self._open), data))

    def within(self, *tags: str) -> str:
        """The text below these tags, one in the other."""
        return "".join(text for path, text in self.texts if path[: len(tags)] == tags)


@pytest.fixture(autouse=True)
def a_warm_server() -> None:
    """The core is imported and the evidence on the sample is known, as after the first visitor."""
    warm.import_core()
    worked_out.keep_evidence(worked_out.prices.sample_market(), RESULT.evidence)


def shown(text: str) -> str:
    """Markdown of the page without its marks, as a reader sees it."""
    words = re.sub(r":material/\w+: ", "", re.sub(r":\w+-badge\[([^\]]*)\]", r"\1", text))
    plain = re.sub(r"\\(.)", r"\1", words.replace("*", "")).replace(WORD_JOINER, "")
    return re.sub(r"\s+", " ", plain).strip()


def address(page: str) -> str:
    """The last part of a page's address."""
    return "" if page == "plan" else page


def notes(test: AppTest) -> list[str]:
    """What stands in the coloured boxes of a page."""
    return [shown(str(one.value)) for kind in ("info", "warning", "error") for one in test.main.get(kind)]


def page_of(text: str) -> AppTest:
    """What the app shows of a link at /, where AppTest begins."""
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
    test.query_params["p"] = text
    return calm(test.run()) or test


@pytest.mark.parametrize(("page", "name"), CASES)
def test_the_first_words_are_those_of_the_page(page: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = encode(LINKS[name])
    words = Words(first_answer.html(address(page), text))
    monkeypatch.setattr(navigation, "START", page)
    test = page_of(text)

    figures = {metric.label: metric.value for metric in test.metric[:4]}
    line = [data for path, data in words.texts if path[:2] == ("div", "section") and path[-1] in ("span", "b")]
    assert dict(zip(line[::2], line[1::2], strict=True)) == figures
    assert words.within("div", "h6") == shown(test.title[0].value)
    said = [shown(one.value) for one in (*test.main.markdown, *test.main.caption)]
    assert shown(words.within("div", "p")) in ["", *said]
    assert bool(words.within("div", "p")) == (page in ("plan", "bag", "proxy", "scenarios"))
    note = shown(words.within("div", "aside"))
    assert notes(test)[: page == "monitor"] == ([note] if note else [])
    assert shown(words.within("div", "section", "p")) in said
    assert [shown(words.within("div", "div", "p"))] == [one for one in said if "From a link" in one] or (
        LINKS[name].pin is None and not words.within("div", "div", "p")
    )
    rates = [shown(one.value) for one in test.main.caption if "Headline amounts" in one.value]
    assert [shown(words.within("div", "small"))] == rates or (not rates and not words.within("div", "small"))
    assert words.tags <= TAGS
    assert {key for key, _ in words.attributes} <= {"id", "class", "aria-hidden"}


def test_a_link_without_amounts_puts_none_into_the_document() -> None:
    text = encode(LINKS["hidden"])

    for page in PAGES:
        words = Words(first_answer.html(address(page), text)).within("div")

        amounts = [float(found.replace(",", "")) for found in re.findall(r"\$([\d,.]*\d)", words)]
        assert amounts
        assert max(amounts) <= 100.0, page
    assert RESULT.bag_value > 1_000.0


@pytest.mark.parametrize("page", PAGES)
def test_what_somebody_else_has_written_is_text(page: str) -> None:
    html = first_answer.html(address(page), encode(Shared(plan=NAMED)))

    words = Words(html)
    assert words.tags <= TAGS
    assert {key for key, _ in words.attributes} <= {"id", "class", "aria-hidden"}
    if page == "plan":
        assert '<img src=x onerror=alert(1)><script>alert("&1")</script>' in words.within("div", "p")
    assert "\u202e" not in html


@pytest.mark.parametrize("page", PAGES)
def test_the_first_words_without_a_plan_are_those_of_the_page(page: str) -> None:
    test, words = on_page(page), Words(first_words.without_plan()[address(page)])

    assert words.within("div", "h6") == shown(test.title[0].value)
    below = words.within("div", "p")
    assert bool(below) == (page in ("plan", "bag"))
    assert below in ["", *(shown(one.value) for one in test.main.markdown)]
    note = words.within("div", "aside")
    assert note == ("" if page in ("plan", "bag", "guide") else notes(test)[0])


def nested(depth: int) -> str:
    return text_of(b"[" * depth + b"]" * depth)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2",
        "2AAAAAAA",
        "<script>alert(1)</script>",
        "\x00\x00",
        encode(LINKS["sample"])[:-3],
        encode(LINKS["pinned"])[:-30] + "A" * 30,
        "2" + "A" * (MAX_TEXT + 1),
        nested(30_000),
        text_of(b'["' + b"a" * 60_000 + b'"]'),
        text_of(b"[" + b"9" * 60_000 + b"]"),
        text_of(b"[NaN]"),
        encode(Shared(plan=HedgePlan())),
    ],
    ids=lambda text: text[:12],
)
def test_what_is_no_plan_has_no_words(text: str) -> None:
    assert {page: html for page in PAGES if (html := first_answer.html(address(page), text))} == {}


@pytest.mark.parametrize(
    "plan",
    [
        replace(LAYER1, market="kraken"),
        replace(LAYER1, market="csv:closes.csv"),
        LAYER1.with_decisions(rounding="optimal"),
        LAYER1.with_decisions(window_days=347),
        replace(LAYER1, edition=date(2024, 1, 1)),
        replace(LAYER1, holdings=(*LAYER1.holdings, Holding(coin="NOSUCH", quantity=1.0))),
        replace(LAYER1, market="typed"),
    ],
    ids=["live prices", "an upload", "takes long", "no evidence yet", "new rules", "a coin left out", "no price"],
)
def test_a_plan_that_the_page_does_not_show_at_once_has_no_words(plan: HedgePlan) -> None:
    assert first_answer.html("", encode(Shared(plan=plan))) == ""


def test_a_link_longer_than_those_of_the_app_is_not_worked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_answer, "_opened", lambda link: pytest.fail("it was opened"))

    assert first_answer.html("", "2" + "A" * first_answer.LONGEST) == ""


def test_a_fresh_process_waits_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_answer.warm, "import_core", warm.Once(lambda: True))
    monkeypatch.setattr(first_answer, "_opened", lambda link: pytest.fail("it was opened"))

    assert first_answer.html("", encode(LINKS["sample"])) == ""


def test_the_picture_of_the_start_page_leaves_the_evidence_that_a_first_link_needs() -> None:
    worked_out._sample_evidence.clear()
    worked_out.memo._shared.clear()

    start.prepare()

    assert first_answer.html("", encode(LINKS["sample"]))
