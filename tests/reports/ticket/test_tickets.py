"""Tickets as a trader reads them: nothing missing to send them, nothing that a venue would refuse.

By hand, 7 Ether at $2,000 with $20,000 of collateral on CME, 2 November 2026: December is quoted at $2,020, so 31 lots
(the count is the plan's) are sold at 2,020.0, on the tick of 0.5, as METZ6.

The property runs on a few plans per venue; TICKETS=2000 tries so many at every venue.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from hedge_core import Holding, assess
from hedge_core.errors import InvalidInput
from hedge_core.hedge.market_margin import MarketMargin
from hedge_core.hedge.trading_costs import SLICE_SHARE
from hedge_core.market.contracts import catalogue
from hedge_core.market.snapshot import ContractQuote, FutureQuote
from hedge_core.market.ticks import plain_number, tick_of
from hedge_core.market.venues import VENUES, venue_of
from hedge_core.monitoring.execution import as_proposed
from hedge_core.plan.cost_assumptions import OwnLiquidity
from hedge_core.plan.fills import Fill
from hedge_core.plan.plan import Decisions, Execution, HedgePlan, Overrides, OwnMargin, Watch, new_costs
from hedge_core.plan.rules import FallReached
from hedge_core.plan.stages import Stages
from hedge_core.reports.ticket.build import WHAT_LEVERAGE_DOES
from hedge_core.reports.ticket.files import ticket_document, tickets_csv
from hedge_core.reports.ticket.filled import with_filled
from hedge_core.reports.ticket.stages import staged_tickets
from hedge_core.reports.ticket.tickets import (
    closing_ticket,
    opening_ticket,
    remaining_ticket,
    resizing_ticket,
    rolling_ticket,
    rolls_of,
    top_up,
)
from hedge_core.text import percent
from tests.support.markets import PRICES, make_market

MARKET = replace(
    make_market(seed=3, days=120),
    as_of=datetime(2026, 11, 2, 12, tzinfo=UTC),
    futures=(FutureQuote("ETH", date(2026, 12, 24), 2_020.0), FutureQuote("BTC", date(2026, 12, 24), 60_600.0)),
)
NOVEMBER = date(2026, 11, 27)
EXPONENT = re.compile(r"\d[eE][-+]?\d")


def short(contract: str, lots: int) -> Fill:
    """Lots sold at $2,000 per coin."""
    return Fill(
        at=datetime(2026, 11, 1, tzinfo=UTC), contract=contract, side="sell", contracts=lots, price=2_000.0, fee=0.0
    )


def plan(venue="CME", *, coins=(("ETH", 7.0),), **decisions):
    return HedgePlan(
        holdings=tuple(Holding(coin=coin, quantity=quantity) for coin, quantity in coins),
        decisions=Decisions(venue=venue, **decisions),
        overrides=Overrides(costs=new_costs(0.0)),
    )


def test_an_order_at_cme_has_its_month_its_quote_and_its_tick():
    (order,) = opening_ticket(assess(plan(collateral=20_000.0), MARKET)).orders

    assert (order.code, order.limit_text, order.price_unit.text) == ("METZ6", "2,020.0", "USD per ETH")
    assert (order.price_source, order.ends_on, order.side) == ("mark", date(2026, 12, 24), "sell")
    assert order.sentence.startswith(
        "Sell short 35 × METZ6 (contracts of 0.1 ETH, expires 24 Dec 2026) on CME: limit 2,020.0 USD per ETH, day order"
    )
    assert not order.is_reduce_only
    assert order.last_limit < order.limit


def test_a_month_without_a_quote_is_priced_at_spot_and_basis():
    """November: the basis of December is 1%·365/52 = 7.02% a year, 25 days of it are 0.4808%: 2,009.6, so 2,010.0."""
    (order,) = opening_ticket(assess(plan(horizon_days=20), MARKET)).orders

    assert (order.code, order.price_source, order.limit) == ("METX6", "basis", Decimal("2010.0"))


def test_the_bid_comes_before_the_mark_and_the_ask_for_a_purchase():
    quoted = replace(MARKET, contract_quotes={"Coinbase Derivatives:ETP": ContractQuote(1_998.3, 1_999.1, 1_998.9)})
    opened = as_proposed(assess(plan("Coinbase Derivatives"), quoted), datetime(2026, 11, 2, tzinfo=UTC))

    (sale,) = opening_ticket(assess(plan("Coinbase Derivatives"), quoted)).orders
    (purchase,) = closing_ticket(assess(opened, quoted)).orders

    assert (sale.limit, sale.price_source) == (Decimal("1998.5"), "bid")
    assert (purchase.limit, purchase.price_source) == (Decimal("1999.0"), "ask")
    assert purchase.action == "Buy back"


def test_an_order_priced_to_trade_at_once_is_not_post_only():
    """A sale at the bid is taken at once, and a venue refuses such an order if it is post only."""
    quoted = replace(MARKET, contract_quotes={"Binance:ETHUSDT": ContractQuote(1_998.3, 1_999.1, 1_998.9)})

    (at_bid,) = opening_ticket(assess(plan("Binance"), quoted)).orders
    (at_spot,) = opening_ticket(assess(plan("Binance"), MARKET)).orders

    assert (at_bid.order_type, at_bid.price_source) == ("limit", "bid")
    assert (at_spot.order_type, at_spot.price_source) == ("limit, post only", "spot")
    assert "tick by tick, without post only, never below" in " ".join(at_spot.details)


@pytest.mark.parametrize("venue", ["Binance", "CME"])
def test_what_no_source_says_of_the_order_form_is_marked_as_assumed(venue):
    ticket = opening_ticket(assess(plan(venue), MARKET))

    assert f"assumptions about the order form of {venue}" in ticket.text
    assert ticket_document(ticket)["orders"][0]["form_source"] == "assumed"


def test_a_quantity_is_written_as_the_form_takes_it():
    """156,764 lots of 0.1 are 15,676.4; in floats they are 15,676.400000000001."""
    contract = catalogue().get("OKX:AVAX-USDT-SWAP")

    assert contract.amount_step == 0.1
    assert plain_number(contract.quantity(156_764), thousands=True) == "15,676.4"


def test_the_ticket_says_what_must_be_at_the_venue_before_the_first_order():
    ticket = opening_ticket(assess(plan("Coinbase Derivatives", collateral=9_000.0), MARKET))

    assert ticket.notes[0] == (
        "Before the first order: the whole hedge takes $2,344 of initial margin; have your $9,000 of collateral at the "
        "venue."
    )  # 35 × 0.1 ETH × $2,000 × 33.48%


def test_a_hedge_that_its_collateral_just_opens_needs_more_at_once():
    """At a margin of 100%, $7,000 of collateral open the $7,000 short and survive no rise at all."""
    margins = {"Binance:ETHUSDT": OwnMargin(initial=1.0, maintenance=1.0)}
    full = plan("Binance", collateral=7_000.0).with_overrides(margins=margins, costs=new_costs(0.0))

    found = top_up(assess(full, MARKET))

    assert found is not None
    assert found.sentence.startswith("Send $")


def test_leverage_is_the_lowest_that_the_collateral_opens():
    """$7,000 short with $3,000: 7,000/3,000 = 2.3, so 3x."""
    (order,) = opening_ticket(assess(plan("Binance", collateral=3_000.0), MARKET)).orders

    assert order.leverage == 3
    assert order.margin_mode == "cross"
    (unstated,) = opening_ticket(assess(plan("Binance"), MARKET)).orders
    assert "No collateral is stated" in " ".join(unstated.details)


def test_a_leverage_in_cross_margin_comes_with_what_it_does_not_do():
    isolated = plan("Binance", collateral=9_000.0).with_decisions(margin_mode="isolated")

    assert WHAT_LEVERAGE_DOES in opening_ticket(assess(plan("Binance", collateral=9_000.0), MARKET)).notes
    assert WHAT_LEVERAGE_DOES not in opening_ticket(assess(isolated, MARKET)).notes
    assert WHAT_LEVERAGE_DOES not in opening_ticket(assess(plan("Binance"), MARKET)).notes


def test_a_buy_back_is_reduce_only_where_the_venue_has_that():
    opened = as_proposed(assess(plan("Binance"), MARKET), datetime(2026, 11, 2, tzinfo=UTC))

    (order,) = closing_ticket(assess(opened, MARKET)).orders

    assert order.is_reduce_only
    assert "reduce-only" in order.sentence


def test_a_roll_buys_back_and_sells_the_next_month_and_only_when_it_is_due():
    opened = as_proposed(assess(plan(horizon_days=20), MARKET), datetime(2026, 11, 2, tzinfo=UTC))
    due = replace(MARKET, as_of=datetime(2026, 11, 20, 12, tzinfo=UTC))

    early, late = rolling_ticket(assess(opened, MARKET)), rolling_ticket(assess(opened, due))

    assert early.orders == ()
    assert early.refused == ("MET of 27 Nov 2026 is rolled on 20 Nov 2026.",)
    assert [(order.action, order.code, order.lots) for order in late.orders] == [
        ("Buy back", "METX6", 35),
        ("Sell short", "METZ6", 35),
    ]


def test_a_position_is_cut_or_added_to():
    opened = as_proposed(assess(plan("Binance"), MARKET), datetime(2026, 11, 2, tzinfo=UTC))
    less = replace(opened, decisions=replace(opened.decisions, risk_accepted=0.8))
    more = replace(opened, decisions=replace(opened.decisions, risk_accepted=0.2))

    (cut,) = resizing_ticket(assess(less, MARKET)).orders
    (added,) = resizing_ticket(assess(more, MARKET)).orders

    assert (cut.action, cut.side, cut.is_reduce_only, cut.quantity) == ("Buy back", "buy", True, pytest.approx(2.1))
    assert (added.action, added.side, added.is_reduce_only, added.quantity) == (
        "Sell short", "sell", False, pytest.approx(2.1),
    )  # fmt: skip


def test_topping_up_is_worked_by_hand():
    """35 ETP short at $2,000, $7,000, with $3,000 and a margin of 33.48%: room 3,000 − 7,000r − 0.3348·7,000(1 + r).

    s = 656.4/9,343.6 = 7.025%; the critical threshold is 10%, so it is already reached: u = 0. To survive 25% from here
    the account needs 7,000·0.25 + 0.3348·8,750 = 4,679.50, so $1,679.50 is missing, $1,680 in tens.
    """
    assessment = assess(plan("Coinbase Derivatives", collateral=3_000.0, rally_to_survive=0.25), MARKET)
    found = top_up(assessment, of="proxy")

    assert found is not None
    assert (found.rise, found.amount, found.rally, found.what) == (0.0, 1_680.0, 0.25, "ETH")
    assert found.sentence == "Send $1,680 of collateral now: the hedge then survives a further 25%."
    beta = assessment.market_betas.of("ETH")  # 7,000·b·0.25 + 0.3348·7,000·(1 + 0.25·b) in a rally of the market
    missing = 7_000.0 * beta * 0.25 + 0.3348 * 7_000.0 * (1.0 + 0.25 * beta) - 3_000.0
    of_market = top_up(assessment)
    assert of_market is not None
    assert of_market.amount == pytest.approx(missing, abs=10.0)
    assert of_market.sentence.endswith("the hedge then survives a further rise of the market of 25%.")


def test_topping_up_in_a_rally_of_the_market_is_worked_by_hand():
    """Two coins with betas 1.5 and 0.5: what is left after a rise u is one of 10%, and 25% once the money is sent."""
    assessment = assess(plan("Binance", coins=(("ETH", 7.0), ("BTC", 0.9)), collateral=12_000.0), MARKET)
    betas = np.array([{"ETH": 1.5, "BTC": 0.5}[leg.underlying] for leg in assessment.margin.legs])
    object.__setattr__(assessment, "market_margin", MarketMargin(assessment.margin, betas))

    found = top_up(assessment)

    assert found is not None
    N = np.array([leg.notional for leg in assessment.margin.legs])
    rates = np.array([leg.tiers[0].maintenance_rate for leg in assessment.margin.legs])
    risen = N * (1.0 + betas * found.rise)
    left = 12_000.0 - float((risen - N).sum())
    assert left - float(risen @ (betas * 0.1)) == pytest.approx(float(rates @ (risen * (1.0 + betas * 0.1))))
    further = max(assessment.plan.decisions.rally_to_survive, 0.2)
    short = float(risen @ (betas * further)) + float(rates @ (risen * (1.0 + betas * further))) - left
    assert found.amount == pytest.approx(short, abs=10.0)
    largest = int(N.argmax())
    assert (found.coin, found.coin_rise) == (
        assessment.margin.legs[largest].underlying, pytest.approx(betas[largest] * found.rise),
    )  # fmt: skip
    assert found.sentence.startswith(f"If the market rises {percent(found.rise)} ({found.coin} ")


@pytest.mark.parametrize("of", ["market", "proxy"])
def test_after_topping_up_the_further_rally_is_survived(of):
    assessment = assess(plan("Coinbase Derivatives", collateral=6_000.0, rally_to_survive=0.25), MARKET)
    found = top_up(assessment, of=of)

    beta = assessment.market_betas.of("ETH") if of == "market" else 1.0
    margin = assessment.margin
    assert found is not None
    assert found.rise > 0.1

    def left(collateral: float) -> float:
        survived = replace(margin, collateral=collateral).rally_survived
        return ((1.0 + survived) / (1.0 + beta * found.rise) - 1.0) / beta

    assert left(margin.collateral + found.amount) >= found.rally
    assert left(margin.collateral + found.amount - 20.0) < found.rally


def test_top_up_of_isolated_positions_gives_each_what_it_lacks():
    shared, apart = (
        assess(plan("Binance", coins=(("ETH", 7.0), ("BTC", 0.9)), collateral=12_000.0, margin_mode=mode), MARKET)
        for mode in ("cross", "isolated")
    )

    one, other = top_up(shared), top_up(apart)
    assert one is not None
    assert other is not None
    assert other.rise < one.rise
    moves = (1.0 + apart.market_margin.betas * other.rise) * (1.0 + apart.market_margin.betas * other.rally) - 1.0
    lacking = [
        max(float(account.collateral_needed(np.array([move]))) - account.collateral, 0.0)
        for account, move in zip(apart.margin.accounts, moves.tolist(), strict=True)
    ]
    assert other.amount == pytest.approx(sum(lacking), abs=10.0)


def test_stages_add_up_to_the_plan_and_each_has_a_ticket():
    assessment = assess(plan(coins=(("ETH", 7.0), ("BTC", 0.9))), MARKET)

    tickets = staged_tickets(assessment, Stages(parts=3))

    lots = {}
    for ticket in tickets:
        for order in ticket.orders:
            lots[order.contract] = lots.get(order.contract, 0) + order.lots
    assert lots == {leg.contract.code: leg.lots for leg in assessment.traded_legs}
    assert [ticket.title for ticket in tickets] == [
        "Stage 1 of 3: now",
        "Stage 2 of 3: on 09 Nov 2026, at the prices of that day",
        "Stage 3 of 3: on 16 Nov 2026, at the prices of that day",
    ]
    by_rule = staged_tickets(assessment, Stages(parts=3, rule="after_fall"))
    assert "has fallen 5.0% from today" in by_rule[1].title
    with pytest.raises(InvalidInput, match="stages: must be from 1 to 12"):
        Stages(parts=13)


def test_ticked_orders_become_fills():
    assessment = assess(plan(), MARKET)
    orders = opening_ticket(assessment).orders

    (fill,) = with_filled(assessment, orders, datetime(2026, 11, 2, 13, tzinfo=UTC)).execution.fills

    assert (fill.contract, fill.side, fill.contracts, fill.price) == ("CME:MET", "sell", 35, 2_020.0)
    assert (fill.expiry, fill.fee) == (date(2026, 12, 24), 35 * 0.5)


def test_a_large_order_is_split_over_days_and_a_larger_one_refused():
    """SUP is class C: $3m a day. 5% of it is $150,000, 25% $750,000."""
    market = make_market(seed=3, days=120, coins=("BTC", "ETH", "SUI"), prices={"SUI": 2.0})
    holding = {"coins": (("SUI", 500_000.0),), "approach": "coin_by_coin"}

    ticket = opening_ticket(assess(plan("Coinbase Derivatives", risk_accepted=0.5, **holding), market))
    (order,) = ticket.orders
    assert sum(part.quantity for part in order.parts) == order.quantity == 500
    assert [part.quantity * 1_000.0 <= SLICE_SHARE * 3e6 for part in order.parts] == [True] * 4
    assert [part.day for part in order.parts] == [market.as_of.date() + timedelta(days=day) for day in range(4)]
    assert "Thin: it trades $3,000,000 per day, an assumption" in " ".join(order.details)

    refused = opening_ticket(assess(plan("Coinbase Derivatives", risk_accepted=0.0, **holding), market))
    assert refused.orders == ()
    assert refused.refused[0].startswith("Too large: 1,000 × SUP is $1,000,000, more than 25%")
    assert refused.refused[1] == "These counts would pass: 750 × SUP."
    assert refused.passing == {"Coinbase Derivatives:SUP": 750}
    assert refused.refused[0] in tickets_csv(assess(plan("Coinbase Derivatives", **holding), market), [refused])


def test_a_contract_that_hardly_trades_is_not_offered_as_zero_contracts():
    """At $3 a day, 25% is less than one contract of $200 or more; the other order passes with 750 as before."""
    market = make_market(seed=3, days=120, coins=("BTC", "ETH", "SUI", "AVAX"), prices={"SUI": 2.0, "AVAX": 20.0})
    coins = (("SUI", 500_000.0), ("AVAX", 100_000.0))
    large = plan("Coinbase Derivatives", risk_accepted=0.0, coins=coins, approach="coin_by_coin")
    thin = {"Coinbase Derivatives:AVP": OwnLiquidity(daily_volume=3.0)}
    large = large.with_overrides(costs=replace(large.overrides.costs, liquidity=thin))

    both = opening_ticket(assess(large, market))
    assert both.passing == {"Coinbase Derivatives:SUP": 750}
    assert both.refused[1:] == ("These counts would pass: 750 × SUP.", "None of AVP would pass.")
    alone = opening_ticket(assess(replace(large, holdings=large.holdings[1:]), market))
    assert (alone.passing, alone.refused[1:]) == ({}, ("None of AVP would pass.",))


def test_several_orders_that_are_too_large_are_refused_in_one_sentence_with_the_counts_that_pass():
    market = make_market(seed=3, days=120, coins=("BTC", "ETH", "SUI", "AVAX"), prices={"SUI": 2.0, "AVAX": 20.0})
    coins = (("SUI", 500_000.0), ("AVAX", 100_000.0))
    large = plan("Coinbase Derivatives", risk_accepted=0.0, coins=coins, approach="coin_by_coin")

    refused = opening_ticket(assess(large, market))

    assert refused.refused[0].startswith("Too large, more than 25% of what is traded per day: ")
    assert refused.refused[0].count(" × ") == len(refused.passing) == 2
    assert refused.refused[1] == "These counts would pass: 375 × AVP, 750 × SUP."


# ------------------------------------------------------------------------------------------ every venue


def random_plan(venue, random):
    coins = random.choice(list(PRICES), size=random.integers(1, 5), replace=False)
    holdings = tuple((str(coin), float(random.uniform(50, 60_000) / PRICES[coin])) for coin in coins)
    return plan(
        venue,
        coins=holdings,
        risk_accepted=float(random.uniform(0.0, 0.7)),
        collateral=float(random.uniform(0.0, 60_000.0)) if random.random() < 0.7 else None,
        horizon_days=int(random.integers(7, 121)),
        rounding=str(random.choice(["nearest", "down", "up"])),
        approach=str(random.choice(["recommended", "coin_by_coin"])),
    )


@pytest.mark.parametrize("venue", list(VENUES))
def test_no_order_of_a_random_plan_would_be_refused_or_misread(venue):
    random = np.random.default_rng(len(venue))
    printed = 0
    for _ in range(int(os.environ.get("TICKETS", "4"))):
        today = date(2026, 1, 1) + timedelta(days=int(random.integers(0, 1_000)))
        market = replace(MARKET, as_of=datetime(today.year, today.month, today.day, 12, tzinfo=UTC), futures=())
        assessment = assess(random_plan(venue, random), market)
        tickets = [opening_ticket(assessment), *staged_tickets(assessment, Stages(parts=3))]
        for ticket in tickets:
            for order in ticket.orders:
                printed += 1
                contract = catalogue().get(f"{order.venue}:{order.contract}")
                tick = tick_of(contract, order.price)
                assert order.limit % Decimal(order.tick_text) == 0
                assert not tick.is_known or order.limit % tick.step == 0
                assert order.last_limit % Decimal(order.tick_text) == 0
                assert order.lots >= contract.minimum_lots
                assert order.notional >= contract.minimum_notional
                assert sum(part.quantity for part in order.parts) == pytest.approx(order.quantity)
                for quantity in (order.quantity, *(part.quantity for part in order.parts)):
                    assert Decimal(plain_number(quantity)) % Decimal(repr(contract.amount_step)) == 0
                if order.ends_on is not None and order.contract not in venue_of(venue).quoted_at_spot:
                    assert order.price_source != "spot"
                    assert order.price != PRICES[contract.underlying]
            text = ticket.text + tickets_csv(assessment, [ticket]) + json.dumps(ticket_document(ticket)["orders"])
            assert not EXPONENT.search(re.sub(r"(notional\": [\d.]+)", "", text)), EXPONENT.search(text)
    assert printed


def test_a_plan_without_orders_says_so():
    (nothing, tiny) = (assess(plan("Binance", risk_accepted=risk, collateral=0.0), MARKET) for risk in (1.0, 0.5))

    assert opening_ticket(nothing).notes == ("Nothing to sell: the target is 0%.",)
    assert opening_ticket(tiny).notes == ("Nothing to sell: `propose` says why.",)


def test_what_is_short_beyond_the_plan_is_named_and_not_counted_as_part_of_it():
    """3.5 ETH are wanted: 4 are short, and 0.1 BTC, which the plan does not sell."""
    fills = (short("Binance:ETHUSDT", 4_000), short("Binance:BTCUSDT", 100))
    two = (("ETH", 7.0), ("SOL", 100.0))
    assessment = assess(replace(plan("Binance", coins=two), execution=Execution(fills=fills)), MARKET)

    ticket = remaining_ticket(assessment)

    assert [order.contract for order in ticket.orders] == ["SOLUSDT"]
    lots = next(leg.lots for leg in assessment.legs if leg.underlying == "ETH")
    assert ticket.notes[0].startswith(f"Your fills hold {lots:,} of {lots:,} lots of ETHUSDT; ")
    assert ticket.notes[1] == (
        f"You hold {4_000 - lots:,} lots of ETHUSDT more than the plan sells. The resizing ticket buys that back."
    )
    assert ticket.notes[2] == "You also hold Binance:BTCUSDT, on coins that the plan does not sell."


def test_a_coin_that_is_short_in_two_contracts_is_not_sold_twice():
    """3.5 ETH are wanted, 35 ETP: 20 of them and 10 of the dated ET, of 0.1 ETH too, leave 5."""
    fills = (short("Coinbase Derivatives:ETP", 20), replace(short("Coinbase Derivatives:ET", 10), expiry=NOVEMBER))
    assessment = assess(replace(plan("Coinbase Derivatives"), execution=Execution(fills=fills)), MARKET)

    ticket = remaining_ticket(assessment)

    assert [leg.lots for leg in assessment.legs] == [35]
    assert [(order.contract, order.lots) for order in ticket.orders] == [("ETP", 5)]
    assert ticket.notes[:2] == (
        "Your fills hold 30 of 35 lots of ETP; these are the orders for the rest.",
        "What you hold of Coinbase Derivatives:ET counts as lots of the plan's contract on the same coin.",
    )
    staged = replace(assessment.plan, decisions=replace(assessment.plan.decisions, stages=Stages(parts=7)))
    assert [one.orders[0].lots for one in staged_tickets(assess(staged, MARKET), staged.decisions.stages)] == [5]


def test_what_an_exit_rule_has_closed_is_not_opened_again():
    """Half of 35 lots was closed by a rule, and 18 are still short, which is 35·½ rounded: there is nothing to sell."""
    closed = replace(
        plan("Coinbase Derivatives"),
        execution=Execution(fills=(short("Coinbase Derivatives:ETP", 18),)),
        watch=Watch(exit_rules=(FallReached(fall=0.2, share=0.5, is_done=True),)),
    )

    ticket = remaining_ticket(assess(closed, MARKET))

    assert (ticket.orders, ticket.refused) == ((), ("Your fills hold every lot of the plan.",))


def test_once_the_short_is_filled_topping_up_is_for_it_and_its_equity():
    """35 ETP short from $1,500: 3.5·500 = 1,750 are lost of 6,000, so the account has 4,250; the plan's has 6,000."""
    planned = plan("Coinbase Derivatives", collateral=6_000.0, rally_to_survive=0.25)
    fills = (replace(short("Coinbase Derivatives:ETP", 35), price=1_500.0),)
    opened = assess(replace(planned, execution=Execution(fills=fills)), MARKET)

    found, before = (top_up(one, of="proxy") for one in (opened, assess(planned, MARKET)))

    assert found is not None
    assert before is not None
    # 4,250 − 7,000·r' − 0.3348·7,000·(1 + r') = 0 at r' = (1 + u)·1.1 − 1
    ends = (4_250.0 - 0.3348 * 7_000.0) / (7_000.0 * 1.3348)
    assert found.rise == pytest.approx((1.0 + ends) / 1.1 - 1.0)
    assert found.rise < before.rise
    assert found.sentence.endswith("what is filled then survives a further 25%.")


def test_rolls_are_those_of_the_orders_and_of_what_is_filled():
    """35 MET of November are held and 4 more are added in the same month, although the plan would sell December."""
    day = datetime(2026, 11, 2, tzinfo=UTC)
    opened = as_proposed(assess(plan(horizon_days=20), MARKET), day)
    more = replace(opened, decisions=replace(opened.decisions, risk_accepted=0.4, horizon_days=60))
    assessment = assess(more, MARKET)
    ticket = resizing_ticket(assessment)

    assert [(order.code, order.side) for order in ticket.orders] == [("METX6", "sell")]
    assert rolls_of(assessment, [ticket]) == (
        "These orders and what is filled: roll CME:MET by 20 Nov 2026 (it expires on 27 Nov 2026): buy back the short "
        "and sell the next month.",
    )
    assert rolls_of(assessment, [closing_ticket(assessment)]) == (
        "What is filled: roll CME:MET by 20 Nov 2026 (it expires on 27 Nov 2026): buy back the short and sell the next "
        "month.",
    )


def test_a_file_has_no_stop_that_is_placed_and_none_for_closing():
    trade = Holding(coin="LINK", quantity=10, role="speculative", stop_loss=0.2)
    planned = replace(plan("Binance"), holdings=(*plan("Binance").holdings, trade))
    fresh, placed = (assess(one, MARKET) for one in (planned, planned.with_execution(stop_prices={"LINK": 12.0})))

    assert "Sell stop" in tickets_csv(fresh, [opening_ticket(fresh)])
    assert "Sell stop" not in tickets_csv(placed, [opening_ticket(placed)])
    assert "Sell stop" not in tickets_csv(fresh, [opening_ticket(fresh)], has_stops=False)
