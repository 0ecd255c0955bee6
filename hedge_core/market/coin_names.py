"""Which coin a name stands for: tickers, full names, exchanges' own symbols, pairs and contract addresses.

The names are in `hedge_core/data/coin_names.csv`, each with its source and date. What a symbol is worth in another
coin (wrapped, staked, renamed) is not decided here but by `resolve_coin`. Limits: a ticker that is not in the table
is taken as it is, and two coins may share one ticker.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from hedge_core.errors import InvalidInput
from hedge_core.market.coins import coin_of, coin_symbol, is_cash, is_known
from hedge_core.tables import shipped_rows

QUOTES = ("USDT", "USDC", "USD", "EUR", "BUSD", "FDUSD", "TUSD", "GBP", "JPY", "CHF", "TRY", "BTC", "XBT", "ETH")
"""What coins are quoted in, as the second half of a pair."""

_DERIVATIVE = re.compile(r"[-_/](PERP|SWAP|FUT|FUTURES?|CALL|PUT)\b|(?<=.)\bPERP(ETUAL)?$|-\d{6}(-|$)")
_POOL = re.compile(r"\b(S?LP|UNI-V[23]|AMM|LIQUIDITY POOL)\b|\bV[23] \S+[/-]\S+")
_LEVERAGED = re.compile(r"\b(INVERSE|SHORT|LONG|BULL|BEAR|\d{1,2}X)\b(?=.)|(?<=\S )\d{1,2}X$")
_LEVERAGED_TOKEN = re.compile(r"([A-Z]{2,6})(?:UP|DOWN|BULL|BEAR|[2-5][LS])")
_QUALIFIERS = frozenset(
    "staked staking locked earn earning spot funding wallet savings flexible bonded delegated frozen vested vesting "
    "ethereum arbitrum base polygon optimism solana bsc bep20 erc20 trc20 mainnet network bridged native".split()
)
_BRIDGES = frozenset(
    "wormhole sollet portal multichain anyswap celer axelar layerzero allbridge stargate hop nomad synapse "
    "avalanche bnb chain smart binance tron near aptos sui fantom sonic cronos gnosis linea scroll zksync era "
    "starknet mantle blast celo moonbeam harmony pos bridge one zk evm opbnb unichain berachain ronin lightning "
    "lido rocket pool jito marinade coinbase kraken okx bybit kucoin aave compound maker curve yearn eigenlayer "
    "etherfi convex morpho spark ledger metamask phantom exodus".split()
)
"""Words for a bridge, a network or a place, as in Ethereum (Wormhole) or ETH (Lido), beside `_QUALIFIERS`."""
_BRIDGED = re.compile(
    r"(?:binance[- ]peg(?:ged)?|bridged|pegged|axelar wrapped|multichain|portal)\s+(.+?)(?:\s+token)?", re.I
)
_FORMER = re.compile(
    r"\s*[(\[]\s*(?:ex|prev|previously|former|formerly|was|old name|ehemals|früher|vormals)\b[-.: ]*[^()\[\]]*[)\]]",
    re.I,
)
_PLATFORM = re.compile(r"(CRYPTO|[A-Z]{3,12}):(?=[A-Z0-9])")
_KRAKEN = re.compile(r"([A-Z0-9]+?)(?:\d\d)?\.(?:S|F|M|B|P|T|HOLD)")
_ADDRESS = re.compile(r"0x[0-9a-f]{40}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NamedCoin:
    """The coin that a text stands for.

    `coin` is its symbol, '' if the text names none; then `note` says why. One unit of what the text names is `units`
    coins: 1000PEPE is 1,000 PEPE. `note` says how the text was understood if that is not plain, and `question` what
    the user must confirm. `is_known`: the table of names or the caller's list has the coin.
    """

    coin: str
    units: float = 1.0
    note: str = ""
    question: str = ""
    is_known: bool = True


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Mapping[str, str]]:
    """Text in lower case -> coin, one mapping for each kind: name, exchange, sign, address, two coins."""
    tables: dict[str, dict[str, str]] = {}
    for row in shipped_rows("coin_names.csv"):
        value = f"{row['coin']}: {row['source']}" if row["kind"] == "two coins" else row["coin"]
        tables.setdefault(row["kind"], {})[row["text"].casefold()] = value
    return tables


@lru_cache(maxsize=1)
def known_coins() -> frozenset[str]:
    """Every coin that the table of names has."""
    return frozenset(coin for kind in ("name", "exchange", "address") for coin in _table()[kind].values())


def coin_by_name(text: str) -> str:
    """The symbol of the coin with this full name (case does not matter), or ''.

    A service's id with hyphens is read too: shiba-inu, matic-network.
    """
    name = " ".join(text.split()).casefold()
    found = _table()["name"].get(name, "")
    return found or (_table()["name"].get(name.replace("-", " "), "") if "-" in name else "")


def coin_named(text: str, known: Collection[str] = ()) -> NamedCoin:
    """The coin that `text` names. `known` are further symbols that exist, such as those of the market source."""
    return _named(text, known if isinstance(known, frozenset) else frozenset(known))


@lru_cache(maxsize=4_000)
def _named(text: str, known: frozenset[str]) -> NamedCoin:
    shown = " ".join(text.split())[:40]
    cleaned = _cleaned(text)
    if cleaned.casefold() in _table()["sign"]:
        return NamedCoin(_table()["sign"][cleaned.casefold()])
    for rotki in (re.search(r"symbol:([^\s>]+)>?$", cleaned), re.fullmatch(r"([A-Za-z]{2,10})-\d", cleaned)):
        if rotki:
            cleaned = rotki[1]
    if address := _ADDRESS.search(cleaned):
        coin = _table()["address"].get(address[0].lower(), "")
        why = f"'{shown}' is a contract address" + (f", {coin}" if coin else " that we do not know; enter the ticker")
        return NamedCoin(coin, note=why, is_known=bool(coin))
    if _DERIVATIVE.search(cleaned.upper()):
        return NamedCoin(
            "", note=f"'{shown}' is a futures contract or an option, not a coin that you hold", is_known=False
        )
    if " " in cleaned and (_POOL.search(cleaned.upper()) or _LEVERAGED.search(cleaned.upper())):
        return NamedCoin("", note=f"'{shown}' is a share of a pool or a leveraged product, not a coin", is_known=False)
    if cleaned.startswith(("=", "@", "<")):
        return NamedCoin("", note=f"'{shown}' is not a coin symbol: use the ticker, such as SOL.", is_known=False)
    found = _whole(cleaned, known) or _parts(cleaned, known)
    token = _LEVERAGED_TOKEN.fullmatch(cleaned)
    if token is not None and (found is None or not found.is_known) and _exists(token[1], known):
        return NamedCoin("", note=f"'{shown}' is a leveraged token, not a coin", is_known=False)
    if found is None:
        try:
            coin_symbol(cleaned)
        except InvalidInput as error:
            return NamedCoin("", note=str(error), is_known=False)
        coin, units = coin_of(cleaned if re.match(r"k[A-Z]", cleaned) else cleaned.upper())
        is_multiple = units != 1.0 and _exists(coin, known)
        found = NamedCoin(coin, units) if is_multiple else NamedCoin(cleaned.upper(), is_known=False)
    question = _table()["two coins"].get(cleaned.casefold(), "")
    note = found.note or (f"'{shown}' is read as {_amount(found)}" if cleaned.upper() != found.coin else "")
    return NamedCoin(found.coin, found.units, note, question.partition(": ")[2] or found.question, found.is_known)


def _amount(found: NamedCoin) -> str:
    return found.coin if found.units == 1.0 else f"{found.units:,.0f} {found.coin}"


def _cleaned(text: str) -> str:
    """Return the text without marks that people put around tickers: $SOL, #LINK, AVAX*, emoji, invisible characters."""
    kept = (
        text
        if text.isascii() and text.isprintable()
        else "".join(
            "-" if unicodedata.category(mark) == "Pd" else " " if mark.isspace() else mark
            for mark in unicodedata.normalize("NFKC", text)
            if unicodedata.category(mark) not in {"Cf", "Cc", "So", "Sk", "Mn"} or mark.isspace()
        )
    )
    cleaned = " ".join(kept.split()).strip("*†‡•·,;:\"'“”„ ")
    if cleaned.casefold().startswith("ð") and len(cleaned) > 1:
        cleaned = f"D{cleaned[1:]}"
    return cleaned.lstrip("$#") or cleaned


def _exists(symbol: str, known: Collection[str]) -> bool:
    return symbol in known or symbol in known_coins() or is_known(symbol)


def _whole(text: str, known: Collection[str]) -> NamedCoin | None:
    """Return the coin if the whole text is a ticker that exists, a full name or an exchange's symbol."""
    symbol = text.upper()
    exchange = _table()["exchange"].get(text.casefold())
    if exchange:
        return NamedCoin(exchange)
    if _exists(symbol, known):
        return NamedCoin(symbol)
    if coin := coin_by_name(text):
        return NamedCoin(coin)
    if kraken := _KRAKEN.fullmatch(symbol):
        return _whole(kraken[1], known) or NamedCoin(kraken[1], is_known=False)
    if symbol.startswith("LD") and len(symbol) > 3 and (lent := _whole(symbol[2:], known)):
        return lent
    return _pair(symbol, known)


def _pair(symbol: str, known: Collection[str]) -> NamedCoin | None:
    """Return the first half of a pair, such as SOL-USD, LINKUSDT, BINANCE:NEARUSDT or BTC.USD-PAXOS."""
    symbol = _PLATFORM.sub("", symbol, count=1) if _PLATFORM.match(symbol) else symbol
    parts = re.split(r"[-/_:. ]+", symbol)
    if " " in symbol and not (parts[-1] in QUOTES and is_cash(parts[-1])):
        return None
    if len(parts) in (2, 3) and parts[1] in QUOTES and parts[0]:
        return _base(parts[0], known) or NamedCoin(parts[0], is_known=False)
    if len(parts) != 1:
        return None
    for quote in QUOTES:
        base = symbol.removesuffix(quote)
        if base != symbol and base and (found := _base(base, known)):
            return found
    return NamedCoin(symbol) if _exists(symbol, known) else None


def _base(symbol: str, known: Collection[str]) -> NamedCoin | None:
    """Return the coin in the first half of a pair, if it exists; 1000PEPE is 1,000 PEPE, and Yahoo's UNI7083 is UNI."""
    if _exists(symbol, known):
        return NamedCoin(symbol)
    if exchange := _table()["exchange"].get(symbol.casefold()):
        return NamedCoin(exchange)
    coin, units = coin_of(symbol)
    if units != 1.0 and _exists(coin, known):
        return NamedCoin(coin, units)
    yahoo = re.fullmatch(r"([A-Z]{2,6})\d{3,5}", symbol)
    return NamedCoin(yahoo[1]) if yahoo is not None and _exists(yahoo[1], known) else None


def _parts(text: str, known: Collection[str]) -> NamedCoin | None:
    """Return the coin that a ticker and a name together stand for: Solana (SOL), SOL - Solana, Chainlink LINK.

    Words about where the coin lies, as in `ETH (Arbitrum)` or `Staked SOL`, are passed over. So are former names, as in
    `Polygon (ex-MATIC)`, and bridges, as in `Ethereum (Wormhole)` or `Binance-Peg Ethereum Token`.
    """
    if former := _FORMER.search(text):
        rest = text[: former.start()] + text[former.end() :]
        named = coin_by_name(rest)
        return NamedCoin(named) if named else _whole(rest, known) or _parts(rest, known)
    inner = re.fullmatch(r"(.+?)\s*[(\[]\s*([^()\[\]]+?)\s*[)\]]", text)
    if inner is None:
        inner = re.fullmatch(r"(\S.*?)\s+[-|/:]\s+(\S.*)", text)
    is_ticker = inner is not None and inner[2].isupper() and not inner[1].isupper()  # Sonic (SONIC): two names
    is_network = inner is not None and not is_ticker and _words(inner[2]) <= _BRIDGES | _QUALIFIERS
    if inner is not None and is_network and (own := _bridged(inner[1], known)):
        return own
    if (bridged := _BRIDGED.fullmatch(text)) and (own := _bridged(bridged[1], known)):
        return own
    if inner is not None:
        parts = [inner[1], inner[2]]
    elif re.fullmatch(r"\S+(?: \S+){1,4}", text):
        head, _, tail = text.rpartition(" ")
        first, _, rest = text.partition(" ")
        for ticker, name in ((tail, head), (first, rest)):
            if coin_by_name(name) or (ticker.isupper() and _ticker(ticker) and len(ticker) <= 6):
                parts = [name, ticker]
                break
        else:
            parts = [first, rest] if first.casefold() in _QUALIFIERS else [head, tail]
    else:
        return None
    plain = [part for part in parts if not _words(part) <= _QUALIFIERS] or [p for p in parts if coin_by_name(p)]
    if len(plain) == 1:
        return _whole(plain[0], known) or (NamedCoin(plain[0].upper(), is_known=False) if _ticker(plain[0]) else None)
    found = [whole for part in plain if (whole := _whole(part, known)) is not None]
    if len({one.coin for one in found}) == 2:
        chosen = found[1]
        why = f"'{text[:40]}' names {found[0].coin} and {chosen.coin}"
        return NamedCoin(chosen.coin, note=f"{why}; {chosen.coin} is taken", question=why)
    others = [part for part in plain if _whole(part, known) is None]
    if found and others and inner is None:
        near = next(iter(_by_name_like(text)), "")
        why = f"it may be {near}, misspelt" if near else f"'{others[0][:24]}' is no part of its name that we know"
        return replace(found[0], question=f"'{text[:40]}': {why}")
    if found:
        return found[0]
    tickers = [part for part in plain if part.isupper() and _ticker(part)]
    return NamedCoin(tickers[-1], is_known=False) if tickers else None


def _bridged(text: str, known: Collection[str]) -> NamedCoin | None:
    """Return the coin that lies on another network than its own, from its name or ticker: USDC, Wrapped SOL."""
    if bridged := _BRIDGED.fullmatch(text):
        text = bridged[1]
    return _whole(text, known) or (_parts(text, known) if " " in text and not _words(text) <= _QUALIFIERS else None)


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]+", text.casefold()))


def _ticker(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.\-]{0,15}", text) is not None


def nearest_known(text: str, known: Collection[str] = ()) -> str:
    """The coin whose ticker or full name is one slip away from `text`, or ''; for three letters and more.

    A slip is two neighbours swapped (SLO, BITCION), or one letter added, lost or changed. Many tickers of three letters
    differ in one letter only, so for those only swaps count; for tickers of four letters and more the first letter must
    be right, and for full names any letter may be wrong.
    """
    word = " ".join(text.split()).upper()
    if not 3 <= len(word) <= 40:
        return ""
    swapped = [f"{word[:i]}{word[i + 1]}{word[i]}{word[i + 2 :]}" for i in range(len(word) - 1)]
    if by_swap := [coin for coin in swapped if coin != word and (coin in known or coin in known_coins())]:
        return min(by_swap)
    if len(word) < 4:
        return ""
    alike = [coin for coin in known if coin[:1] == word[0]]
    tickers = [other for other in (*alike, *_by_first_letter().get(word[0], ())) if _is_one_slip(word, other)]
    return min(tickers, default="") or min(_by_name_like(word), default="")


@lru_cache(maxsize=1)
def _by_first_letter() -> Mapping[str, tuple[str, ...]]:
    letters = {coin[0] for coin in known_coins()}
    return {letter: tuple(coin for coin in known_coins() if coin[0] == letter) for letter in letters}


def _by_name_like(word: str) -> list[str]:
    """Return the coins whose full name, of five letters and more, is one slip away from `word`."""
    return [coin for name, coin in _table()["name"].items() if len(name) >= 5 and _is_one_slip(word.casefold(), name)]


def _is_one_slip(a: str, b: str) -> bool:
    if abs(len(a) - len(b)) > 1 or a == b or len(b) < 3:
        return False
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    rest_a, rest_b = a[start:], b[start:]
    return rest_b in (rest_a[1:],) or rest_a == rest_b[1:] or rest_a[1:] == rest_b[1:] or (
        rest_a[:2] == rest_b[:2][::-1] and rest_a[2:] == rest_b[2:]
    )  # fmt: skip
