"""The first words of a plan that an address carries: when a request for a document may have them worked out.

They are a courtesy: whoever does not get them sees the page a little later. So they are worked out one at a time, in a
turn of their own between the pages (all of them count as one visitor), and while they have used little of the processor
lately. Whoever asks for documents of plans all day long thus gets documents without these words, and the pages of
others are drawn as before. Nothing of a link is kept.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from urllib.parse import parse_qs

from hedge_core.documents.link.envelope import PARAMETER
from pages.ui.session import turns

log = logging.getLogger("hedge_planner.hosting")

PATIENCE = 0.5
"""Seconds that a document waits for its words; then it goes without them."""

MOST_PARAMETERS = 20


class FirstAnswers:
    """Gives the words of a plan on a page as HTML, if they can be had at once.

    `words` makes them of the page and a link's text, '' if there are none. They take turns among `pages`, and `used`
    says what they have used of the processor: at most `turns.LIGHT` seconds lately, which is some 5% of one processor
    all the time.
    """

    def __init__(
        self, words: Callable[[str, str], str], pages: turns.Turns = turns.pages, used: turns.Used = turns.used
    ) -> None:
        self._words, self._pages, self._used = words, pages, used
        self._is_at_work = False

    async def of(self, page: str, query: bytes) -> str:
        """The words of the plan in the query of a page's address; '' if there is none, or no time for it."""
        text = _text_in(query)
        if not text or self._is_at_work or self._used.of("") >= turns.LIGHT:
            return ""
        self._is_at_work = True
        work = asyncio.ensure_future(asyncio.to_thread(self._work, page, text))
        try:
            return await asyncio.wait_for(asyncio.shield(work), PATIENCE)
        except TimeoutError:
            return ""

    def _work(self, page: str, text: str) -> str:
        try:
            with self._pages.turn():
                return self._words(page, text)
        except Exception:
            log.exception("the first words of a plan cannot be made")
            return ""
        finally:
            self._is_at_work = False


def _text_in(query: bytes) -> str:
    """The text of the one link in a query; '' for none, for several, and for a query that cannot be read."""
    try:
        found = parse_qs(query.decode("ascii"), max_num_fields=MOST_PARAMETERS).get(PARAMETER, [])
    except ValueError:
        return ""
    return found[0] if len(found) == 1 else ""
