"""The formulas of an account over arrays, against one account at a time in plain Python."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st

from hedge_core.hedge.account import Account, MarginLeg, MarginTable, Position
from hedge_core.market.contracts import MarginTier
from hedge_core.market.instruments import InversePerpetual, Perpetual

TIERS = (MarginTier(0.0, 0.04, 0.02), MarginTier(5_000.0, 0.1, 0.05), MarginTier(20_000.0, 0.2, 0.1))


def leg(notional: float, tiers=TIERS, *, is_inverse: bool = False, is_brokers: bool = False) -> MarginLeg:
    return MarginLeg(
        contract_id="V:C",
        underlying="ETH",
        price=2_000.0,
        notional=notional,
        tiers=tiers,
        instrument=InversePerpetual() if is_inverse else Perpetual(),
        is_exchange_traded=is_brokers,
    )


def in_brackets(tiers, notional: float) -> float:
    ends = [*(tier.notional_from for tier in tiers[1:]), math.inf]
    return sum(
        tier.maintenance_rate * max(0.0, min(notional, end) - tier.notional_from)
        for tier, end in zip(tiers, ends, strict=True)
    )


def plain_room(legs, posted, equity: float, moves) -> float:
    for one, coins, move in zip(legs, posted, moves, strict=True):
        grown = one.notional if isinstance(one.instrument, InversePerpetual) else one.notional * (1.0 + move)
        equity += coins * move - one.notional * move - in_brackets(one.tiers, grown)
    return equity


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    sizes = draw(st.lists(st.tuples(st.floats(100.0, 4e4), st.booleans(), st.booleans()), min_size=1, max_size=4))
    is_brokers = draw(st.booleans())
    legs = tuple(
        leg(size, TIERS if tiered else TIERS[:1], is_inverse=inverse, is_brokers=is_brokers)
        for size, tiered, inverse in sizes
    )
    posted = [draw(st.floats(0.0, 0.5)) * one.notional if one.instrument.settles_in_coin else 0.0 for one in legs]
    return Account(legs, np.array(posted))


@given(accounts(), st.integers(0, 2**32 - 1), st.floats(0.1, 2.0))
def test_room_of_many_accounts_is_that_of_each(account, seed, cover):
    moves = np.random.default_rng(seed).uniform(-0.9, 3.0, (5, len(account.legs)))
    equity = cover * float(account.notional.sum())
    face, units, level = account.today

    today = Position(face, units, level)
    then = equity + account.gain(today, moves) + account.posted_gain(moves)
    room = account.room(then, Position(face, units, level + moves))

    expected = [plain_room(account.legs, account.posted, equity, row) for row in moves.tolist()]
    np.testing.assert_allclose(room, expected, rtol=1e-9, atol=1e-6)


@given(accounts(), st.floats(0.05, 2.0), st.lists(st.floats(0.1, 5.0), min_size=3, max_size=3))
def test_an_account_is_closed_where_its_room_ends(account, cover, rises):
    moves = np.array(rises)[:, None] * np.ones(len(account.legs))
    equity = account.initial + cover * float(account.notional.sum())
    today = Position(*(np.tile(part, (3, 1)) for part in account.today))

    way = account.border(np.full(3, equity), today, moves)
    closed = account.close_out(np.full(3, equity), today, moves)

    size = equity + float(account.notional.sum())
    for place, row in enumerate(moves):
        end = plain_room(account.legs, account.posted, equity, row.tolist())
        at = plain_room(account.legs, account.posted, equity, (way[place] * row).tolist())
        if end >= 0.0:
            assert way[place] == 1.0
        else:
            assert at == pytest.approx(0.0, abs=1e-9 * size)
            left = equity + float(((account.posted - account.notional) * way[place] * row).sum())
            assert closed.equity[place] == (
                pytest.approx(left, abs=1e-9 * size) if account.is_carried_by_brokers else 0.0
            )


@given(accounts(), st.floats(0.0, 3.0), st.floats(-500.0, 500.0))
def test_the_collateral_needed_leaves_no_room(account, rise, carry):
    moves = np.full(len(account.legs), rise)
    needed = float(account.needed(moves, carry))

    assert needed >= account.initial
    if needed > account.initial * (1.0 + 1e-9):
        share = [needed * one.initial / account.initial * one.instrument.settles_in_coin for one in account.legs]
        room = plain_room(account.legs, share, needed + carry, moves.tolist())
        assert room == pytest.approx(0.0, abs=1e-7 * (needed + float(account.notional.sum())))


def test_the_margin_has_no_jumps_and_opens_at_the_tiers_rate():
    table = MarginTable(TIERS)

    assert table.maintenance(np.array([4_000.0, 5_000.0, 20_000.0])).tolist() == pytest.approx([80.0, 100.0, 850.0])
    assert table.initial(20_000.0) == pytest.approx(4_000.0)
    for _, tier in pairwise(TIERS):
        below, at = table.maintenance(np.array([tier.notional_from * (1 - 1e-12), tier.notional_from]))
        assert below == pytest.approx(at, rel=1e-9)
