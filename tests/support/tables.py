"""Tables of holdings made from a known bag: as programs and people write them, and changed in ways that do harm.

`made(seed)` gives the same case for the same seed. A case is *clean* if it is written in one style with the usual
titles; a *mutation* makes the table harder to read, and what the bag holds stays known. `judged` compares a reading.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import zip_longest

from hedge_core.documents.reader.holdings import read
from hedge_core.errors import InvalidFile
from hedge_core.market.coins import resolve_coin

PRICES = {
    "BTC": 92_400.0, "ETH": 3_180.0, "SOL": 148.0, "LINK": 14.38, "AVAX": 18.6, "ADA": 0.52, "XRP": 2.31,
    "DOGE": 0.163, "DOT": 5.83, "ATOM": 7.12, "NEAR": 3.94, "UNI": 8.45, "AAVE": 171.2, "LTC": 84.1,
    "PEPE": 0.0000081, "SHIB": 0.0000142,
    "ARB": 0.71, "OP": 1.38, "INJ": 13.9, "SUI": 2.87, "FET": 0.93, "TIA": 4.66, "XLM": 0.27, "BNB": 845.0,
}  # fmt: skip
NAMES = {
    "BTC": "Bitcoin", "ETH": "Ethereum", "SOL": "Solana", "LINK": "Chainlink", "AVAX": "Avalanche", "ADA": "Cardano",
    "XRP": "XRP", "DOGE": "Dogecoin", "DOT": "Polkadot", "ATOM": "Cosmos", "NEAR": "NEAR Protocol", "UNI": "Uniswap",
    "AAVE": "Aave", "LTC": "Litecoin", "PEPE": "Pepe", "SHIB": "Shiba Inu", "ARB": "Arbitrum", "OP": "Optimism",
    "INJ": "Injective", "SUI": "Sui", "FET": "Fetch.ai", "TIA": "Celestia", "XLM": "Stellar", "BNB": "BNB",
}  # fmt: skip
TITLES = {
    "coin": ("Coin", "Asset", "Symbol", "Ticker", "Currency", "Token", "coin_symbol", "assetSymbol", "Kürzel",
             "Währung", "Symbole", "Moneda", "Crypto"),
    "name": ("Name", "Coin Name", "Bezeichnung", "Full name", "Nom", "Description"),
    "quantity": ("Quantity", "Amount", "Balance", "Holdings", "Units", "Qty", "Total Balance", "Menge", "Bestand",
                 "Anzahl", "Guthaben", "Quantité", "Cantidad", "units_held", "Current Balance"),
    "price": ("Price", "Price (USD)", "Current Price", "Kurs (USD)", "price_usd", "Market Price", "Last Price"),
    "value": ("Value", "Value (USD)", "Market Value", "USD Value", "Wert in USD", "valueUSD", "Total Value", "Worth"),
    "note": ("Note", "Comment", "Notiz"),
    "share": ("Allocation", "Weight", "Anteil", "% of portfolio"),
    "wallet": ("Wallet", "Account", "Network", "Exchange"),
}  # fmt: skip
Bag = dict[str, float]
Columns = dict[str, list[str]]


@dataclass(slots=True)
class Case:
    """A table as bytes, what the bag really holds, and what was done to the table."""

    seed: int
    content: bytes
    truth: Bag
    mutations: tuple[str, ...] = ()


@dataclass(slots=True)
class _Draft:
    """A table while it is made: rows of the bag, a number style, and the columns by meaning."""

    rng: random.Random
    bag: Bag
    style: str
    titles: dict[str, str] = field(default_factory=dict)
    columns: Columns = field(default_factory=dict)
    above: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)
    is_contradicted: bool = False

    def number(self, value: float, digits: int | None = None) -> str:
        """The number in the table's style."""
        return written(value, self.style, digits)


def written(value: float, style: str, digits: int | None = None) -> str:
    """A number as it is written in a style: plain, us, de, ch, fr; with fixed digits, or as many as it needs."""
    text = f"{abs(value):,.{digits}f}" if digits is not None else f"{abs(value):,.12f}".rstrip("0").rstrip(".")
    marks = {
        "plain": ("", "."),
        "plain_comma": ("", ","),
        "us": (",", "."),
        "de": (".", ","),
        "ch": ("'", "."),
        "fr": (" ", ","),
    }
    thousands, decimal = marks[style]
    whole, _, rest = text.partition(".")
    text = whole.replace(",", thousands) + (decimal + rest if rest else "")
    return f"-{text}" if value < 0 else text


def quantity(rng: random.Random, coin: str) -> float:
    """A number of coins of a usual holding, with a usual number of decimals."""
    value = 10 ** rng.uniform(1.7, 4.3) / PRICES[coin]
    digits = rng.choice((0, 0, 1, 2, 2, 4, 6, 8))
    rounded = round(value, digits)
    return rounded or round(value, 8)


def made(seed: int, *, is_clean: bool | None = None) -> Case:
    """The case of this seed; half of them are clean unless `is_clean` says which kind is wanted."""
    rng = random.Random(seed)
    coins = rng.sample(list(PRICES), rng.randint(2, 12))
    bag = {coin: quantity(rng, coin) for coin in coins}
    draft = _Draft(rng, bag, rng.choice(("plain", "plain", "us", "de", "de", "plain_comma", "ch", "fr")))
    _write(draft)
    done: list[str] = []
    if not (rng.random() < 0.5 if is_clean is None else is_clean):
        for name in rng.sample(list(MUTATIONS), rng.choice((1, 1, 2, 3))):
            if draft.bag and MUTATIONS[name](draft):
                done.append(name)
    elif not _is_certain(draft):
        style = "us" if draft.style in ("us", "plain", "ch") else "de"
        draft.columns["quantity"][0] = written(bag[coins[0]] + 0.25, style, 2)
        bag[coins[0]] = round(bag[coins[0]] + 0.25, 2)
        _refigure(draft, coins[0])
    return Case(seed, _file(draft), draft.bag, tuple(done))


def _is_certain(draft: _Draft) -> bool:
    """Whether some number of the table can be read in one way only."""
    cells = [cell for name in ("quantity", "price", "value") for cell in draft.columns.get(name, [])]
    for cell in cells:
        plain = cell.strip("$ ").replace(" ", "").replace("'", "")
        for mark, other in ((",", "."), (".", ",")):
            whole, found, rest = plain.rpartition(mark)
            if found and (len(rest) != 3 or other in whole or whole in ("0", "") or len(whole) > 3 or mark in whole):
                return True
    return not any("," in cell or "." in cell for cell in draft.columns["quantity"])


def _write(draft: _Draft) -> None:
    rng, bag = draft.rng, draft.bag
    wanted = ["coin", "quantity"]
    chances = {"name": 0.3, "price": 0.45, "value": 0.45, "wallet": 0.2, "share": 0.15, "note": 0.15}
    wanted += [name for name, chance in chances.items() if rng.random() < chance]
    if "name" in wanted and rng.random() < 0.2:
        wanted.remove("coin")
    rng.shuffle(wanted)
    sign = rng.choice(("", "", "$"))
    total = sum(PRICES[coin] * bag[coin] for coin in bag)
    cells: dict[str, Callable[[str], str]] = {
        "coin": lambda coin: coin,
        "name": lambda coin: NAMES[coin],
        "quantity": lambda coin: draft.number(bag[coin]),
        "price": lambda coin: sign + draft.number(PRICES[coin], 2 if PRICES[coin] > 1 else None),
        "value": lambda coin: sign + draft.number(PRICES[coin] * bag[coin], 2),
        "wallet": lambda coin: rng.choice(("Ledger", "Kraken", "Binance", "MetaMask")),
        "share": lambda coin: draft.number(100 * PRICES[coin] * bag[coin] / total, 2) + "%",
        "note": lambda coin: rng.choice(("", "", "long term", "cold wallet")),
    }
    for name in wanted:
        draft.titles[name] = rng.choice(TITLES[name])
        draft.columns[name] = [cells[name](coin) for coin in bag]


def _refigure(draft: _Draft, coin: str) -> None:
    at = list(draft.bag).index(coin)
    if "value" in draft.columns:
        draft.columns["value"][at] = draft.number(PRICES[coin] * draft.bag[coin], 2)


def _file(draft: _Draft) -> bytes:
    rng = draft.rng
    delimiter = rng.choice(("\t", ";", ";") if draft.style in ("de", "fr", "plain_comma") else (",", ",", ";", "\t"))

    def cell(text: str) -> str:
        return f'"{text}"' if delimiter in text or rng.random() < 0.03 else text

    rows = zip_longest(*draft.columns.values(), fillvalue="")
    lines = [delimiter.join(cell(draft.titles[name]) for name in draft.columns)]
    lines += [delimiter.join(cell(text) for text in row) for row in rows]
    text = rng.choice(("\n", "\r\n")).join([*draft.above, *lines, *draft.below, ""])
    encoding = rng.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"))
    return text.encode(encoding, "replace")


# -------------------------------------------------------------------------------------------------------- mutations


def _titles_above(draft: _Draft) -> bool:
    draft.above += ["My portfolio", "Exported on 2026-10-31", ""][: draft.rng.randint(1, 3)]
    return True


def _total_below(draft: _Draft) -> bool:
    word = draft.rng.choice(("Total", "Sum", "Summe", "Grand Total", "Gesamt"))
    first = next(iter(draft.columns))
    total = sum(PRICES[coin] * draft.bag[coin] for coin in draft.bag)
    for name, cells in draft.columns.items():
        text = draft.number(total, 2) if name == "value" else ""
        text = draft.number(sum(draft.bag.values())) if name == "quantity" and draft.rng.random() < 0.5 else text
        cells.append(word if name in ("coin", first if "coin" not in draft.columns else "coin") else text)
    return "coin" in draft.columns or first not in ("quantity", "value")


def _remark_below(draft: _Draft) -> bool:
    draft.below += ["", "Generated by MyTracker, all prices in USD"]
    return True


def _money_under_a_title_of_coins(draft: _Draft) -> bool:
    """The value under the title Balance or Holdings, with a dollar sign; the quantity under its own title, or gone."""
    if draft.is_contradicted:
        return False
    draft.titles["value"] = draft.rng.choice(("Balance", "Holdings", "Total", "Amount", "Position"))
    draft.columns["value"] = [f"${draft.number(PRICES[coin] * draft.bag[coin], 2)}" for coin in draft.bag]
    draft.titles["quantity"] = draft.rng.choice(("Quantity", "Units"))
    if draft.rng.random() < 0.4:
        draft.columns.pop("quantity", None)
    return True


def _percent_for_quantity(draft: _Draft) -> bool:
    total = sum(PRICES[coin] * draft.bag[coin] for coin in draft.bag)
    draft.titles["quantity"] = draft.rng.choice(("Holdings", "Quantity", "Balance"))
    draft.columns["quantity"] = [f"{draft.number(100 * PRICES[c] * draft.bag[c] / total, 1)}%" for c in draft.bag]
    return True


def _thousands_only(draft: _Draft) -> bool:
    """Every quantity a whole number of thousands, so that the separator could be a decimal mark."""
    if any(text.startswith("1000") for text in draft.columns.get("coin", ())):
        return False
    for coin in draft.bag:
        draft.bag[coin] = float(draft.rng.randint(1_001, 99_999))
    draft.style = draft.rng.choice(("us", "de"))
    draft.columns = {name: draft.columns[name] for name in draft.columns if name in ("coin", "name", "wallet")}
    draft.titles = {name: draft.titles[name] for name in draft.columns}
    draft.titles["quantity"] = draft.rng.choice(TITLES["quantity"])
    draft.columns["quantity"] = [draft.number(draft.bag[coin]) for coin in draft.bag]
    return True


def _euros(draft: _Draft) -> bool:
    """Prices and values in euros, said in the title, by a sign, or in a column of currencies."""
    if draft.is_contradicted:
        return False
    draft.titles.pop("value", None)
    draft.columns.pop("value", None)
    way = draft.rng.choice(("title", "sign", "column"))
    draft.titles["price"] = "Price (EUR)" if way == "title" else "Price"
    mark = "€" if way == "sign" else ""
    draft.columns["price"] = [mark + draft.number(PRICES[coin] / 1.1, 4) for coin in draft.bag]
    if way == "column":
        draft.titles["currency"] = "Currency" if draft.titles.get("coin") != "Currency" else "Price Currency"
        draft.columns["currency"] = ["EUR"] * len(draft.bag)
    return True


def _locked_beside_available(draft: _Draft) -> bool:
    """Available and locked in two columns, with or without the total."""
    if any(text.startswith("1000") for text in draft.columns.get("coin", ())):
        return False
    shares = [draft.rng.choice((0.0, 0.25, 0.5, 0.8)) for _ in draft.bag]
    held = list(draft.bag.values())
    locked = [round(share * amount, 8) for share, amount in zip(shares, held, strict=True)]
    draft.titles["free"] = draft.rng.choice(("Available", "Free", "Verfügbar", "Available Balance"))
    draft.titles["locked"] = draft.rng.choice(("Locked", "In Order", "Staked", "Gesperrt", "Frozen"))
    draft.columns["free"] = [draft.number(a - b) for a, b in zip(held, locked, strict=True)]
    draft.columns["locked"] = [draft.number(b) for b in locked]
    if draft.rng.random() < 0.5:
        draft.columns.pop("quantity", None)
        draft.titles.pop("quantity", None)
    return True


def _debt_in_a_column_of_kinds(draft: _Draft) -> bool:
    """A row that owes a part of a coin, marked by a word in its own column, or by a negative number."""
    if not len(draft.bag) <= len(draft.columns.get("quantity", ())) <= len(draft.bag) + 1:
        return False
    coin = draft.rng.choice(list(draft.bag))
    owed = round(draft.bag[coin] * draft.rng.choice((0.1, 0.3)), 8)
    at = list(draft.bag).index(coin)
    is_signed = draft.rng.random() < 0.4
    for name, cells in draft.columns.items():
        cells.append(cells[at] if name in ("coin", "name", "price", "wallet") else "")
    draft.columns["quantity"][-1] = draft.number(-owed if is_signed else owed)
    if not is_signed:
        draft.titles["kind"] = draft.rng.choice(("Type", "Category", "Position", "Typ"))
        word = draft.rng.choice(("liability", "borrowed", "debt", "Loan"))
        draft.columns["kind"] = [*["asset"] * (len(draft.columns["quantity"]) - 1), word]
    draft.bag[coin] -= owed
    return True


def _exchange_names(draft: _Draft) -> bool:
    if "coin" not in draft.columns:
        return False
    odd = {
        "BTC": "XXBT",
        "ETH": "XETH",
        "DOGE": "XXDG",
        "XRP": "XXRP",
        "SOL": "SOL.F",
        "DOT": "DOT28.S",
        "LINK": "LDLINK",
    }
    draft.columns["coin"] = [odd.get(text, text) for text in draft.columns["coin"]]
    return True


def _pairs(draft: _Draft) -> bool:
    if "coin" not in draft.columns:
        return False
    form = draft.rng.choice(("{}-USD", "{}USDT", "{}/USD", "BINANCE:{}USDT"))
    draft.columns["coin"] = [form.format(text) if text in PRICES else text for text in draft.columns["coin"]]
    return True


def _units_in_cells(draft: _Draft) -> bool:
    if "quantity" not in draft.columns or len(draft.columns["quantity"]) != len(draft.bag):
        return False
    draft.columns["quantity"] = [f"{text} {c}" for text, c in zip(draft.columns["quantity"], draft.bag, strict=True)]
    return True


def _misread_decimal(draft: _Draft) -> bool:
    """A program has lost the decimal mark of one quantity: a thousandfold, against price and value in the row."""
    if "quantity" not in draft.columns or len(draft.columns["quantity"]) != len(draft.bag):
        return False
    draft.titles |= {"price": "Price", "value": "Value"}
    draft.columns["price"] = [draft.number(PRICES[coin], 8) for coin in draft.bag]
    draft.columns["value"] = [draft.number(PRICES[coin] * draft.bag[coin], 2) for coin in draft.bag]
    draft.is_contradicted = True
    draft.columns["quantity"][0] = draft.number(1_000 * next(iter(draft.bag.values())))
    return True


def _transactions(draft: _Draft) -> bool:
    """Two purchases of each coin and a sale: nothing of it is what is held."""
    size = max(map(len, draft.columns.values()))
    word = draft.rng.choice((("Buy", "Sell"), ("deposit", "withdrawal"), ("Kauf", "Verkauf"), ("reward", "trade")))
    draft.titles["kind"] = draft.rng.choice(("Type", "Side", "Transaction Type", "Operation", "Typ"))
    draft.columns["kind"] = [draft.rng.choice(word) for _ in range(size)]
    draft.titles["date"] = "Date"
    draft.columns["date"] = [f"2026-0{draft.rng.randint(1, 9)}-1{n % 10} 10:00:00" for n in range(size)]
    draft.bag = {}
    return True


def _unknown_title(draft: _Draft) -> bool:
    if "quantity" not in draft.columns:
        return False
    draft.titles["quantity"] = draft.rng.choice(("foo", "X1", "Mngd", "Kwanta"))
    return True


def _thousand_units(draft: _Draft) -> bool:
    """PEPE and SHIB in thousands, as futures exchanges name them."""
    coins = [coin for coin in ("PEPE", "SHIB") if coin in draft.bag and coin in draft.columns.get("coin", ())]
    if not coins or "coin" not in draft.columns or len(draft.columns["coin"]) != len(draft.bag):
        return False
    for coin in coins:
        draft.columns["coin"] = [f"1000{coin}" if text == coin else text for text in draft.columns["coin"]]
        draft.bag[coin] *= 1_000
    return True


def _counted_in_thousands(draft: _Draft) -> bool:
    """Quantities in thousands, which only the title says."""
    if len(draft.columns.get("quantity", ())) != len(draft.bag) or draft.is_contradicted:
        return False
    draft.titles["quantity"] += draft.rng.choice((" (k)", " (thousands)", " in Tsd."))
    draft.columns["quantity"] = [draft.number(held / 1_000) for held in draft.bag.values()]
    draft.is_contradicted = True
    return True


def _debt_by_its_value(draft: _Draft) -> bool:
    """A row that owes a part of a coin, marked by a negative value only, as wallets show loans."""
    sizes = {len(draft.columns.get(name, ())) for name in ("quantity", "value")}
    if sizes != {len(draft.bag)} or draft.is_contradicted or "%" in draft.columns["quantity"][0]:
        return False
    coin = draft.rng.choice(list(draft.bag))
    owed = round(draft.bag[coin] * draft.rng.choice((0.1, 0.3)), 8)
    at = list(draft.bag).index(coin)
    for name, cells in draft.columns.items():
        cells.append(cells[at] if name in ("coin", "name", "price", "wallet") else "")
    draft.columns["quantity"][-1] = draft.number(owed)
    draft.columns["value"][-1] = draft.number(-PRICES[coin] * owed, 2)
    draft.bag[coin] -= owed
    draft.is_contradicted = True
    return True


def _bridged_names(draft: _Draft) -> bool:
    """Full names with the bridge or network over which the coins came."""
    if "coin" not in draft.columns:
        return False
    form = draft.rng.choice(("{} (Wormhole)", "{} (Avalanche)", "Binance-Peg {} Token", "Bridged {}"))
    draft.columns["coin"] = [form.format(NAMES[text]) if text in NAMES else text for text in draft.columns["coin"]]
    return True


def _accounts_and_their_sum(draft: _Draft) -> bool:
    """Each coin in two accounts, and in a row of all accounts together."""
    if len(draft.columns.get("quantity", ())) != len(draft.bag) or draft.is_contradicted:
        return False
    if any(text.startswith("1000") for text in draft.columns.get("coin", ())):
        return False
    first = {coin: round(held * 0.4, 8) for coin, held in draft.bag.items()}
    parts = [(c, [first[c], draft.bag[c] - first[c], draft.bag[c]]) for c in draft.bag]
    kept = {name: draft.columns[name] for name in ("coin", "name") if name in draft.columns}
    draft.columns = {name: [cell for cell in cells for _ in range(3)] for name, cells in kept.items()}
    draft.columns["quantity"] = [draft.number(part) for _, amounts in parts for part in amounts]
    draft.columns["wallet"] = ["Kraken", "Ledger", draft.rng.choice(("All", "Total", "All accounts"))] * len(parts)
    draft.titles["wallet"] = draft.rng.choice(TITLES["wallet"])
    draft.titles = {name: draft.titles[name] for name in draft.columns}
    draft.is_contradicted = True
    return bool(kept)


def _debt_in_a_note(draft: _Draft) -> bool:
    """A row that owes a part of a coin, which only a note says."""
    if len(draft.columns.get("quantity", ())) != len(draft.bag) or draft.is_contradicted:
        return False
    coin = draft.rng.choice(list(draft.bag))
    owed = round(draft.bag[coin] * 0.3, 8)
    at = list(draft.bag).index(coin)
    draft.columns.setdefault("note", [""] * len(draft.bag))
    draft.titles.setdefault("note", "Note")
    for name, cells in draft.columns.items():
        cells.append(cells[at] if name in ("coin", "name", "price", "wallet") else "")
    draft.columns["quantity"][-1] = draft.number(owed)
    draft.columns["note"][-1] = draft.rng.choice(("borrowed on Aave", "loan", "Schulden", "debt to a friend"))
    draft.bag[coin] -= owed
    draft.is_contradicted = True
    return True


def _sold_by_a_tick(draft: _Draft) -> bool:
    """Rows of coins that a column of yes and no marks as sold."""
    if len(draft.columns.get("quantity", ())) != len(draft.bag) or draft.is_contradicted:
        return False
    sold = [draft.rng.random() < 0.3 for _ in draft.bag]
    draft.titles["sold"] = draft.rng.choice(("Sold", "Sold?", "Closed"))
    draft.columns["sold"] = ["yes" if one else "no" for one in sold]
    draft.bag = {coin: 0.0 if one else held for one, (coin, held) in zip(sold, draft.bag.items(), strict=True)}
    draft.is_contradicted = True
    return True


def _money_said_above(draft: _Draft) -> bool:
    """Values under the title of a quantity, in a table without prices; only a line of text says so."""
    if draft.is_contradicted or "coin" not in draft.columns or len(draft.columns["coin"]) != len(draft.bag):
        return False
    draft.columns = {name: draft.columns[name] for name in draft.columns if name in ("coin", "name", "wallet")}
    draft.titles = {name: draft.titles[name] for name in draft.columns}
    draft.titles["quantity"] = draft.rng.choice(("Balance", "Amount", "Holdings"))
    draft.columns["quantity"] = [draft.number(PRICES[coin] * held, 1) for coin, held in draft.bag.items()]
    text = draft.rng.choice(("All amounts in USD", "Balances are shown in US dollars", "Holdings in EUR"))
    (draft.above if draft.rng.random() < 0.5 else draft.below).append(text)
    draft.is_contradicted = True
    return True


def _wide_open(draft: _Draft) -> bool:
    """Columns that mean nothing, before and after."""
    size = max(map(len, draft.columns.values()))
    draft.columns = {
        "id": [str(1_000 + n) for n in range(size)],
        **draft.columns,
        "24h": [draft.number(1.2) + "%"] * size,
    }
    draft.titles = {"id": "ID", **draft.titles, "24h": "24h"}
    return True


_ALL = (
    _titles_above,
    _total_below,
    _remark_below,
    _money_under_a_title_of_coins,
    _percent_for_quantity,
    _thousands_only,
    _euros,
    _locked_beside_available,
    _debt_in_a_column_of_kinds,
    _exchange_names,
    _pairs,
    _units_in_cells,
    _misread_decimal,
    _transactions,
    _unknown_title,
    _thousand_units,
    _wide_open,
    _counted_in_thousands,
    _debt_by_its_value,
    _bridged_names,
    _accounts_and_their_sum,
    _debt_in_a_note,
    _sold_by_a_tick,
    _money_said_above,
)
MUTATIONS: dict[str, Callable[[_Draft], bool]] = {function.__name__.strip("_"): function for function in _ALL}


# ---------------------------------------------------------------------------------------------------------- judging


def judged(case: Case) -> str:
    """What became of a case: refused, asked, right, or the quantities that are wrong without a word."""
    try:
        reading = read(case.content)
    except InvalidFile:
        return "refused"
    if any(doubt.grade != "note" for doubt in reading.doubts):
        return "asked"
    found: Bag = {}
    for holding in reading.holdings:
        resolved = resolve_coin(holding.coin)
        coin = resolved.priced_as if resolved.units == 1.0 else holding.coin
        found[coin] = found.get(coin, 0.0) + holding.quantity
    wrong = [
        f"{coin}: {found.get(coin, 0.0):g} for {case.truth.get(coin, 0.0):g}"
        for coin in {*found, *case.truth}
        if abs(found.get(coin, 0.0) - case.truth.get(coin, 0.0)) > 0.01 * abs(case.truth.get(coin, 0.0)) + 1e-12
    ]
    return f"wrong: {', '.join(wrong)}" if wrong else "right"
