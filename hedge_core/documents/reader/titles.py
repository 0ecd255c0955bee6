"""What a column's title says: its meaning, and the currency that it states.

Titles are looked up in `hedge_core/data/column_titles.csv` (English, German and others). A title that is not there is
taken apart: `Value in EUR`, `tokenSymbol` and `Bestand (verfügbar)` are understood by their words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from hedge_core.documents.reader.amounts import currency_of
from hedge_core.tables import shipped_rows

CRYPTO_UNITS = frozenset({"BTC", "ETH", "XBT", "USDT", "USDC", "SATS"})
AMOUNTS = frozenset({"quantity", "net", "free", "part", "debt"})
"""Meanings of columns that count coins."""

_SCALED = re.compile(
    r"(?:(?:\bin |[(\[])\s*(?:k|m|mm|mn|bn|thousands?|millions?|billions?|tsd\.?|tausend|mio\.?|mrd\.?|milliers"
    r"|millones|lakhs?|crores?|000s?|x ?1[ ,.]?000)\s*[)\]]?$)"
    r"|\b(?:qty|quantity|amount|balance|units|menge|anzahl|betrag|in) (?:k|mm|mio|mln|tsd)\.?$"
    r"|\b(?:wei|gwei|lamports?|raw|(?:base|smallest|minimal|atomic) units?|drops|stroops|uatom|satoshis?|sats"
    r"|m(?:illi)?-?(?:btc|eth|bitcoins?)|µ(?:btc|eth)|bits)\b",
    re.IGNORECASE,
)
"""Titles of columns that count thousands, or the smallest units of a coin."""

_NOT_PER_COIN = re.compile(r"\b(?:per|/) ?\d{2,}|[(\[\s](?:p|pence|penny|cents?|ct|¢|k ?[$€£])[)\]]?$")
"""Titles of prices for many coins at once, or in hundredths of a currency."""

_WORDS: tuple[tuple[str, str], ...] = (
    ("ignored", r"p ?(&|/|n) ?l|\brewards?\b|\binterest\b|\bearned\b|cumulative|profit"
                r"|gain|\broi\b|gewinn|veränderung|24 ?h|\b7 ?d\b|market ?cap|marktkap|supply|volum"
                r"|\bmin(imum)?\b|\btarget\b|\bgoal\b|\blimit\b|yesterday|\bprevious\b|last (week|month|year)"
                r"|\bopening\b"
                r"|\bfees?\b|gebühr|\brank\b|unreali[sz]ed|reali[sz]ed|\bchange\b"),
    ("currency", r"(price|value|quote|cost|fiat|kurs|wert|preis)\w* (currency|währung|waehrung|devise|valuta|moneda)"),
    ("coin", r"(balance|amount) (currency|ccy|coin|asset)"),
    ("derivative", r"leverage|liquidation|margin mode|hebel|position ?(size|amt|amount)"),
    ("transaction", r"tx|transaction (id|hash)|order ?(id|no)|\bhash\b|trade ?id"
                    r"|(sent|received|sell|buy|withdraw(n|al)?|deposit|airdrop|transfer) (amount|currency|quantity"
                    r"|qty)"),
    ("cost", r"\b(sell|sold|exit|target)\b"
             r"|cost|avg|average|purchase|bought|invest|entry|kauf|einstand|anschaffung|durchschnitt|paid|acquisition"
             r"|achat|compra|acquisto|aankoop"),
    ("percent", r"%|percent|prozent|pct|allocation|weight|gewicht|anteil|\bshare of\b|\bap[yr]\b"),
    ("price", r"price|\bkurs\b|preis|prix|precio|prezzo|prijs|preço|\bcena\b|\bquote\b|\brate\b"),
    ("value", r"value|worth|wert\b|valeur|valor|waarde|valuation|equivalent|\bfiat\b|\bmoney\b|dollars?\b|\beuros?\b"),
    ("debt", r"borrow|debt|credit used|used credit|\bdrawn\b|\bloan|\bowed?\b|liabilit|schuld|geliehen|kredit|darlehen"
             r"|prestado|emprunt|lening|prestit|долг|借入|负债"),
    ("free", r"\bavail|verfügbar|verfuegbar|disponib|beschikbaar|\bfree\b|unlocked|spendable|withdrawable"
             r"|transferable"),
    ("part", r"lock|frozen|freez|stak|\bhold\b|on hold|in (open )?orders?|reserved|pending|bonded|delegat|\bearn"
             r"|\blent\b|gesperrt|gebunden|eingefroren|bloque|blocked|suppl(y|ied)|deposited|collateral|vest|in use"),
    ("date", r"\bdate\b|\btime\b|timestamp|datum|\bzeit"),
    ("symbol", r"symbol|ticker|kürzel|\bcode\b"),
    ("name", r"\bname\b|bezeichnung|\bnom\b|nombre"),
    ("quantity", r"quantit|amount|\bqty\b|balance|holding|\bunits?\b|menge|bestand|anzahl|stück|guthaben|saldo"
                 r"|cantidad|hoeveelheid|aantal|number of|\bowned?\b|held\b|quantidade|\bsolde\b|ilość"),
    ("coin", r"coin|token|asset|crypto|krypto|münze|moneda|monnaie|currency|währung"),
)  # fmt: skip


class Title(NamedTuple):
    """A column's title as written, its meaning ('' if unknown) and the currency or coin that its amounts are in."""

    text: str
    meaning: str
    currency: str = ""
    is_exact: bool = False


@lru_cache(maxsize=1)
def _meanings() -> Mapping[str, str]:
    return {row["title"]: row["meaning"] for row in shipped_rows("column_titles.csv")}


OTHER_MONEY = frozenset(
    {"ja", "ko", "ru", "uk", "cs", "pl", "hu", "tr", "sv", "da", "fi", "id", "vi", "zh", "ro", "pt"}
)
"""Languages of countries where a price without a currency may well be in another money than dollars or euros."""


@lru_cache(maxsize=1)
def _languages() -> Mapping[str, str]:
    return {row["title"]: row["language"] for row in shipped_rows("column_titles.csv")}


def suggests_other_money(text: str) -> bool:
    """Whether a title is in a language of OTHER_MONEY."""
    return _languages().get(_plain(" ".join(text.split()))) in OTHER_MONEY


@lru_cache(maxsize=2_000)
def title_of(text: str) -> Title:
    """What a title means. A column that counts coins by its words but states a currency holds money, not coins."""
    shown = " ".join(text.split())
    if len(shown) > 100:
        return Title(shown, "")
    words = _plain(shown)
    if words in _meanings():
        meaning = _meanings()[words]
        return Title(shown, meaning, _currency_within(words) if meaning in {"value", "price", "cost"} else "", True)
    base, inner = _without_brackets(words)
    currency, base = _split_currency(base, inner)
    qualifier = _meanings().get(inner, "")
    if qualifier in {"free", "part", "debt", "net"}:
        return Title(shown, qualifier, "", True)
    meaning = _meanings().get(base) or ("value" if currency and not base else _by_words(base))
    is_exact = base in _meanings()
    if not meaning and inner:
        meaning = _meanings().get(inner, "")
    is_scaled = _SCALED.search(words) or (meaning == "price" and _NOT_PER_COIN.search(words))
    if meaning in AMOUNTS | {"price", "value"} and is_scaled:
        meaning = "scaled"
    if inner == "%" or (inner and "%" in inner):
        meaning = "percent"
    if currency and meaning in AMOUNTS:
        meaning = "value" if meaning in {"quantity", "net"} else "ignored"
    return Title(shown, meaning, currency, is_exact)


def _plain(text: str) -> str:
    """Return a title in lower case with one space between words: tokenSymbol and token_symbol as token symbol."""
    if " " not in text:
        text = re.sub(r"(?<=[a-zäöü])(?=[A-Z])", " ", text)
    return " ".join(re.sub(r"[_\s]+", " ", text).casefold().strip(" :*.").split())


def _without_brackets(words: str) -> tuple[str, str]:
    match = re.fullmatch(r"(.*?)\s*[(\[]\s*([^()\[\]]*?)\s*[)\]]\s*(.*)", words)
    return (f"{match[1]} {match[3]}".strip(), match[2]) if match else (words, "")


def _unit(word: str) -> str:
    code = currency_of(word)
    return code or (word.upper() if word.upper() in CRYPTO_UNITS else "")


def _split_currency(base: str, inner: str) -> tuple[str, str]:
    """Return the currency in the title, and the title without it: value in eur, usd value, wert (€), amount usd."""
    if unit := _unit(inner.removeprefix("in ").strip()):
        return unit, base
    words = base.split()
    for place in (-1, 0):
        if words and (unit := _unit(words[place].strip("/"))):
            rest = words[:-1] if place else words[1:]
            if rest and rest[-1] in {"in", "/"}:
                rest = rest[:-1]
            return unit, " ".join(rest)
    return "", base


def _currency_within(words: str) -> str:
    return next((unit for word in words.split() if (unit := _unit(word))), "")


def _by_words(text: str) -> str:
    return next((meaning for meaning, pattern in _WORDS if re.search(pattern, text)), "")
