"""What each row of a table of holdings is: coins held, a debt, a total, a remark, spam, something that is no coin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from hedge_core.documents.reader.amounts import amount_in
from hedge_core.documents.reader.columns import Column
from hedge_core.documents.reader.lines import Line
from hedge_core.documents.reader.row_words import GONE, OWED, words_in
from hedge_core.market.coin_names import coin_by_name, coin_named

Section = Literal["held", "owed", "gone"]
RowKind = Literal["held", "owed", "total", "remark", "spam", "not a coin", "unclear"]

TOTALS = re.compile(
    r"(grand |sub|portfolio |zwischen)?(total|sum|summe|gesamt|insgesamt|somme|suma|totale|totaal|razem|toplam"
    r"|gesamtsumme|gesamtwert|gesamtergebnis|итого|всего|合計|合计|总计|합계"
    r"|net worth|overall|average|avg\.?|mean|median|count|minimum|maximum"
    r"|mittelwert|durchschnitt|anzahl)( .{0,30}| ?[:=].*|s)?",
    re.IGNORECASE,
)
_HELD = frozenset("assets holdings supplied deposits vermögen guthaben wallet actifs activos attivi bezit".split())
_NOT_HELD = frozenset("watchlist wishlist watching archive archived history former beobachtungsliste merkliste".split())
_CLASSES = frozenset(
    "class category type kind typ art gattung assetklasse anlageklasse kategorie aclass product".split()
)
_COIN_CLASSES = re.compile(r"crypto|krypto|coin|token|digital|currency|währung|cash|fiat|stable|spot", re.IGNORECASE)
_OTHER_CLASSES = re.compile(
    r"\b(stocks?|equit(y|ies)|etfs?|etns?|funds?|bonds?|futures?|options?|warrants?|cfds?|perp(etual)?s?|derivatives?|aktien?"
    r"|fonds|anleihen?|zertifikate?|nfts?|collectibles?|real estate|commodit(y|ies)|derivat(e|en)?)\b",
    re.IGNORECASE,
)
_ADVERT = re.compile(
    r"https?:|www\.|t\.me/|\b(claim|visit|airdrop|voucher|giveaway|reward at|rewards? at|free mint|eligible)\b"
    r"|\b[a-z0-9-]{2,}\.(com|io|xyz|net|org|site|app|gift|fi|finance|pro|live|top|vip|club|online|claims|cc|me|lol|fund)\b",
    re.IGNORECASE,
)
_DEBT_TOKEN = re.compile(r"(?:variable|stable)?[dD]ebt(?:Eth|Arb|Opt|Pol|Bas|Base|Ava|Gno|Bnb)?(?=[A-Z])", re.ASCII)
_COMPANY = re.compile(
    r"\b(inc|corp(oration)?|plc|ag|se|nv|ltd|etf|ucits|ishares|vanguard|s&p|msci|common stock|ordinary shares)\b",
    re.IGNORECASE,
)


def kind_columns(columns: Sequence[Column], rows: Sequence[Line], coin: Column) -> list[Column]:
    """The columns whose words say what a row is; a column of another title counts if a cell is a word for a debt."""
    found = [column for column in columns if column.meaning == "kind" and column.index != coin.index]
    for column in columns:
        is_text = column.meaning != "note" and 2 * len(column.amounts) <= column.filled
        if column in found or column.index == coin.index or not is_text:
            continue
        if any(words_in(line.cells[column.index]) & OWED for line in rows):
            found.append(column)
    return found


def row_kind(line: Line, coin: Column, kinds: Sequence[Column], amounts: Sequence[Column]) -> RowKind:
    """What the row is. `kinds` are the columns of `kind_columns`, `amounts` those that count coins."""
    text = line.cells[coin.index]
    filled = [cell for cell in line.cells if cell]
    if TOTALS.fullmatch(text or filled[0]) and not (text and coin_named(text).is_known):
        return "total"
    if not any(line.cells[column.index] for column in amounts) and (len(filled) == 1 or len(text) > 40):
        return "remark"
    if not text and not any(amount_in(cell) for cell in filled):
        return "remark"
    if debt_token(text):
        return "owed"
    names = [line.cells[column.index] for column in (coin, *kinds)]
    if any(is_advert(cell) and "pool" not in coin_named(cell).note for cell in names[:1]):
        return "spam"
    for column in kinds:
        cell = line.cells[column.index]
        words = words_in(cell)
        if words & OWED:
            return "owed"
        if words & GONE:
            return "unclear"
        is_class = bool(words_in(column.title) & _CLASSES)
        if is_class and _OTHER_CLASSES.search(cell) and not _COIN_CLASSES.search(cell):
            return "not a coin"
    return "held"


def debt_token(text: str) -> str:
    """The token that a debt token of a lending protocol stands for: WETH for variableDebtEthWETH; '' if it is none."""
    match = _DEBT_TOKEN.match(text)
    return text[match.end() :] if match is not None and not coin_named(text).is_known else ""


def is_company(text: str) -> bool:
    """Whether a name is that of a company or a fund, as in an account that holds shares beside coins."""
    return bool(_COMPANY.search(text)) and not coin_by_name(text)


def is_advert(text: str) -> bool:
    """Whether a token's name invites to a website, as tokens do that are sent to thousands of wallets."""
    return bool(_ADVERT.search(text)) and not coin_by_name(text)


def section_of(line: Line) -> Section | None:
    """The section that a line of one cell begins: of coins held, owed or gone; None if it begins none."""
    filled = [cell for cell in line.cells if cell]
    if len(filled) != 1 or amount_in(filled[0]) is not None:
        return None
    words = words_in(filled[0].rstrip(":"))
    if words & OWED:
        return "owed"
    if words & (GONE | _NOT_HELD):
        return "gone"
    return "held" if words & _HELD else None
