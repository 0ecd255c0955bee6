"""What a dollar short in a candidate costs, by hand.

A bag of $10,000 has up to three legs besides Bitcoin and Ether, so an order is taken as $2,000. Two contracts of the
user's own, one at 1% margin without a fee, one at 50% margin and a fee of 0.1%, with a half spread of 0.2% and no
slippage, for 73 days (a fifth of a year) at 4% for cash:

    cheap   2·0.002 + 0.01·0.04/5 = 0.00408          dear   2·(0.001 + 0.002) + 0.5·0.04/5 = 0.01
"""

from __future__ import annotations

import pytest

from hedge_core.hedge.bag_sizes import BagSizes
from hedge_core.market.contracts import CustomContract
from hedge_core.plan.plan import CostAssumptions, Decisions, HedgePlan, Overrides
from tests.support.markets import PRICES, make_market

CHEAP = CustomContract(code="CHEAP", underlying="ETH", coins=0.001)
DEAR = CustomContract(code="DEAR", underlying="SOL", coins=0.01, fee_rate=0.001, maintenance_margin_rate=0.5)
CONTRACTS = {one.underlying: one.contract() for one in (CHEAP, DEAR)}


@pytest.mark.parametrize("cash_rate", [0.04, 0.0])  # a plan that counts its cash as free still ties it up
def test_two_sides_and_the_margin_at_the_rate_for_cash(cash_rate):
    costs = CostAssumptions(half_spread_rate=0.002, depth=None, slippage=0.0, cash_rate=cash_rate)
    plan = HedgePlan(decisions=Decisions(horizon_days=73), overrides=Overrides(costs=costs))

    charges = BagSizes(plan, make_market(days=40), CONTRACTS, {"UNI": 10_000.0}, {}).charges

    assert PRICES["ETH"] == 2_000.0
    assert charges == {"ETH": pytest.approx(0.00408), "SOL": pytest.approx(0.01)}
