"""The words that lead a page, as HTML: the document has them before the app has loaded.

The app of a slow phone takes seconds to start. Until its heading is there, the style sheet shows these words where the
heading will stand. Those of pages without a plan are here, those of a plan in `first_answer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit

from hedge_core.text import one_line
from pages.ui.app import navigation
from pages.ui.bag.lead import over_roles
from pages.ui.parts.format import AMOUNT
from pages.ui.parts.lead import Lead, Note

if TYPE_CHECKING:
    from re import Match

START = Lead(
    "Keep your altcoins through a crash",
    "What to short, how many whole contracts, what it costs and what could go wrong.",
)
GUIDE = Lead("Keep the coins, and short what falls with them: insurance, with a price.")
NO_BAG = Note("There is no bag yet. Enter what you hold, or open an example, and this page fills itself.")

_MEDIA = Path(streamlit.__file__).parent / "static" / "static" / "media"

SCRIPT = """<script>
(() => {
  const look = setInterval(() => {
    const words = document.getElementById('first-words');
    if (words && getComputedStyle(words).display !== 'none') return;
    if (!words && document.readyState === 'loading') return;
    words?.remove();
    clearInterval(look);
  }, 50);
})();
</script>"""
"""In the head of the document: what the style sheet has hidden once goes for good, or it would come back, out of date,
whenever a page is without its heading for a moment."""


def without_plan() -> Mapping[str, str]:
    """The words of each page without a plan, by its address; that of the start page is ''."""
    leads = {stem: Lead(question, note=NO_BAG) for stem, question in navigation.QUESTIONS.items()}
    leads |= {"bag": over_roles(navigation.QUESTIONS["bag"]), "guide": GUIDE}
    return {"": framed(of(START), navigation.START)} | {stem: framed(of(lead), stem) for stem, lead in leads.items()}


def of(lead: Lead) -> str:
    """What leads a page as HTML, as `parts/lead` draws it."""
    below = text(lead.below)
    for name in lead.names:
        below = below.replace(name, f"<b>{name}</b>")
    note = "" if lead.note is None else _note(lead.note)
    return f"<h6>{_emphasised(lead.sentence)}</h6>{f'<p>{below}</p>' if below else ''}{note}"


def _note(note: Note) -> str:
    why = f"<b>{text(note.why)}</b> " if note.why else ""
    limit = f"<br><em>Threshold: {text(note.limit)}</em>" if note.limit else ""
    return f'<aside class="{note.severity}"><i></i><p>{why}{text(note.text)}{limit}</p></aside>'


def text(plain: str) -> str:
    """The text as HTML that shows exactly the text."""
    return escape(one_line(plain))


def _emphasised(sentence: str) -> str:
    """The sentence with its amounts in colour, as `format.emphasised` draws it."""

    def coloured(amount: Match[str]) -> str:
        name = "em" if amount[0].startswith("+") else "strong"
        return f"<{name}>{amount[0]}</{name}>"

    return AMOUNT.sub(coloured, text(sentence))


def framed(content: str, stem: str, *, is_of_plan: bool = False, folder: Path = _MEDIA) -> str:
    """The content in the font of the app, which Streamlit's document loads in advance; in another where there is none.

    The words of a plan stay until its top line is there.
    """
    fonts = sorted(path.name for path in folder.glob("SourceSansVF-Upright.*.woff2"))
    face = (
        f'<style>@font-face{{font-family:"First words";font-weight:200 900;src:url(./static/media/{fonts[0]})}}</style>'
        if fonts
        else ""
    )
    kind = "of-plan" if is_of_plan else "of-start"
    return f'{face}<div id="first-words" class="{kind} {stem}" aria-hidden="true">{content}</div>'
