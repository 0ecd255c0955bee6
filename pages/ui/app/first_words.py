"""The words that lead a page, as HTML: the document has them before the app has loaded.

The app of a slow phone takes seconds to start. Until its heading is there, the style sheet shows these words where the
heading will stand. Those of the start page are here, those of a plan in `first_answer`.
"""

from __future__ import annotations

from pathlib import Path

import streamlit

TITLE = "Keep your altcoins through a crash"
LEAD = "What to short, how many whole contracts, what it costs and what could go wrong."

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


def html() -> str:
    """The words of the start page."""
    return framed(f"<h6>{TITLE}</h6><p>{LEAD}</p>")


def framed(content: str, *, is_of_plan: bool = False, folder: Path = _MEDIA) -> str:
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
    return f'{face}<div id="first-words" class="{kind}" aria-hidden="true">{content}</div>'
