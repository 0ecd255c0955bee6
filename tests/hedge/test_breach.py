"""Breach: what is closed when margin runs out.

By hand: $2,000 of A in 20 lots and $1,000 of B in 10, initial margin 20%, maintenance 10%, cash $700. Both rise by
15%: the loss is 450, equity 250, notional 3,450, maintenance 345 > 250, so margin has run out.

- By position: A has the larger maintenance margin (230 > 115). Closing it costs 1% of 2,300 = 23 and leaves 227, and
  the initial margin of B is 230: not covered by 3. B is closed too, for 11.50: 215.50 is left.
- With $704 of cash 231 covers the 230, and B stays open.
- Reduced: with a share q closed, 250 − 34.5·q >= 690·(1 − q), so q >= 440/655.5 = 0.6712. The candidates are k/20 and
  k/10, and 14/20 = 0.7 is the first: 14 lots of A and 7 of B are closed for 24.15; 225.85 is left for a margin of 207.
- A reserve of $440 brings equity to the initial margin of 690, and nothing is closed.
"""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest

from hedge_core.hedge.account import MarginLeg
from hedge_core.hedge.breach import RULES, Breach, BreachRule, ToppedUp
from hedge_core.hedge.margin import MarginRequirement
from hedge_core.market.contracts import MarginTier
from hedge_core.market.instruments import InversePerpetual, Perpetual
from hedge_core.simulation.account import Book, CashNeeded, ShortAccount
from hedge_core.simulation.separate_accounts import SeparateAccounts, open_book
from tests.support.account_walker import WalkedLeg, Walker
from tests.support.scale import scaled

FLAT = ((Fraction(0), Fraction(1, 5), Fraction(1, 10)),)
TABLE = (
    (Fraction(0), Fraction(1, 10), Fraction(1, 20)),
    (Fraction(5_000), Fraction(1, 5), Fraction(1, 10)),
    (Fraction(20_000), Fraction(1, 2), Fraction(1, 4)),
)
LOW = ((Fraction(0), Fraction(1, 200), Fraction(1, 250)), (Fraction(4_000), Fraction(3, 100), Fraction(1, 50)))
"""The first tier asks for less than a forced close costs, so that closing more can make things worse."""

PEAK = Fraction(103, 100)


def book_of(
    legs: list[WalkedLeg],
    cash: Fraction,
    rule: BreachRule,
    reserve: Fraction = Fraction(0),
    *,
    peak: Fraction = Fraction(1),
    is_isolated: bool = False,
) -> Book:
    """The same account as arrays; the day's highest price is `peak` × its close."""
    size = len(legs)
    margin_legs = tuple(
        MarginLeg(
            contract_id=f"leg {place}",
            underlying="ETH",
            price=1.0,
            notional=float(leg.lots * leg.lot),
            tiers=tuple(MarginTier(float(a), float(b), float(c)) for a, b, c in leg.tiers),
            instrument=InversePerpetual() if leg.is_inverse else Perpetual(),
            is_exchange_traded=False,
        )
        for place, leg in enumerate(legs)
    )
    return Book(
        margin=MarginRequirement(margin_legs, float(cash), False, is_isolated),
        breach=Breach(rule, np.array([float(leg.close_cost) for leg in legs]), float(reserve)),
        notional=np.array([leg.notional for leg in margin_legs]),
        lot_notional=np.array([float(leg.lot) for leg in legs]),
        columns=np.arange(size),
        funding_columns=np.full(size, -1),
        side_cost=np.zeros(size),
        carry_a_day=np.zeros(size),
        roll_days=(frozenset(),) * size,
        peak=np.full(size, float(peak)),
    )


def follow(book: Book, *levels: list[float]) -> ShortAccount | SeparateAccounts:
    account = open_book(book, 1)
    for day, level in enumerate(levels, start=1):
        account.step(day, np.array([level]), np.zeros((1, len(level))))
    return account


def worked(cash: int, rule: BreachRule, reserve: int = 0) -> ShortAccount:
    legs = [WalkedLeg(20, Fraction(100), list(FLAT)), WalkedLeg(10, Fraction(100), list(FLAT))]
    return follow(book_of(legs, Fraction(cash), rule, Fraction(reserve)), [1.15, 1.15])


@pytest.mark.parametrize(
    ("cash", "rule", "reserve", "lots", "equity", "paid_in"),
    [
        (700, RULES["by_position"], 0, [0, 0], 215.50, 0),
        (704, RULES["by_position"], 0, [0, 10], 231.0, 0),
        (700, RULES["reduced"], 0, [6, 3], 225.85, 0),
        (700, RULES["closed"], 0, [0, 0], 0.0, 0),
        (700, ToppedUp(RULES["reduced"]), 500, [20, 10], 690.0, 440),
        (700, ToppedUp(RULES["closed"]), 95, [20, 10], 345.0, 95),
        (700, ToppedUp(RULES["closed"]), 94, [0, 0], 0.0, 94),
    ],
)
def test_the_account_worked_by_hand(cash, rule, reserve, lots, equity, paid_in):
    account = worked(cash, rule, reserve)

    assert account.lots[0].tolist() == lots
    assert account.equity[0] == pytest.approx(equity)
    assert account.paid_in[0] == pytest.approx(paid_in)
    assert account.pnl[0] == pytest.approx(equity - cash - paid_in)
    assert (account.closed_on[0] == 1) == (lots != [20, 10])


def test_a_reserve_that_restores_the_initial_margin_is_enough_where_maintenance_is_as_high():
    """Nothing is lost to the last bit of a float: 700.1 − 450 plus the rest of 690 must count as 690."""
    legs = [WalkedLeg(7, Fraction(1_000, 3), [(Fraction(0), Fraction(1, 20), Fraction(1, 20))]) for _ in range(3)]
    for cents in range(40):
        rule = ToppedUp(RULES["closed"])
        account = follow(book_of(legs, Fraction(70_010 + cents, 100), rule, Fraction(9_000)), [1.13, 1.17, 1.19])
        assert account.closed_on[0] == 0


def test_a_balance_below_zero_is_owed():
    """A rise of 60% costs 1,800 of 700: everything is closed for 48, and 1,148 is owed."""
    legs = [WalkedLeg(20, Fraction(100), list(FLAT)), WalkedLeg(10, Fraction(100), list(FLAT))]
    for name in ("by_position", "reduced"):
        account = follow(book_of(legs, Fraction(700), RULES[name]), [1.6, 1.6], [0.5, 0.5])
        assert account.equity[0] == pytest.approx(700 - 1_800 - 48)
        assert account.lots[0].tolist() == [0, 0]


def walked_case(random: random.Random) -> tuple[list[WalkedLeg], Fraction, list[list[Fraction]]]:
    tiers = random.choice((FLAT, TABLE, LOW))
    legs = [
        WalkedLeg(
            lots=random.randint(1, 60),
            lot=Fraction(random.randint(20, 400)),
            tiers=list(random.choice((tiers, FLAT, TABLE))),
            is_inverse=random.random() < 0.3,
            close_cost=random.choice((Fraction(1, 100), Fraction(0), Fraction(9, 1000))),
        )
        for _ in range(random.randint(1, 4))
    ]
    initial = sum((leg.initial(leg.lots * leg.lot) for leg in legs), Fraction(0))
    cash = initial * Fraction(random.randint(101, 220), 100) + Fraction(random.randint(0, 999), 7)
    levels, path = [Fraction(1)] * len(legs), []
    for _ in range(8):
        common = random.randint(-60, 110)
        levels = [level * Fraction(1000 + common + random.randint(-80, 80), 1000) for level in levels]
        path.append(levels)
    return legs, cash, path


def walkers_of(
    legs: list[WalkedLeg], cash: Fraction, name: str, reserve: Fraction, then: str, *, is_isolated: bool
) -> list[tuple[list[int], Walker]]:
    """The accounts in fractions and the places of their legs: one for all, or one for each by initial margin."""
    initial = [leg.initial(leg.lots * leg.lot) for leg in legs]
    places = [[place] for place in range(len(legs))] if is_isolated else [list(range(len(legs)))]
    found = []
    for chosen in places:
        own = [legs[place] for place in chosen]
        share = sum((initial[place] for place in chosen), Fraction(0)) / sum(initial, Fraction(0))
        copies = [WalkedLeg(one.lots, one.lot, one.tiers, one.is_inverse, one.close_cost) for one in own]
        found.append((chosen, Walker(copies, cash * share, name, reserve * share, then or "closed")))
    return found


RULE_CASES = [(name, "") for name in RULES] + [("topped_up", then) for then in RULES]


@pytest.mark.parametrize(("name", "then"), RULE_CASES)
@pytest.mark.parametrize("is_isolated", [False, True], ids=["cross", "isolated"])
def test_a_walker_in_fractions_agrees_to_the_cent_on_random_paths(name, then, is_isolated):
    """84 paths for each of six rules, in one account and leg by leg: 1,008 paths."""
    drawn, cuts = random.Random(f"{name}{then}"), 0
    for _ in range(84):
        legs, cash, path = walked_case(drawn)
        reserve = Fraction(drawn.randint(0, 1_500)) if name == "topped_up" else Fraction(0)
        rule = ToppedUp(RULES[then]) if then else RULES[name]
        book = book_of(legs, cash, rule, reserve, peak=PEAK, is_isolated=is_isolated)
        account = follow(book, *[[float(level) for level in day] for day in path])
        walkers = [
            walker.run([([day[place] for place in own], [PEAK * day[place] for place in own]) for day in path])
            for own, walker in walkers_of(legs, cash, name, reserve, then, is_isolated=is_isolated)
        ]
        assert account.lots[0].tolist() == [leg.lots for walker in walkers for leg in walker.legs]
        assert float(account.pnl[0]) == pytest.approx(float(sum(walker.pnl for walker in walkers)), abs=0.005)
        assert float(account.paid_in[0]) == pytest.approx(float(sum(one.paid_in for one in walkers)), abs=0.005)
        first = min((walker.first_cut for walker in walkers if walker.first_cut), default=0)
        assert int(account.closed_on[0]) == first
        cuts += first > 0
    assert cuts >= 20


@pytest.mark.parametrize("name", ["by_position", "reduced"])
def test_no_smaller_cut_serves_and_legs_close_in_order_of_their_margin(name):
    """Every smaller candidate is tried: of the legs a shorter beginning of the order, or any k/n_j below q."""
    drawn, seen = random.Random(name), 0
    for _ in range(200):
        legs, cash, path = walked_case(drawn)
        rise = max(path, key=sum)
        copies = [WalkedLeg(one.lots, one.lot, one.tiers, one.is_inverse, one.close_cost) for one in legs]
        walker = Walker(copies, cash, name)
        walker._go(rise)
        if walker.equity >= walker._maintenance():
            continue
        seen += 1
        n = [leg.lots for leg in legs]
        kept = follow(book_of(legs, cash, RULES[name]), [float(level) for level in rise]).lots[0].astype(int).tolist()
        assert walker.serves(kept) or not any(kept)
        if name == "reduced":
            shares = {Fraction(k, lots) for lots in n for k in range(1, lots + 1)}
            smaller = [[lots - -(-lots * q.numerator // q.denominator) for lots in n] for q in shares]
            smaller = [other for other in smaller if sum(other) > sum(kept)]
        else:
            margin = [leg.maintenance(leg.notional(leg.lots, at)) for leg, at in zip(legs, rise, strict=True)]
            order = sorted(range(len(n)), key=lambda place: -margin[place])
            smaller = [[0 if place in order[:k] else lots for place, lots in enumerate(n)] for k in range(len(n))]
            assert kept in [*smaller, [0] * len(n)]
            smaller = [other for other in smaller if sum(other) > sum(kept)]
        assert not any(walker.serves(other) for other in smaller)
    assert seen >= 40


@pytest.mark.long
@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("is_isolated", [False, True], ids=["cross", "isolated"])
def test_with_counts_and_path_fixed_more_cash_never_brings_the_first_breach_earlier(name, is_isolated):
    drawn = random.Random(4)
    for _ in range(scaled(20)):
        legs, cash, path = walked_case(drawn)
        levels = [[float(level) for level in day] for day in path]
        first = [
            int(follow(book_of(legs, held, RULES[name], is_isolated=is_isolated), *levels).closed_on[0]) or 99
            for held in (cash * Fraction(more, 100) for more in (100, 103, 110, 130, 180))
        ]
        assert first == sorted(first)


@pytest.mark.long
@pytest.mark.parametrize("then", RULES)
@pytest.mark.parametrize("is_isolated", [False, True], ids=["cross", "isolated"])
def test_a_larger_reserve_never_brings_the_first_breach_that_it_cannot_meet_earlier(then, is_isolated):
    drawn = random.Random(5)
    for _ in range(scaled(20)):
        legs, cash, path = walked_case(drawn)
        levels = [[float(level) for level in day] for day in path]
        first = [
            int(follow(book_of(legs, cash, rule, reserve, is_isolated=is_isolated), *levels).closed_on[0]) or 99
            for rule, reserve in ((ToppedUp(RULES[then]), Fraction(usd)) for usd in (0, 50, 400, 1_500, 6_000, 40_000))
        ]
        assert first == sorted(first)


@pytest.mark.long
def test_an_isolated_leg_ends_no_later_than_one_account_for_all():
    drawn = random.Random(6)
    for _ in range(scaled(20)):
        legs, cash, path = walked_case(drawn)
        levels = [[float(level) for level in day] for day in path]
        shared, apart = (
            int(follow(book_of(legs, cash, RULES["closed"], is_isolated=mode), *levels).closed_on[0]) or 99
            for mode in (False, True)
        )
        assert apart <= shared


@pytest.mark.parametrize("is_isolated", [False, True], ids=["cross", "isolated"])
def test_the_cash_that_a_path_needs_is_the_least_with_which_nothing_is_closed(is_isolated):
    drawn, close = random.Random(7), 0
    for _ in range(40):
        legs, cash, path = walked_case(drawn)
        levels = [np.array([[float(level) for level in day]]) for day in path]
        book = book_of(legs, cash, RULES["closed"], peak=PEAK, is_isolated=is_isolated)
        needed = CashNeeded(book, 1)
        for day, level in enumerate(levels, start=1):
            needed.step(day, level, np.zeros((1, len(legs))))
        least = Fraction(float(needed.most[0]))

        def ends(collateral: Fraction, legs=legs, levels=levels) -> bool:
            held = book_of(legs, collateral, RULES["closed"], peak=PEAK, is_isolated=is_isolated)
            return bool(follow(held, *[day[0].tolist() for day in levels]).closed_on[0])

        assert not ends(least * Fraction(1_000_001, 1_000_000))
        if least > Fraction(book.margin.initial) * Fraction(1_001, 1_000):
            close += 1
            assert ends(least * Fraction(9_999, 10_000))
    assert close >= 10
