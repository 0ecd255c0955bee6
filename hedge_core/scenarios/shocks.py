"""Shocks: one instant move from today's prices to new ones.

A shock says what moves by the fraction p: every proxy ("proxy"), or the market, half Bitcoin and half Ether
("market"). If the market moves by p, a contract's coin k moves by b_k·p, with b_k its beta to the market; if the
proxies do, by p. "bag" is the p of the market at which the hedged coins together move by a stated fraction, before any
floor. A coin moves by the sum of its betas times the moves of its contracts' coins, plus its own move; a coin hedged
with its own future moves with that future. A coin without a hedge moves by b·p with the market. A contract moves with
its coin, plus a change of basis. Whichever moves, a hedge of ratio h before rounding offsets the share h of the bag's
move.

A correlation break c (0 to 1) affects coins hedged with another coin. Such a coin keeps its volatility but follows its
proxy less. With its correlation rho to its beta's prediction and its daily volatility sigma, it moves over T days by

    beta·(1 − c)·p − sigma·sqrt(T)·(sqrt(1 − rho²·(1 − c)²) − sqrt(1 − rho²))

The second term is the extra independent move, taken against the holder at one standard deviation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Le

from hedge_core.errors import InvalidInput
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.held_coins import HeldCoin
from hedge_core.market.snapshot import PROXY_COINS

MoveOf = Literal["proxy", "bag", "market"]


MOST_MOVE = 10.0
"""The largest rise that a shock may have (+1,000%)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shock:
    """One market move. All figures are fractions: −0.15 is a fall of 15%.

    - `move`: the move of every proxy; of the hedged bag if `of` is "bag"; of Bitcoin and Ether on average if it is
      "market".
    - `beta_shift`: scales the betas that come true (0.2: betas are 20% higher than estimated).
    - `basis_move`: added to the return of every contract.
    - `own_moves`: added to a coin's move, by symbol.
    - `correlation_break`: the share of its correlation that a coin loses, 0 to 1.
    - `carry_shift`: added to the carry that every short earns per year.
    - `stated_moves`: a coin's move, by symbol; replaces the move that its beta implies.
    - `pledged_moves`: the move, by symbol, at which a coin that is pledged as margin counts, where it is not its own.

    Raises InvalidInput if `correlation_break` is outside 0 … 1 or any other figure outside −1 … 10.
    """

    move: Annotated[float, Ge(-1), Le(10)]
    of: MoveOf = "proxy"
    beta_shift: float = 0.0
    basis_move: float = 0.0
    own_moves: Mapping[str, float] = field(default_factory=dict)
    correlation_break: float = 0.0
    carry_shift: float = 0.0
    stated_moves: Mapping[str, float] = field(default_factory=dict)
    pledged_moves: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        values = {"move": self.move, "beta shift": self.beta_shift, "basis move": self.basis_move}
        values |= {"carry shift": self.carry_shift}
        values |= {f"own move of {coin}": move for coin, move in self.own_moves.items()}
        values |= {f"move of {coin}": move for coin, move in self.stated_moves.items()}
        values |= {f"move of {coin} as margin": move for coin, move in self.pledged_moves.items()}
        if not 0.0 <= self.correlation_break <= 1.0:
            raise InvalidInput(f"The correlation break must be between 0% and 100%, not {self.correlation_break:.0%}.")
        for name, value in values.items():
            if not -1.0 <= value <= 10.0:
                raise InvalidInput(f"The {name} must be between -100% and +1,000%, not {100 * value:,.6g}%.")


def reachable_moves(assessment: HedgeAssessment, moves: Sequence[float], of: MoveOf) -> list[float]:
    """The entries of `moves` (fractions) that need no move of the proxies above MOST_MOVE."""
    exposure = float(assessment.exposure.sum())
    scale = assessment.hedgeable_value / exposure if of == "bag" and exposure > 0 else 1.0
    return [move for move in moves if move * scale <= MOST_MOVE]


def proxy_move(assessment: HedgeAssessment, shock: Shock) -> float:
    """The fraction by which the proxies move, on average by exposure; it may be below −1.

    Raises InvalidInput for a move of the bag if nothing is hedged, or if p would exceed MOST_MOVE.
    """
    exposure = float(assessment.exposure.sum())
    if shock.of == "market":
        return shock.move * market_exposure(assessment) / exposure if exposure > 0 else shock.move
    if shock.of == "proxy":
        return shock.move
    if exposure <= 0:
        raise InvalidInput(
            "No holding is hedged, so a move of the bag does not say how the market moves. Move the market instead."
        )
    move = shock.move * assessment.hedgeable_value / exposure
    if move > MOST_MOVE:
        raise InvalidInput(
            f"For the bag to move by {shock.move:+.0%}, the proxies would have to move by {move:+,.0%}. "
            "Choose a smaller move, or move the market instead."
        )
    return move


def applied_move(assessment: HedgeAssessment, shock: Shock, average: float) -> float:
    """The p of the shock if the proxies move by `average`: that of every proxy, or that of the market."""
    if shock.of == "market":
        return shock.move
    felt = market_exposure(assessment) if shock.of == "bag" else 0.0
    return average * float(assessment.exposure.sum()) / felt if felt > 0.0 else average


def market_exposure(assessment: HedgeAssessment) -> float:
    """USD that the hedged coins move if the market moves by 1: the sum of exposure times beta to the market."""
    known = assessment.market_betas
    return sum(float(b) * known.of(leg.underlying) for b, leg in zip(assessment.exposure, assessment.legs, strict=True))


def market_beta(assessment: HedgeAssessment, coin: str, shock: Shock) -> float:
    """The move of a coin for a p of 1: its beta to the market, or 1 if every proxy moves by p."""
    return 1.0 if shock.of == "proxy" else assessment.market_betas.of(coin)


def implied_beta(assessment: HedgeAssessment, held: HeldCoin, shock: Shock) -> float | None:
    """The move of a held coin for a p of 1, by the betas in use, or else by those measured; None if it has neither."""
    if held.estimates and (held.status == "hedged" or shock.of == "proxy"):
        return sum(e.beta * market_beta(assessment, e.proxy, shock) for e in held.estimates)
    return measured_beta(held) if shock.of == "proxy" else market_beta(assessment, held.moves_with, shock)


def underlying_move(assessment: HedgeAssessment, coin: str, shock: Shock, p: float) -> float:
    """The move (a fraction) of a contract's underlying coin, without the basis.

    A proxy moves by p, another coin by p·(1 + beta shift), each plus its own move; a stated move replaces both. If the
    market moves, p is multiplied by the coin's beta to the market.
    """
    if coin in shock.stated_moves:
        return shock.stated_moves[coin]
    joint = assessment.bag_fit.proxies if assessment.bag_fit else ()
    scale = 1.0 if coin in PROXY_COINS or coin in joint else 1.0 + shock.beta_shift
    return scale * market_beta(assessment, coin, shock) * p + shock.own_moves.get(coin, 0.0)


def holding_move(assessment: HedgeAssessment, held: HeldCoin, beta: float, shock: Shock, p: float) -> float:
    """The move (a fraction) of a holding; it may be below −1.

    It is the move of the coin's own future if that hedges it, else beta·p·(1 + beta shift), plus the holding's own
    move. A stated move of the coin is used instead.
    """
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
    """The increase in a coin's residual standard deviation over the horizon if its correlation falls by `share`.

    A fraction of the price; 0 if volatility or correlation is unknown.
    """
    known = assessment.co_movement(held)
    if known is None:
        return 0.0
    sigma, rho = known
    gained = np.sqrt(1.0 - (rho * (1.0 - share)) ** 2) - np.sqrt(1.0 - rho**2)
    return float(sigma * np.sqrt(assessment.plan.decisions.horizon_days) * gained)


def own_move(held: HeldCoin, shock: Shock) -> float:
    """The holding's own move (a fraction), on top of the market's; 0 if none is given."""
    return shock.own_moves.get(held.holding.coin, 0.0)


def measured_beta(held: HeldCoin) -> float | None:
    """The beta in use, else the measured beta with the strongest correlation (of either sign), or None."""
    if held.beta is not None or held.choice is None:
        return held.beta
    estimates = [c.estimate for c in held.choice.candidates if c.estimate is not None]
    measured = [e for e in estimates if e.correlation is not None and e.is_measured]
    return max(measured, key=lambda estimate: abs(estimate.correlation or 0.0)).beta if measured else None
