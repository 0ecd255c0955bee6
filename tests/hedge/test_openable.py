"""What can be opened, against every count that could be better, with margin tables and a rally.

By hand: 40 ETH at $3,000 in lots of $300; initial margin 5% below $25,000, 10% from there, 25% from $100,000, and
maintenance at half of these rates. $8,000 opens 266 lots: 79,800·10% = 7,980, and 267 would need 8,010. A rally of 25%
takes 92 lots of 27,600 to 34,500: a loss of 6,900 and maintenance of 25,000·2.5% + 9,500·5% = 1,100, exactly 8,000.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from hedge_core import Holding, assess
from hedge_core.documents.link.pin import pinned_market
from hedge_core.documents.link.pinning import pin_of
from hedge_core.hedge.cash_limits import CashUse, initial_use, rally_use
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.margin import margin_leg, margin_requirement
from hedge_core.hedge.openable import Cash
from hedge_core.hedge.optimum import TIE
from hedge_core.market.contracts import Contract, MarginTier
from hedge_core.market.snapshot import FutureQuote
from hedge_core.plan.plan import Decisions, HedgePlan, Overrides, OwnMargin
from tests.support.markets import make_market
from tests.support.scale import scaled

TIERS = (MarginTier(0.0, 0.05, 0.025), MarginTier(25_000.0, 0.1, 0.05), MarginTier(100_000.0, 0.25, 0.125))


def leg_of(lot, exact, tiers, *, is_inverse=False, minimum=1):
    """A leg of one contract with a price of $1,000 and `exact` lots of `lot` USD as its target."""
    contract = Contract(
        venue="Nowhere",
        code="TEST",
        underlying="ETH",
        kind="perpetual",
        style="inverse" if is_inverse else "linear",
        contract_size=lot if is_inverse else lot / 1_000.0,
        size_in_usd=is_inverse,
        minimum_amount=float(minimum),
        initial_margin_rate=tiers[0].initial_rate,
        maintenance_margin_rate=tiers[0].maintenance_rate,
        margin_tiers=tiers,
    )
    return SizedLeg(
        contract=contract,
        price=1_000.0,
        lot_notional=contract.lot_notional(1_000.0),
        contracts=0,
        ideal_notional=exact * lot,
        target_notional=exact * lot,
        exact_contracts=exact,
        wanted_contracts=0,
    )


@pytest.mark.parametrize(("rally", "lots"), [(0.0, 266), (0.25, 92)])
def test_the_example_by_hand(rally, lots):
    leg = leg_of(300.0, 400.0, TIERS)

    (opened,), found = Cash(8_000.0, np.array([rally])).best([leg], np.eye(1))

    assert (opened.contracts, found.wanted) == (-lots, (400,))
    assert found.is_proven
    assert found.is_budget_binding


def test_collateral_that_is_not_stated_opens_everything():
    leg = leg_of(300.0, 400.0, TIERS)

    (opened,), found = Cash(None, np.array([0.25])).best([leg], np.eye(1))

    assert opened.lots == 400
    assert not found.is_budget_binding
    assert Cash(None).opens([opened])


def make_case(random):
    """Legs, their covariance, cash, moves and the lots beyond which no optimum lies; every kind of table."""
    m = int(random.integers(1, 5))
    legs = []
    for _ in range(m):
        floors = np.cumsum([0.0, *random.uniform(200.0, 4_000.0, int(random.integers(0, 4)))])
        kept = np.sort(random.uniform(0.004, 0.3, len(floors)))
        asked = kept * random.uniform(0.6, 3.0, len(floors))  # below maintenance, and falling from tier to tier, too
        if random.random() < 0.7:
            asked = np.sort(asked)
        tiers = tuple(map(MarginTier, floors.tolist(), asked.tolist(), kept.tolist()))
        lots = random.uniform(0.0, {1: 400.0, 2: 40.0, 3: 12.0, 4: 5.0}[m])
        lot = random.uniform(20.0, 900.0)
        minimum = 1 if random.random() < 0.8 else int(random.integers(2, 4))
        legs.append(leg_of(lot, lots, tiers, is_inverse=random.random() < 0.25, minimum=minimum))
    spread, rho = random.uniform(0.02, 0.06, m), random.uniform(-0.1, 0.9)
    S = (rho + (1.0 - rho) * np.eye(m)) * np.outer(spread, spread)
    r = random.choice([0.0, random.uniform(0.0, 1.0)])
    moves = r * (np.ones(m) if random.random() < 0.6 else random.uniform(-0.2, 1.8, m))
    N, x = (np.array([getattr(leg, name) for leg in legs]) for name in ("lot_notional", "target_notional"))
    reach = np.sqrt(float(x @ S @ x) / float(np.linalg.eigvalsh(S)[0]))  # no optimum is further from x than no hedge
    top = np.floor((x + reach) / N).astype(int)
    return legs, S, moves, top


def bracket_sum(notional, tiers):
    """Maintenance margin: each tier's rate on the part of the notional inside the tier."""
    ends = [*(tier.notional_from for tier in tiers[1:]), np.inf]
    parts = [
        np.clip(notional, tier.notional_from, end) - tier.notional_from for tier, end in zip(tiers, ends, strict=True)
    ]
    return sum(tier.maintenance_rate * part for tier, part in zip(tiers, parts, strict=True))


def collateral_of(legs, grid, moves):
    """The collateral (USD) that opens each row of lots and survives the moves, worked out leg by leg."""
    initial, used, coins = np.zeros(len(grid)), np.zeros(len(grid)), np.zeros(len(grid))
    for leg, lots, move in zip(legs, grid.T, moves, strict=True):
        tiers, face = leg.contract.margin_tiers, lots * leg.lot_notional
        rate = np.array([tier.initial_rate for tier in tiers])[
            sum((face >= tier.notional_from).astype(int) for tier in tiers) - 1
        ]
        asked = np.maximum(rate * face, bracket_sum(face, tiers))
        is_inverse = leg.contract.size_in_usd
        initial += asked
        used += face * move + bracket_sum(face if is_inverse else face * (1.0 + move), tiers)
        coins += asked * move * is_inverse
    grown = 1.0 + np.divide(coins, initial, out=np.zeros(len(grid)), where=initial > 0.0)
    return np.maximum(initial, used / grown)


@pytest.mark.long
def test_optima_under_tiers_and_a_rally_are_those_of_brute_force():
    random, binding, rallied = np.random.default_rng(26), 0, 0
    count = scaled(375)
    for case in range(count):
        legs, S, moves, top = make_case(random)
        while np.prod(top + 1.0) > 6_000:
            legs, S, moves, top = make_case(random)
        grid = np.array(
            list(
                itertools.product(
                    *([0, *range(leg.contract.minimum_lots, n + 1)] for leg, n in zip(legs, top.tolist(), strict=True))
                )
            )
        )
        needed = collateral_of(legs, grid, moves)
        cash = float(
            random.uniform(0.0, 1.1)
            * needed[np.abs(grid - np.array([leg.exact_contracts for leg in legs])).sum(axis=1).argmin()]
        )
        N = np.array([leg.lot_notional for leg in legs])
        miss = grid * N - np.array([leg.target_notional for leg in legs])
        variance = np.einsum("ni,ij,nj->n", miss, S, miss)
        least = variance[needed <= cash * (1.0 + 1e-12)].min()

        opened, found = Cash(cash, moves).best(legs, S)

        assert found.is_proven, case
        assert found.variance == pytest.approx(least, rel=10 * TIE, abs=1e-12 * variance[0]), case
        assert Cash(cash, moves).opens(opened), case
        margin = margin_requirement(opened, cash)
        assert margin.initial <= cash * (1.0 + 1e-9)
        binding += found.is_budget_binding
        rallied += bool(moves.any() and found.is_budget_binding)
    assert binding > count / 3
    assert rallied > count / 6


def test_the_cash_that_lots_use_is_that_of_the_account():
    random = np.random.default_rng(7)
    for _ in range(300):
        legs, _, moves, _ = make_case(random)
        for leg, move in zip(legs, moves.tolist(), strict=True):
            single = margin_leg(replace(leg, contracts=-1))
            initial, rally = initial_use(single), rally_use(single, move)
            for lots in (0, 1, 2, 3, 7, 20, 55, 400):
                account = margin_requirement([replace(leg, contracts=-lots)], 0.0)
                assert initial(lots) == pytest.approx(account.initial, rel=1e-12, abs=1e-9)
                if lots:
                    after = -float(account.room([move])) + account.coins_posted_pnl([move])
                    assert rally(lots) == pytest.approx(after, rel=1e-12, abs=1e-9)


def test_the_most_lots_that_cash_pays_for():
    use = initial_use(margin_leg(replace(leg_of(300.0, 1.0, TIERS), contracts=-1)))

    assert use.most(8_000.0) == 266
    assert [use(83), use(84)] == pytest.approx([83 * 15.0, 84 * 30.0])  # 24,900 at 5%, 25,200 at 10%
    assert use.most(1_300.0) == 83  # 84 would need 2,520
    assert use.breaks(0, 400) == [84, 334]
    assert CashUse.flat(0.0).most(5.0) == np.inf
    assert CashUse.flat(2.0).most(5.0) == 2


def test_a_dated_future_is_opened_at_its_own_price_and_not_at_that_of_its_coin():
    """Lots of 0.1 ETH at a margin of 100%: $2,000 opens 10 at $200, but the future costs $2,020, so 9 at $202."""
    market = replace(make_market(), futures=(FutureQuote("ETH", date(2026, 3, 27), 2_020.0),))
    plan = HedgePlan(
        holdings=(Holding(coin="ETH", quantity=10.0),),
        decisions=Decisions(venue="CME", collateral=2_000.0),
        overrides=Overrides(margins={"CME:MET": OwnMargin(initial=1.0, maintenance=0.5)}),
    )

    (opened,) = assess(plan, market).traded_legs
    (at_spot,) = assess(plan, replace(market, futures=())).traded_legs

    assert (at_spot.lots, opened.lots) == (10, 9)
    text = next(n.text for n in assess(plan, market).notices if n.code == "collateral_limits")
    assert "The full hedge needs $10,100." in text


def test_a_link_opens_what_the_plan_opens_where_futures_cost_more_than_their_coins():
    market = make_market()
    for cash in range(2_010, 9_000, 998):
        plan = HedgePlan(
            holdings=(Holding(coin="ETH", quantity=10.0),), decisions=Decisions(venue="CME", collateral=float(cash))
        )
        mine = assess(plan, market)
        theirs = assess(plan, pinned_market(pin_of(mine)))
        assert [leg.lots for leg in theirs.legs] == [leg.lots for leg in mine.legs]


def test_the_quick_look_refuses_most_of_what_the_account_refuses_and_nothing_else():
    random, refused, told = np.random.default_rng(31), 0, 0
    for _ in range(400):
        legs, _, moves, top = make_case(random)
        grid = random.integers(0, top + 1, (40, len(legs)))
        needed = collateral_of(legs, grid, moves)
        cash = float(np.median(needed)) * random.uniform(0.5, 1.5)
        _, survives = Cash(cash, moves)._limits(legs)
        if survives is None or survives.quick is None:
            continue
        is_refused = [survives.quick(lots) for lots in grid.tolist()]

        assert (needed[is_refused] > cash).all()
        refused += int((needed > cash * 1.01).sum())
        told += int((needed[is_refused] > cash * 1.01).sum())
    assert refused > 300
    assert told > 0.7 * refused
