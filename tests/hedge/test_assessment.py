"""The assessment: everything that follows from a plan and a market.

By hand, the worked examples: NovaCoin 12,600 / 200 = 63 contracts, achieved 63·200/18,000 = 0.70, so 30% of
$10,000 stays open: $3,000. As printed in the guide 19, 0.2111, $7,888.89. Dollar for dollar 35, 0.3889. Altcoin X
25 contracts of $100, 2,500/7,500 = 0.3333, $3,333.33 of $5,000.
"""

from __future__ import annotations

import dataclasses
from datetime import date

import numpy as np
import pytest
from hypothesis import given, strategies as st

from hedge_core.documents.plan_file import load_plan
from hedge_core.errors import HedgeError, InvalidInput, MissingPrice
from hedge_core.exposure.estimators import PLAN_ESTIMATOR
from hedge_core.hedge.planner import assess
from hedge_core.hedge.sizing import achieved_hedge_ratio, size_leg, target_notional
from hedge_core.hedge.unsold_legs import unsold_notice
from hedge_core.market.contracts import CustomContract, catalogue
from hedge_core.market.snapshot import PriceHistory
from hedge_core.plan.bag import Holding, StopOrder
from hedge_core.plan.plan import CostAssumptions, Decisions, HedgePlan, Overrides
from tests.support.markets import AS_OF, PRICES, make_market
from tests.support.strategies import by_itself, one_by_one, tradable_plans

MARKET = make_market(seed=1)


def codes(assessment):
    return [notice.code for notice in assessment.notices]


def plan_of(*rows, overrides=None, **decisions):
    holdings = tuple(Holding(coin=row[0], quantity=row[1], role=row[2] if len(row) > 2 else "hold") for row in rows)
    return HedgePlan(holdings=holdings, decisions=Decisions(**decisions), overrides=overrides or Overrides())


@pytest.mark.parametrize(
    ("name", "changes", "contracts", "exact", "achieved", "residual"),
    [
        ("novacoin", {}, 63, 63.0, 0.70, 3_000.00),
        ("novacoin_as_printed", {}, 19, 19.4444444, 0.2111111, 7_888.89),
        ("novacoin", {"method": "notional"}, 35, 35.0, 0.3888889, 6_111.11),
        ("altcoin_x", {}, 25, 25.0, 0.3333333, 3_333.33),
        ("altcoin_x", {"method": "beta_weighted"}, 37, 37.5, 3_700 / 7_500, 2_533.33),
    ],
)
def test_the_worked_examples(examples, name, changes, contracts, exact, achieved, residual):
    plan = load_plan(examples / f"{name}.json").with_decisions(**changes)

    assessment = assess(plan, MARKET)

    (leg,) = assessment.legs
    assert leg.contracts == -contracts
    assert leg.exact_contracts == pytest.approx(exact)
    assert assessment.achieved_hedge_ratio == pytest.approx(achieved, abs=1e-7)
    assert round(assessment.residual_exposure, 2) == residual


@pytest.mark.parametrize("rounding", ["nearest", "down", "up"])
def test_floating_point_never_turns_63_contracts_into_62(examples, rounding):
    plan = load_plan(examples / "novacoin.json").with_decisions(rounding=rounding)

    assert assess(plan, MARKET).legs[0].contracts == -63


def test_holdings_hedged_with_one_contract_share_one_order(market):
    plan = plan_of(("UNI", 1_000), ("LINK", 10), ("ETH", 3), ("WETH", 2), risk_accepted=0.0, approach="coin_by_coin")

    (leg,) = assess(plan, market).legs

    assert leg.underlying == "ETH"
    b = sum(p.value * p.beta for p in assess(plan, market).held_coins)
    assert leg.target_notional == pytest.approx(b)
    assert leg.ideal_notional == pytest.approx(b)
    assert assess(plan, market).exposure == pytest.approx([b])


def test_speculative_trades_and_stablecoins_are_never_hedged(market):
    plan = plan_of(("SOL", 100), ("LINK", 1_000, "speculative"), ("USDC", 9_000))
    alone = plan_of(("SOL", 100))

    with_others, without = assess(plan, market), assess(alone, market)

    assert with_others.exposure == pytest.approx(without.exposure)
    assert [leg.contracts for leg in with_others.legs] == [leg.contracts for leg in without.legs]
    assert with_others.hedgeable_value == pytest.approx(15_000)
    assert with_others.bag_value == pytest.approx(15_000 + 15_000 + 9_000)


def test_a_speculative_trade_has_a_stop_order_and_without_one_a_warning(market):
    stopped = Holding(coin="LINK", quantity=10, role="speculative", stop_loss=0.2)
    open_ended = Holding(coin="UNI", quantity=10, role="speculative")

    assessment = assess(HedgePlan(holdings=(stopped, open_ended)), market)

    first, second = assessment.stop_orders
    assert (first.coin, first.stop_price, first.loss) == ("LINK", pytest.approx(12.0), pytest.approx(-30.0))
    assert (second.coin, second.stop_price) == ("UNI", None)
    assert codes(assessment).count("no_stop") == 1


def test_an_empty_bag_needs_nothing(market):
    assessment = assess(HedgePlan(), market)

    assert assessment.legs == ()
    assert (assessment.bag_value, assessment.hedgeable_value, assessment.residual_exposure) == (0, 0, 0)
    assert assessment.achieved_hedge_ratio == 0.0
    assert assessment.margin.initial == assessment.costs.fees == 0.0


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        (plan_of(("SOL", 10), method="guide_divided"), "guide_divided"),
        (plan_of(("SOL", 10), method="notional"), "ignores_beta"),
        (plan_of(("UNI", 1)), "too_small"),
        (plan_of(("WETH", 10)), "coin_resolved"),
        (plan_of(("NOVA", 10), overrides=Overrides(prices={"NOVA": 1.0})), "unhedgeable"),
        (plan_of(("SOL", 100), collateral=10.0), "collateral_limits"),
        (plan_of(("SOL", 100)), "margin_assumed"),
        (plan_of(("ETH", 10), venue="CME"), "fee_assumed"),
        (plan_of(("SOL", 100), venue="CME"), "carry_unknown"),
        (plan_of(("SOL", 100, "speculative")), "no_stop"),
    ],
)
def test_what_the_holder_should_know_is_said(plan, code):
    assert code in codes(assess(plan, MARKET))


@pytest.mark.parametrize(
    ("market", "code"),
    [
        (make_market(simulated=True), "simulated"),
        (make_market(young={"UNI": 60}), "young_coin"),
        (make_market(noise=0.04), "weak_proxy"),
        (make_market(noise=0.15), "weak_proxy"),
        (make_market(days=20, young={"SOL": 5}), "unhedgeable"),
    ],
)
def test_what_the_market_lacks_is_said(market, code):
    assert code in codes(assess(plan_of(("UNI", 1_000)), market))


def test_contracts_that_share_too_little_history_are_taken_to_move_as_one_and_that_is_said():
    plan = plan_of(("SOL", 100), ("ETH", 5))

    assessment = assess(plan, make_market(young={"SOL": 10}))

    assert assessment.is_covariance_assumed
    assert "covariance_assumed" in codes(assessment)
    b, hedge = assessment.exposure.sum(), sum(leg.notional for leg in assessment.legs)
    assert assessment.achieved_hedge_ratio == pytest.approx(hedge / b)


@pytest.mark.parametrize(
    ("rounding", "coins", "named"),
    [
        ("nearest", 0.04, "CME"),  # 0.04 BTC is 0.4 of a lot of 0.1 and two lots of 0.02
        ("down", 0.099, "CME"),
    ],
)
def test_a_holding_too_small_for_its_contract_is_told_of_one_that_would_do(rounding, coins, named):
    plan = plan_of(
        ("BTC", coins),
        overrides=Overrides(proxies={"BTC": "BTC"}, contract_choice={"BTC": "CME:MBT"}),
        risk_accepted=0.0,
        rounding=rounding,
        venue=named,
    )

    text = next(notice.text for notice in assess(plan, MARKET).notices if notice.code == "too_small")

    assert text.startswith("Too small to hedge with CME:MBT")
    assert text.endswith("Use CME:BFF instead (0.02 BTC, $1,200).")
    assert "CME:MBT (" not in text  # not the contract that is too large


def test_a_holding_below_the_smallest_order_is_told_of_that_order_and_not_of_one_contract():
    listed = dataclasses.replace(catalogue().get("OKX:SOL-USDT-SWAP"), minimum_amount=1_000.0)
    market = dataclasses.replace(MARKET, contracts=(listed,))
    plan = plan_of(("SOL", 10), overrides=Overrides(proxies={"SOL": "SOL"}), risk_accepted=0.5, venue="OKX")

    text = next(notice.text for notice in assess(plan, market).notices if notice.code == "too_small")

    order, needed = (f"${coins * PRICES['SOL']:,.0f}" for coins in (1_000, 5))
    assert text.startswith(
        f"Too small to hedge with OKX:SOL-USDT-SWAP: the smallest order is 1,000 SOL ({order}), and only {needed} "
    )
    assert "Use OKX:SOL-USDT-SWAP" not in text


def test_nothing_is_small_enough_for_a_dollar_of_an_altcoin():
    plan = plan_of(("DOGE", 1), overrides=Overrides(proxies={"DOGE": "DOGE"}))

    text = next(notice.text for notice in assess(plan, MARKET).notices if notice.code == "too_small")

    assert text.endswith("No contract in the catalogue is small enough.")


def test_prices_too_small_to_count_in_are_refused_and_never_divide_by_zero():
    own = CustomContract(code="MINE", underlying="ETH", usd=100.0)
    tiny = {"ETH": 1e-18, "NOVA": 1.0}

    with pytest.raises(InvalidInput, match="prices of ETH: must be from 1e-18"):
        Overrides(prices={"ETH": 5e-324})
    with pytest.raises(InvalidInput, match="Check the price of ETH"):
        assess(plan_of(("NOVA", 500), overrides=Overrides(prices=tiny, betas={"NOVA": 1.0})), MARKET)
    assess(plan_of(("NOVA", 5), overrides=Overrides(prices=tiny, betas={"NOVA": 1.0}, contracts=(own,))), MARKET)


def test_a_proxy_without_a_price_is_refused_by_name():
    market = make_market(coins=("BTC", "SOL"))
    plan = plan_of(("SOL", 1), overrides=Overrides(betas={"SOL": 1.0}, proxies={"SOL": "ETH"}))

    with pytest.raises(MissingPrice, match="ETH"):
        assess(plan, market)


def test_a_bag_of_the_users_own_on_simulated_prices_is_practice_and_an_example_is_not():
    plan = plan_of(("SOL", 10))
    simulated = make_market(simulated=True)

    assert assess(plan, simulated).is_practice
    assert not assess(dataclasses.replace(plan, is_example=True), simulated).is_practice
    assert not assess(plan, MARKET).is_practice


@given(tradable_plans(approach=one_by_one, rounding=by_itself))
def test_legs_are_exactly_the_sums_over_the_hedged_holdings(plan):
    """Worked out again with plain loops, betas by the estimator of plans (see tests/exposure)."""
    assessment = assess(plan, MARKET)

    exposure: dict[str, float] = {}
    target: dict[str, float] = {}
    for held in assessment.held_coins:
        if held.holding.coin == "USDC" or held.holding.role == "speculative" or held.choice.chosen is None:
            continue
        coin, proxy = held.holding.coin, held.proxy
        stated = plan.overrides.betas.get(coin)
        if proxy == coin:
            beta = 1.0
        elif stated is not None:
            beta = stated
        else:
            returns = MARKET.history.returns[-plan.decisions.window_days :]
            x, y = (returns[:, MARKET.history.column_of[name]] for name in (proxy, coin))
            beta = PLAN_ESTIMATOR.fit(y[:, None], x).slope[0]
        value = held.holding.quantity * MARKET.price(coin)
        exposure[proxy] = exposure.get(proxy, 0.0) + value * beta
        h = 1 - plan.decisions.risk_accepted
        target[proxy] = target.get(proxy, 0.0) + target_notional(value, beta, h, plan.decisions.method)

    assert [leg.underlying for leg in assessment.legs] == list(exposure)
    for leg, b in zip(assessment.legs, assessment.exposure, strict=True):
        assert b == pytest.approx(exposure[leg.underlying], rel=1e-9)
        assert leg.target_notional == pytest.approx(target[leg.underlying], rel=1e-9, abs=1e-6)
        assert leg.exact_contracts * leg.contract.lot_notional(leg.price) == pytest.approx(leg.target_notional)
        assert leg.contracts <= 0


@given(tradable_plans(rounding=by_itself))
def test_rounding_misses_the_target_by_half_a_lot_at_most_or_by_a_lot_on_the_right_side(plan):
    for leg in assess(plan, MARKET).legs:
        error = leg.wanted.notional - leg.target_notional
        slack = 1e-9 * max(leg.lot_notional, leg.target_notional)
        if plan.decisions.rounding == "nearest":
            assert abs(error) <= 0.5 * leg.lot_notional + slack
        elif plan.decisions.rounding == "down":
            assert -leg.lot_notional - slack <= error <= slack
        else:
            assert -slack <= error <= leg.lot_notional + slack


@given(
    tradable_plans(coins=("UNI", "NEAR", "AVAX"), rounding=st.just("nearest"), approach=one_by_one),
    st.sampled_from([2, 4, 0.5]),
)
def test_scaling_the_bag_scales_the_exact_contracts(plan, factor):
    plan = plan.with_decisions(venue="CME")  # no futures of their own there: the same proxy at any size
    rows = tuple(dataclasses.replace(row, quantity=row.quantity * factor) for row in plan.holdings)

    one, scaled = assess(plan, MARKET), assess(dataclasses.replace(plan, holdings=rows), MARKET)

    assert [leg.exact_contracts * factor for leg in one.legs] == pytest.approx([x.exact_contracts for x in scaled.legs])


@given(tradable_plans())
def test_with_one_leg_the_achieved_ratio_is_n_times_lot_over_exposure_and_the_rest_stays_open(plan):
    assessment = assess(plan, MARKET)

    if len(assessment.legs) == 1:
        (leg,) = assessment.legs
        assert assessment.achieved_hedge_ratio == pytest.approx(leg.notional / assessment.exposure[0])
    assert assessment.residual_exposure == pytest.approx(
        (1 - assessment.achieved_hedge_ratio) * assessment.hedgeable_value
    )


@given(tradable_plans(method=st.just("beta_weighted"), approach=one_by_one))
def test_before_rounding_a_beta_weighted_hedge_achieves_the_ratio_that_was_chosen(plan):
    assessment = assess(plan, MARKET)
    exact = np.array([leg.exact_contracts * leg.lot_notional for leg in assessment.legs])

    if len(exact):
        ratio = achieved_hedge_ratio(exact, assessment.exposure, assessment.covariance)
        assert ratio == pytest.approx(plan.decisions.hedge_ratio, abs=1e-9)


@given(tradable_plans())
def test_the_neighbours_of_every_leg_hold_the_proposal_in_their_middle(plan):
    assessment = assess(plan, MARKET)

    for place, leg in enumerate(assessment.legs):
        choices = assessment.alternatives(place)
        proposed = next(choice for choice in choices if choice.contracts == abs(leg.contracts))
        assert proposed.achieved_hedge_ratio == pytest.approx(assessment.achieved_hedge_ratio)
        assert proposed.residual_exposure == pytest.approx(assessment.residual_exposure, abs=1e-6)
        ratios = [choice.achieved_hedge_ratio for choice in choices]
        assert [choice.contracts for choice in choices] == sorted(choice.contracts for choice in choices)
        assert ratios == sorted(ratios)


@given(tradable_plans(), st.sampled_from(["nothing", "one day", "gaps", "a young market"]))
def test_whatever_the_history_lacks_there_is_an_assessment_or_an_error_of_ours(plan, lack):
    market = {
        "nothing": make_market(days=1, funding_rate_a_day=None, futures=()),
        "one day": make_market(days=2),
        "gaps": make_market(days=200, gaps=0.4),
        "a young market": make_market(days=35),
    }[lack]

    try:
        assessment = assess(plan, market)
    except HedgeError:
        return
    for held in assessment.held_coins:
        assert held.status != "hedged" or held.route == "bag" or held.beta > 0
    assert (assessment.exposure >= 0).all()


def test_carry_and_fees_that_the_user_sets_to_zero_are_zero(market):
    free = Overrides(costs=CostAssumptions(fee_rate=0.0, half_spread_rate=0.0, carry_rate=0.0))

    assessment = assess(plan_of(("SOL", 100), venue="CME", overrides=free), market)

    assert (assessment.costs.fees, assessment.costs.carry) == (0.0, 0.0)
    assert assessment.market.as_of == AS_OF


def test_a_beta_set_for_a_coin_with_its_own_future_is_said_to_be_unused(market):
    plan = HedgePlan(holdings=(Holding(coin="SOL", quantity=100),), overrides=Overrides(betas={"SOL": 3.0}))

    assessment = assess(plan, market)

    assert assessment.held_coins[0].beta == 1.0
    assert assessment.held_coins[0].choice is not None
    assert not assessment.held_coins[0].choice.is_override
    assert "beta_unused" in {notice.code for notice in assessment.notices}


def test_a_price_that_is_older_than_the_market_is_said(market):
    history = market.history
    values = history.values.copy()
    values[-60:, history.column_of["UNI"]] = np.nan
    old = dataclasses.replace(market, history=PriceHistory(history.days, history.coins, values), quotes={})
    plan = HedgePlan(holdings=(Holding(coin="UNI", quantity=500), Holding(coin="SOL", quantity=50)))

    texts = {notice.code: notice.text for notice in assess(plan, old).notices}

    assert "UNI by 60 days" in texts["stale_price"]
    assert "SOL" not in texts["stale_price"]


def test_a_tenfold_jump_in_a_price_is_said_with_its_day(market):
    history = market.history
    values = history.values.copy()
    values[-100, history.column_of["ETH"]] *= 1_000
    wrong = dataclasses.replace(market, history=PriceHistory(history.days, history.coins, values))

    plan = HedgePlan(holdings=(Holding(coin="UNI", quantity=500),), overrides=Overrides(proxies={"UNI": "ETH"}))

    texts = [notice.text for notice in assess(plan, wrong).notices]

    assert any(f"The price of ETH changes tenfold on {history.days[-100]}" in text for text in texts)


@pytest.mark.parametrize(
    ("decisions", "overrides", "code"),
    [
        ({"venue": "CME", "horizon_days": 90}, {}, "rolled"),
        ({"venue": "Deribit", "collateral": 400_000.0}, {"proxies": {"SOL": "BTC"}}, "coin_collateral"),
        ({"venue": "CME", "collateral": 1e6, "rounding": "up", "risk_accepted": 0.0}, {"betas": {}}, "margin_assumed"),
        ({"venue": "Hyperliquid", "collateral": 200_000.0, "risk_accepted": 0.0}, {}, "high_leverage"),
        ({"venue": "Kraken Futures"}, {"contract_choice": {"BTC": "CME:MBT"}}, "several_accounts"),
        ({"venue": "Gate", "collateral": 60_000.0, "risk_accepted": 0.0}, {"proxies": {"SOL": "BTC"}}, "margin_tier"),
        ({"venue": "Hyperliquid", "collateral": 60_000.0, "risk_accepted": 0.0}, {}, "thin_margin"),
    ],
)
def test_what_the_figures_leave_out_is_said(market, decisions, overrides, code):
    bag = (Holding(coin="BTC", quantity=5), Holding(coin="ETH", quantity=50), Holding(coin="SOL", quantity=5_000))
    plan = HedgePlan(holdings=bag, decisions=Decisions(**decisions), overrides=Overrides(**overrides))

    assert code in {notice.code for notice in assess(plan, market).notices}


def test_a_contract_that_ends_tomorrow_or_was_checked_long_ago_is_marked(market):
    listed = dataclasses.replace(
        catalogue().get("OKX:ETH-USDT-SWAP"),
        code="ETH-USDT-260201",
        kind="future",
        expiry="dated",
        expires_on=date(2026, 2, 1),
        verified_on="2025-01-01",
    )
    plan = plan_of(("ETH", 10), venue="OKX", overrides=Overrides(contract_choice={"ETH": listed.id}))

    assessment = assess(plan, dataclasses.replace(market, contracts=(listed,)))

    texts = {notice.code: notice.text for notice in assessment.notices}
    assert texts["ends_soon"] == "OKX:ETH-USDT-260201 expires in 1 day. Choose a contract that expires later."
    assert "last checked 395 days ago" in texts["contract_old"]
    assert assessment.costs.legs[0].roll_days[0] == date(2026, 2, 1)


def test_a_short_beyond_the_bags_exposure_is_said_to_be_too_much(market):
    own = CustomContract(code="LARGE", underlying="ETH", coins=10.0)
    plan = plan_of(("ETH", 6), risk_accepted=0.0, overrides=Overrides(contracts=(own,)))

    assert "over_hedged" in codes(assess(plan, market))


@pytest.mark.parametrize(
    ("decisions", "coins", "said"),
    [
        ({"approach": "bag_level"}, ("LINK", "AVAX"), "removed about 46% of a coin's variance"),
        ({"venue": "Binance"}, ("ETH", "SOL"), "follows it by construction"),
        ({"approach": "coin_by_coin", "venue": "CME"}, ("DOGE", "AVAX"), "on past days that its beta had not seen"),
    ],
)
def test_a_plan_without_a_basket_says_what_its_evidence_is_and_is_not(decisions, coins, said):
    plan = HedgePlan(
        holdings=tuple(Holding(coin=coin, quantity=20_000.0 / PRICES[coin]) for coin in coins),
        decisions=Decisions(**decisions),
    )
    assessment = assess(plan, MARKET)

    (text,) = [notice.text for notice in assessment.notices if notice.code == "evidence"]
    assert assessment.basket is None
    assert said in text
    assert text.endswith("That says nothing about returns, and little about events of a single coin.")


def test_a_stop_stays_where_it_was_placed_while_the_price_falls(market):
    """LINK at $15, placed at $18 when it traded at $20, 10% below; a second stop 20% below that was at $16."""
    rows = [Holding(coin="LINK", quantity=n, role="speculative", stop_loss=stop) for n, stop in ((10, 0.1), (4, 0.2))]
    plan = HedgePlan(holdings=tuple(rows))

    fresh = assess(plan, market).stop_orders
    placed = assess(plan.with_execution(stop_prices={"LINK": 18.0}), market).stop_orders

    assert [(stop.stop_price, stop.is_placed) for stop in fresh] == [
        (pytest.approx(13.5), False), (pytest.approx(12.0), False),
    ]  # fmt: skip
    assert [(stop.stop_price, stop.is_placed) for stop in placed] == [
        (pytest.approx(18.0), True), (pytest.approx(16.0), True),
    ]  # fmt: skip
    assert fresh[0].sentence == "Sell stop 10 LINK at $13.50."
    assert placed[0].sentence == "Stop placed: sell 10 LINK at $18."


def test_a_stop_of_a_coin_of_tiny_price_is_written_out():
    assert StopOrder("PEPE", 2e8, 7.2e-6, 6.48e-6).sentence == "Sell stop 200,000,000 PEPE at $0.00000648."
    assert StopOrder("LINK", 1.0, 15.0, None).sentence == ""


def test_a_contract_that_the_others_do_better_without_is_not_offered_instead_of_itself():
    """0.56 of a lot would round to one, but all together come closer without it."""
    leg = size_leg(catalogue().get("CME:MLN"), price=16.4, target=2_296.0, ideal=2_296.0, rounding="optimal")

    said = unsold_notice(dataclasses.replace(leg, contracts=0), catalogue(), "optimal")

    assert (said.code, said.severity) == ("better_without", "note")
    assert said.text == (
        "CME:MLN is not sold: one is 250 LINK ($4,100), 0.56 would be needed, and without it all contracts together "
        "come closest to their targets."
    )


@pytest.mark.parametrize(("typed", "is_far"), [(20.0, True), (164.0, False), (166.0, True), (150.0, False)])
def test_a_typed_price_far_from_the_markets_is_warned_about(typed, is_far):
    """SOL trades at $150; more than 10% away a typed price is named, since counts and limits rest on it."""
    plan = plan_of(("SOL", 100), overrides=Overrides(prices={"SOL": typed, "NOVA": 1.0}))

    found = [notice for notice in assess(plan, MARKET).notices if notice.code == "own_price_far"]

    assert bool(found) == is_far
    if is_far:
        assert found[0].severity == "warning"
        assert f"SOL ${typed:.2f} (market $150.00)" in found[0].text
    assert "own_price_far" not in codes(assess(plan, make_market(simulated=True)))
