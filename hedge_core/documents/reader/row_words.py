"""Words that say what a row of a table is, in the languages of the files that we know: a debt, gone, a total, a place.

Limits: a word counts wherever it stands in a cell. Words that mean a debt in one language and something harmless in
another (French prêt, also `ready`) are left out.
"""

from __future__ import annotations

import re

OWED = frozenset(
    "debt debts liability liabilities borrowed borrow borrowing borrows loan loans owed owing short credit "
    "schulden schuld kredit kredite darlehen verbindlichkeit verbindlichkeiten geliehen ausgeliehen "
    "emprunt emprunts emprunté dette dettes prestado prestamo préstamo préstamos deuda deudas "
    "prestito prestiti debito debiti lening leningen empréstimo empréstimos dívida dívidas pożyczka pożyczki dług "
    "borç kredi lån skuld skulder gæld gjeld dluh půjčka долг долги заём займ кредит займы "
    "借入 借入金 借款 负债 負債 借贷 贷款 대출 부채".split()
)
GONE = frozenset(
    "withdrawn repaid redeemed closed sold exited liquidated verkauft geschlossen zurückgezahlt vendu vendue vendido "
    "vendida venduto verkocht sprzedane satıldı продано planned wanted geplant prévu 売却済み 已卖出 매도".split()
)
DEBIT = frozenset("dr debit soll".split())

_FLAG_GONE = re.compile(
    r"(is |was |already )?(sold|closed|exited|withdrawn|archived|inactive|hidden|deleted|removed|excluded|ignored"
    r"|verkauft|vendu)\??"
)
_FLAG_HELD = re.compile(
    r"(is |still )?(active|open|held|hold|owned|in portfolio|in wallet|aktiv|included?|count(ed)?)\??"
)
_YES = frozenset("yes y true 1 x ✓ ✔ ☑ ja j oui si sí sim да wahr vrai".split())
_MINUS = frozenset("- − – -1 neg negative minus s short".split())
_SIGNS = frozenset("+/- +/− sign l/s long/short vorzeichen signe".split())
_NO = frozenset("no n false 0 nein non não нет falsch faux".split())
_SALE = re.compile(
    r"(sell|sale|sold|exit|selling|disposal|verkaufs?)[ -]?(price|date|value|time|proceeds|kurs|preis|datum)"
    r"|(price|date) (sold|of sale)|sold (at|on|for)|proceeds"
)
_EVERYWHERE = re.compile(
    r"(sub-?|grand )?(all|total|totals|sum|overall|combined|together|aggregated?|everything|everywhere|alle|gesamt"
    r"|summe|insgesamt|zusammen|tous|toutes|todas|todos|totale|tutti|tutte|totaal|razem|suma|toplam|итого|всего"
    r"|合計|合计|总计|합계)\b( (accounts?|wallets?|exchanges?|konten|börsen|comptes|cuentas|of (it|them)))?",
    re.IGNORECASE,
)
_TOTAL_AFTER = re.compile(
    r"(?P<coin>.{1,30}?)[\s:–-]+[(\[]?(?:(?:sub-?|grand )?total|sum|summe|gesamt|zusammen|итого)[)\]]?", re.IGNORECASE
)
_TOTAL_BEFORE = re.compile(r"(?:(?:sub-?)?total|sum|summe|gesamt)(?: of)?[\s:–-]+(?P<coin>.{1,30})", re.IGNORECASE)
_UNIT = frozenset("unit units uom einheit unité unidad".split())
_FACTOR = frozenset({"multiplier", "factor", "scale", "contract size", "lot size", "multiplikator", "faktor"})
_PART = re.compile(
    r"\b(of which|thereof|davon|darin|dont|di cui|de los cuales|waarvan|varav"
    r"|(already )?(included|counted|contained) (above|in|there|elsewhere)|oben enthalten|bereits enthalten)\b",
    re.IGNORECASE,
)
_PLACES = frozenset(
    "kraken binance coinbase okx bybit kucoin gate.io gateio bitget mexc htx huobi bitfinex bitstamp gemini "
    "crypto.com bitpanda bitvavo nexo revolut robinhood etoro ledger trezor metamask phantom exodus trustwallet "
    "rabby keplr electrum bitbox coldcard ellipal tangem upbit bithumb bitflyer coinspot swyftx luno".split()
)
_PLACE_WORDS = frozenset(
    "wallet wallets account exchange cold hot hardware spot funding earn savings custody nano live card app pro one "
    "advanced main sub".split()
)


def words_in(text: str) -> frozenset[str]:
    """The words of a short text in lower case; none for a text of more than 40 characters.

    Short and long term say how long coins are held, so `short` is no word for a debt there.
    """
    words = frozenset(re.findall(r"[^\W\d_]+", text.casefold())) if len(text) <= 40 else frozenset()
    return words - {"short", "long"} if "term" in words else words


def flag_of_gone(title: str, cell: str) -> bool:
    """Whether a cell under a title such as Sold? or Active says that the coins are gone."""
    name, answer = title.casefold().strip(), cell.casefold().strip()
    return bool((_FLAG_GONE.fullmatch(name) and answer in _YES) or (_FLAG_HELD.fullmatch(name) and answer in _NO))


def flag_of_debt(title: str, cell: str) -> bool:
    """Whether a cell under a title such as Is debt, Borrowed or +/- says that the coins are owed."""
    answer = cell.casefold().strip()
    if title.casefold().strip() in _SIGNS:
        return answer in _MINUS
    return bool(words_in(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", title)) & OWED) and answer in _YES - {"1"}


def is_part_of_another(cell: str) -> bool:
    """Whether a remark says that the quantity is part of another row: of which staked, davon, included above."""
    return _PART.search(cell) is not None


def names_units(title: str) -> bool:
    """Whether a column states in which unit the quantity of a row is."""
    return title.casefold().strip() in _UNIT


def names_factor(title: str) -> bool:
    """Whether a column states by what the quantity of a row is to be multiplied."""
    return title.casefold().replace("_", " ").strip() in _FACTOR


def is_about_a_sale(title: str) -> bool:
    """Whether a title says at what price or on which day coins were sold."""
    return bool(_SALE.search(title.casefold()))


def means_everywhere(text: str) -> bool:
    """Whether the cell of an account or wallet stands for all of them together."""
    return _EVERYWHERE.fullmatch(text.strip()) is not None


def without_total(text: str) -> str:
    """The coin in `SOL Total` or `Sum of SOL`; '' if the text is not written so."""
    match = _TOTAL_AFTER.fullmatch(text) or _TOTAL_BEFORE.fullmatch(text)
    return match["coin"].strip() if match is not None else ""


def is_place(text: str) -> bool:
    """Whether a text names an exchange or a wallet, as in Kraken or Ledger Nano."""
    name = text.casefold().strip()
    words = frozenset(re.split(r"[\s_-]+", name))
    return name in _PLACES or (bool(words & _PLACES) and words <= _PLACES | _PLACE_WORDS)
