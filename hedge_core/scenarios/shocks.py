"""Shocks: one move, from today's prices to others.

Every proxy moves by the same p (or by the p that moves the bag by the stated amount); a coin moves by beta·p plus a
move of its own, and takes its own future with it where that is the hedge; a contract moves by its coin's move plus a
change of basis.

When correlation breaks by c, a coin that something else is shorted for keeps its volatility and loses its link: with
rho its correlation to what its beta predicts, and sigma its daily volatility over the T days of the horizon, it moves
by

    beta·(1 − c)·p − sigma·sqrt(T)·(sqrt(1 − rho²·(1 − c)²) − sqrt(1 − rho²))

the second part being the residual that it gains, taken against the holder by one standard deviation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Le

from hedge_core.errors import InvalidInput
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.co_movement import volatility_and_correlation
from hedge_core.hedge.held_coins import HeldCoin
from hedge_core.market.snapshot import PROXY_COINS

MoveOf = Literal["proxy", "bag"]


MOST_MOVE = 10.0
"""The largest rise that a shock may have (+1,000%)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shock:
    """One move of the market, as fractions: −0.15 is a fall of 15%.

    `move` is the move of every proxy, or of the hedgeable bag when `of` is "bag". `beta_shift` scales the betas
    that are realised (0.2: a fifth higher than estimated), `basis_move` is added to every contract's return,
    `own_moves` to a coin's (by symbol). `correlation_break` is the share of its correlation that a coin loses, 0 to 1;
    `carry_shift` is added to what every short earns a year. `stated_moves` say how far a coin moves, whatever beta
    says. Raises InvalidInput outside −1 … 10.
    """

    move: Annotated[float, Ge(-1), Le(10)]
    of: MoveOf = "proxy"
    beta_shift: float = 0.0
    basis_move: float = 0.0
    own_moves: Mapping[str, float] = field(default_factory=dict)
    correlation_break: float = 0.0
    carry_shift: float = 0.0
    stated_moves: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        values = {"move": self.move, "beta shift": self.beta_shift, "basis move": self.basis_move}
        values |= {"shift of the carry": self.carry_shift}
        values |= {f"own move of {coin}": move for coin, move in self.own_moves.items()}
        values |= {f"move of {coin}": move for coin, move in self.stated_moves.items()}
        if not 0.0 <= self.correlation_break <= 1.0:
            raise InvalidInput(
                f"The share of correlation that breaks must lie between 0% and 100%, not {self.correlation_break:.0%}."
            )
        for name, value in values.items():
            if not -1.0 <= value <= 10.0:
                raise InvalidInput(f"The {name} must lie between -100% and +1,000%, not {100 * value:,.6g}%.")


def reachable_moves(assessment: HedgeAssessment, moves: Sequence[float], of: MoveOf) -> list[float]:
    """Those of `moves` that do not ask the proxies for a rise beyond MOST_MOVE."""
    exposure = float(assessment.exposure.sum())
    scale = assessment.hedgeable_value / exposure if of == "bag" and exposure > 0 else 1.0
    return [move for move in moves if move * scale <= MOST_MOVE]


def proxy_move(assessment: HedgeAssessment, shock: Shock) -> float:
    """The p by which every proxy moves, before any floor. Raises InvalidInput where a move of the bag asks too much."""
    if shock.of == "proxy":
        return shock.move
    exposure = float(assessment.exposure.sum())
    if exposure <= 0:
        raise InvalidInput("No holding is hedged, so that a move of the bag says nothing of the proxies.")
    move = shock.move * assessment.hedgeable_value / exposure
    if move > MOST_MOVE:
        raise InvalidInput(
            f"For the bag to move by {shock.move:+.0%}, the proxies would have to move by {move:+,.0%}. "
            "Choose a smaller move, or move the market instead."
        )
    return move


def underlying_move(assessment: HedgeAssessment, coin: str, shock: Shock, p: float) -> float:
    """The move of a contract's coin: a proxy by p, another altcoin by p times the beta shift; and its own."""
    if coin in shock.stated_moves:
        return shock.stated_moves[coin]
    joint = assessment.bag_fit.proxies if assessment.bag_fit else ()
    scale = 1.0 if coin in PROXY_COINS or coin in joint else 1.0 + shock.beta_shift
    return scale * p + shock.own_moves.get(coin, 0.0)


def holding_move(assessment: HedgeAssessment, held: HeldCoin, beta: float, shock: Shock, p: float) -> float:
    """The move of a holding before the floor: that of its own future, or beta·p with the shift; and its own."""
    if held.proxy == held.moves_with:
        own = own_move(held, shock) if held.holding.coin != held.moves_with else 0.0
        return underlying_move(assessment, held.moves_with, shock, p) + own
    if held.moves_with in shock.stated_moves:
        return shock.stated_moves[held.moves_with]
    move = beta * (1.0 + shock.beta_shift) * p
    if shock.correlation_break:
        move = (1.0 - shock.correlation_break) * move - _broken_residual(assessment, held, shock.correlation_break)
    return move + own_move(held, shock)


def _broken_residual(assessment: HedgeAssessment, held: HeldCoin, share: float) -> float:
    """The standard deviation over the horizon that a coin's residual gains when its correlation falls by `share`.

    0 for a coin of which neither volatility nor correlation is known.
    """
    known = volatility_and_correlation(assessment, held)
    if known is None:
        return 0.0
    sigma, rho = known
    gained = np.sqrt(1.0 - (rho * (1.0 - share)) ** 2) - np.sqrt(1.0 - rho**2)
    return float(sigma * np.sqrt(assessment.plan.decisions.horizon_days) * gained)


def own_move(held: HeldCoin, shock: Shock) -> float:
    """The holding's own move on top of the market's."""
    return shock.own_moves.get(held.holding.coin, 0.0)


def measured_beta(held: HeldCoin) -> float | None:
    """The beta in use, else that of the candidate with the strongest correlation, be it negative; or None."""
    if held.beta is not None or held.choice is None:
        return held.beta
    estimates = [c.estimate for c in held.choice.candidates if c.estimate is not None]
    regressed = ("ols", "shrunk")
    measured = [e for e in estimates if e.correlation is not None and e.method in regressed]
    return max(measured, key=lambda estimate: abs(estimate.correlation or 0.0)).beta if measured else None
