"""What the text above and below a table says of its numbers: that they are thousands, or amounts of money.

Such text is never certain to be about the quantities, so it leads to a question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hedge_core.documents.reader.columns import Column
from hedge_core.documents.reader.doubts import Doubt
from hedge_core.documents.reader.table_finding import FoundTable

_SCALE = re.compile(
    r"\b(in|figures in|multiples? of|x) ?(thousands?|millions?|1[,. ]?000s?|tsd\.?|tausend|mio\.?|millionen|milliers)\b"
    r"|\b(thousands|millions) of\b",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"\b(amounts?|balances?|holdings?|figures?|numbers?|totals?|everything|all|beträge|guthaben|bestände|alles|montants?"
    r"|saldos)\b[^.;]{0,40}?\b(in|en)\s+(us[- ])?"
    r"(usd|dollars?|eur|euros?|gbp|pounds?|chf|jpy|yen|aud|cad|krw|inr|brl|try)\b",
    re.IGNORECASE,
)
_PRICES = re.compile(r"price|kurs|preis|prix|precio|value|wert", re.IGNORECASE)


def text_doubts(table: FoundTable, columns: Sequence[Column]) -> list[Doubt]:
    """A question if text around the table says that its numbers are thousands, or money in a table without prices."""
    below = [line.cells for line in table.rows if sum(map(bool, line.cells)) == 1]
    text = " ".join([table.above, *(cell for cells in below for cell in cells if cell)])[:4_000]
    found = []
    if match := _SCALE.search(text):
        found.append(Doubt("ask", f"The text beside the table says '{match[0]}'. Are the quantities whole coins?"))
    is_priced = any(column.meaning in {"price", "value"} and column.amounts for column in columns)
    about = [match for match in _MONEY.finditer(text) if not _PRICES.search(match[0])]
    if about and not is_priced:
        match = about[0]
        why = f"The text beside the table says '{match[0][:60]}'. Are the quantities numbers of coins, and not money?"
        found.append(Doubt("ask", why, field="quantity"))
    return found
