"""Stress test: the plan in past crashes and short squeezes.

`data/crashes.csv` holds periods with each coin's move from the first close to the last. A coin without a move there is
estimated as its beta times its proxy's move plus a stated residual, and named in the result; a contract moves with its
coin. In a crash, coins that are pledged as margin count at their lows (see `lows`). Each period is one straight move:
swings in between, and margin calls that only they would cause, are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Literal

from hedge_core.errors import InvalidInput
from hedge_core.exposure.betas import BetaEstimate, estimate_betas
from hedge_core.exposure.market_moves import StressBetas
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.basis_noise import LARGE_MOVE, deviation
from hedge_core.hedge.costs import estimate_costs
from hedge_core.hedge.held_coins import HeldCoin
from hedge_core.hedge.legs import SizedLeg
from hedge_core.market.snapshot import PROXY_COINS
from hedge_core.scenarios.lows import low_of
from hedge_core.scenarios.run import run_scenario, share_offset
from hedge_core.scenarios.shocks import MOST_MOVE, Shock
from hedge_core.tables import shipped_rows
from hedge_core.text import signed_usd, usd

Kind = Literal["crash", "squeeze"]

NAMES = {"MATIC_POL": ("MATIC", "POL"), "XBT": ("BTC",)}
"""The symbols of a column whose name is not itself a symbol."""

OUTRUN = 1.0
"""The rise of a leg alone, as a fraction, that is shown beside the past periods."""

STRESS_FALL = -0.25
"""The fall of the market, as a fraction, in which every coin moves by its stress beta."""

STRESS_UNKNOWN = (
    "How coins move on the market's worst days is not known here: a link does not hold it, and from history it takes "
    "30 days of Bitcoin and Ether."
)

HELD_UP = 0.25
"""A hedge held if the net loss is at most the accepted share of the bag's loss plus this share of it."""


@dataclass(frozen=True, slots=True)
class StressWindow:
    """A past period: the days of its first and last close, and the moves (fractions) of the coins that traded."""

    name: str
    kind: Kind
    start: date
    end: date
    moves: Mapping[str, float]

    @property
    def label(self) -> str:
        """The name and the month of the first close, as in "Covid, Mar 2020"."""
        words = re.sub(r"^\d{4}-\d\d(?:[-/]\d\d)?\s*", "", self.name)
        words = {"": "A sudden fall", "day": "One day"}.get(words, words)
        return f"{words[0].upper()}{words[1:]}, {self.start:%b %Y}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StressResult:
    """Profit and loss (USD, before costs) in one period.

    `is_closed` says whether the short is liquidated; `estimated` names the coins whose move is estimated from beta.
    `basis_deviation` is the standard deviation of what contracts that stray from their coins do to the hedge; the
    figures are without it. `options_pnl` is what options that are held make of the result of the hedge.
    """

    window: StressWindow
    bag_pnl: float
    hedge_pnl: float
    is_closed: bool
    estimated: tuple[str, ...]
    basis_deviation: float = 0.0
    options_pnl: float = 0.0

    @property
    def net_pnl(self) -> float:
        """Profit and loss (USD) of bag and hedge together, before costs."""
        return self.bag_pnl + self.hedge_pnl

    @property
    def offset(self) -> float | None:
        """The share of the bag's move that the hedge offsets, −hedge/bag; None if the bag hardly moved."""
        return share_offset(self.bag_pnl, self.hedge_pnl)


def run_stress(assessment: HedgeAssessment, *, residual: float = 0.0) -> tuple[StressResult, ...]:
    """One result per past period, sorted by net profit and loss with the worst first.

    `residual` (a fraction) is added to every estimated move; −0.1 makes it 10 percentage points worse than beta
    implies. Raises InvalidInput if it is outside −1 … 1.
    """
    if not -1.0 <= residual <= 1.0:
        raise InvalidInput(f"The residual must be between -100% and +100%, not {residual:.0%}.")
    results = [_replay(assessment, window, residual) for window in stress_windows()]
    return tuple(sorted(results, key=lambda result: result.net_pnl))


def window_shock(
    assessment: HedgeAssessment, window: StressWindow, residual: float = 0.0
) -> tuple[Shock, tuple[str, ...]]:
    """The period as a shock on this plan, and the coins whose move is estimated as beta × proxy move + `residual`."""
    moves: dict[str, float] = {}
    estimated: list[str] = []
    for held in assessment.hedged_coins:
        coin = held.moves_with
        if coin not in window.moves:
            moves[coin] = _by_beta(assessment, window, held) + residual
            estimated.append(coin)
    optioned = () if assessment.options is None else assessment.options.coins
    for coin in (*(leg.underlying for leg in assessment.legs), *optioned):
        if coin not in window.moves and coin not in moves:
            moves[coin] = _coin_by_beta(assessment, window, coin) + residual
            estimated.append(coin)
    stated = {coin: max(move, -1.0) for coin, move in {**window.moves, **moves}.items()}
    lows = {
        one.coin: low_of(one.coin, stated[one.coin], window.end)
        for one in assessment.margin.pledged
        if window.kind == "crash"
    }
    shock = Shock(move=window.moves["ETH"], stated_moves=stated, pledged_moves=lows)
    return shock, tuple(dict.fromkeys(estimated))


def for_days(assessment: HedgeAssessment, days: int) -> HedgeAssessment:
    """The same assessment with the horizon, fees and carry of `days` days, at least one.

    Used so that a crash of one week is not credited with a whole month of funding.
    """
    plan = assessment.plan
    costs = estimate_costs(assessment.legs, assessment.market, horizon_days=max(days, 1), basis=assessment.cost_basis)
    return replace(assessment, plan=plan.with_decisions(horizon_days=max(days, 1)), costs=costs)


def _replay(assessment: HedgeAssessment, window: StressWindow, residual: float) -> StressResult:
    shock, estimated = window_shock(assessment, window, residual)
    days = (window.end - window.start).days
    outcome = run_scenario(assessment, shock, days=days)
    return StressResult(
        window=window,
        bag_pnl=outcome.bag_pnl,
        hedge_pnl=outcome.hedge_pnl,
        is_closed=outcome.is_liquidated,
        estimated=estimated,
        basis_deviation=basis_deviation(assessment, days, window.moves),
        options_pnl=outcome.options_pnl,
    )


def basis_deviation(assessment: HedgeAssessment, days: int, moves: Mapping[str, float] | None = None) -> float:
    """The standard deviation (USD) of what basis noise does to the hedge in `days` days; `moves` are those of coins.

    If Bitcoin and Ether move by more than LARGE_MOVE on average, they do so on the last day.
    """
    market = sum((moves or {}).get(coin, 0.0) for coin in PROXY_COINS) / len(PROXY_COINS)
    return deviation(
        [leg.notional for leg in assessment.traded_legs],
        assessment.plan.overrides.dangers.basis_noise,
        days,
        is_crash=abs(market) > LARGE_MOVE,
    )


def _by_beta(assessment: HedgeAssessment, window: StressWindow, held: HeldCoin) -> float:
    """A holding's estimated move (a fraction): by the betas in use if the period has all their proxies' moves.

    Otherwise by `_coin_by_beta`.
    """
    used = [estimate for estimate in held.estimates if not estimate.is_own_future]
    if used and all(estimate.proxy in window.moves for estimate in used):
        return sum(estimate.beta * window.moves[estimate.proxy] for estimate in used)
    return _coin_by_beta(assessment, window, held.moves_with)


def _coin_by_beta(assessment: HedgeAssessment, window: StressWindow, coin: str) -> float:
    """A coin's estimated move (a fraction) by its beta to Ether, else to Bitcoin, else equal to Ether's move."""
    days = assessment.plan.decisions.window_days
    for proxy in PROXY_COINS:
        found = estimate_betas(assessment.market.history, [coin], proxy, window_days=days)[coin]
        if isinstance(found, BetaEstimate) and proxy in window.moves:
            return found.beta * window.moves[proxy]
    return window.moves["ETH"]


@lru_cache(maxsize=1)
def stress_windows() -> tuple[StressWindow, ...]:
    """The periods of hedge_core/data/crashes.csv, in the order of the file."""
    windows = []
    for row in shipped_rows("crashes.csv"):
        moves = {
            symbol: float(cell)
            for name, cell in row.items()
            if name not in ("window", "kind", "start_close", "end_close", "alt_median") and cell
            for symbol in NAMES.get(name, (name,))
        }
        windows.append(
            StressWindow(
                name=row["window"],
                kind="crash" if row["kind"] == "crash" else "squeeze",
                start=date.fromisoformat(row["start_close"]),
                end=date.fromisoformat(row["end_close"]),
                moves=moves,
            )
        )
    return tuple(windows)


def stress_lead(results: tuple[StressResult, ...]) -> str:
    """The worst past crash with and without the hedge in one sentence; '' if the bag lost in none.

    `results` must be sorted with the worst first, as `run_stress` returns them.
    """
    worst = next((result for result in results if result.window.kind == "crash" and result.bag_pnl < 0.0), None)
    if worst is None:
        return ""
    alone, where = usd(-worst.bag_pnl), f"Your worst past crash ({worst.window.label})"
    if worst.net_pnl == worst.bag_pnl:
        return f"{where} would cost you {alone}: nothing is hedged."
    if worst.net_pnl >= 0.5:
        return f"{where} would earn you {usd(worst.net_pnl)} instead of costing {alone}."
    together = usd(-worst.net_pnl) if worst.net_pnl <= -0.5 else "nothing"
    return f"{where} would cost you {together} instead of {alone}."


def stress_reading(assessment: HedgeAssessment, results: tuple[StressResult, ...]) -> str:
    """The results in a few sentences: how often the hedge held, the worst period, and losses in squeezes.

    `results` must be sorted with the worst first, as `run_stress` returns them.
    """
    if not results or not assessment.is_hedged:
        return "Nothing is shorted, so there is no hedge to test on past crashes."
    crashes = [result for result in results if result.window.kind == "crash"]
    squeezes = [result for result in results if result.window.kind == "squeeze"]
    wanted = 1.0 - assessment.hedge_ratio
    held = [r for r in crashes if r.net_pnl >= (wanted + HELD_UP) * r.bag_pnl]
    worst = results[0]
    closed = sum(result.is_closed for result in results)
    text = ""
    if closed:
        text = f"In {closed} of {len(results)} past periods your collateral runs out and the short is liquidated. "
    often = f"all {len(crashes)}" if len(held) == len(crashes) else f"{len(held)} of {len(crashes)}"
    text += (
        f"In {often} past crashes you would have lost at most {wanted + HELD_UP:.0%} of what the bag lost. Your worst "
        f"period is '{worst.window.label}': bag {signed_usd(worst.bag_pnl)}, hedge {signed_usd(worst.hedge_pnl)}, net "
        f"{signed_usd(worst.net_pnl)}."
    )
    hurt = [result for result in squeezes if result.net_pnl < 0.0]
    if hurt:
        text += (
            f" In {len(hurt)} of {len(squeezes)} squeezes, when Bitcoin or Ether rose faster than altcoins, you would "
            "have lost money: the bag fell, or rose less than the coins that you short."
        )
    text += "" if assessment.options is None else f" {assessment.options.assumed}"
    return text + _basis_sentence(worst) + _stress_beta_sentence(assessment) + _outrun_sentence(assessment)


def _basis_sentence(worst: StressResult) -> str:
    """How far the result of the worst period may be off because contracts stray from their coins; '' without noise."""
    if worst.basis_deviation < 0.5:
        return ""
    return (
        " No contract follows its coin exactly, its own future included: in your worst period that is assumed to be "
        f"±{usd(worst.basis_deviation)}, one standard deviation. It was not tested."
    )


def _outrun_sentence(assessment: HedgeAssessment) -> str:
    """What it costs if a leg of the basket besides Bitcoin and Ether rises alone; '' without such a short."""
    basket = assessment.basket
    if basket is None or all(proxy in PROXY_COINS for proxy in basket.proxies):
        return ""
    coin = outrunning_leg(assessment)
    result = run_scenario(assessment, Shock(move=0.0, own_moves={coin: OUTRUN}), days=0)
    if abs(result.hedge_pnl) < 0.5:  # of what is filled, nothing is short of this coin
        return ""
    return (
        f" If {coin} alone rises by {OUTRUN:.0%}: bag {signed_usd(result.bag_pnl)}, hedge "
        f"{signed_usd(result.hedge_pnl)}, net {signed_usd(result.net_pnl)}."
    )


def stress_betas_of(assessment: HedgeAssessment) -> StressBetas | None:
    """The stress betas of the coins of the bag, of the legs, and of Bitcoin and Ether; None if they are unknown.

    They are unknown on a pinned market (no link holds them), and where history is too short.
    """
    held = (coin.moves_with for coin in assessment.held_coins if coin.status != "stablecoin")
    return assessment.estimates.stress_betas(
        tuple(dict.fromkeys((*held, *(leg.underlying for leg in assessment.legs))))
    )


def stress_beta_shock(assessment: HedgeAssessment, move: float) -> Shock | None:
    """A `move` of the market in which every coin of the bag and of the legs moves by its stress beta times it.

    None if stress betas are unknown. Coins without one move by their beta to the market.
    """
    known = stress_betas_of(assessment)
    if known is None:
        return None
    moves = {
        coin: min(max(float(beta) * move, -1.0), MOST_MOVE) for coin, beta in zip(known.coins, known.betas, strict=True)
    }
    return Shock(move=move, of="market", stated_moves=moves)


def _stress_beta_sentence(assessment: HedgeAssessment) -> str:
    """What a fall costs in which coins move as on the market's worst days, or that this is unknown."""
    shock = stress_beta_shock(assessment, STRESS_FALL)
    if shock is None:
        return f" {STRESS_UNKNOWN}"
    result = run_scenario(assessment, shock, days=0)
    return (
        f" If Bitcoin and Ether fall by {-STRESS_FALL:.0%} on average and every coin moves with them as on their worst "
        f"days in the window: bag {signed_usd(result.bag_pnl)}, hedge {signed_usd(result.hedge_pnl)}, net "
        f"{signed_usd(result.net_pnl)}."
    )


def outrunning_leg(assessment: HedgeAssessment) -> str:
    """The coin of the largest short that can rally while the bag does not.

    That is the largest leg of the basket besides Bitcoin and Ether, or else the largest leg that hedges other coins, or
    else the largest leg. Raises InvalidInput if nothing is shorted.
    """
    if not assessment.legs:
        raise InvalidInput("Nothing is shorted, so no leg can outrun your bag.")
    held = {coin.moves_with for coin in assessment.held_coins}
    basket = assessment.basket.proxies if assessment.basket else ()

    def order(leg: SizedLeg) -> tuple[bool, bool, float]:
        is_other = leg.underlying in basket and leg.underlying not in PROXY_COINS
        return is_other, leg.underlying not in held, leg.target_notional

    return max(assessment.legs, key=order).underlying
