"""The words of the trade that a page uses, explained where they first stand: from the glossary, and nowhere else."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import streamlit as st

GLOSSARY = Path(__file__).parents[3] / "docs" / "glossary.md"

WORDS = {
    "plan": ("Hedge", "Short", "Notional", "Achieved hedge ratio", "Rally survived", "Carry", "Micro contract"),
    "bag": ("Hold and speculative", "Hedgeable value", "Stablecoin", "Stop-loss"),
    "risk": ("Risk accepted", "Hedge ratio", "Collateral", "Initial margin", "Liquidation", "Rally survived", "RSI"),
    "proxy": ("Proxy", "Own future", "Beta", "Correlation", "R squared", "Out of sample", "Grade", "Own risk"),
    "size": ("Notional", "Multiplier", "Micro contract", "Residual exposure", "Beta-weighted sizing", "Perpetual",
             "Funding", "Basis", "Roll", "Maintenance margin", "Insurance quote"),
    "scenarios": ("Scenario", "Attribution", "Squeeze", "Path", "Worst 5% (CVaR)", "Closed out", "Whipsaw"),
    "monitor": ("Mark price", "Drift", "Rebalance", "Rally survived", "Roll", "Exit rule", "Ticket"),
}  # fmt: skip
"""For each page the words that a newcomer meets there, as the glossary names them."""


@lru_cache(maxsize=1)
def glossary() -> dict[str, str]:
    """Every word with its explanation. A word that stands twice keeps the first; `Standard and micro contract` is also
    found as `Micro contract`.
    """
    found: dict[str, str] = {}
    for word, meaning in re.findall(r"^\*\*(.+?)\.\*\*\s+(.+)$", GLOSSARY.read_text(encoding="utf-8"), re.MULTILINE):
        found.setdefault(word, meaning)
    found["Micro contract"] = found["Standard and micro contract"]
    return found


def matching(text: str) -> list[str]:
    """The words whose name or explanation has the text in it, those whose name has it first."""
    wanted = text.strip().casefold()
    by_name = [word for word in glossary() if wanted in word.casefold()]
    return by_name + [
        word for word, meaning in glossary().items() if wanted in meaning.casefold() and word not in by_name
    ]


def draw(stem: str) -> None:
    """A popover with the words of the page; nothing where a page has none of its own."""
    words = WORDS.get(stem)
    if words is None:
        return
    with st.popover("Glossary", icon=":material/dictionary:", type="tertiary", key=f"words_{stem}"):
        for word in words:
            st.markdown(f"**{word}.** {glossary()[word]}".replace("$", "\\$"))
