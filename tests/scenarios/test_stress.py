"""The replay of history, window by window, against plain arithmetic on the table of facts.

By hand, NovaCoin (beta 1.8 to Ether, 63 contracts of $200) in March 2020, 7th to 12th: Ether fell by 53.0%
(see the table), so the bag asks for −95.4% of $10,000 and the short earns 53.0% of $12,600.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from hedge_core.documents.link.pin import pinned_market
from hedge_core.documents.link.pinning import pin_of
from hedge_core.documents.plan_file import load_plan
from hedge_core.errors import InvalidInput
from hedge_core.exposure.betas import estimate_betas
from hedge_core.hedge.planner import assess
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan, Overrides
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.stress import run_stress, stress_beta_shock, stress_lead, stress_reading, stress_windows
from hedge_core.text import signed_usd
from tests.support.markets import PRICES, make_market

MARKET = make_market(seed=1)
FACTS = (Path(__file__).parents[2] / "hedge_core/data/crashes.csv").read_text(encoding="utf-8")
TABLE = list(csv.DictReader(FACTS.splitlines()))


def plan_of(*rows, overrides=None, **decisions):
    holdings = tuple(Holding(coin=coin, quantity=value / PRICES[coin]) for coin, value in rows)
    return HedgePlan(holdings=holdings, decisions=Decisions(**decisions), overrides=overrides or Overrides())


def by_name(results):
    return {result.window.name: result for result in results}


def test_there_are_25_crashes_and_13_squeezes_with_ether_and_bitcoin_in_each():
    windows = stress_windows()

    assert [window.kind for window in windows].count("crash") == 25
    assert [window.kind for window in windows].count("squeeze") == 13
    for window, row in zip(windows, TABLE, strict=True):
        assert window.start < window.end
        assert window.moves["ETH"] == float(row["ETH"])
        assert window.moves["BTC"] == float(row["BTC"])
        assert all(-1 <= move < 10 for move in window.moves.values())


def test_coins_that_traded_take_their_own_moves_and_so_do_their_contracts():
    """SOL and AVAX by futures of their own: bag and short move by the table, to the cent."""
    plan = plan_of(("SOL", 15_000.0), ("AVAX", 6_000.0), risk_accepted=0.0)
    assessment = assess(plan, MARKET)

    results = by_name(run_stress(assessment))

    notional = {leg.underlying: leg.notional for leg in assessment.legs}
    for row in TABLE:
        if not (row["SOL"] and row["AVAX"]):
            continue
        result = results[row["window"]]
        sol, avax = float(row["SOL"]), float(row["AVAX"])
        assert result.bag_pnl == pytest.approx(15_000 * sol + 6_000 * avax)
        assert result.hedge_pnl == pytest.approx(-notional["SOL"] * sol - notional["AVAX"] * avax)
        assert result.estimated == ()


def test_a_coin_without_a_move_takes_its_beta_times_its_proxys_and_is_named(examples):
    assessment = assess(load_plan(examples / "novacoin.json"), MARKET)

    results = by_name(run_stress(assessment))

    for row in TABLE:
        ether, result = float(row["ETH"]), results[row["window"]]
        assert result.bag_pnl == pytest.approx(10_000 * max(1.8 * ether, -1.0))
        assert result.hedge_pnl == pytest.approx(-12_600 * ether)
        assert result.net_pnl == pytest.approx(result.bag_pnl + result.hedge_pnl)
        assert result.estimated == ("NOVA",)


def test_a_residual_is_added_to_what_is_estimated_alone(examples):
    nova = assess(load_plan(examples / "novacoin.json"), MARKET)
    known = assess(plan_of(("ETH", 10_000.0)), MARKET)

    worse, plain = by_name(run_stress(nova, residual=-0.1)), by_name(run_stress(nova))
    same = by_name(run_stress(known, residual=-0.1))

    name = "2024-04 alts"
    assert worse[name].bag_pnl == pytest.approx(plain[name].bag_pnl - 1_000)
    assert worse[name].hedge_pnl == pytest.approx(plain[name].hedge_pnl)
    assert same[name].bag_pnl == pytest.approx(by_name(run_stress(known))[name].bag_pnl)
    with pytest.raises(InvalidInput, match="residual"):
        run_stress(nova, residual=-1.5)


def test_a_contract_whose_coin_did_not_trade_follows_its_regression_on_ether():
    assessment = assess(plan_of(("SOL", 15_000.0), risk_accepted=0.0), MARKET)

    early = by_name(run_stress(assessment))["2018-11 BCH fork"]

    beta = estimate_betas(MARKET.history, ["SOL"], "ETH", window_days=365)["SOL"].beta
    move = max(beta * -0.4345, -1.0)
    assert early.bag_pnl == pytest.approx(15_000 * move)
    assert early.hedge_pnl == pytest.approx(-15_000 * move)
    assert early.estimated == ("SOL",)


def test_the_worst_for_bag_and_hedge_together_comes_first():
    results = run_stress(assess(plan_of(("UNI", 8_000.0), ("NEAR", 5_000.0)), MARKET))

    nets = [result.net_pnl for result in results]
    assert nets == sorted(nets)
    assert len(results) == 38


def test_a_squeeze_that_outruns_the_collateral_closes_the_short():
    plan = plan_of(("BTC", 60_000.0), risk_accepted=0.0, venue="Kraken Futures", collateral=12_000.0)
    assessment = assess(plan, MARKET)

    result = by_name(run_stress(assessment))["2019-05 Bitcoin runs alone"]

    assert result.is_closed
    assert result.hedge_pnl == pytest.approx(-12_000.0)
    assert "your collateral runs out" in stress_reading(assessment, run_stress(assessment))


def test_the_lead_is_the_worst_crash_with_and_without_the_hedge():
    """A short of as much Ether as is held loses nothing in January 2018, when it fell by 30.49%."""
    crash = next(one for one in stress_windows() if one.name == "2018-01 top")
    assert crash.moves["ETH"] == pytest.approx(-0.3049)
    whole = run_stress(assess(plan_of(("ETH", 10_000.0), risk_accepted=0.0), MARKET))
    assert stress_lead(whole) == "Your worst past crash (Top, Jan 2018) would cost you nothing instead of $3,049."

    half = run_stress(assess(plan_of(("ETH", 10_000.0), risk_accepted=0.5), MARKET))
    worst = min((one for one in half if one.window.kind == "crash"), key=lambda one: one.net_pnl)
    assert stress_lead(half) == (
        f"Your worst past crash ({worst.window.label}) would cost you ${-worst.net_pnl:,.0f} instead of "
        f"${-worst.bag_pnl:,.0f}."
    )
    assert stress_lead(()) == ""


def test_the_reading_counts_what_held_and_names_the_worst():
    assessment = assess(plan_of(("ETH", 10_000.0), risk_accepted=0.0), MARKET)
    results = run_stress(assessment)

    text = stress_reading(assessment, results)

    assert text.startswith("In all 25 past crashes")
    assert f"'{results[0].window.label}'" in text
    assert "no hedge to test on past crashes" in stress_reading(assess(HedgePlan(), MARKET), ())


def test_a_cascade_of_altcoins_is_among_those_in_which_a_good_hedge_lost():
    """October 2025: the altcoins of this bag fell far further than what is shorted against them."""
    plan = plan_of(("UNI", 10_000.0), ("NEAR", 10_000.0), risk_accepted=0.0, approach="coin_by_coin", venue="CME")

    result = by_name(run_stress(assess(plan, MARKET)))["2025-10-10 flash"]

    assert result.net_pnl < 0.25 * result.bag_pnl < 0
    assert np.isfinite(result.offset)


def test_a_window_is_called_by_its_story_and_its_month():
    labels = {window.name: window.label for window in stress_windows()}

    assert labels["2020-03 Covid"] == "Covid, Mar 2020"
    assert labels["2018-11 BCH fork"] == "BCH fork, Nov 2018"
    assert labels["2020-03-12 day"] == "One day, Mar 2020"
    assert labels["2019-09-24"] == "A sudden fall, Sep 2019"
    assert len(set(labels.values())) == len(labels)


def test_a_fall_by_stress_betas_moves_each_coin_as_on_the_markets_worst_days():
    assessment = assess(plan_of(("UNI", 10_000.0), ("ETH", 5_000.0), venue="CME"), MARKET)
    known = assessment.estimates.stress_betas(("UNI", "ETH"))
    betas = dict(zip(known.coins, known.betas, strict=True))

    result = run_scenario(assessment, stress_beta_shock(assessment, -0.25))

    assert betas["UNI"] != betas["ETH"]
    assert result.bag_pnl == pytest.approx(-0.25 * (10_000.0 * betas["UNI"] + 5_000.0 * betas["ETH"]), rel=1e-6)
    text = stress_reading(assessment, run_stress(assessment))
    assert f"as on their worst days in the window: bag {signed_usd(result.bag_pnl)}" in text
    pinned = assess(assessment.plan, pinned_market(pin_of(assessment)))
    assert stress_beta_shock(pinned, -0.25) is None
    assert "worst days is not known here: a link does not hold it" in stress_reading(pinned, run_stress(pinned))
