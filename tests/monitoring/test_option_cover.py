"""What open options protect now: worth, delta and repricing against Black-76 written out here, rolls and their cost.

A put of strike K with a forward F, volatility σ and T years: K·N(−d2) − F·N(−d1), d1,2 = ln(F/K)/(σ√T) ± σ√T/2. Its
delta to the coin is −N(−d1) where the forward is the coin.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from scipy.stats import norm

from hedge_core.cli.text import monitor_text
from hedge_core.hedge.planner import assess
from hedge_core.market.options.held import margin_assumption
from hedge_core.market.options.surface import Smile, VolatilitySurface
from hedge_core.monitoring.daily_check import check
from hedge_core.monitoring.filled import as_filled
from hedge_core.monitoring.option_cover import FALL, cover_ratio, option_covers
from hedge_core.monitoring.option_ledger import option_book
from hedge_core.plan.plan import Watch
from hedge_core.plan.rules import OnDate
from hedge_core.reports.held_options import held_options_document, held_options_outcome, held_options_sentence
from hedge_core.reports.html.position import monitored, option_sentences, position_sentence, position_table
from hedge_core.reports.monitor_json import cover_document
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.shocks import Shock
from tests.monitoring.test_option_ledger import CALL, PUT, fill, plan
from tests.support.markets import PRICES, make_market

FLAT = VolatilitySurface({}, Smile.flat(0.5, half_spread=0.01), "stated")
SPOT, STRIKE, YEARS = PRICES["BTC"], 54_000.0, 27.0 / 365.0


def put_value(spot: float) -> float:
    spread = 0.5 * math.sqrt(YEARS)
    d1 = math.log(spot / STRIKE) / spread + spread / 2.0
    return STRIKE * norm.cdf(spread - d1) - spot * norm.cdf(-d1)


def covers(*fills, **decisions):
    assessment = assess(plan(*fills, **decisions), make_market(futures=()))
    return assessment, option_covers(assessment, option_book(assessment, FLAT), FLAT)


def test_worth_short_and_gain_in_a_fall_of_a_put() -> None:
    _, (cover,) = covers(fill(PUT, "buy", 200, 1_500.0))
    spread = 0.5 * math.sqrt(YEARS)
    delta = -norm.cdf(-(math.log(SPOT / STRIKE) / spread + spread / 2.0))
    assert cover.days_left == 27
    assert cover.worth == pytest.approx(2.0 * put_value(SPOT))
    assert cover.short == pytest.approx(-delta * 2.0 * SPOT)
    assert cover.gain_in_fall == pytest.approx(2.0 * (put_value((1.0 - FALL) * SPOT) - put_value(SPOT)))
    assert cover.closing == pytest.approx(cover.worth - cover.closing_cost)


def test_a_sold_call_is_a_short_too_and_a_bought_call_adds() -> None:
    _, (sold,) = covers(fill(CALL, "sell", 100, 900.0))
    _, (bought,) = covers(fill(CALL, "buy", 100, 900.0))
    assert sold.short == pytest.approx(-bought.short)
    assert sold.short > 0.0
    assert (sold.is_hedge, bought.is_hedge) == (True, False)
    assert bought.roll is None
    assert "adds" in bought.sentence


def test_the_share_of_the_bag_that_they_offset_is_their_dollars_over_its_dollars() -> None:
    """The bag is 2 BTC, hedged with its own future: exposure 120,000, so the share is the put's short over that."""
    assessment, found = covers(fill(PUT, "buy", 200, 1_500.0))
    assert cover_ratio(assessment, None, [one.leg for one in found]) == pytest.approx(found[0].short / (2.0 * SPOT))


def test_a_roll_is_the_same_strike_at_the_first_expiry_that_lasts_the_horizon() -> None:
    assessment, (cover,) = covers(fill(PUT, "buy", 200, 1_500.0), horizon_days=50)
    assert cover.roll is not None
    assert cover.roll.option.id == "Deribit:BTC_USDC-27MAR26-54000-P"
    spread = 0.51 * math.sqrt(55.0 / 365.0)
    d1 = math.log(SPOT / STRIKE) / spread + spread / 2.0
    asked = STRIKE * norm.cdf(spread - d1) - SPOT * norm.cdf(-d1)
    fee = min(0.0005 * SPOT, 0.125 * asked)
    assert cover.roll.paid == pytest.approx(2.0 * (asked + fee))
    assert "BTC_USDC-27FEB26-54000-P expires in 27 days, before the horizon" in cover.within(50)
    assert cover.within(27) == ""
    outcome = held_options_outcome(assessment, Shock(move=-0.1))
    assert outcome is not None
    assert "rolling it into Deribit:BTC_USDC-27MAR26-54000-P takes about" in held_options_sentence(assessment, outcome)
    assert "The strike stays the same." in held_options_sentence(assessment, outcome)
    (row,) = held_options_document(assessment, outcome)["expiring"]
    assert row["roll"]["contract"] == "Deribit:BTC_USDC-27MAR26-54000-P"


def days_before(*fills, day: int, **changes):
    market = replace(make_market(futures=()), as_of=datetime(2026, 2, day, tzinfo=UTC))
    return check(assess(replace(plan(*fills), **changes), market), now=market.as_of)


def test_a_put_that_expires_soon_is_rolled_in_the_one_list_and_the_cheaper_end_is_named() -> None:
    report = days_before(fill(PUT, "buy", 200, 1_500.0), day=22)
    (action,) = [one for one in report.actions if "27MAR26" in one.what]
    assert action.lots == {("Deribit:BTC_USDC-27MAR26-54000-P", datetime(2026, 3, 27, tzinfo=UTC).date()): 200}
    assert "Let it expire" in action.what
    assert "buy 2 Deribit:BTC_USDC-27MAR26-54000-P" in action.what
    assert "5 days" in action.why


def test_a_sold_call_is_not_rolled_while_margin_is_thin_nor_anything_beside_an_exit_rule() -> None:
    thin = days_before(fill(CALL, "sell", 200, 900.0), day=22)
    assert any("buy 2" in one.what or "sell 2" in one.what for one in thin.actions)
    market = replace(make_market(futures=()), as_of=datetime(2026, 2, 22, tzinfo=UTC))
    poor = check(assess(plan(fill(CALL, "sell", 200, 900.0), collateral=9_500.0), market), now=market.as_of)
    assert {alert.code for alert in poor.alerts} >= {"option_margin", "option_expiry"}
    assert not any(lots > 0 for one in poor.actions for lots in one.lots.values())
    short = fill("Deribit:BTC-PERPETUAL", "sell", 6_000, 60_000.0)
    closing = days_before(
        short,
        fill(PUT, "buy", 200, 1_500.0),
        day=22,
        watch=Watch(exit_rules=(OnDate(day=datetime(2026, 2, 20, tzinfo=UTC).date(), share=0.5),)),
    )
    by_rule = next(one for one in closing.actions if "exit rule" in one.why)
    assert by_rule.lots[PUT, datetime(2026, 2, 27, tzinfo=UTC).date()] == -100
    assert f"sell 1 {PUT}" in by_rule.what
    assert not any(lots > 0 for one in closing.actions for lots in one.lots.values())


def test_options_alone_are_a_position() -> None:
    report = days_before(fill(PUT, "buy", 200, 1_500.0), day=1)
    assert {alert.code for alert in report.alerts} & {"not_executed", "bag_risk"} == set()
    text = monitor_text(report)
    assert "no fills entered" not in text
    assert "is as good as a short of" in text
    assert "of your bag's expected move" in text


def test_the_report_lists_options_and_says_what_they_protect() -> None:
    market = make_market(futures=())
    assessment = assess(plan(fill(PUT, "buy", 200, 1_500.0), fill(CALL, "sell", 100, 900.0)), market)
    report = monitored(assessment, market.as_of)
    assert not isinstance(report, str)
    table = position_table(report)
    assert table is not None
    assert [(row[0], row[1]) for row in table.rows] == [(PUT, "bought 2 BTC"), (CALL, "sold 1 BTC")]
    assert "options" in position_sentence(report)
    sentences = option_sentences(report)
    assert any(PUT in one and "27 days left" in one for one in sentences)
    assert any("Sold options need" in one for one in sentences)


def test_margin_of_sold_options_at_another_venue_is_said_to_be_assumed() -> None:
    market = make_market(futures=())
    sold = fill("CME:MBT-27FEB26-66000-C", "sell", 20, 900.0)
    assessment = assess(plan(sold, collateral=8_000.0), market)
    report = check(assessment, now=market.as_of)
    words = "Margin of sold options at CME is taken to be that of Deribit"
    assert words in monitor_text(report)
    assert words in next(alert.evidence for alert in report.alerts if alert.code == "option_margin")
    outcome = held_options_outcome(assessment, Shock(move=-0.1))
    assert outcome is not None
    assert words in " ".join(run_scenario(as_filled(assessment).assessment, Shock(move=-0.1)).notes)
    assert words in held_options_document(assessment, outcome)["margin_note"]
    assert any(words in one for one in option_sentences(report))
    assert (
        margin_assumption([option_book(assess(plan(fill(CALL, "sell", 1, 9.0)), market)).legs[0].option.series]) == ""
    )
    assert cover_document(report.covers[0])["days_left"] == 27
