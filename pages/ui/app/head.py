"""What the app adds to the head of its document, however it is served: its scripts and its style sheet."""

from __future__ import annotations

from pages.ui.app import first_words, kept, menu, typed_keys
from pages.ui.app.style import STYLE

SCRIPTS = kept.SCRIPT + menu.SCRIPT + typed_keys.SCRIPT + first_words.SCRIPT
HEAD = SCRIPTS + STYLE
