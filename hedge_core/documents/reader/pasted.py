"""Lines as people paste and type them: `SOL 12.5`, `12.5 SOL`, `SOL: 12.5 @ 148`, `Solana (SOL) 12.5`.

`INJ 150 stop 12%` is a trade with a stop-loss. Each is turned into a line of cells under PASTED, so that everything
after this step is the same as for a file. What follows coin and quantity is read in our own order (role, stop-loss,
price, note), as a price after an @, as a value in dollars, or as the coin's name again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from hedge_core.documents.reader.amounts import UNIT_WORDS, Amount, amount_in, currency_of
from hedge_core.documents.reader.doubts import Doubt
from hedge_core.documents.reader.lines import Line
from hedge_core.market.coin_names import coin_named

PASTED = ("coin", "quantity", "role", "stop loss", "price", "note", "value")
"""The columns that pasted lines are turned into."""

_BULLET = re.compile(r"^\s*(?:[-*•·–—▪◦‣]|\d{1,2}[.)])\s+(?=\S)")
_LINKS = frozenset({":", "=", "x", "×", "-", "–", "—", "→", "->", "~", "of", "|"})
_ABOUT = frozenset("about approx approx. ca ca. circa roughly around etwa ungefähr environ".split())
_WHERE = frozenset(
    "staked locked earn earning bonded delegated in on at lent wallet ledger cold avg average entry cost bought paid "
    "purchased since from sold borrowed owed loan goal target".split()
)
"""Words with which a remark begins that is neither a role nor a number of coins."""
_WORTH = frozenset("worth value valued wert".split())
_CURRENCY_WORDS = {"dollar": "USD", "buck": "USD", "euro": "EUR", "pound": "GBP", "franc": "CHF", "franken": "CHF"}
_STOP_LOSS = re.compile(
    r"(?:(?:speculative|trade)\s+)?(?:stop[- ]?loss|stop|sl)(?:\s+at|:)?\s+[-−]?(?P<below>\d[\d.,]*%)(?=\s|$)",
    re.IGNORECASE,
)
"""A trade with a stop so far below its price. Without a percent sign it could be a price, and is not read."""
_NUMERAL = re.compile(r"[~≈]?[-+−]?[$€£]?[.,]?\d[\d.,'’_]*(?:[eE][-+]?\d+)?[%kKM€]?")


class Pasted(NamedTuple):
    """The lines under PASTED, and what is not certain about them."""

    lines: tuple[Line, ...]
    doubts: tuple[Doubt, ...]


class _Pair(NamedTuple):
    """A coin, its quantity as text, and the words after them."""

    coin: str
    quantity: str
    rest: tuple[str, ...]


def pasted(text: str) -> Pasted | None:
    """The holdings in lines of free text, or None if the text is not written so."""
    numbered = [(row, line.strip()) for row, line in enumerate(text.split("\n"), start=1) if line.strip()]
    in_columns = sum("\t" in line or "|" in line for _, line in numbered)
    if not numbered or 2 * in_columns >= len(numbered):
        return None
    if stacked := _stacked(numbered):
        return stacked
    pairs = {row: found for row, line in numbered if (found := _pairs(line))}
    is_free = not re.search(r"[,;]", text) and numbered[0][0] in pairs
    if not pairs or (2 * len(pairs) < len(numbered) and not is_free):
        return None
    if not any(amount_in(pair.quantity) for found in pairs.values() for pair in found):
        return None
    lines: list[Line] = []
    doubts: list[Doubt] = []
    are_all_listed = all(_BULLET.match(line) for _, line in numbered)
    for row, line in numbered:
        if row not in pairs and _is_heading(line, len(numbered)):
            doubts.append(Doubt("note", f"'{line[:60]}' is not a holding and is left out", row=row))
            continue
        doubts += _line_doubts(row, line, pairs.get(row, []), are_all_listed)
        for pair in pairs.get(row) or [_torn(line)]:
            lines.append(Line(row, _cells(pair)))
            if " " in pair.quantity and amount_in(pair.quantity):
                why = f"'{pair.quantity}' is read as one number; write it without spaces, or put a comma between two"
                doubts.append(Doubt("ask", why, row=row, field="quantity"))
    return Pasted(tuple(lines), tuple(doubts))


def _line_doubts(row: int, line: str, pairs: Sequence[_Pair], are_all_listed: bool) -> list[Doubt]:
    """Return questions about a dash that may be a minus sign, and about a second number after a plus sign."""
    found = []
    if not are_all_listed and re.match(r"[-–—−]\s+[\d.,]", line):
        found.append(Doubt("ask", f"'{line[:30]}' begins with a dash. It is counted as held. Is it a debt?", row))
    more = next((rest for pair in pairs if (rest := re.search(r"\+\s*[\d.,]+", " ".join(pair.rest)))), None)
    if more is not None:
        text = f"'{more[0][:20]}' is not read. Write the sum, or a line for each part"
        found.append(Doubt("ask", text, row, "quantity"))
    return found


def _is_heading(line: str, lines: int) -> bool:
    """Whether a line is words about the list and not a holding: My bag:, or coin quantity."""
    words = line.split()
    return lines > 1 and len(words) > 1 and not any(any(mark.isdigit() for mark in word) for word in words) and (
        line.endswith(":") or len(words) > 2 or not coin_named(words[0]).is_known
    )  # fmt: skip


def _torn(line: str) -> _Pair:
    """Return a line that has no quantity that can be read, for a fault in its row."""
    coin, _, rest = _BULLET.sub("", line).partition(" ")
    quantity, _, more = rest.strip().partition(" ")
    return _Pair(coin, quantity, tuple(more.split()))


def _pairs(line: str) -> list[_Pair]:
    """Return the holdings in one line, or none if it is not written as pasted holdings."""
    line = _BULLET.sub("", line)
    if ";" in line or re.search(r",\s*[A-Za-z]", line):
        parts = [part.strip() for part in re.split(r";\s*|,\s+|,(?=[A-Za-z])", line) if part.strip()]
        if ";" in line:
            parts = [part.strip() for part in line.split(";") if part.strip()]
            parts = [re.sub(r"^([A-Za-z]\S*?),(?=[\d.])", r"\1 ", part) for part in parts]
        found = [pair for part in parts if (pair := _pair(part.split())) and _coin_exists(pair.coin)]
        return found if len(parts) > 1 and len(found) == len(parts) else []
    words = line.split()
    repeated = _repeated(words)
    if repeated:
        return repeated
    pair = _pair(words)
    return [pair] if pair else []


def _coin_exists(text: str) -> bool:
    return coin_named(text).is_known and bool(coin_named(text).coin)


def _repeated(words: Sequence[str]) -> list[_Pair]:
    """Return the pairs of SOL 12.5 LINK 410 AVAX 50, all on one line."""
    if len(words) < 4 or len(words) % 2:
        return []
    found = [_pair(words[i : i + 2]) for i in range(0, len(words), 2)]
    pairs = [pair for pair in found if pair is not None and _coin_exists(pair.coin)]
    return pairs if len(pairs) == len(found) else []


def _pair(words: Sequence[str]) -> _Pair | None:
    """Return the one holding in these words, in either order, or None."""
    glued = amount_in(words[0]) if words else None
    if (
        glued is not None
        and words[0].endswith(glued.unit or " ")
        and _coin_exists(glued.unit)
        and not _coin_exists(words[0])
    ):
        return _Pair(glued.unit, words[0].removesuffix(glued.unit), tuple(words[1:]))
    first = next((i for i, word in enumerate(words) if _is_numeral(word)), None)
    if first is None or (first == 0 and _coin_exists(words[0])):
        first = next((i for i, word in enumerate(words[1:], start=1) if _is_numeral(word)), None)
    if first is None:
        return None
    last = first + 1
    while last < len(words) and re.fullmatch(r"\d{3}(?:[.,]\d+)?", words[last]) and _groups(words[first:last]):
        last += 1
    quantity = " ".join(words[first:last])
    if first == 0:
        return _number_first(quantity, words[last:])
    coin = [word for word in words[:first] if word not in _LINKS and word.lower() not in _ABOUT]
    if len(coin) < first and any(word.lower() in _ABOUT for word in words[:first]):
        quantity = f"~{quantity}"
    name = " ".join(coin).rstrip(":=")
    if not coin or name.endswith(",") or not coin_named(name).coin:
        return None
    if _is_money(words[last:], coin_named(name).coin) and not any(map(_is_numeral, words[last + 1 : last + 2])):
        return _Pair(name, f"{quantity} {_currency(words[last])}", tuple(words[last + 1 :]))
    return _Pair(name, quantity, tuple(words[last:]))


def _currency(word: str) -> str:
    """Return the ISO code of a currency written as a code, a sign or a word; '' if it is none."""
    return currency_of(word) or _CURRENCY_WORDS.get(word.casefold().rstrip("s"), "")


def _is_money(words: Sequence[str], coin: str) -> bool:
    return bool(words) and bool(_currency(words[0])) and _currency(words[0]) != coin


def _groups(words: Sequence[str]) -> bool:
    return re.fullmatch(r"[1-9]\d{0,2}", words[0].lstrip("-+−")) is not None and "." not in words[-1]


def _is_numeral(word: str) -> bool:
    return _NUMERAL.fullmatch(word) is not None or (
        word[:1].isdigit() and word[-1:].isdigit() and amount_in(word) is not None
    )


def _number_first(quantity: str, words: Sequence[str]) -> _Pair | None:
    """Return the holding in 12.5 SOL, or 12.5 Bitcoin Cash, or 3 coins of LINK."""
    rest = list(words)
    while rest and rest[0].lower() in {*UNIT_WORDS, "of", "x", "×"}:
        rest.pop(0)
    if len(rest) > 2 and _currency(rest[0]) and rest[1].lower() in {"in", "of", "worth"}:
        quantity = f"{quantity} {_currency(rest[0])}"
        rest = rest[2 + (rest[2].lower() == "of") :]
    names = [(length, " ".join(rest[:length])) for length in (3, 2, 1) if len(rest) >= length]
    certain = [one for one in names if _coin_exists(one[1]) and not coin_named(one[1]).question]
    others = [one for one in names if _coin_exists(one[1]) or (one[0] == 1 and coin_named(one[1]).coin)]
    for length, name in (*certain[:1], *others[:1]):
        return _Pair(name, quantity, tuple(rest[length:]))
    return None


def _cells(pair: _Pair) -> tuple[str, ...]:
    """Return the pair as cells under PASTED."""
    rest = list(pair.rest)
    price = value = ""
    if rest and rest[0] in {"@", "at", "à"} and len(rest) > 1 and amount_in(rest[1]):
        words = 2 if len(rest) > 2 and currency_of(rest[2]) else 1
        price, rest = " ".join(rest[1 : 1 + words]), rest[1 + words :]
    elif rest and rest[0].startswith("@") and amount_in(rest[0][1:]):
        price, rest = rest[0][1:], rest[1:]
    while rest and (rest[0].lower().rstrip(".") in UNIT_WORDS or _names_the_coin(rest[0], pair.coin)):
        rest.pop(0)
    if len(rest) == 2 and rest[0].lower() in _WORTH and amount_in(rest[1]):
        value, rest = rest[1], []
    if rest and (amount := _money(rest)):
        value, rest = " ".join(rest[: amount[1]]).strip("()="), rest[amount[1] :]
    if rest and (rest[0].lower().strip("(),.") in _WHERE or rest[0].startswith(("(", "#", "//"))):
        return (pair.coin, pair.quantity, "", "", price, " ".join(rest), value)
    if found := _STOP_LOSS.match(" ".join(rest)):
        remark = " ".join(rest)[found.end() :].strip()
        return (pair.coin, pair.quantity, "speculative", found["below"], price, remark, value)
    role, stop, own, *note = [*rest[:3], *[""] * (3 - len(rest[:3])), *rest[3:]]
    return (pair.coin, pair.quantity, role, stop, price or own, " ".join(note), value)


def _names_the_coin(word: str, coin: str) -> bool:
    named = coin_named(word.strip("()"))
    return bool(named.coin) and named.coin == coin_named(coin).coin


def _money(words: Sequence[str]) -> tuple[Amount, int] | None:
    """Return an amount of money at the start of the words, and of how many words it is."""
    words = words[1:] if words[0] == "=" else words
    for length in (1, 2):
        amount = amount_in(" ".join(words[:length]).strip("()="))
        if amount is not None and amount.currency:
            return amount, length
    return None


def _stacked(numbered: Sequence[tuple[int, str]]) -> Pasted | None:
    """Return holdings of which each part has a line of its own: a name, then an amount, then perhaps a value.

    So text copied from a wallet reads: Ethereum / 1.2045 ETH / $3,830.31.
    """
    if len(numbered) < 2 or not _is_name(numbered[0][1]):
        return None
    lines: list[Line] = []
    cells = dict.fromkeys(PASTED, "")
    row = 0
    for number, text in [*numbered, (0, "")]:
        amount = amount_in(text)
        if amount is None:
            if cells["coin"]:
                if not cells["quantity"]:
                    return None
                lines.append(Line(row, tuple(cells.values())))
            if text and not _is_name(text):
                return None
            cells = dict.fromkeys(PASTED, "") | {"coin": text}
            row = number
        elif amount.is_percent:
            continue
        elif amount.currency:
            cells["value" if cells["quantity"] else "price"] = text
        elif cells["quantity"]:
            return None
        else:
            cells["quantity"] = text
    return Pasted(tuple(lines), ())


def _is_name(text: str) -> bool:
    """Whether a line of its own may be a coin's name or ticker."""
    if any(_is_numeral(word) for word in text.split()):
        return False
    return amount_in(text) is None and len(text) <= 40 and bool(coin_named(text).coin) and not re.search(r"[,;=]", text)
