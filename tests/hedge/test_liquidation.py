"""Prices that end a short, against figures that others published and against a search over prices.

Each case names where its figures are from. Cases of long positions are not taken; a figure that a source rounds is
compared to the digits that it prints.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from hedge_core.errors import InvalidInput
from hedge_core.hedge.account import MarginLeg, MarginTable, tier_deductions
from hedge_core.hedge.margin import MarginRequirement
from hedge_core.market.contracts import MarginTier
from hedge_core.market.instruments import Perpetual
from tests.support.liquidation_prices import (
    margin_call_price,
    short_liquidation_price,
    short_liquidation_price_inverse,
    tiered_liquidation_price,
    wipe_out_price,
)
from tests.support.strategies import amounts

FREQTRADE = "freqtrade, test of dry-run liquidation prices (5 times leverage, entry 10, amount 1)"
BRACKETS = "Binance, leverage and margin of BTCUSDT: bracket, floor, rate, maintenance amount"

TABLE = (
    (0, 0.004, 0),
    (50_000, 0.005, 50),
    (250_000, 0.01, 1_300),
    (1_000_000, 0.025, 16_300),
    (10_000_000, 0.05, 266_300),
    (20_000_000, 0.10, 1_266_300),
    (50_000_000, 0.125, 2_516_300),
    (100_000_000, 0.15, 5_016_300),
    (200_000_000, 0.25, 25_016_300),
    (300_000_000, 0.50, 100_016_300),
)
TIERS = tuple(MarginTier(floor, rate, rate) for floor, rate, _ in TABLE)


PUBLISHED = [
    ("worked by hand: entry 2,000, leverage 2, 1%", (1, 2_000, 1_000, 0.01, 0, 0), 2_970.297),
    (f"{FREQTRADE}, Gate and OKX: 1% and a fee of 0.06%", (1, 10, 2, 0.01, 0.0006, 0), 11.87413417771621),
    ("freqtrade, the same at 3 times leverage", (1, 10, 10 / 3, 0.01, 0.0006, 0), 13.193482419684678),
    ("freqtrade, the same, entry 8", (1, 8, 1.6, 0.01, 0.0006, 0), 9.499307342172967),
    ("freqtrade, the same, twice the amount", (2, 10, 4, 0.01, 0.0006, 0), 11.87413417771621),
    ("freqtrade, Binance: 1%, maintenance amount 0.01", (1, 10, 2, 0.01, 0, 0.01), 11.89108910891089),
    ("freqtrade, Binance, 3 times", (1, 10, 10 / 3, 0.01, 0, 0.01), 13.211221122079207),
    ("freqtrade, Binance, entry 8", (1, 8, 1.6, 0.01, 0, 0.01), 9.514851485148514),
    ("freqtrade, Binance, amount 0.6", (0.6, 10, 1.2, 0.01, 0, 0.01), 11.897689768976898),
    ("Phemex help: (value + balance)/(1.0006 + rate)/size", (500, 0.4, 40.096, 0.01, 0.0006, 0), 240.096 / 505.3),
    ("TorchTrade 344: 5 left, another position needs 4, 0.4%", (1, 100, 1, 0.004, 0, 0), 101 / 1.004),
    ("MetaMask core 9968: from the mark, never the entry", (1.5, 2_500, 375, 0.02, 0, 0), 4_125 / 1.53),
    ("freqtrade 9205: the fee to close belongs to it", (1, 100, 10, 0.0, 0.001, 0), 110 / 1.001),
    ("nothing posted: closed at once", (1, 2_000, 0, 0.01, 0, 0), 2_000 / 1.01),
    ("more than the notional: a doubling is survived", (1, 2_000, 2_500, 0.01, 0, 0), 4_500 / 1.01),
]


@pytest.mark.parametrize(("source", "inputs", "expected"), PUBLISHED)
def test_linear_prices(source, inputs, expected):
    quantity, entry, collateral, rate, fee, deduction = inputs

    price = short_liquidation_price(
        quantity=quantity,
        entry_price=entry,
        collateral=collateral,
        maintenance_rate=rate,
        close_fee_rate=fee,
        deduction=deduction,
    )

    assert price == pytest.approx(expected, rel=2e-7), source


WITHOUT_DEDUCTION = [row for row in PUBLISHED if row[1][5] == 0 and row[2] > row[1][1]]


@pytest.mark.parametrize(("source", "inputs", "expected"), WITHOUT_DEDUCTION)
def test_the_account_closes_a_short_at_the_published_price(source, inputs, expected):
    """A fee on closing, a share of the notional, asks for the same room as that much more maintenance margin."""
    quantity, entry, collateral, rate, fee, _ = inputs
    leg = MarginLeg(
        contract_id="venue:SHORT",
        underlying="COIN",
        price=entry,
        notional=quantity * entry,
        tiers=(MarginTier(0.0, rate + fee, rate + fee),),
        instrument=Perpetual(),
        is_exchange_traded=False,
    )

    rally = MarginRequirement((leg,), collateral, is_assumed=False).rally_survived

    assert entry * (1.0 + rally) == pytest.approx(expected, rel=2e-7), source


@pytest.mark.parametrize(
    ("source", "inputs", "expected"),
    [
        ("worked by hand: entry 2,000, face 2,000, 0.5 coin, 1%", (2_000, 2_000, 0.5, 0.01, 0.0), 3_960.0),
        # Two venues keep the maintenance margin of the entry in coin: a fixed amount, here a deduction below zero.
        ("MCS help: short 10 times at 2,000, 0.5%", (2_000, 2_000, 0.1, 0.0, -0.005), 2_209.9447),
        (
            "10101 issue 2419: 10 contracts at 110,000, 2 times, 10%",
            (10, 110_000, 5 / 110_000, 0.0, -1e-4 / 11),
            183_333.3,
        ),
        ("fully covered in coin: never", (2_000, 2_000, 1.0, 0.01, 0.0), math.inf),
        ("covered by the deduction alone: never", (2_000, 2_000, 0.0, 0.01, 1.0), math.inf),
    ],
)
def test_inverse_prices(source, inputs, expected):
    face, entry, collateral, rate, deduction = inputs

    price = short_liquidation_price_inverse(
        face=face, entry_price=entry, collateral=collateral, maintenance_rate=rate, deduction=deduction
    )

    assert price == pytest.approx(expected, rel=1e-6), source


@pytest.mark.parametrize(
    ("source", "inputs", "expected"),
    [
        ("freqtrade, Bybit: maintenance of the entry value", (10, 2, 1, None, 0.1), 11.9),
        ("Jesse, isolated short: 2 times at 10, 0.4% of the entry", (10, 5, 1, None, 0.04), 14.96),
        ("Toobit help: 350 for 20 ETH at 1,600, maintenance 320", (1_600, 350, 20, None, 320), 1_601.5),
        ("a guide to USDT perpetuals: 50 times at 20,000 and 3,000 more", (20_000, 3_400, 1, None, 100), 23_300),
        ("CME style: 10 MET of 0.1 at 2,000, $900 for $800 of maintenance", (2_000, 900, 1, None, 800), 2_100),
        ("Coinbase style: 33.5% of the price then", (2_000, 1_600, 1, 0.335, None), 3_600 / 1.335),
        ("equity below the maintenance: called already", (2_000, 700, 1, None, 800), 1_900),
    ],
)
def test_calls_on_exchanges(source, inputs, expected):
    entry, equity, quantity, rate, fixed = inputs

    price = margin_call_price(
        entry_price=entry, equity=equity, quantity=quantity, maintenance_rate=rate, maintenance=fixed
    )

    assert price == pytest.approx(expected), source


def test_the_price_at_which_everything_is_lost():
    """Jesse's bankruptcy price of the same short: 15."""
    assert wipe_out_price(entry_price=10, equity=5, quantity=1) == 15


@pytest.mark.parametrize(("place", "row"), list(enumerate(TABLE)))
def test_deductions_are_the_maintenance_amounts_that_binance_prints(place, row):
    floor, rate, amount = row

    assert tier_deductions(TIERS)[place] == pytest.approx(amount), BRACKETS
    assert MarginTable(TIERS).maintenance(1.4 * floor + 1_000) == pytest.approx(rate * (1.4 * floor + 1_000) - amount)


@given(st.integers(1, len(TIERS) - 1))
def test_margin_has_no_jump_between_tiers(place):
    floor = TIERS[place].notional_from

    below, above = MarginTable(TIERS).maintenance(floor * (1 - 1e-12)), MarginTable(TIERS).maintenance(floor)

    assert below == pytest.approx(above, rel=1e-9)


@st.composite
def margin_tables(draw):
    """Tables whose rates rise with the notional."""
    count = draw(st.integers(1, 6))
    floors = sorted(draw(st.lists(amounts(1e3, 1e7), min_size=count - 1, max_size=count - 1, unique=True)))
    rates = sorted(draw(st.lists(amounts(0.002, 0.5), min_size=count, max_size=count)))
    return tuple(MarginTier(floor, rate, rate) for floor, rate in zip([0.0, *floors], rates, strict=True))


@given(margin_tables(), amounts(0.01, 1e4), amounts(0.0, 2.0), amounts(0.0, 0.01))
def test_the_walk_over_tiers_finds_the_price_that_a_grid_of_prices_finds(tiers, quantity, cover, fee):
    entry = 1_000.0
    collateral = cover * quantity * entry

    price = tiered_liquidation_price(
        quantity=quantity, entry_price=entry, collateral=collateral, tiers=tiers, close_fee_rate=fee
    )

    def room(at):
        """Equity less maintenance margin, here as the integral of the tiers' rates over the notional."""
        notional = quantity * at
        ends = [*(tier.notional_from for tier in tiers[1:]), np.inf]
        maintenance = sum(
            tier.maintenance_rate * np.clip(notional - tier.notional_from, 0.0, end - tier.notional_from)
            for tier, end in zip(tiers, ends, strict=True)
        )
        return collateral - quantity * (at - entry) - maintenance - fee * notional

    grid = np.linspace(0.0, 4.0 * entry, 20_001)
    alive = room(grid) > 0
    last = grid[alive].max(initial=0.0)
    assert last - 1e-6 <= price <= last + grid[1] + 1e-6
    assert room(price) == pytest.approx(0.0, abs=1e-7 * quantity * entry)


@given(margin_tables(), amounts(0.01, 1e4), amounts(0.0, 2.0), amounts(0.0, 2.0))
def test_more_collateral_never_survives_less_under_a_margin_table(tiers, quantity, cover, more):
    def price(share):
        return tiered_liquidation_price(
            quantity=quantity, entry_price=1_000.0, collateral=share * quantity * 1_000.0, tiers=tiers
        )

    assert price(cover + more) >= price(cover) * (1 - 1e-12)


@pytest.mark.parametrize(
    "options",
    [
        {"maintenance_rate": None, "maintenance": None},
        {"maintenance_rate": 0.1, "maintenance": 5.0},
        {"maintenance_rate": 0.1, "quantity": 0.0},
    ],
)
def test_a_call_needs_one_kind_of_maintenance_and_a_position(options):
    with pytest.raises(InvalidInput):
        margin_call_price(**{"entry_price": 10, "equity": 5, "quantity": 1, **options})
