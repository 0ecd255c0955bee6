"""The user's own figures on costs, and those that a new plan states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from annotated_types import Ge, Le, Lt

from hedge_core.plan.fills import MAX_MONEY
from hedge_core.plan.schema import STRICT, About

CASH_RATE = 0.04
"""What cash set aside for margin could earn elsewhere, a fraction per year; an assumption for new plans."""

ASSUMED_DEPTH = 1_000_000.0
"""Order size in USD at which slippage is assumed to equal the half spread."""


SLIPPAGE_FACTOR = 0.3
"""The factor c of the square-root law, slippage = c·volatility·√(order / volume); 0.15 to 0.7 have been measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLiquidity:
    """The user's own figures on how a contract trades. None means that the figure is that of the program.

    `half_spread_rate` is a fraction of the price, `daily_volume` USD per day at its venue, and `daily_volatility` the
    standard deviation of daily returns, a fraction.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    half_spread_rate: Annotated[float, Ge(0), Lt(0.1), About(link=0, label="half spread")] | None = None
    daily_volume: Annotated[float, Ge(1), Lt(MAX_MONEY), About(link=1, label="daily volume")] | None = None
    daily_volatility: Annotated[float, Ge(0), Le(5), About(link=2, label="daily volatility")] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CostAssumptions:
    """The user's own cost figures. None means that the figure comes from the catalogue or the market.

    Rates are fractions of notional: `fee_rate` and `half_spread_rate` per side, `carry_rate` per year (positive: the
    short earns it). `half_spread_rate` holds for every contract; None takes each contract's own. `depth` is the order
    size in USD at which slippage equals the half spread, as the first edition assumed; None takes slippage from the
    contract's volume and volatility, with the factor `slippage` (see `hedge.trading_costs`). `liquidity` are the user's
    own figures by id of the contract. `cash_rate` is what the cash set aside could earn elsewhere, a fraction per year;
    0 counts it as free, as the first edition did.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    fee_rate: Annotated[float, Ge(0), Lt(0.1), About(link=0, label="fee rate")] | None = None
    half_spread_rate: Annotated[float, Ge(0), Lt(0.1), About(link=1, label="half spread")] | None = 0.0005
    carry_rate: Annotated[float, Ge(-5), Le(5), About(link=2, label="carry")] | None = None
    depth: Annotated[float, Ge(1), Lt(MAX_MONEY), About(link=3, label="market depth")] | None = ASSUMED_DEPTH
    cash_rate: Annotated[float, Ge(0), Le(1), About(link=4, label="cost of cash")] = 0.0
    slippage: Annotated[float, Ge(0), Le(2), About(link=5, label="slippage factor")] = SLIPPAGE_FACTOR
    liquidity: Annotated[Mapping[str, OwnLiquidity], About(link=6, label="own liquidity")] = field(default_factory=dict)


def new_costs(cash_rate: float = CASH_RATE) -> CostAssumptions:
    """The cost figures of a plan as it is started today: spread and slippage are those of each contract."""
    return CostAssumptions(cash_rate=cash_rate, half_spread_rate=None, depth=None)
