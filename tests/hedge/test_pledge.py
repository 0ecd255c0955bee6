"""Coins of the bag as margin, by hand, against an account walked in fractions, and with a haircut of 100%.

By hand: $9,000 of AVAX are held and shorted with $1,000 of cash at a maintenance rate of 5%; AVAX counts 90% at OKX.

    without    1,000 = 9,000·r + 0.05·9,000·(1 + r)                        r = 550 / 9,450 = 5.8%
    pledged    1,000 + 8,100·(1 + r) = 9,000·r + 450·(1 + r)               r = 8,650 / 1,350 = 641%

Bybit's table for Bitcoin (help on collateral value ratios, 2025-09-18): 0.98 up to 10 coins, 0.95 up to 20, 0.90 up to
30, 0.85 up to 40, 0.80 up to 50 and nothing above, so that 25 Bitcoin count for 9.8 + 9.5 + 4.5 = 23.8.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from hedge_core.errors import InvalidInput
from hedge_core.hedge.account import MarginLeg
from hedge_core.hedge.breach import RULES, Breach, ToppedUp
from hedge_core.hedge.haircuts import Haircut, haircut_of
from hedge_core.hedge.margin import MarginRequirement, PledgedCoin
from hedge_core.hedge.planner import assess
from hedge_core.hedge.pledge import with_pledge
from hedge_core.market.contracts import CustomContract
from hedge_core.market.instruments import Instrument
from hedge_core.market.margin_tiers import MarginTier
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import CostAssumptions, Decisions, HedgePlan, Overrides
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.shocks import Shock
from hedge_core.simulation.account import Book, ShortAccount
from tests.support.account_walker import WalkedLeg, Walker
from tests.support.markets import make_market
from tests.support.scale import scaled

MARKET = make_market(seed=4)
FREE = CostAssumptions(fee_rate=0.0, half_spread_rate=0.0, carry_rate=0.0)


def planned(*, collateral=1_000.0, venue="OKX", **decisions):
    contract = CustomContract(code="AVAX-ONE", underlying="AVAX", coins=1.0, maintenance_margin_rate=0.05)
    return assess(
        HedgePlan(
            holdings=(Holding(coin="AVAX", quantity=300.0), Holding(coin="LINK", quantity=100.0)),
            decisions=Decisions(risk_accepted=0.0, venue=venue, collateral=collateral, **decisions),
            overrides=Overrides(contracts=(contract,), costs=FREE),
        ),
        MARKET,
    )


def alone(collateral=1_000.0, pledged=(), *, lots=300, rate=0.05):
    """`lots` lots of AVAX at $30, in one account."""
    return MarginRequirement((leg_of("AVAX", 30.0 * lots, rate),), collateral, False, pledged=pledged)


def leg_of(coin, notional, rate=None, tiers=()):
    return MarginLeg(
        contract_id=f"A:{coin}",
        underlying=coin,
        price=30.0,
        notional=notional,
        tiers=tiers or (MarginTier(0.0, rate, rate),),
        instrument=Instrument(),
        is_exchange_traded=False,
    )


def test_the_same_coin_long_and_short_by_hand():
    pledged = (PledgedCoin("AVAX", 9_000.0, 8_100.0),)

    assert alone().rally_survived == pytest.approx(550.0 / 9_450.0)
    assert alone(pledged=pledged).rally_survived == pytest.approx(8_650.0 / 1_350.0)
    assert alone(pledged=pledged).collateral_for(1.0) == 0.0
    assert alone(None, pledged).collateral_for(7.0) == pytest.approx(9_000 * 7 + 450 * 8 - 8_100 * 8)


def test_another_coin_counts_at_its_own_move():
    """LINK at half its price: 1,000 + 0.5·500 − 900 − 0.05·9,900 = −145 after a rise of AVAX by 10%."""
    margin = alone(pledged=(PledgedCoin("LINK", 1_000.0, 500.0),))

    assert margin.coins == ("AVAX", "LINK")
    assert margin.room([0.1, -0.5]) == pytest.approx(1_000 + 250 - 900 - 495)
    assert margin.gains([0.1, -0.5]).tolist() == [pytest.approx(-900.0)]
    assert margin.initial == alone().initial == 450.0
    assert alone(0.0).is_enough_to_open is False
    assert alone(0.0, (PledgedCoin("LINK", 1_000.0, 500.0),)).is_enough_to_open is True


def test_the_venues_published_steps_by_hand():
    bybit = haircut_of("Bybit", "BTC")

    assert bybit.counted(25.0) == pytest.approx(23.8)
    assert bybit.counted(8.0) == pytest.approx(7.84)
    assert bybit.counted(1_000.0) == pytest.approx(9.8 + 9.5 + 9.0 + 8.5 + 8.0)
    assert haircut_of("OKX", "AVAX").counted(10.0) == pytest.approx(9.0)
    assert haircut_of("OKX", "DOGE") == Haircut.flat(0.8, "assumed")
    assert haircut_of("Gate", "NOVA").counted(1.0) == 0.5
    assert [haircut_of(name, "BTC").counted(1.0) for name in ("CME", "Coinbase Derivatives", "Hyperliquid")] == [
        0.0
    ] * 3


@given(
    st.floats(0.0, 20_000.0),
    st.floats(0.0, 1.0),
    st.floats(0.0, 1.0),
    st.floats(0.01, 0.5),
)
@settings(max_examples=scaled(60), deadline=None)
def test_pledging_never_lowers_the_common_rally_and_a_smaller_haircut_never_either(cash, less, more, rate):
    less, more = sorted((less, more))
    coins = [(PledgedCoin("LINK", 3_000.0, 3_000.0 * share),) for share in (less, more)]
    none, few, many = (alone(cash, pledged, rate=rate).rally_survived for pledged in ((), *coins))

    assert none <= few * (1 + 1e-9) + 1e-12
    assert few <= many * (1 + 1e-9) + 1e-12


def test_a_haircut_of_100_percent_gives_exactly_the_numbers_without():
    plain = planned()
    cut = with_pledge(plain, {"AVAX": 1.0, "LINK": 1.0}, {"AVAX": 1.0, "LINK": 1.0})

    assert cut.margin.rally_survived == plain.margin.rally_survived
    assert cut.market_rally_survived == plain.market_rally_survived
    assert cut.collateral_for(0.4) == plain.collateral_for(0.4)
    for move in (-0.5, 0.0, 0.02, 0.1, 1.0):
        assert run_scenario(cut, Shock(move=move, of="market")) == run_scenario(plain, Shock(move=move, of="market"))


def test_a_pledge_is_valued_at_the_venues_rate_and_keeps_the_short_alive():
    plain = planned()
    pledged = with_pledge(plain, {"AVAX": 0.5})
    (one,) = pledged.margin.pledged

    assert (one.value, one.counted) == (pytest.approx(4_500.0), pytest.approx(4_050.0))
    shock = Shock(move=0.3, of="proxy")
    assert run_scenario(plain, shock).is_liquidated
    assert not run_scenario(pledged, shock).is_liquidated
    assert run_scenario(pledged, shock).bag_pnl == run_scenario(plain, shock).bag_pnl
    assert pledged.legs == plain.legs


def test_a_closed_account_owes_what_its_pledged_coins_counted_for():
    """Everything counted is lost: the cash of $1,000 and 90% of the $900 of AVAX at the price of the close-out."""
    pledged = with_pledge(planned(breach="closed"), {"AVAX": 0.1})
    found = run_scenario(pledged, Shock(move=0.0, stated_moves={"AVAX": 1.0, "LINK": 1.0}))
    of_avax = pledged.margin.account.close_out(
        np.array(1_000.0), pledged.margin.account.today, np.array([1.0, 0.0, 1.0])
    )

    assert found.is_liquidated
    assert of_avax.equity == pytest.approx(-0.9 * 900.0 * 2.0)
    assert found.hedge_pnl == pytest.approx(-1_000.0 - 0.9 * 900.0 * 2.0)


def test_what_cannot_be_pledged_is_refused():
    with pytest.raises(InvalidInput, match="XYZ is not among"):
        with_pledge(planned(), {"XYZ": 1.0})
    with pytest.raises(InvalidInput, match="share of AVAX"):
        with_pledge(planned(), {"AVAX": 1.5})
    with pytest.raises(InvalidInput, match="haircut of AVAX"):
        with_pledge(planned(), {"AVAX": 1.0}, {"AVAX": -0.1})
    with pytest.raises(InvalidInput, match="isolated"):
        with_pledge(planned(margin_mode="isolated"), {"AVAX": 1.0})


class PledgeWalker(Walker):
    """The walker with pledged coins: legs without lots, whose counted USD are added to what margin is compared with."""

    pledged: list[Fraction]

    def _support(self) -> Fraction:
        return sum((one * at for one, at in zip(self.pledged, self.level, strict=True)), Fraction(0))

    def _maintenance(self) -> Fraction:
        return super()._maintenance() - self._support()

    def _initial(self, lots: list[int]) -> Fraction:
        return super()._initial(lots) - self._support()

    def _breach(self, before: Fraction, rule: str) -> None:
        super()._breach(before, rule)
        if rule == "closed":
            self.equity = -self._support()


LOTS, LOT = (12, 7), (256.0, 512.0)
TIERS = ((0.0, 0.125, 0.0625), (4_096.0, 0.25, 0.125))
COUNTED = (2_048.0, 256.0)
CASH, CLOSE_COST, HIGH, LOWEST, RESERVE = 1_024.0, 0.015625, 1.0625, 0.9375, 256.0
"""Two legs and two pledged coins, in figures that are exact as floats: highs are 17/16, lows 15/16 of the closes."""


def pledged_book(rule, then):
    law = ToppedUp(RULES[then]) if rule == "topped_up" else RULES[rule]
    reserve = RESERVE if rule == "topped_up" else 0.0
    tiers = tuple(MarginTier(*tier) for tier in TIERS)
    legs = tuple(leg_of(f"C{n}", n * size, tiers=tiers) for n, size in zip(LOTS, LOT, strict=True))
    coins = tuple(PledgedCoin(f"P{place}", 2.0 * counted, counted) for place, counted in enumerate(COUNTED))
    book = Book(
        margin=MarginRequirement(legs, CASH, False, pledged=coins),
        breach=Breach(law, np.full(2, CLOSE_COST), reserve).beside(2),
        notional=np.array([leg.notional for leg in legs]),
        lot_notional=np.array(LOT),
        columns=np.arange(2),
        funding_columns=np.full(2, -1),
        side_cost=np.zeros(2),
        carry_a_day=np.zeros(2),
        roll_days=(frozenset(),) * 2,
        peak=np.full(2, HIGH),
    )
    return book.beside(np.array([2, 3]), np.full(2, LOWEST))


def walked(rule, then, closes):
    """The walker at the end of one path; `closes`, shape (days, 4), are the levels of legs and pledged coins."""
    tiers = [tuple(map(Fraction, tier)) for tier in TIERS]
    legs = [
        WalkedLeg(n, Fraction(size), tiers, close_cost=Fraction(CLOSE_COST)) for n, size in zip(LOTS, LOT, strict=True)
    ]
    nothing = [WalkedLeg(0, Fraction(1), [(Fraction(0), Fraction(0), Fraction(0))]) for _ in COUNTED]
    reserve = Fraction(RESERVE if rule == "topped_up" else 0)
    walker = PledgeWalker([*legs, *nothing], Fraction(CASH), rule, reserve, then)
    walker.pledged = [Fraction(0), Fraction(0), *map(Fraction, COUNTED)]
    days = [[Fraction(value) for value in day] for day in closes.tolist()]
    extremes = [Fraction(HIGH), Fraction(HIGH), Fraction(LOWEST), Fraction(LOWEST)]
    return walker.run([(day, [at * most for at, most in zip(day, extremes, strict=True)]) for day in days])


@pytest.mark.parametrize(
    ("rule", "then"),
    [("by_position", ""), ("reduced", ""), ("closed", ""), ("topped_up", "by_position"), ("topped_up", "closed")],
)
def test_an_account_walked_by_hand_agrees_on_a_thousand_paths(rule, then):
    """60 paths of six days for each rule, 17 times as many in make long; margin runs out on many, on some twice."""
    paths, days = scaled(60), 6
    random = np.random.default_rng(len(rule + then))
    grown = np.cumprod(1.0 + random.normal(0.04, 0.12, (days, paths, 4)), axis=0)
    levels = np.rint(grown * 1_024.0) / 1_024.0
    account = ShortAccount(pledged_book(rule, then), paths)
    for day, level in enumerate(levels, start=1):
        account.step(day, level, np.zeros((1, 1)))

    breached = 0
    for path in range(paths):
        walker = walked(rule, then, levels[:, path])
        breached += walker.first_breach > 0
        assert account.lots[path, :2].tolist() == [leg.lots for leg in walker.legs[:2]]
        assert account.equity[path] == pytest.approx(float(walker.equity), abs=1e-6)
        assert account.closed_on[path] == walker.first_cut
        assert account.paid_in[path] == pytest.approx(float(walker.paid_in), abs=1e-9)
    assert paths / 5 < breached < paths
