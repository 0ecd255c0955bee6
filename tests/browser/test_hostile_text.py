"""What the browser makes of escaped text: exactly the text. The escapes are for Streamlit's own reader of markdown."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from benchmarks.servers import free_port
from tests.hosting.site import ask, until
from tests.support.hostile import MARKUP

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
PLACES = ("body", "caption", "label", "list", "box")

FOUND = """() => [...document.querySelectorAll('[class*="st-key-"]')]
  .map(place => [place, place.className.match(/st-key-(body|caption|label|list|box)_(\\d+)/)])
  .filter(([_, key]) => key)
  .map(([place, key]) => [key[1], Number(key[2]), place.innerText, [...place.querySelectorAll(
      'a,img,.katex,em,strong,del,code,pre,table,h1,h2,h3,hr,ol,blockquote,[data-testid="stMarkdownBadge"]'
    )].map(element => element.tagName)])"""


@pytest.fixture
def address() -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(
        [
            sys.executable, "-m", "streamlit", "run", "tests/browser/hostile_page.py", "--server.port", str(port),
            "--server.address", "127.0.0.1", "--server.headless", "true", "--server.fileWatcherType", "none",
        ],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(20)


def test_every_text_is_shown_as_it_was_written_and_nothing_is_fetched(address: str, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    def is_up() -> bool:
        try:
            return ask(f"{address}/_stcore/health").status == 200
        except OSError:
            return False

    until("the page answers", is_up)
    page.goto(address)
    expect(page.get_by_text("All drawn")).to_be_visible()
    page.wait_for_timeout(1_000)  # icons, emoji and formulas are drawn by parts that load later
    found = page.evaluate(FOUND)

    assert len(found) == len(PLACES) * len(MARKUP)
    for place, number, text, markup in found:
        assert text.replace("\u2060", "").split() == MARKUP[number].split(), (place, MARKUP[number])
        assert markup == [], (place, MARKUP[number])
    assert [url for url in asked if not url.startswith(address)] == []
