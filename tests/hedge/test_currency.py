"""Amounts in the reader's own currency.

By hand: at 1 EUR = 1.25 USD, 1,000 USD are 1,000 / 1.25 = 800 EUR; at 1 JPY = 0.0064 USD they are 156,250 JPY.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest

from hedge_core import Holding, assess
from hedge_core.documents.link.link import hide_amounts
from hedge_core.documents.link.pin import pinned_market
from hedge_core.documents.link.pinning import pin_of
from hedge_core.hedge.currency import DOLLARS, TYPED, Rate, rate_of
from hedge_core.hedge.held_coins import wanted_of
from hedge_core.market.coins import is_cash
from hedge_core.market.currencies import Currency, sign_of
from hedge_core.market.snapshot import Quote
from hedge_core.plan.own_figures import OwnRate
from hedge_core.plan.plan import HedgePlan
from hedge_core.reports.answer import answer
from tests.support.markets import make_market

DAY = date(2026, 11, 26)
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
MARKET = replace(make_market(seed=1), simulated=False)
PLAN = HedgePlan(holdings=(Holding(coin="SOL", quantity=60), Holding(coin="LINK", quantity=500)), currency="EUR")
OWN = PLAN.with_overrides(rates={"EUR": OwnRate(usd=1.25, on=DAY)})


def with_euro(**changes: object) -> object:
    quote = replace(Quote(1.1, MARKET.as_of, "Kraken"), **changes)
    return replace(MARKET, quotes={**MARKET.quotes, "EUR": quote})


def test_every_currency_is_one_of_a_country_in_the_table_of_coins():
    assert [code for code in get_args(Currency) if not is_cash(code)] == []
    assert len({sign_of(code) for code in get_args(Currency)}) == len(get_args(Currency))


@pytest.mark.parametrize(
    ("currency", "usd", "amount", "text"),
    [
        ("USD", 1.0, 1_000.0, "$1,000"),
        ("EUR", 1.25, 1_000.0, "€800"),
        ("EUR", 1.25, -1_000.0, "−€800"),
        ("EUR", 1.25, -0.1, "€0"),
        ("JPY", 0.0064, 1_000.0, "JPY\u00a0156,250"),
        ("GBP", 1.25, float("nan"), "–"),
    ],
)
def test_an_amount_is_divided_by_what_one_unit_is_worth(currency, usd, amount, text):
    assert Rate(currency, usd, "", None).amount(amount) == text


def test_a_gain_has_a_plus_and_cents_are_shown_on_request():
    rate = Rate("EUR", 1.25, "", None)
    assert [rate.signed(amount) for amount in (10.0, -10.0, 0.1)] == ["+€8", "−€8", "€0"]
    assert rate.amount(1.0, cents=True) == "€0.80"


def test_the_rate_of_the_plan_comes_first_and_says_its_day_and_age():
    rate = rate_of(OWN, with_euro())

    assert rate == Rate("EUR", 1.25, TYPED, datetime(2026, 11, 26, tzinfo=UTC))
    assert rate.stated(NOW).replace("\u00a0", " ") == "1 EUR = 1.25 USD (typed by you on 26 Nov 2026, 3 days old)"
    assert rate.stated(NOW - timedelta(days=3)).endswith("2026, today)")
    assert rate.stated(NOW - timedelta(days=4)).endswith("2026, a day to come: check it)")


def test_a_quote_gives_the_rate_with_its_source_and_its_time():
    rate = rate_of(PLAN, with_euro(as_of=NOW))

    assert rate == Rate("EUR", 1.1, "Kraken", NOW)
    assert rate.stated(NOW).replace("\u00a0", " ") == "1 EUR = 1.1 USD (Kraken on 29 Nov 2026 at 12:00 UTC)"


def test_the_last_close_of_a_history_gives_the_rate_of_its_day():
    history = MARKET.history
    renamed = replace(history, coins=("EUR", *history.coins[1:]))
    close = history.last_close(history.coins[0])

    rate = rate_of(PLAN, replace(MARKET, history=renamed, quotes={}))

    assert rate is not None
    assert rate.usd == close
    assert rate.as_of == datetime.combine(history.days[-1].astype("datetime64[D]").item(), datetime.min.time(), UTC)


def test_there_is_no_rate_but_a_known_one():
    assert rate_of(PLAN, MARKET) is None
    assert rate_of(PLAN, with_euro(refusal="too old to size a hedge with")) is None
    assert rate_of(PLAN, replace(with_euro(), simulated=True)) is None
    assert rate_of(replace(OWN, currency="GBP"), with_euro()) is None
    assert rate_of(replace(PLAN, currency="USD"), MARKET) is DOLLARS


def test_a_live_source_is_asked_for_the_currency_unless_the_rate_is_typed():
    assert "EUR" in wanted_of(PLAN).coins
    assert "EUR" not in wanted_of(OWN).coins
    assert "USD" not in wanted_of(replace(PLAN, currency="USD")).coins


def test_a_link_shows_the_same_amounts():
    result = assess(PLAN, with_euro())

    again = rate_of(PLAN, pinned_market(pin_of(result)))

    assert again is not None
    assert (again.currency, again.usd) == ("EUR", 1.1)
    assert "EUR" not in pin_of(assess(OWN, with_euro())).prices


def test_the_answer_is_in_the_currency_and_the_hedge_does_not_depend_on_it():
    in_dollars, in_euro = assess(replace(OWN, currency="USD"), MARKET), assess(OWN, MARKET)
    said = answer(in_euro, rate=Rate("EUR", 1.25, TYPED, NOW))

    assert [leg.contracts for leg in in_euro.legs] == [leg.contracts for leg in in_dollars.legs]
    assert f"€{-said.crash.bag_pnl / 1.25:,.0f}" in said.lead
    assert "$" not in said.lead + said.terms


def test_a_link_without_amounts_says_nothing_of_the_currency():
    hidden = hide_amounts(assess(OWN, MARKET)).plan

    assert (hidden.currency, dict(hidden.overrides.rates)) == ("USD", {})
