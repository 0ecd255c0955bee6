"""The words that lead the start page, and the same as HTML: the document has them before the app has loaded.

The app of a slow phone takes seconds to start. Until its heading is there, the style sheet shows these words where the
heading will stand.
"""

from __future__ import annotations

from pathlib import Path

import streamlit

TITLE = "Keep your altcoins through a crash"
LEAD = "What to short, how many whole contracts, what it costs and what could go wrong."

_MEDIA = Path(streamlit.__file__).parent / "static" / "static" / "media"


def html(folder: Path = _MEDIA) -> str:
    """The words in the font of the app, which Streamlit's document loads in advance; in another where there is none."""
    fonts = sorted(path.name for path in folder.glob("SourceSansVF-Upright.*.woff2"))
    face = (
        f'<style>@font-face{{font-family:"First words";font-weight:200 900;src:url(./static/media/{fonts[0]})}}</style>'
        if fonts
        else ""
    )
    return f'{face}<div id="first-words" aria-hidden="true"><p>{TITLE}</p><p>{LEAD}</p></div>'
