"""A plan for a hedge ratio of h reads h everywhere, to rounding: contracts of a few cents make the rounding small."""

from __future__ import annotations

import io

import numpy as np
import openpyxl
import pytest

from hedge_core.hedge.planner import assess
from hedge_core.market.contracts import CustomContract
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan, Overrides
from hedge_core.reports.excel import workbook
from hedge_core.reports.html.page import report_html
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.shocks import Shock
from hedge_core.text import percent
from tests.support.markets import PRICES, make_market
from tests.support.scale import scaled

MARKET = make_market(seed=1)
TINY = tuple(
    CustomContract(code=f"T-{coin}", underlying=coin, usd=0.05) for coin in ("BTC", "ETH", "SOL", "AVAX", "LINK")
)
COINS = ("UNI", "NEAR", "BTC", "ETH", "SOL", "AVAX", "LINK")


def random_plan(seed: int) -> HedgePlan:
    random = np.random.default_rng(seed)
    coins = random.choice(COINS, int(random.integers(1, len(COINS) + 1)), replace=False)
    values = random.uniform(200.0, 20_000.0, len(coins))
    holdings = (Holding(coin=str(c), quantity=float(v / PRICES[c])) for c, v in zip(coins, values, strict=True))
    decisions = Decisions(
        risk_accepted=round(float(random.uniform(0.0, 0.9)), 3),
        venue="CME",
        rounding=str(random.choice(["optimal", "nearest"])),
        rally_to_survive=0.0,
    )
    return HedgePlan(holdings=tuple(holdings), decisions=decisions, overrides=Overrides(contracts=TINY))


@pytest.mark.long
def test_random_plans_offset_the_share_that_was_chosen_whatever_moves():
    evidence = assess(random_plan(0), MARKET).evidence
    for seed in range(scaled(65)):
        plan = random_plan(seed)
        assessment = assess(plan, MARKET, evidence)
        evidence, h = assessment.evidence, plan.decisions.hedge_ratio

        assert assessment.achieved_hedge_ratio == pytest.approx(h, abs=1e-3), seed
        for of in ("market", "bag", "proxy"):
            result = run_scenario(assessment, Shock(move=-0.15, of=of))
            assert -result.hedge_pnl / result.bag_pnl == pytest.approx(h, abs=1e-3), (seed, of)


@pytest.mark.parametrize("seed", range(4))
def test_strip_report_and_workbook_name_the_same_share(seed):
    plan = random_plan(seed)
    assessment = assess(plan, MARKET)
    achieved = assessment.achieved_hedge_ratio

    html = report_html(assessment, made_at=assessment.market.as_of)
    book = openpyxl.load_workbook(io.BytesIO(workbook(assessment)))
    _, _, titles, *rows = book["Scenarios"].iter_rows(values_only=True)
    offsets = [-row[2] / row[1] for row in rows if row[0] < 0.0]

    assert titles[:3] == ("Market move", "Hedged coins, USD", "Hedge, USD")
    assert percent(achieved) == percent(plan.decisions.hedge_ratio)
    assert percent(achieved) in html
    assert offsets == pytest.approx([plan.decisions.hedge_ratio] * len(offsets), abs=1e-3)
