"""Each instrument against its own formula, worked in coins or dollars.

One lot of $2,000 at 2,000 that goes to 2,500, level 1 to 1.25: a short of one coin loses 500. An inverse lot of face
of $2,000 owes 2,000/2,500 coins at the end and 2,000/2,000 at the start: it loses 0.2 coins, 500 dollars at 2,500.
"""

from __future__ import annotations

import dataclasses
from datetime import date

import numpy as np
import pytest
from hypothesis import given, strategies as st

from hedge_core.market.contracts import Contract, CustomContract, catalogue
from hedge_core.market.instruments import (
    ASSUMED_MARGIN_RATE,
    INSTRUMENTS,
    Future,
    InverseFuture,
    InversePerpetual,
    Perpetual,
    SideBySide,
    instrument_of,
)
from hedge_core.market.snapshot import FutureQuote
from tests.support.markets import AS_OF, make_market

LINEAR = CustomContract(code="LINEAR", underlying="ETH", coins=1.0).contract()
INVERSE = dataclasses.replace(LINEAR, style="inverse", contract_size=2_000.0, size_in_usd=True)


def test_a_short_worked_by_hand():
    for contract in (LINEAR, INVERSE):
        assert instrument_of(contract, 2_000.0).gain(2_000.0, 1.0, 0.25) == -500.0
    assert instrument_of(LINEAR).notional(2_000.0, 2_000.0, 1.25) == 2_500.0
    assert instrument_of(INVERSE).notional(2_000.0, 2_000.0, 1.25) == 2_000.0


@given(st.floats(0.1, 5.0), st.floats(0.1, 5.0), st.floats(1.0, 1e6))
def test_an_inverse_lot_opened_on_the_way_earns_what_its_coins_do(opened, closed, face):
    instrument = instrument_of(INVERSE)

    gain = instrument.gain(instrument.units(face, opened), opened, closed - opened)

    in_coins = face / closed - face / opened
    assert gain == pytest.approx(in_coins * closed, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("kind", "style", "expected"),
    [
        ("future", "linear", Future),
        ("perpetual", "linear", Perpetual),
        ("future", "inverse", InverseFuture),
        ("perpetual", "inverse", InversePerpetual),
    ],
)
def test_the_words_of_a_row_name_its_instrument(kind, style, expected):
    instrument = instrument_of(dataclasses.replace(LINEAR, kind=kind, style=style))

    assert type(instrument) is expected
    assert instrument.settles_in_coin == (style == "inverse")
    assert instrument.earns_funding == (kind == "perpetual")
    assert instrument.expires == (kind == "future")
    assert (instrument.order, instrument.direction) == ("Sell short", -1)


def test_every_row_of_the_catalogue_has_an_instrument():
    assert {type(instrument_of(contract)) for contract in catalogue()} <= set(INSTRUMENTS.values())


@given(st.lists(st.sampled_from(list(INSTRUMENTS.values())), min_size=1, max_size=5), st.integers(0, 2**32 - 1))
def test_legs_side_by_side_are_each_leg_alone(kinds, seed):
    random = np.random.default_rng(seed)
    instruments = tuple(kind() for kind in kinds)
    face, units, level = random.uniform(0.1, 9.0, (3, 7, len(kinds)))
    move = random.uniform(-0.1, 2.0, (7, len(kinds)))
    beside = SideBySide(instruments)

    gain, notional, bought = (
        beside.gain(units, level, move),
        beside.notional(face, units, level),
        beside.units(face, level),
    )

    for place, one in enumerate(instruments):
        at = np.s_[:, place]
        np.testing.assert_array_equal(gain[at], one.gain(units[at], level[at], move[at]))
        np.testing.assert_array_equal(notional[at], one.notional(face[at], units[at], level[at]))
        np.testing.assert_array_equal(bought[at], one.units(face[at], level[at]))


def test_a_margin_without_a_source_is_assumed():
    bare = Contract(venue="V", code="C", underlying="ETH", kind="future", style="linear", contract_size=1.0)

    (tier,) = instrument_of(bare).margin_table(bare)

    assert (tier.initial_rate, tier.maintenance_rate) == (ASSUMED_MARGIN_RATE, ASSUMED_MARGIN_RATE)


def test_a_position_is_marked_at_its_own_expiry_or_not_at_all():
    quoted, other = date(2026, 3, 27), date(2026, 6, 26)
    market = make_market(futures=[FutureQuote("ETH", quoted, 2_020.0)])
    future, perpetual = dataclasses.replace(LINEAR, kind="future"), LINEAR

    assert instrument_of(future).mark(future, market, 2_000.0, quoted) == 2_020.0
    assert instrument_of(future).mark(future, market, 2_000.0, other) is None
    assert instrument_of(future).mark(future, market, 2_000.0, None) == 2_000.0
    assert instrument_of(perpetual).mark(perpetual, market, 2_000.0, None) == 2_000.0


def test_the_basis_of_a_few_days_counts_until_the_expiry_only():
    soon = date(2026, 2, 5)
    market = make_market(futures=[FutureQuote("ETH", soon, 2_010.0)])
    future = dataclasses.replace(LINEAR, kind="future")

    carry = instrument_of(future).carry(future, market)

    assert carry.until == soon
    assert carry.rate == pytest.approx(0.005 * 365 / (soon - AS_OF.date()).days)
    assert instrument_of(LINEAR).carry(LINEAR, market).until is None
    assert instrument_of(LINEAR).carry(LINEAR, market).rate == pytest.approx(0.0003 * 365)
