"""Fills and funding from the exports of venues: what is read, what is left out, and why.

By hand, from a fill history of Binance: SELL 0.5 BTCUSDT at 60,000, fee 12 USDT. The contract trades in steps of
0.001 BTC, so that is a sale of 500 lots, and the ledger holds 0.5 BTC short at 60,000. At 58,000 it is 1,000 up.
"""

from __future__ import annotations

import csv
import io
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from hedge_core.documents.fills.file import FIELDS, MAX_ROWS, OWN_COLUMNS, FillsImport, fills_csv, read_fills
from hedge_core.errors import HedgeError, InvalidFile, InvalidInput
from hedge_core.market.contracts import Contract, catalogue
from hedge_core.monitoring.ledger import post
from hedge_core.plan.fills import Fill, FundingPayment

BTC = catalogue().get("Binance:BTCUSDT")
DERIBIT = catalogue().get("Deribit:BTC-PERPETUAL")
CATALOGUE = tuple(catalogue())


def listed(venue: str, code: str, underlying: str, **changes: object) -> Contract:
    return replace(BTC, venue=venue, code=code, underlying=underlying, **changes)  # type: ignore[arg-type]


KNOWN = (
    *CATALOGUE,
    listed("Hyperliquid", "BTC", "BTC", amount_step=0.00001),
    listed("Hyperliquid", "kPEPE", "PEPE", contract_size=1000.0, quote_per_coins=1000, amount_step=1.0),
    listed("OKX", "BTC-USD-SWAP", "BTC", style="inverse", contract_size=100.0, size_in_usd=True, amount_step=1.0),
    listed("OKX", "BTC-USDT-261225", "BTC", kind="future", expiry="dated", expires_on=date(2026, 12, 25)),
    listed("Kraken Futures", "PI_XBTUSD", "BTC", style="inverse", contract_size=1.0, size_in_usd=True, amount_step=1.0),
    listed("My contracts", "MINE", "ETH", contract_size=100.0, size_in_usd=True, amount_step=1.0),
)


def read(text: str | bytes, **options: object) -> FillsImport:
    return read_fills(text, KNOWN, **options)  # type: ignore[arg-type]


def brief(table: FillsImport) -> list[tuple[str, str, int, float, float]]:
    return [(f.contract, f.side, f.contracts, f.price, round(f.fee, 6)) for f in table.fills]


BINANCE = """Uid,Time,Symbol,Side,Price,Quantity,Amount,Fee,Realized Profit,Buyer,Maker,Trade ID,Order ID
99,26-03-17 09:34:12,BTCUSDT,SELL,60000,0.500,30000,12.00000000USDT,0,false,false,1,7
99,26-03-18 10:00:00,BTCUSDT,BUY,58000,0.200,11600,4.64 USDT,400,true,false,2,8
"""
BINANCE_FUNDING = """Date(UTC),type,Amount,Asset,Symbol,Transaction ID
2026-03-17 16:00:00,FUNDING_FEE,1.25,USDT,BTCUSDT,5
2026-03-18 00:00:00,FUNDING_FEE,-0.5,USDT,BTCUSDT,6
2026-03-18 10:00:00,REALIZED_PNL,400,USDT,BTCUSDT,7
2026-03-18 10:00:00,COMMISSION,-4.64,USDT,BTCUSDT,7
2026-03-18 11:00:00,TRANSFER,100,USDT,,8
"""
OKX = """\ufeffUID:652654290649420911,\ufeffAccount Type:Main,\ufeffTime Zone:UTC+3
\ufeffid,Order id,Time,Trade Type,Symbol,Action,Amount,Trading Unit,Filled Price,PnL,Fee,Fee Unit,Position Change,\
Position Balance,Balance Change,Balance,Balance Unit
1,11,2026-08-10 15:30:21,Swap,BTC-USDT-SWAP,Open short,30,cont,60000,0,-9,USDT,0,0,0,100,USDT
2,12,2026-08-10 16:00:00,Swap,BTC-USDT-SWAP,Close short,0.1,BTC,59000,100,-2.95,USDT,0,0,0,100,USDT
3,13,2026-08-10 19:00:00,Swap,BTC-USDT-SWAP,Funding fee income,20,cont,60000,0.4,0,USDT,0,0,0,100,USDT
4,14,2026-08-10 20:00:00,Swap,BTC-USDT-SWAP,Funding fee expense,20,cont,60000,0,0,USDT,0,0,-0.3,100,USDT
5,15,2026-08-10 21:00:00,Swap,,Transfer out,0,,0,0,0,USDT,0,0,0,100,USDT
6,16,2026-08-10 22:00:00,Spot,BTC-USDT,Buy,2,BTC,100,0,-0.002,BTC,0,0,2,2,BTC
7,17,2026-08-11 09:00:00,Futures,BTC-USDT-261225,Open short,2,cont,60000,0,-1,USDT,0,0,0,100,USDT
8,18,2026-08-11 10:00:00,Swap,BTC-USD-SWAP,Open short,6,cont,60000,0,-0.00001,BTC,0,0,0,1,BTC
"""
BYBIT_LOG = """UID: 531298197,Company Name: ,Country:
Uid,Currency,Contract,Type,Direction,Quantity,Position,Filled Price,Funding,Fee Paid,Cash Flow,Change,Wallet Balance,\
Action,Time(UTC)
5,USDT,BTCUSDT,TRADE,SELL,0.02,0.02,60000.00,0.0,-0.66,0,-0.66,999,OPEN,2026-01-10 10:00:00
5,USDT,BTCUSDT,SETTLEMENT,SELL,0.02,0.02,60000.00,0.12,0,0,0.12,999,SETTLEMENT,2026-01-10 16:00:00
5,BTC,BTCUSDT,TRADE,BUY,0.5,0,60000,0,0,0.5,0.5,0.5,--,2026-01-10 17:00:00
5,USDT,,INTEREST,--,0,0,0,0,0,-0.004,-0.004,-40,--,2026-01-11 11:00:00
5,USDT,BTCUSDT,TRADE,BUY,-0.02,0,59000.00,0.0,-0.65,20,19.35,1018,CLOSE,2026-01-12 10:00:00
"""
BYBIT_TRADES = """Market,Filled Type,Filled Quantity,Filled Price,Order Price,Fee Rate,Trading Fee,feeCoin,ExecFeeV2,\
Direction,Order Type,Trasaction ID,Order No.,Transaction Time(UTC+0)
BTCUSDT,Trade,0.02,60000,60000,0.00055,0.66,USDT,0.66,Short,Market,a1,o1,10:00 2026-01-10
BTCUSDT,Funding,0.02,60000,0,-0.0001,-0.12,USDT,0,Short,--,f1,g1,16:00 2026-01-10
BTCUSDT,Liquidation,0.02,66000,66000,0.00055,0.7,USDT,0.7,Long,Market,a2,o2,09:00 2026-01-12
"""
KRAKEN = """uid,dateTime,account,type,symbol,contract,change,new balance,new average entry price,trade price,\
mark price,funding rate,realized pnl,fee,realized funding,collateral,conversion spread percentage,liquidation fee,\
position uid
u6,2026-06-06 12:00:00,flex,funding rate change,usd,pf_xbtusd,-0.02,0,,,,0.1,,0,-0.02,,,,
u5,2026-06-06 11:00:00,flex,conversion,usd,,3,0,,,,,,,,,,,
u4,2026-06-06 10:21:47,flex,futures trade,usd,pf_xbtusd,-10.3,0,,60997,,,-10.3,0.6405,0.004,,,,
u3,2026-06-06 10:21:47,flex,futures trade,pf_xbtusd,pf_xbtusd,0.021,0,60504,60997,,,,,,,,,
u2,2026-06-06 10:00:00,flex,futures trade,usd,pf_xbtusd,-0.64,0,,60505,,,0,0.6474,,,,,
u1,2026-06-06 10:00:00,flex,futures trade,pf_xbtusd,pf_xbtusd,-0.021,-0.021,60505,60505,,,,,,,,,
"""
HYPERLIQUID = """time,coin,dir,px,sz,ntl,fee,closedPnl
14/01/2026 - 04:46:00,BTC,Open Short,100000,0.1,10000,1,
14/01/2026 - 05:00:00,BTC,Close Short,99000,0.04,3960,0.4,40
14/01/2026 - 06:00:00,BTC,Short > Long,99000,0.1,9900,1,60
14/01/2026 - 07:00:00,kPEPE,Open Short,0.0125,5000,62.5,0.02,
"""
HYPERLIQUID_FUNDING = """time,coin,sz,side,payment,rate
20/05/2025 02:00:00,BTC,0.1,Short,1.293073,0.0000250038
20/05/2025 03:00:00,BTC,0.1,Short,-0.2 USDC,-0.00001
"""
DERIBIT_LOG = """ID,UserSeq,Date,Instrument,Type,Side,Amount,Base Amount,Position,Price,Mark Price,Index Price,\
Cash Flow,Funding,Fee Rate,Fee Charged,Fee Balance,Change,Balance,Equity,Trade ID,Order ID,Info,Note
2,12,17 Mar 2026 08:00:00,BTC-PERPETUAL,settlement,short,-3000,,-3000,,60000,60000,0.001,0.0001,,0,0,0.001,1,1,,,,
1,11,16 Mar 2026 09:30:00,BTC-PERPETUAL,trade,open sell,3000,,-3000,60000,60000,60000,0,0,0.0005,0.000025,0,0,1,1,77,8,,
0,10,16 Mar 2026 09:00:00,,deposit,,,,,,,,,,,,,1,1,1,,,,
"""
COINBASE = """portfolio,trade id,product,side,created at,size,size unit,price,fee,total,price/fee/total unit
main,501,ETP-20DEC30-CDE,SELL,2026-03-17T09:34:12.120Z,63,ETP-20DEC30-CDE,2000,9.45,126000,USD
main,502,BIT-27NOV26-CDE,SELL,2026-03-17T09:35:12.120Z,10,,60000,1.5,6000,USD
main,503,SHP-20DEC30-CDE,SELL,2026-03-17T09:36:12.120Z,2,,0.0125,0.3,250,USD
main,501,ETP-20DEC30-CDE,SELL,2026-03-17T09:34:12.120Z,63,ETP-20DEC30-CDE,2000,9.45,126000,USD
"""


def test_the_textbook_case_reaches_the_ledger() -> None:
    table = read(BINANCE)

    assert brief(table) == [
        ("Binance:BTCUSDT", "sell", 500, 60000.0, 12.0),
        ("Binance:BTCUSDT", "buy", 200, 58000.0, 4.64),
    ]
    ledger = post(table.fills[:1], [], catalogue())
    assert ledger.open_positions[0].coins == pytest.approx(-0.5)
    assert ledger.total_pnl({("Binance:BTCUSDT", None): 58000.0}) == pytest.approx(1000.0 - 12.0)


@pytest.mark.parametrize(
    ("text", "venue", "fills", "payments"),
    [
        (BINANCE_FUNDING, "Binance", [], [1.25, -0.5]),
        (
            OKX,
            "OKX",
            [
                ("OKX:BTC-USDT-SWAP", "sell", 3000, 60000.0, 9.0),
                ("OKX:BTC-USDT-SWAP", "buy", 1000, 59000.0, 2.95),
                ("OKX:BTC-USDT-261225", "sell", 2000, 60000.0, 1.0),
                ("OKX:BTC-USD-SWAP", "sell", 6, 60000.0, 0.6),
            ],
            [0.4, -0.3],
        ),
        (
            BYBIT_LOG,
            "Bybit",
            [("Bybit:BTCUSDT", "sell", 20, 60000.0, 0.66), ("Bybit:BTCUSDT", "buy", 20, 59000.0, 0.65)],
            [0.12],
        ),
        (
            BYBIT_TRADES,
            "Bybit",
            [("Bybit:BTCUSDT", "sell", 20, 60000.0, 0.66), ("Bybit:BTCUSDT", "buy", 20, 66000.0, 0.7)],
            [0.12],
        ),
        (
            KRAKEN,
            "Kraken Futures",
            [
                ("Kraken Futures:PF_XBTUSD", "sell", 210, 60505.0, 0.6474),
                ("Kraken Futures:PF_XBTUSD", "buy", 210, 60997.0, 0.6405),
            ],
            [-0.02, 0.004],
        ),
        (
            HYPERLIQUID,
            "Hyperliquid",
            [
                ("Hyperliquid:BTC", "sell", 10_000, 100_000.0, 1.0),
                ("Hyperliquid:BTC", "buy", 4_000, 99_000.0, 0.4),
                ("Hyperliquid:BTC", "buy", 10_000, 99_000.0, 1.0),
                ("Hyperliquid:kPEPE", "sell", 5000, 0.0000125, 0.02),
            ],
            [],
        ),
        (HYPERLIQUID_FUNDING, "Hyperliquid", [], [1.293073, -0.2]),
        (DERIBIT_LOG, "Deribit", [("Deribit:BTC-PERPETUAL", "sell", 300, 60000.0, 1.5)], [6.0]),
        (
            COINBASE,
            "Coinbase Derivatives",
            [
                ("Coinbase Derivatives:ETP", "sell", 63, 2000.0, 9.45),
                ("Coinbase Derivatives:BIT", "sell", 10, 60000.0, 1.5),
                ("Coinbase Derivatives:SHP", "sell", 2, 0.0000125, 0.3),
            ],
            [],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 30 else "",
)
def test_the_export_of_a_venue_is_read(
    text: str, venue: str, fills: list[tuple[str, str, int, float, float]], payments: list[float]
) -> None:
    table = read(text)

    assert [str(fault) for fault in table.faults] == []
    assert table.venue == venue
    assert brief(table) == fills
    assert [payment.amount for payment in table.payments] == pytest.approx(payments)
    assert f"The columns match an export from {venue}" in table.notes[0]
    post(table.fills, table.payments, catalogue().with_listed(KNOWN[len(CATALOGUE) :]))


def test_the_days_on_which_futures_end_come_from_the_name_or_the_contract() -> None:
    assert [f.expiry for f in read(COINBASE).fills] == [None, date(2026, 11, 27), None]
    assert [f.expiry for f in read(OKX).fills] == [None, None, date(2026, 12, 25), None]


def test_the_nominal_end_of_a_perpetual_is_dropped() -> None:
    table = read("time,contract,side,quantity,price,expiry\n2026-01-01,Coinbase Derivatives:ETP,sell,1,2,2030-12-20\n")
    assert [f.expiry for f in table.fills] == [None]


def test_the_fees_of_a_whole_table_may_be_written_as_negative() -> None:
    assert any("Negative fees are read as paid" in note for note in read(OKX).notes)
    rebates = "time,contract,side,quantity,price,fee\n2026-01-01,Binance:BTCUSDT,sell,1,60000,-3\n"
    assert [f.fee for f in read(rebates).fills] == [3.0]
    assert [f.fee for f in read(rebates, fee_sign="paid_is_positive").fills] == [-3.0]
    assert [f.fee for f in read(rebates.replace("-3", "3"), fee_sign="paid_is_negative").fills] == [-3.0]


def test_what_is_left_out_is_counted() -> None:
    assert any("REALIZED_PNL (1), COMMISSION (1), TRANSFER (1)" in note for note in read(BINANCE_FUNDING).notes)
    assert any("Transfer out (1), Spot Buy (1)" in note for note in read(OKX).notes)
    assert any("repeat a trade: 1 (row 5)" in note for note in read(COINBASE).notes)
    assert any("TRADE BUY (1), INTEREST (1)" in note for note in read(BYBIT_LOG).notes)


# -- moments


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31 14:05", datetime(2026, 1, 31, 14, 5, tzinfo=UTC)),
        ("2026-01-31T14:05:06.250Z", datetime(2026, 1, 31, 14, 5, 6, 250_000, tzinfo=UTC)),
        ("2026-01-31T14:05:06.123456789+02:00", datetime(2026, 1, 31, 12, 5, 6, 123_456, tzinfo=UTC)),
        ("2026/01/31 02:05:06 PM", datetime(2026, 1, 31, 14, 5, 6, tzinfo=UTC)),
        ("12:05 AM 2026-01-31", datetime(2026, 1, 31, 0, 5, tzinfo=UTC)),
        ("31/01/2026 - 14:05:06", datetime(2026, 1, 31, 14, 5, 6, tzinfo=UTC)),
        ("1/31/2026, 2:05:06 PM", datetime(2026, 1, 31, 14, 5, 6, tzinfo=UTC)),
        ("31.1.2026 14:05", datetime(2026, 1, 31, 14, 5, tzinfo=UTC)),
        ("14:05 2026-01-31", datetime(2026, 1, 31, 14, 5, tzinfo=UTC)),
        ("31 Jan 2026 14:05:06", datetime(2026, 1, 31, 14, 5, 6, tzinfo=UTC)),
        ("Jan 31, 2026 14:05", datetime(2026, 1, 31, 14, 5, tzinfo=UTC)),
        ("1769868306", datetime(2026, 1, 31, 14, 5, 6, tzinfo=UTC)),
        ("1769868306250", datetime(2026, 1, 31, 14, 5, 6, 250_000, tzinfo=UTC)),
        ("03/04/2026 10:00", None),
        ("2026-02-30 10:00", None),
        ("2026-01-31 25:00", None),
        ("1970-01-01", None),
        ("9999-12-31 23:59:59-10:00", None),
        ("26-01-31 10:00", None),
        ("5 Foo 2026", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_moment_is_read_in_many_forms_or_refused(text: str, moment: datetime | None) -> None:
    table = read(f'time,contract,side,quantity,price\n"{text}",Binance:BTCUSDT,sell,1,60000\n')
    assert [f.at for f in table.fills] == ([] if moment is None else [moment])
    assert [(fault.row, fault.field) for fault in table.faults] == ([(2, "time")] if moment is None else [])


def test_day_and_month_are_settled_over_the_whole_column() -> None:
    rows = "03/04/2026,Binance:BTCUSDT,sell,1,60000\n"
    table = read(f"time,contract,side,quantity,price\n{rows}25/04/2026,Binance:BTCUSDT,sell,1,60000\n")
    assert [f.at.date() for f in table.fills] == [date(2026, 4, 3), date(2026, 4, 25)]


@pytest.mark.parametrize(
    ("header", "options", "hour", "note"),
    [
        ("Time", {}, 12, True),
        ("Time(UTC)", {}, 12, False),
        ("Time(UTC+8)", {}, 4, False),
        ("Time (UTC-03:30)", {}, 15, False),
        ("Time(UTC+99)", {}, 12, True),
        ("Time", {"utc_offset": timedelta(hours=2)}, 10, False),
    ],
)
def test_the_zone_of_bare_times_is_stated_chosen_or_noted(
    header: str, options: dict[str, object], hour: int, note: bool
) -> None:
    table = read(f"{header},Contract,Side,Quantity,Price\n2026-01-31 12:00,Binance:BTCUSDT,sell,1,60000\n", **options)
    assert table.fills[0].at.hour == hour
    assert any("without a time zone" in text for text in table.notes) is note


def test_an_offset_of_more_than_a_day_is_refused() -> None:
    with pytest.raises(InvalidInput, match="utc_offset"):
        read(BINANCE, utc_offset=timedelta(hours=24))


def test_marks_of_encoding_inside_the_file_do_not_hide_a_column() -> None:
    text = "UID:1,Time Zone:UTC\n\ufeffTime,Contract,Side,Quantity,Price\n2026-01-01,Binance:BTCUSDT,sell,1,60000\n"
    assert len(read(text).fills) == 1


def test_the_zone_above_the_header_counts() -> None:
    assert read(OKX).fills[0].at == datetime(2026, 8, 10, 12, 30, 21, tzinfo=UTC)


def test_a_table_with_the_newest_first_keeps_fills_of_one_moment_in_order() -> None:
    rows = [
        "2026-01-02,Binance:BTCUSDT,buy,3,1",
        "2026-01-01,Binance:BTCUSDT,buy,2,1",
        "2026-01-01,Binance:BTCUSDT,sell,1,1",
    ]
    table = read("time,contract,side,quantity,price\n" + "\n".join(rows))
    assert [f.contracts for f in table.fills] == [1000, 2000, 3000]


# -- faults

HEADER = "time,contract,side,quantity,unit,price,fee,fee currency,expiry,type\n"
GOOD = "2026-01-01,Binance:BTCUSDT,sell,1,,60000,1,USDT,,\n"


@pytest.mark.parametrize(
    ("line", "field", "message"),
    [
        (",Binance:BTCUSDT,sell,1,,60000,,,,", "time", "is empty"),
        ("2026-01-01,,sell,1,,60000,,,,", "contract", "write the contract as Venue:CODE"),
        ("2026-01-01,BTCUSDT,sell,1,,60000,,,,", "contract", "more than one venue; write Binance:BTCUSDT or Bybit:BTC"),
        ("2026-01-01,DOGEMOON,sell,1,,60000,,,,", "contract", "or define it as a contract of your own"),
        ("2026-01-01,Binance:BTCUSDT,,1,,60000,,,,", "side", "is empty: write sell or buy"),
        ("2026-01-01,Binance:BTCUSDT,hold,1,,60000,,,,", "side", "is not a side"),
        ("2026-01-01,Binance:BTCUSDT,sell,,,60000,,,,", "quantity", "is empty: write a number"),
        ("2026-01-01,Binance:BTCUSDT,sell,x,,60000,,,,", "quantity", "is not a number"),
        ("2026-01-01,Binance:BTCUSDT,sell,0.0005,,60000,,,,", "quantity", "0.0005 is 0.5 lots of 0.001 BTC"),
        ("2026-01-01,Binance:BTCUSDT,sell,1e14,,60000,,,,", "quantity", "whole number of lots"),
        ("2026-01-01,Binance:BTCUSDT,sell,1e16,,60000,,,,", "quantity", "is too large"),
        (
            "2026-01-01,Binance:BTCUSDT,sell,1,ETH,60000,,,,",
            "quantity",
            "1 ETH cannot be converted to lots of 0.001 BTC",
        ),
        ("2026-01-01,Binance:BTCUSDT,sell,600,USDT,60000,,,,", "quantity", "600 USDT cannot be converted to lots"),
        ("2026-01-01,OKX:BTC-USD-SWAP,sell,1,BTC,60000,,,,", "quantity", "1 BTC cannot be converted to lots of $100"),
        ("2026-01-01,Binance:BTCUSDT,sell,1,,0,,,,", "price", "must be a positive number"),
        ("2026-01-01,Binance:BTCUSDT,sell,1,,,,,,", "price", "is empty: write a number"),
        ("2026-01-01,Binance:BTCUSDT,sell,1,,60000,free,,,", "fee", "is not a number"),
        ("2026-01-01,CME:MET,sell,1,,2000,,,,", "expiry", "write the expiry date, as in 2026-12-25"),
        ("2026-01-01,CME:MET,sell,1,,2000,,,soon,", "expiry", "is not a date; write it as 2026-12-25"),
        ("2026-01-01,Binance:BTCUSDT,sell,1,,60000,,,,delivery", "type", "settlement price"),
        ("2026-01-01,Binance:BTCUSDT,sell,1,,60000,,,,,7", None, "has 11 cells"),
    ],
)
def test_a_faulty_row_names_row_field_and_way_out_and_the_good_rows_stay(
    line: str, field: str | None, message: str
) -> None:
    table = read(f"{HEADER}{GOOD}{line}\n{GOOD}")
    assert [(fault.row, fault.field) for fault in table.faults] == [(3, field)]
    assert message in table.faults[0].message
    assert len(table.fills) == 2


def test_a_fee_in_another_coin_keeps_the_fill_and_leaves_its_fee_open() -> None:
    table = read(f"{HEADER}{GOOD}2026-01-01,Binance:BTCUSDT,sell,1,,60000,0.1,BNB,,\n")

    assert [f.fee for f in table.fills] == [1.0, 0.0]
    assert table.open_fees == {3}
    assert [(doubt.row, doubt.field) for doubt in table.questions] == [(3, "fee")]
    assert "0.1 BNB cannot be converted to USD" in table.questions[0].text
    assert table.fills[1].note == "fee 0.1 BNB not counted"


def test_every_fault_of_a_row_is_named() -> None:
    table = read(f"{HEADER}x,y,z,q,,p,,,,\n")
    assert {fault.field for fault in table.faults} == {"time", "contract", "side", "quantity", "price"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        (b"\x00\x01PK", "not a text file"),
        ("foo,bar\nx,y\n", "no column for the time and the contract"),
        ("time,contract,side\n", "no rows"),
        ("time,contract,side\n" + "1,2,3\n" * (MAX_ROWS + 1), "at most 10,000"),
        ("x" * 5_000_001, "larger than 5 MB"),
    ],
)
def test_a_table_that_is_none_is_refused_with_the_way_out(text: str | bytes, message: str) -> None:
    with pytest.raises(InvalidFile, match=message):
        read(text)


def test_a_fee_without_its_trade_is_named() -> None:
    lonely = "\n".join(KRAKEN.splitlines()[:4])
    assert [(fault.row, fault.field) for fault in read(lonely).faults] == [(4, "fee")]


def test_without_a_side_sold_quantities_are_negative_or_nothing_is_read() -> None:
    header = "time,contract,contracts,price\n2026-01-01,Binance:BTCUSDT,1,60000\n"
    table = read(f"{header}2026-01-02,Binance:BTCUSDT,-2,60000\n")
    assert [(f.side, f.contracts) for f in table.fills] == [("buy", 1000), ("sell", 2000)]
    assert [(fault.row, fault.field) for fault in read(header).faults] == [(2, "side")]


# -- contracts, columns, units


@pytest.mark.parametrize(
    ("name", "venue", "found"),
    [
        ("BTCUSDT", "Bybit", "Bybit:BTCUSDT"),
        ("btcusdt", "Binance", "Binance:BTCUSDT"),
        ("BTCUSDT Perpetual", "Binance", "Binance:BTCUSDT"),
        ("coinbase derivatives:etp", "", "Coinbase Derivatives:ETP"),
        ("ETP", "", "Coinbase Derivatives:ETP"),
        ("MINE", "Binance", "My contracts:MINE"),
        ("Deribit:BTC-PERPETUAL", "Binance", "Deribit:BTC-PERPETUAL"),
    ],
)
def test_a_contract_is_found_by_what_its_venue_calls_it(name: str, venue: str, found: str) -> None:
    table = read(f"time,symbol,side,quantity,price\n2026-01-01,{name},sell,10,2000\n", venue=venue)
    assert [f.contract for f in table.fills] == [found]


def test_the_columns_can_be_chosen_by_hand() -> None:
    text = "when,what,way,many,rate\n2026-01-01,Binance:BTCUSDT,S,1,60000\n"
    chosen = {"time": "when", "contract": "what", "side": "way", "quantity": "many", "price": "rate"}
    table = read(text, mapping=chosen)
    assert (brief(table), table.mapping) == ([("Binance:BTCUSDT", "sell", 1000, 60000.0, 0.0)], chosen)


def test_columns_chosen_for_another_table_are_set_aside_with_a_note() -> None:
    table = read(BINANCE, mapping={"time": "when"})
    assert len(table.fills) == 2
    assert any("does not have the columns you chose" in note for note in table.notes)


def test_the_mapping_and_all_columns_are_shown() -> None:
    table = read(BINANCE)
    assert table.mapping["fee"] == "Fee"
    assert table.mapping["time"] == "Time"
    assert table.columns[-1] == "Order ID"


@pytest.mark.parametrize(
    ("name", "quantity", "unit", "lots"),
    [
        ("OKX:BTC-USDT-SWAP", "3", "cont", 300),
        ("OKX:BTC-USDT-SWAP", "0.03", "BTC", 300),
        ("Deribit:BTC-PERPETUAL", "3000", "", 300),
        ("Deribit:BTC-PERPETUAL", "3000", "USD", 300),
        ("Deribit:BTC-PERPETUAL", "300", "contracts", 300),
        ("Hyperliquid:kPEPE", "5000", "kPEPE", 5000),
        ("Hyperliquid:kPEPE", "5000000", "PEPE", 5000),
        ("My contracts:MINE", "12", "", 12),
    ],
)
def test_a_quantity_is_counted_in_its_unit(name: str, quantity: str, unit: str, lots: int) -> None:
    table = read(f"time,contract,side,quantity,unit,price\n2026-01-01,{name},sell,{quantity},{unit},2000\n")
    assert [f.contracts for f in table.fills] == [lots]


def test_a_fill_remembers_the_step_that_its_lots_were_counted_in() -> None:
    assert [f.amount_step for f in read(BINANCE).fills] == [0.001, 0.001]
    own = "time,contract,side,lots,amount_step,price\n2026-01-01,Binance:BTCUSDT,sell,5,{},60000\n"
    assert [f.amount_step for f in read(own.format("0.01")).fills] == [0.01]
    assert [f.amount_step for f in read(own.format("")).fills] == [0.001]
    assert [(fault.row, fault.field) for fault in read(own.format("x")).faults] == [(2, "amount_step")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings_and_delimiters_of_spreadsheets_are_read(encoding: str) -> None:
    text = "Time;Contract;Side;Quantity;Price;Note\n31.01.2026 14:05;Binance:BTCUSDT;sell;0,5;60.000,25;für mich\n"
    table = read(text.encode(encoding))
    assert [(f.contracts, f.price, f.note) for f in table.fills] == [(500, 60000.25, "für mich")]


# -- our own columns

moments = st.datetimes(datetime(2009, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
money = st.floats(-1e6, 1e6, allow_subnormal=False)
fills = st.builds(
    Fill,
    at=moments,
    contract=st.sampled_from([c.id for c in KNOWN if c.kind == "perpetual"]),
    side=st.sampled_from(["sell", "buy"]),
    contracts=st.integers(1, 10**12),
    price=st.floats(1e-12, 1e14),
    fee=money,
    note=st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=30),
    amount_step=st.none() | st.floats(1e-9, 1e9),
)
STEPS = {contract.id: contract.amount_step for contract in KNOWN}
payments = st.builds(
    FundingPayment, at=moments, contract=st.sampled_from(["Binance:BTCUSDT", "Deribit:BTC-PERPETUAL"]), amount=money
)


@given(st.lists(fills, min_size=1, max_size=5), st.lists(payments, max_size=4))
def test_what_is_written_reads_back_equal(made: list[Fill], paid: list[FundingPayment]) -> None:
    made.sort(key=lambda each: each.at)
    table = read(fills_csv(made, paid))
    assert table.faults == ()
    assert list(table.fills) == [f if f.amount_step else replace(f, amount_step=STEPS[f.contract]) for f in made]
    assert list(table.payments) == [payment for payment in paid if payment.amount]


def test_a_dated_future_reads_back_with_its_expiry() -> None:
    made = Fill(
        at=datetime(2026, 1, 1, tzinfo=UTC),
        contract="CME:MET",
        side="sell",
        contracts=1,
        price=2.0,
        expiry=date(2026, 3, 27),
    )
    assert read(fills_csv([made])).fills == (replace(made, amount_step=1.0),)


def test_the_template_names_our_columns_and_each_is_known() -> None:
    assert fills_csv([]).strip() == ",".join(OWN_COLUMNS)
    assert set(OWN_COLUMNS) <= set(FIELDS)


@given(st.text(max_size=40))
def test_no_note_is_a_formula_and_none_spoils_the_file(note: str) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    made = Fill(at=at, contract="Binance:BTCUSDT", side="sell", contracts=1, price=2.0, note=note)
    text = fills_csv([made, replace(made, note="")])
    cells = [row[-1] for row in csv.reader(io.StringIO(text, newline=""))]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
    assert len(read(text).fills) == 2


EXPORTS = (
    BINANCE,
    BINANCE_FUNDING,
    OKX,
    BYBIT_LOG,
    BYBIT_TRADES,
    KRAKEN,
    HYPERLIQUID,
    DERIBIT_LOG,
    COINBASE,
    HEADER + GOOD,
)


@given(st.data())
def test_no_input_raises_anything_but_a_hedge_error(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(EXPORTS))
    place = data.draw(st.integers(0, len(text)))
    scraps = st.sampled_from(
        [",", "\n", '"', "-", "--", "e9", "9" * 20, "NaN", "\x00", ";", "０", "²", "UTC+99", "\ufeff"]
    )
    cut = data.draw(st.integers(0, 12))
    spoiled = text[:place] + data.draw(scraps | st.text(max_size=8)) + text[place + cut :]
    try:
        table = read(spoiled)
    except HedgeError:
        return
    assert all(fill.contracts > 0 and fill.price > 0 for fill in table.fills)


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200)))
def test_noise_raises_nothing_but_a_hedge_error(content: bytes | str) -> None:
    try:
        read(content)
    except HedgeError:
        return


def test_a_title_of_open_brackets_is_read_in_a_time_that_grows_with_its_length():
    """Looking for a closing bracket from each opening one made this quadratic: a file of 5 MB took an hour."""
    title = "(utc" * 30_000
    start = time.thread_time()

    with pytest.raises(InvalidFile, match="no column"):
        read_fills(f"{title},price\n1,2\n", KNOWN)

    assert time.thread_time() - start < 1.0


def test_a_file_of_nothing_but_marks_of_byte_order_is_empty_and_no_bug():
    with pytest.raises(InvalidFile, match="is empty"):
        read_fills(b"\xef\xbb\xbf\xef\xbb\xbf", KNOWN)
