"""Numbers and texts as the screen shows them. Money to the dollar in overviews, to the cent in tickets."""

from __future__ import annotations

import re

from hedge_core.text import markdown as md, percent, price, quantity, signed_usd, usd

__all__ = ["AMOUNT", "dollars", "emphasised", "md", "percent", "price", "quantity", "signed_usd", "usd"]

AMOUNT = re.compile(r"[−+]?\u2060?(?:\\?\$|[€£]|[A-Z]{3}\u00a0)[\d,.]*\d")
"""An amount of money, in plain text or in Markdown, where the sign for dollars is escaped."""


def dollars(value: float) -> str:
    """Whole dollars of a column whose heading has the sign."""
    return usd(value).replace("$", "")


def emphasised(sentence: str) -> str:
    """The sentence as a heading, with the amounts that it names in colour: a gain, with its plus sign, in another."""
    return AMOUNT.sub(
        lambda amount: f"*{amount[0]}*" if amount[0].startswith("+") else f"**{amount[0]}**", md(sentence)
    )
