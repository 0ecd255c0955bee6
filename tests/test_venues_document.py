"""docs/venues.md says what the venues' files and the catalogue say."""

from __future__ import annotations

from pathlib import Path

from hedge_core.market.contracts import catalogue
from hedge_core.market.venues import VENUES
from tools.venues import document

DOCUMENT = Path(__file__).parents[1] / "docs" / "venues.md"


def test_the_committed_document_is_the_one_that_the_data_give():
    written = DOCUMENT.read_text(encoding="utf-8")

    assert written == document(), "write it again: python -m tools.venues > docs/venues.md"


def test_it_has_a_section_for_every_venue_and_a_line_for_every_contract():
    text = document()

    assert [name for name in VENUES if f"\n## {name}\n" not in text] == []
    assert [contract.id for contract in catalogue() if f"| {contract.code} | {contract.underlying} |" not in text] == []
    assert (
        "| DOP | DOGE | 5,000 DOGE |  | 0.1% + $0.12 (2026-08-25) † | 92% / 92% † | 6 bp \\* | $3m \\* | $25,000 \\* | "
        "2026-10-08 |" in text
    )
    assert "| XPP | XRP | 500 XRP |  | 0.1% + $0.12 (2026-08-25) † | 100% \\* |" in text
