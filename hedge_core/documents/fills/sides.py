"""The side of a fill, sell or buy, from the words of venues, brokers and people.

    buy, Kauf, BOT, BuyToCover           buy         sell, Verkauf, SLD, SellShort       sell
    Open long, Close short, Short TP     buy         Open short, Close long              sell
    ADL, Liquidation, Reduce             closes whatever is open: the position decides

At some venues a side names the position: `buy short` opens a short, which is a sale, and `sell short` closes it. Such a
column is recognised by `buy short`, which makes no sense otherwise. The words are in `hedge_core/data/fill_sides.csv`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Literal

from hedge_core.errors import InvalidInput
from hedge_core.plan.fills import Side
from hedge_core.tables import shipped_rows

SideOrClose = Literal["sell", "buy", "close"]

_WORD = re.compile(r"[^\W\d_]+")
_NUMBERS: Mapping[str, Side] = {"-1": "sell", "+1": "buy", "1": "buy"}


@lru_cache(maxsize=1)
def _meanings() -> Mapping[str, str]:
    return {row["word"]: row["means"] for row in shipped_rows("fill_sides.csv")}


def _words(text: str) -> list[str]:
    """The words of the last part of a side, BuyToCover as buy, to, cover; `Long > Short` ends as a short."""
    last = text.rpartition(">")[2]
    return _WORD.findall(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", last).casefold())


class Sides:
    """Reads a column of sides. `names_position`: its venue writes `sell short` for closing a short.

    `is_open_to_doubt`: a `sell short` was read as a sale, and nothing in the column tells which habit it follows.
    """

    def __init__(self, texts: Iterable[str], *, names_position: bool) -> None:
        distinct = {text.strip() for text in texts if text}
        spoken = [_words(text) for text in distinct]
        self.names_position = names_position or ["buy", "short"] in spoken
        self._is_plus_minus = not distinct & {"0", "2"}
        self.is_open_to_doubt = False

    def read(self, text: str) -> SideOrClose:
        """Return sell, buy, or close if the text says only that an open position is closed. Raises InvalidInput."""
        if not text:
            raise InvalidInput("is empty: write sell or buy")
        if text in _NUMBERS and self._is_plus_minus:
            return _NUMBERS[text]
        words = _words(text)
        means = {meaning for word in words if (meaning := _meanings().get(word))}
        position = means & {"long", "short"}
        ordered = means & {"buy", "sell"}
        if len(ordered) == 1 and len(position) == 1 and self.names_position and len(words) == 2:
            return self._by_habit(ordered == {"buy"}, position == {"long"})
        if words == ["sell", "short"] and " " in text.strip():
            self.is_open_to_doubt = True
        if len(ordered) == 1:
            return "buy" if ordered == {"buy"} else "sell"
        if means == {"cover"}:
            return "buy"
        is_close = "close" in means
        if not ordered and len(position) == 1:
            return "buy" if (position == {"long"}) != is_close else "sell"
        if is_close and not ordered and not position:
            return "close"
        raise InvalidInput(f"'{text[:40]}' is not a side; write sell or buy")

    def _by_habit(self, is_bought: bool, is_long: bool) -> Side:
        """`buy long` and `buy short` open the position, `sell long` and `sell short` close it."""
        return "buy" if is_bought == is_long else "sell"
