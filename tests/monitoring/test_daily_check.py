"""Monitor: a season of 120 days, told beforehand.

The bag is 1,000 LINK ($15,000 at the start) and 0.2 BTC. LINK is hedged with Ether at a beta of 1.2 that the holder
states (h = 50%: $9,000, 45 micro contracts of 0.1 ETH at $2,000), Bitcoin with a perpetual of its own. Prices stand
still but for the moves of MOVES; what is expected on which day stands in EXPECTED, worked out beside it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache

import numpy as np
import pytest

from hedge_core.hedge.planner import assess
from hedge_core.market.contracts import CustomContract, catalogue
from hedge_core.market.snapshot import FundingHistory, MarketSnapshot, PriceHistory
from hedge_core.monitoring import alerts
from hedge_core.monitoring.daily_check import MonitorReport, check
from hedge_core.monitoring.season import Season
from hedge_core.plan.bag import Holding
from hedge_core.plan.fills import Fill, FundingPayment
from hedge_core.plan.plan import CostAssumptions, Decisions, HedgePlan, Overrides, Thresholds
from hedge_core.plan.rules import BagRecovered, CarryLimit, Catalyst, ExpiryNear, FallReached, LossLimit, OnDate

DAY_0 = date(2026, 1, 1)
DAYS = 120
PAST = 200
COINS = ("BTC", "ETH", "LINK", "DOGE")
START = np.array([60_000.0, 2_000.0, 15.0, 0.15])
ETH_ID, BTC_ID = "CME:MET", "My contracts:BTC-PERP"
MET = dataclasses.replace(catalogue().get(ETH_ID), initial_margin_rate=0.44, maintenance_margin_rate=0.4)
"""As a broker of the season asks."""

MOVES: dict[int, tuple[float, float, float, float]] = {
    # day: BTC, ETH, LINK, DOGE
    10: (0.0, 0.0, 0.0, -0.075),  # 0.13875, stop at 0.135: 2.8% above, near
    12: (0.0, 0.0, 0.0, -0.05),  # 0.1318: the stop is reached
    20: (0.0, 0.0, -0.15, 0.0),  # LINK alone: 12,750; asked 7,650 = 38.25 -> 38 lots, held 45: drift +17.6%
    25: (0.0, 0.0, 0.15 / 0.85, 0.0),  # back
    30: (0.0, -0.08, 0.0, 0.0),  # Ether alone
    38: (0.0, 0.08 / 0.92, 0.0, 0.0),  # back
    40: (0.0, -0.10, -0.12, 0.0),  # together: nothing drifts (8,100 held, 0.6·13,200 = 7,920 asked, +2.3%)
    41: (-0.20, -0.20, -0.24, 0.0),  # the fall of the bag
    55: (0.20, 0.20, 0.24, 0.0),
    69: (0.23, 0.23, 0.276, 0.0),  # the rally that eats the margin
    70: (0.06, 0.06, 0.072, 0.0),
    71: (0.12, 0.12, 0.144, 0.0),
}
BTC_FUNDING = {**dict.fromkeys(range(85, 100), -0.0006)}
"""Of the perpetual, a day; otherwise +0.0001."""


@cache
def closes() -> np.ndarray:
    """PAST still days (Ether up and down by 1%, LINK by 1.2 times that and DOGE by 1.1 times), then the season."""
    rows = [START]
    wobble = np.array([0.8, 1.0, 1.2, 1.1]) * 0.01
    steps: list[np.ndarray] = [wobble * (-1) ** day for day in range(PAST)]
    steps += [np.array(MOVES.get(day, (0.0,) * 4)) for day in range(DAYS + 1)]
    for step in steps:
        rows.append(rows[-1] * (1.0 + step))
    table = np.array(rows)
    return table / table[PAST] * START


def market_on(day: int) -> MarketSnapshot:
    """What is known at the close of a day of the season."""
    table = closes()[: PAST + day + 2]
    last = np.datetime64(DAY_0, "D") + day
    days = np.arange(last - len(table) + 1, last + 1)
    funding = np.full((len(days), 1), 0.0001)
    for number, rate in BTC_FUNDING.items():
        if number <= day:
            funding[len(days) - 1 - (day - number)] = rate
    return MarketSnapshot(
        source="a season",
        as_of=datetime.combine(DAY_0 + timedelta(days=day), datetime.min.time(), UTC) + timedelta(hours=23),
        simulated=False,
        history=PriceHistory(days, COINS, table),
        funding=FundingHistory(days, ("BTC",), funding),
        contracts=(MET,),
    )


def at(day: int, hour: int = 12) -> datetime:
    return datetime.combine(DAY_0 + timedelta(days=day), datetime.min.time(), UTC) + timedelta(hours=hour)


NEAR, FAR = date(2026, 2, 27), date(2026, 5, 29)  # days 57 and 148
OPENING = (
    Fill(at=at(1), contract=ETH_ID, side="sell", contracts=45, price=2_000.0, fee=20.0, expiry=NEAR),
    Fill(at=at(1), contract=BTC_ID, side="sell", contracts=100, price=60_000.0, fee=6.0),
)
ROLL_DAY = 53
RULES = (
    FallReached(fall=0.25),
    BagRecovered(fall=0.25, recovered=0.4, share=0.5),
    OnDate(day=DAY_0 + timedelta(days=110)),
    ExpiryNear(days=5),
    Catalyst(event="the listing"),
    LossLimit(loss=0.15),
    CarryLimit(paid=0.05),
)


def plan_on(day: int) -> HedgePlan:
    """The plan as the holder keeps it: opened on day 1, rolled on day 53, a catalyst ticked on day 115."""
    fills = OPENING
    if day >= ROLL_DAY:
        price = float(closes()[PAST + ROLL_DAY, 1])
        bought = Fill(at=at(ROLL_DAY), contract=ETH_ID, side="buy", contracts=45, price=price, expiry=NEAR)
        fills += (bought, dataclasses.replace(bought, side="sell", expiry=FAR))
    rules = tuple(
        Catalyst(event="the listing", has_happened=True) if isinstance(r, Catalyst) and day >= 115 else r for r in RULES
    )
    return (
        HedgePlan(
            holdings=(
                Holding(coin="LINK", quantity=1_000),
                Holding(coin="BTC", quantity=0.2),
                Holding(coin="DOGE", quantity=10_000, role="speculative", stop_loss=0.1),
            ),
            decisions=Decisions(risk_accepted=0.5, venue="CME", collateral=9_000.0, approach="coin_by_coin"),
            overrides=Overrides(
                proxies={"LINK": "ETH"},
                betas={"LINK": 1.2},
                contracts=(
                    CustomContract(code="BTC-PERP", underlying="BTC", coins=0.001, maintenance_margin_rate=0.05),
                ),
                costs=CostAssumptions(fee_rate=0.0, half_spread_rate=0.0),
            ),
        )
        .with_execution(
            fills=fills if day >= 1 else (),
            payments=(FundingPayment(at=at(30), contract=BTC_ID, amount=18.0),) if day >= 30 else (),
            stop_prices={"DOGE": 0.135},
        )
        .with_watch(exit_rules=rules, thresholds=Thresholds())
    )


def report_on(day: int, active: frozenset[str] = frozenset(), now: datetime | None = None) -> MonitorReport:
    market = market_on(day)
    return check(assess(plan_on(day), market), now=now or market.as_of, active=active)


@cache
def season() -> tuple[MonitorReport, ...]:
    """Every day of the season, each check knowing what stood the day before."""
    reports: list[MonitorReport] = []
    active: frozenset[str] = frozenset()
    for day in range(DAYS + 1):
        report = report_on(day, active)
        active = frozenset(alert.key for alert in report.alerts)
        reports.append(report)
    return tuple(reports)


def rises(reports: Sequence[MonitorReport]) -> list[tuple[int, str]]:
    """The days on which an alert begins to stand, by its short name."""
    before: set[str] = set()
    found = []
    for day, report in enumerate(reports):
        now = {":".join(alert.key.split(":")[:2]) for alert in report.alerts}
        found += [(day, key) for key in sorted(now - before)]
        before = now
    return found


EXPECTED = [
    (0, "not_executed"),  # the fills are of day 1
    (10, "stop:near"),  # 0.13875 is 2.8% above the stop of 0.135
    (12, "stop:reached"),  # 0.1318
    (20, "correlation:LINK"),  # one large move of its own among days of 1%
    (20, "drift"),  # LINK asks for $7,650 where $9,000 are short, Bitcoin is right
    (32, "over_hedged"),  # $720 and $18 of funding since day 25, on which LINK had come back; 2% of the bag are $540
    (41, "exit_rule:fall_reached"),  # 19,632 of 27,000: −27%
    (50, "roll:warning"),  # 27 February is day 57
    (52, "exit_rule:expiry_near"),  # five days before it; rolled on day 53
    (55, "exit_rule:bag_recovered"),  # 4,328 of 7,368 made up
    (69, "margin:warning"),  # see below
    (70, "margin:critical"),
    (71, "exit_rule:loss_limit"),  # 15% of 27,000 are 4,050
    (88, "carry"),  # (4·(−0.06%) + 3·0.01%) / 7 a day are −10.95% a year
    (95, "exit_rule:carry_limit"),  # 11 of 30 days at −0.06% are −5.7% a year
    (110, "exit_rule:on_date"),
    (115, "exit_rule:catalyst"),
]


def test_every_alert_and_every_rule_fires_on_its_day_and_no_other() -> None:
    assert rises(season()) == EXPECTED


def test_alerts_stand_until_their_figure_is_well_inside_again() -> None:
    def stands(key: str) -> list[int]:
        return [day for day, report in enumerate(season()) if any(alert.key == key for alert in report.alerts)]

    assert stands("not_executed") == [0]
    assert stands("drift") == list(range(20, 25))
    assert stands("over_hedged") == list(range(32, 37))  # on day 37 the fall of Ether is out of the seven days
    assert stands("carry") == list(range(88, 103))  # 3 of 7 days at −0.06% are −7.3%, released below 8%


def test_the_severity_is_that_of_the_worst_alert() -> None:
    reports = season()
    assert (reports[5].severity, reports[20].severity, reports[41].severity) == (None, "critical", "critical")
    assert [alert.severity for alert in reports[10].alerts] == ["warning"]


def test_the_rise_that_is_left_is_that_of_the_equation_by_hand() -> None:
    """Equity 9,000 + P&L; Ether at 40% maintenance, Bitcoin at 5%: (W − Σ mu·N) / (Σ N·(1 + mu))."""
    for day in (1, 41, 69, 70):
        report = season()[day]
        bitcoin, ether, *_ = closes()[PAST + day + 1]
        # The roll is bought back and sold at one price, so that it moves nothing but the entry.
        gained = 4.5 * (2_000 - ether) + 0.1 * (60_000 - bitcoin) - 26.0
        gained += 18.0 if day >= 30 else 0.0
        sizes, rates = np.array([4.5 * ether, 0.1 * bitcoin]), np.array([0.4, 0.05])
        left = (9_000 + gained - float(rates @ sizes)) / float((1 + rates) @ sizes)
        assert report.rally_left == pytest.approx(left, rel=1e-6)
        assert report.state is not None
        assert report.state.pnl == pytest.approx(gained)


def test_the_drift_is_that_of_the_formula() -> None:
    report = season()[20]
    history = report.assessment.market.history.frame()[["ETH", "BTC"]].pct_change().tail(365)
    S, x, held = history.cov().to_numpy(), np.array([7_650.0, 6_000.0]), np.array([9_000.0, 6_000.0])
    assert report.drift == pytest.approx(float(held @ S @ x) / float(x @ S @ x) - 1.0, rel=1e-4)
    (trade,) = report.trades
    assert (trade.lots, trade.contract.id) == (-7, ETH_ID)  # 38.25 asked, 38 in whole, 45 held
    assert "buy back 7 MET of Feb 2026" in next(alert.action for alert in report.alerts if alert.code == "drift")


def test_the_season_of_bag_and_hedge_is_told_day_by_day() -> None:
    over = season()[41].season
    assert over is not None
    assert over.days[0].item() == DAY_0 + timedelta(days=1)
    assert over.bag[0] == pytest.approx(27_000.0)
    assert over.bag[-1] == pytest.approx(19_632.0)
    assert over.hedge[-1] == pytest.approx(season()[41].state.pnl)
    assert over.net[-1] == pytest.approx(19_632 - 27_000 + over.hedge[-1])


def test_a_season_whose_start_is_unknown_counts_from_the_first_known_value_of_the_bag() -> None:
    days = np.arange("2026-10-29", "2026-11-01", dtype="datetime64[D]")
    over = Season(days, np.array([np.nan, 900.0, 1_020.0]), np.array([5.0, 30.0, -5.0]), math.nan, ())
    assert over.change == pytest.approx([np.nan, 0.0, 120.0], nan_ok=True)
    assert over.net == pytest.approx([np.nan, 30.0, 115.0], nan_ok=True)
    known = dataclasses.replace(over, start=1_000.0)
    assert known.change == pytest.approx([np.nan, -100.0, 20.0], nan_ok=True)
    unknown = dataclasses.replace(over, bag=np.full(3, np.nan))
    assert np.isnan(unknown.change).all()


def test_old_prices_are_said_and_simulated_ones_are_never_old() -> None:
    market = market_on(5)
    late = market.as_of + timedelta(hours=27)
    assert [a.key for a in report_on(5, now=late).alerts] == ["stale"]
    assert report_on(5, now=market.as_of + timedelta(hours=25)).alerts == ()
    simulated = dataclasses.replace(market, simulated=True)
    assert check(assess(plan_on(5), simulated), now=late + timedelta(days=300)).alerts == ()


def with_fills(day: int, *fills: Fill) -> MonitorReport:
    market = market_on(day)
    plan = plan_on(day)
    return check(assess(plan.with_execution(fills=(*plan.execution.fills, *fills)), market), now=market.as_of)


def test_a_future_that_ended_without_a_settlement_is_critical() -> None:
    market = market_on(58)
    plan = plan_on(58).with_execution(fills=OPENING)
    report = check(assess(plan, market), now=market.as_of)
    (alert,) = [alert for alert in report.alerts if alert.code == "expired"]
    assert alert.severity == "critical"
    assert "expired 1 day ago" in alert.evidence


def test_a_rule_that_is_met_when_all_futures_have_expired_asks_for_no_orders() -> None:
    market = market_on(58)
    fills = tuple(fill for fill in OPENING if fill.expiry is not None)
    plan = plan_on(58).with_execution(fills=fills).with_watch(exit_rules=(OnDate(day=date(2020, 1, 1)),))
    report = check(assess(plan, market), now=market.as_of)
    (alert,) = [alert for alert in report.alerts if alert.code == "exit_rule"]
    assert alert.action == "No position is open to trade. Then mark the rule as done."


@pytest.mark.parametrize(("day", "words"), [(56, "expires tomorrow"), (57, "expires today")])
def test_a_future_that_ends_is_critical_on_its_last_days(day, words) -> None:
    market = market_on(day)
    report = check(assess(plan_on(day).with_execution(fills=OPENING), market), now=market.as_of)
    (alert,) = [alert for alert in report.alerts if alert.code == "roll"]
    assert (alert.severity, words in alert.evidence) == ("critical", True)


def test_a_long_future_and_a_short_that_nobody_asked_for_are_told() -> None:
    too_many = Fill(at=at(2), contract=ETH_ID, side="buy", contracts=50, price=2_000.0, expiry=NEAR)
    assert "long_position" in {alert.code for alert in with_fills(5, too_many).alerts}
    market = market_on(5)
    plan = plan_on(5)
    alone = dataclasses.replace(plan, holdings=plan.holdings[:1])
    report = check(assess(alone, market), now=market.as_of)
    assert "not_in_plan" in {alert.code for alert in report.alerts}


def test_the_closing_order_names_every_position() -> None:
    orders = season()[60].closing_order
    assert [order.partition(",")[0] for order in orders] == [
        f"Buy 100 {BTC_ID}",
        f"Buy 45 {ETH_ID} of 29 May 2026",
    ]


def test_rules_that_are_done_are_not_told_again() -> None:
    market = market_on(110)
    done = tuple(dataclasses.replace(rule, is_done=True) for rule in RULES)
    report = check(assess(plan_on(110).with_watch(exit_rules=done), market), now=market.as_of)
    assert not [alert for alert in report.alerts if alert.code == "exit_rule"]
    assert len(report.rules) == len(RULES)


def test_a_flat_position_has_nothing_to_watch() -> None:
    flat = tuple(dataclasses.replace(fill, side="buy", at=at(3)) for fill in OPENING)
    report = with_fills(5, *flat)
    assert (report.closing_order, report.trades, report.alerts) == ((), (), ())
    assert (report.drift, report.rally_left) == (None, None)
    assert report.state is not None
    assert report.state.is_flat


def test_what_a_rule_has_lifted_stays_lifted() -> None:
    """Half of both shorts is bought back and the rule ticked: the target is half as well."""
    half = (
        Fill(at=at(4), contract=ETH_ID, side="buy", contracts=23, price=2_000.0, expiry=NEAR),
        Fill(at=at(4), contract=BTC_ID, side="buy", contracts=50, price=60_000.0),
    )
    market, plan = market_on(5), plan_on(5)
    plan = plan.with_execution(fills=(*plan.execution.fills, *half))
    done = plan.with_watch(exit_rules=(FallReached(fall=0.25, share=0.5, is_done=True),))
    assert not check(assess(done, market), now=market.as_of).alerts
    assert [a.code for a in check(assess(plan, market), now=market.as_of).alerts] == ["drift"]


def test_an_exit_rule_that_was_met_stands_until_it_is_done_and_names_the_lots() -> None:
    (alert,) = [one for one in season()[41].alerts if "fall_reached" in one.key]
    assert "45 MET of Feb 2026; 100 BTC-PERP" in alert.action
    (half,) = [one for one in season()[55].alerts if "bag_recovered" in one.key]
    assert "50 BTC-PERP; 23 MET of May 2026" in half.action  # half of 45 is 22.5: up to the next whole lot
    assert any("fall_reached" in one.key for one in season()[60].alerts)  # the bag has recovered, the order stands


def test_a_second_hedge_has_a_start_of_its_own() -> None:
    closing = tuple(dataclasses.replace(fill, side="buy", at=at(42)) for fill in OPENING)
    again = tuple(dataclasses.replace(fill, at=at(60), expiry=fill.expiry and FAR) for fill in OPENING)
    market, plan = market_on(61), plan_on(1)
    report = check(assess(plan.with_execution(fills=(*OPENING, *closing, *again)), market), now=market.as_of)
    assert report.today is not None
    assert report.today.opened_on == DAY_0 + timedelta(days=60)
    assert report.today.bag_move == pytest.approx(0.0, abs=1e-9)
    assert not any(one.is_met for one in report.rules if one.rule.kind == "bag_recovered")


def test_the_start_is_the_price_of_the_fill_and_not_the_close_of_its_day() -> None:
    """Ether falls by 10% on day 40, LINK by 12%: filled half way, the bag is taken half way."""
    ether = closes()[PAST + 40 : PAST + 42, 1]
    fill = dataclasses.replace(OPENING[0], at=at(40), price=float(ether.mean()))
    market, plan = market_on(40), plan_on(1)
    report = check(assess(plan.with_execution(fills=(fill,)), market), now=market.as_of)
    assert report.today is not None
    assert report.today.bag_at_start == pytest.approx(27_000 - 0.5 * 0.12 * 15_000)


def test_a_coin_without_history_follows_its_beta_in_the_bag() -> None:
    """NOVA at $1 with beta 1.8 to Ether: after Ether's −10% and −20% it stood at 1 / (1 + 1.8·(0.72 − 1)) … today."""
    market, plan = market_on(41), plan_on(1)
    holdings = (Holding(coin="NOVA", quantity=10_000),)
    overrides = dataclasses.replace(plan.overrides, prices={"NOVA": 1.0}, betas={"NOVA": 1.8}, proxies={"NOVA": "ETH"})
    report = check(
        assess(
            dataclasses.replace(plan, holdings=holdings, overrides=overrides).with_execution(fills=OPENING[:1]), market
        ),
        now=market.as_of,
    )
    assert report.season is not None
    assert report.season.estimated == ("NOVA",)
    assert report.season.start == pytest.approx(10_000 * (1.0 + 1.8 * (2_000 / 1_440 - 1.0)))
    assert report.today is not None
    assert report.today.bag_move < -0.4


def test_an_inverse_short_that_covers_its_coin_never_drifts() -> None:
    """0.2 BTC against 1,200 of $10 at 60,000: bag and hedge are $12,000 whatever the price."""
    market = market_on(1)
    plan = HedgePlan(
        holdings=(Holding(coin="BTC", quantity=0.2),),
        decisions=Decisions(risk_accepted=0.0, venue="Deribit"),
        overrides=Overrides(contract_choice={"BTC": "Deribit:BTC-PERPETUAL"}),
    ).with_execution(
        fills=(Fill(at=at(1), contract="Deribit:BTC-PERPETUAL", side="sell", contracts=1_200, price=60_000.0),)
    )
    for price in (30_000.0, 60_000.0, 90_000.0):
        report = check(assess(plan.with_overrides(prices={"BTC": price}), market), now=market.as_of)
        assert report.drift == pytest.approx(0.0, abs=1e-9)
        assert report.trades == ()


def test_more_is_sold_only_where_the_collateral_carries_it() -> None:
    market, plan = market_on(5), plan_on(5)
    few = (dataclasses.replace(OPENING[0], contracts=20), OPENING[1])
    actions = []
    for collateral in (9_000.0, 3_000.0):
        thin = plan.with_execution(fills=few).with_decisions(collateral=collateral)
        report = check(assess(thin, market), now=market.as_of)
        actions.append(next(alert.action for alert in report.alerts if alert.code == "drift"))
    assert "sell 25 more MET of Feb 2026" in actions[0]
    assert actions[1].startswith(
        "Your collateral is too small to sell the missing contracts and survive a rally of 20%: add"
    )


def test_trades_that_the_equity_does_not_open_are_told_apart() -> None:
    """25 more lots make 45, whose margin of 44% × $9,000 = $3,960 is more than $3,000 of collateral."""
    market, plan = market_on(5), plan_on(5)
    few = (dataclasses.replace(OPENING[0], contracts=20), OPENING[1])
    rich, poor = (
        check(assess(plan.with_execution(fills=few).with_decisions(collateral=collateral), market), now=market.as_of)
        for collateral in (9_000.0, 3_000.0)
    )
    assert ([trade.lots for trade in rich.trades], rich.unfunded) == ([25], ())
    assert poor.trades == ()
    opened = assess(plan.with_decisions(collateral=3_000.0), market).legs
    assert [(trade.contract.id, trade.lots) for trade in poor.unfunded] == [
        (leg.contract.id, leg.lots - {ETH_ID: 20, BTC_ID: OPENING[1].contracts}[leg.contract.id]) for leg in opened
    ]


@pytest.mark.parametrize(
    ("decided", "end"),
    [
        ({"breach": "closed"}, "the short is liquidated"),
        (
            {"breach": "reduced"},
            "every position is cut by the same share, the smallest that restores the initial margin",
        ),
        (
            {"breach": "topped_up", "reserve": 700.0},
            "your reserve of $700 is paid in, and then the whole short is closed",
        ),
    ],
)
def test_the_margin_alert_says_what_the_rule_of_the_plan_does(decided, end) -> None:
    market = market_on(69)
    plan = plan_on(69).with_decisions(collateral=3_000.0, **decided)
    state = check(assess(plan, market), now=market.as_of).state
    assert state is not None
    ((alert,),) = (alerts.thin_margin(state, 0.05, Thresholds(), frozenset()),)
    assert alert.evidence.endswith(f"beyond that {end}.")


def test_the_rally_of_the_market_that_is_left_is_that_of_the_account_along_the_betas() -> None:
    market = market_on(60)
    report = check(assess(plan_on(60), market), now=market.as_of)
    state = report.state
    assert state is not None
    coins = [leg.underlying for leg in state.margin.legs]
    betas = state.assessment.estimates.market_betas(tuple(coins))
    assert report.market_rally_left == pytest.approx(state.margin.rally_along([betas.of(coin) for coin in coins]))
    assert report.rally_left == state.margin.rally_survived


def test_margin_is_thin_by_the_rally_of_the_market_and_not_by_that_of_all_coins_alike() -> None:
    market = market_on(60)
    calm = check(assess(plan_on(60), market), now=market.as_of)
    assert calm.rally_left is not None
    assert calm.market_rally_left is not None
    between = (calm.rally_left + calm.market_rally_left) / 2
    plan = plan_on(60)
    thresholds = dataclasses.replace(plan.watch.thresholds, rally_warning=between, rally_critical=1e-6)

    report = check(assess(plan.with_watch(thresholds=thresholds), market), now=market.as_of)

    assert calm.rally_left != pytest.approx(calm.market_rally_left)
    is_thin = any(alert.code == "margin" for alert in report.alerts)
    assert is_thin == (calm.market_rally_left < between)


def test_a_future_that_ended_hedges_nothing() -> None:
    market = market_on(60)
    report = check(assess(plan_on(1), market), now=market.as_of)
    assert report.state is not None
    assert report.state.short_of("ETH") == 0.0
    assert len(report.closing_order) == 1
    assert {alert.code for alert in report.alerts} & {"drift", "over_hedged"} == set()


def test_an_equity_below_zero_is_counted_into_what_has_to_be_added() -> None:
    """After the rally without the collateral that it took: −$3,686 of equity."""
    market = market_on(71)
    report = check(assess(plan_on(71).with_decisions(collateral=1_000.0), market), now=market.as_of)
    assert report.state is not None
    assert report.state.equity == pytest.approx(1_000 + report.state.pnl)
    assert report.state.equity < -3_000
    (alert,) = [alert for alert in report.alerts if alert.code == "margin"]
    need = report.state.market_margin.collateral_for(0.25) - report.state.equity
    assert f"${math.ceil(need):,}" in alert.action
