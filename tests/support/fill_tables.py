"""Files of fills and of prices made from known data, as programs write them, and changed in ways that do harm.

`made_fills(seed)` and `made_prices(seed)` give the same case for the same seed. A case is right if the position, the
average price and the fees (or the last closes and the days) are those of the known data, and else must be asked about
or refused.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hedge_core.documents.fills.file import read_fills
from hedge_core.documents.prices.file import read_prices
from hedge_core.errors import InvalidFile
from hedge_core.market.contracts import Contract, catalogue
from hedge_core.market.sources.sample import SampleSource
from tests.support.tables import PRICES, written

CONTRACTS = (
    "Coinbase Derivatives:ETP", "OKX:SOL-USDT-SWAP", "Binance:BTCUSDT", "Hyperliquid:AVAX", "Kraken Futures:PF_LINKUSD",
    "Binance:1000PEPEUSDT",
)  # fmt: skip
TITLES = {
    "time": ("Time", "Date", "Timestamp", "Zeit", "Fill Time"),
    "contract": ("Contract", "Symbol", "Instrument", "Kontrakt"),
    "side": ("Side", "Action", "Direction", "Seite"),
    "quantity": ("Quantity", "Filled Qty", "Qty", "Size", "Menge"),
    "price": ("Price", "Fill Price", "Avg Price", "Preis"),
    "fee": ("Fee", "Commission", "Gebühr"),
}
WORDS = (("sell", "buy"), ("SELL", "BUY"), ("Verkauf", "Kauf"), ("SLD", "BOT"), ("S", "B"))
FILL_MUTATIONS = ("status", "odd status", "euro", "fee coin", "total", "duplicate ids", "spot", "shuffled")
PRICE_MUTATIONS = (
    "pairs", "euro", "euro with rate", "index", "gaps", "summary", "thousand", "dots", "sep", "address", "lost mark",
)  # fmt: skip
MARKET = SampleSource().snapshot()
"""What the coins cost, for files in which nothing tells 14,380 from 14.38."""

STYLES = ("plain", "plain", "us", "de", "ch", "fr", "plain_comma")


@dataclass(slots=True)
class Case:
    """A file, what it holds (by contract: lots, sum of signed lots × price, fees; by coin: last close and days)."""

    seed: int
    content: bytes
    truth: dict[str, tuple[float, ...]]
    mutations: tuple[str, ...]


def made_fills(seed: int) -> Case:
    """A file of fills at one or two venues, and at most two mutations."""
    rng = random.Random(seed)
    style = rng.choice(STYLES)
    delimiter = "," if style in ("plain", "us", "ch") and rng.random() < 0.6 else rng.choice((";", "\t"))
    sold, bought = rng.choice(WORDS)
    chosen = rng.sample([catalogue().get(one) for one in CONTRACTS], rng.randint(1, 3))
    mutations = tuple(rng.sample(FILL_MUTATIONS, 1)) * (rng.random() < 0.7)
    titles = {name: rng.choice(options) for name, options in TITLES.items()}
    if "status" in mutations:
        titles["quantity"] = "Quantity"  # what was ordered, so that a cancelled order has one too
    header = list(titles.values()) + (["Status"] if "status" in mutations else [])
    header += ["Result"] if "odd status" in mutations else []
    header += ["Trade ID"] if "duplicate ids" in mutations else []
    truth: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    rows: list[list[str]] = []
    at = datetime(2026, 3, 17, 9, 34, 12)  # noqa: DTZ001  as venues write it
    for number in range(rng.randint(2, 8)):
        contract = rng.choice(chosen)
        at += timedelta(minutes=rng.randint(1, 900))
        row, figures = _fill(rng, contract, style, at, (sold, bought), is_fee_known="fee coin" not in mutations)
        if "status" in mutations and rng.random() < 0.4:
            rows.append([*row, "Cancelled"])
            continue
        if "odd status" in mutations and rng.random() < 0.4:
            rows.append([*row, rng.choice(("Cancelled", "storniert", "Rejected", "已撤销"))])
            continue
        row += ["Filled"] if "status" in mutations else ["Done"] if "odd status" in mutations else []
        row += [f"t{number}"] if "duplicate ids" in mutations else []
        rows.append(row)
        if "duplicate ids" in mutations and rng.random() < 0.4:
            rows.append(list(row))
        total = truth[contract.id]
        truth[contract.id] = [kept + more for kept, more in zip(total, figures, strict=True)]
    _mutate(rng, rows, titles, header, mutations, style)
    lines = [header, *rows]
    quoted = [[f'"{cell}"' if delimiter in cell else cell for cell in line] for line in lines]
    text = "\r\n".join(delimiter.join(line) for line in quoted)
    encoding = rng.choice(("utf-8", "utf-8-sig", "utf-16"))
    return Case(seed, text.encode(encoding), {name: tuple(figures) for name, figures in truth.items()}, mutations)


def _fill(
    rng: random.Random, contract: Contract, style: str, at: datetime, words: tuple[str, str], *, is_fee_known: bool
) -> tuple[list[str], tuple[float, float, float]]:
    """A row, and its signed lots, signed lots × price per coin, and fee."""
    lots = rng.randint(1, 4_000)
    quantity = round(lots * contract.amount_step, 10)
    price = PRICES[contract.underlying] * rng.uniform(0.9, 1.1) * contract.quote_per_coins
    text = written(float(f"{price:.6g}"), style)
    shown = float(f"{price:.6g}") / contract.quote_per_coins
    fee = round(rng.uniform(0.01, 900), 2)
    is_sold = rng.random() < 0.6
    signed = -lots if is_sold else lots
    fee_text = f"{written(fee, style)}" + ("" if is_fee_known else " BNB")
    row = [f"{at:%Y-%m-%d %H:%M:%S}", contract.id, words[0 if is_sold else 1], written(quantity, style), text, fee_text]
    return row, (signed, signed * shown, fee)


def _mutate(
    rng: random.Random,
    rows: list[list[str]],
    titles: dict[str, str],
    header: list[str],
    mutations: tuple[str, ...],
    style: str,
) -> None:
    width = len(header)
    if "euro" in mutations:
        for row in rows:
            row[4] = f"€{row[4]}"
    if "total" in mutations:
        rows.append(["Total", "", "", written(99.0, style), "", written(12.5, style)] + [""] * (width - 6))
    if "spot" in mutations:
        rows.append(["2026-03-17 09:34:12", "SOL-USD", "buy", "5", "148", "1"] + [""] * (width - 6))
    if "shuffled" in mutations:
        order = list(range(width))
        rng.shuffle(order)
        header[:] = [header[n] for n in order]
        rows[:] = [[row[n] for n in order] for row in rows]


def judged_fills(case: Case) -> str:
    """What became of a case: refused, asked, right, or what is wrong without a word."""
    try:
        table = read_fills(case.content, catalogue())
    except InvalidFile:
        return "refused"
    if any(doubt.grade != "note" for doubt in table.doubts):
        return "asked"
    found: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for fill in table.fills:
        more = (fill.signed_contracts, fill.signed_contracts * fill.price, fill.fee)
        found[fill.contract] = [kept + one for kept, one in zip(found[fill.contract], more, strict=True)]
    wrong = [name for name in {*found, *case.truth} if not _same(found[name], case.truth.get(name, (0.0, 0.0, 0.0)))]
    return (
        f"wrong: {', '.join(f'{name} {found[name]} for {case.truth.get(name)}' for name in wrong)}"
        if wrong
        else "right"
    )


def _same(found: list[float], truth: tuple[float, ...]) -> bool:
    return all(abs(a - b) <= 1e-6 * max(1e-9, abs(b)) for a, b in zip(found, truth, strict=True))


def made_prices(seed: int) -> Case:
    """A price file, wide or long, and at most one mutation."""
    rng = random.Random(seed)
    style = rng.choice(STYLES)
    delimiter = "," if style in ("plain", "us", "ch") and rng.random() < 0.6 else rng.choice((";", "\t"))
    coins = rng.sample(["BTC", "ETH", "SOL", "LINK", "XRP", "ADA", "DOGE", "PEPE"], rng.randint(1, 5))
    days = [date(2026, 8, 1) + timedelta(days=n) for n in range(rng.randint(3, 40))]
    digits = rng.choice((None, None, 3))
    mutation = rng.choice(("", "", *PRICE_MUTATIONS))
    if mutation == "index" and "BTC" not in coins:
        mutation = ""
    closes = {}
    for coin in coins:
        price = PRICES[coin]
        closes[coin] = [price := float(f"{price * rng.uniform(0.95, 1.05):.6g}") for _ in days]
    cells = {
        coin: [written(one, style, digits if one > 1 else None) for one in values] for coin, values in closes.items()
    }
    truth = {coin: (float(f"{values[-1]:.3f}" if digits and values[-1] > 1 else values[-1]), float(len(days)))
             for coin, values in closes.items()}  # fmt: skip
    names = {coin: coin for coin in coins}
    if mutation == "pairs":
        names = {coin: f"{coin}{rng.choice(('USDT', '-USD', '/USDT', 'USD'))}" for coin in coins}
    if mutation == "thousand" and "PEPE" in coins:
        names["PEPE"] = "1000PEPEUSDT"
        cells["PEPE"] = [written(one * 1_000, style) for one in closes["PEPE"]]
    if mutation == "euro":
        cells = {coin: [f"€{text}" for text in texts] for coin, texts in cells.items()}
    if mutation == "gaps" and len(days) > 4:
        for texts in cells.values():
            texts[1] = rng.choice(("", "NaN", "null", "-", "N/A"))
    if mutation == "lost mark":
        coin = rng.choice(coins)
        cells[coin][len(days) // 2] = written(closes[coin][len(days) // 2] * 1_000, style)
        truth = {}
    if mutation == "euro with rate":
        rate = [round(rng.uniform(1.05, 1.2), 2) for _ in days]
        names = {coin: f"{coin}-EUR" for coin in coins} | {"EUR": "EURUSD"}
        cells = {
            coin: [written(float(f"{one / by:.9g}"), style) for one, by in zip(values, rate, strict=True)]
            for coin, values in closes.items()
        } | {"EUR": [written(by, style, 2) for by in rate]}
        truth = {coin: (values[-1], float(len(days))) for coin, values in closes.items()} | {
            "EUR": (rate[-1], float(len(days)))
        }
        coins = [*coins, "EUR"]
    if mutation == "index":  # 100 on the first day; told from prices by what Bitcoin costs
        cells = {coin: [written(round(100 * one / v[0], 4), style) for one in v] for coin, v in closes.items()}
        truth = {}
    form = "%d.%m.%Y" if mutation == "dots" else "%Y-%m-%d"
    lines = [["date", *names.values()]]
    lines += [[f"{day:{form}}", *(cells[coin][n] for coin in coins)] for n, day in enumerate(days)]
    if rng.random() < 0.3:
        lines = [["Date", "Symbol", "Close"]]
        lines += [[f"{day:{form}}", names[coin], cells[coin][n]] for n, day in enumerate(days) for coin in coins]
    elif mutation == "summary":
        lines.append(["Average", *(texts[0] for texts in cells.values())])
    above = {"sep": f"sep={delimiter}\n", "address": "https://www.example.com/data\n"}.get(mutation, "")
    text = above + "\n".join(delimiter.join(f'"{c}"' if delimiter in c else c for c in line) for line in lines)
    return Case(seed, text.encode(rng.choice(("utf-8", "utf-16"))), truth, (mutation,) if mutation else ())


def judged_prices(case: Case) -> str:
    """What became of a case: refused, asked, right, or what is wrong without a word."""
    try:
        found = read_prices(case.content, name="csv:test", market=MARKET)
    except InvalidFile:
        return "refused"
    if any(doubt.grade != "note" for doubt in found.doubts):
        return "asked"
    days = float(len(found.market.history.days))
    wrong = {
        coin: (found.last_closes.get(coin), days)
        for coin in {*found.last_closes, *case.truth}
        if coin not in case.truth or not _same([found.last_closes.get(coin, 0.0), days], case.truth[coin])
    }
    return f"wrong: {wrong} for {case.truth}" if wrong else "right"
