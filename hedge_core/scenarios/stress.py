"""Stress: this plan in the crashes and squeezes that there were.

`data/crashes.csv` holds windows of dates with each coin's move, close to close. A coin that has no move there takes
its beta times the move of its proxy, plus a stated residual, and is named; a contract follows its coin. Gains and
losses are those of the whole window along a straight path: what happened in between, and a margin that ran out on a
detour, do not show.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Literal

from hedge_core.errors import InvalidInput
from hedge_core.exposure.betas import BetaEstimate, estimate_betas
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.costs import estimate_costs
from hedge_core.hedge.held_coins import HeldCoin
from hedge_core.market.snapshot import PROXY_COINS
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.shocks import Shock
from hedge_core.text import signed_usd

Kind = Literal["crash", "squeeze"]

NAMES = {"MATIC_POL": ("MATIC", "POL"), "XBT": ("BTC",)}
"""Columns that stand for more than one symbol."""

HELD_UP = 0.25
"""A hedged loss of less than this share of the bag's, beyond the risk accepted, counts as a hedge that held."""


@dataclass(frozen=True, slots=True)
class StressWindow:
    """A stretch of history: its first and last close, and the moves (fractions) of the coins that traded."""

    name: str
    kind: Kind
    start: date
    end: date
    moves: Mapping[str, float]

    @property
    def label(self) -> str:
        """The name in words, with the month of its first close: "Covid, Mar 2020"."""
        words = re.sub(r"^\d{4}-\d\d(?:[-/]\d\d)?\s*", "", self.name)
        words = {"": "A sudden fall", "day": "One day"}.get(words, words)
        return f"{words[0].upper()}{words[1:]}, {self.start:%b %Y}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StressResult:
    """The plan in one window, USD before costs. `estimated` names the coins whose move is beta times a proxy's."""

    window: StressWindow
    bag_pnl: float
    hedge_pnl: float
    is_closed: bool
    estimated: tuple[str, ...]

    @property
    def net_pnl(self) -> float:
        """Bag and hedge together."""
        return self.bag_pnl + self.hedge_pnl

    @property
    def offset(self) -> float | None:
        """The share of the bag's move that the hedge took back; None where the bag did not move."""
        return -self.hedge_pnl / self.bag_pnl if abs(self.bag_pnl) > 1e-9 * abs(self.hedge_pnl) else None


def run_stress(assessment: HedgeAssessment, *, residual: float = 0.0) -> tuple[StressResult, ...]:
    """The plan in every window, the worst for bag and hedge together first.

    `residual` (a fraction) is added to the move of each coin that has none of its own: −0.1 for "a tenth worse than its
    beta says". Raises InvalidInput outside −1 … 1.
    """
    if not -1.0 <= residual <= 1.0:
        raise InvalidInput(f"The residual must lie between -100% and +100%, not {residual:.0%}.")
    results = [_replay(assessment, window, residual) for window in stress_windows()]
    return tuple(sorted(results, key=lambda result: result.net_pnl))


def window_shock(
    assessment: HedgeAssessment, window: StressWindow, residual: float = 0.0
) -> tuple[Shock, tuple[str, ...]]:
    """The window as a shock for this plan, and the coins whose move is beta times a proxy's plus `residual`."""
    moves: dict[str, float] = {}
    estimated: list[str] = []
    for held in assessment.hedged_coins:
        coin = held.moves_with
        if coin not in window.moves:
            moves[coin] = _by_beta(assessment, window, held) + residual
            estimated.append(coin)
    for leg in assessment.legs:
        coin = leg.underlying
        if coin not in window.moves and coin not in moves:
            moves[coin] = _coin_by_beta(assessment, window, coin) + residual
            estimated.append(coin)
    stated = {coin: max(move, -1.0) for coin, move in {**window.moves, **moves}.items()}
    return Shock(move=window.moves["ETH"], stated_moves=stated), tuple(dict.fromkeys(estimated))


def for_days(assessment: HedgeAssessment, days: int) -> HedgeAssessment:
    """The same plan with fees and carry over so many days: a crash of a week earns no month of funding."""
    plan = assessment.plan
    costs = estimate_costs(
        assessment.legs, assessment.market, horizon_days=max(days, 1), assumptions=plan.overrides.costs
    )
    return replace(assessment, plan=plan.with_decisions(horizon_days=max(days, 1)), costs=costs)


def _replay(assessment: HedgeAssessment, window: StressWindow, residual: float) -> StressResult:
    shock, estimated = window_shock(assessment, window, residual)
    outcome = run_scenario(assessment, shock)
    return StressResult(
        window=window,
        bag_pnl=outcome.bag_pnl,
        hedge_pnl=outcome.hedge_pnl,
        is_closed=outcome.is_liquidated,
        estimated=estimated,
    )


def _by_beta(assessment: HedgeAssessment, window: StressWindow, held: HeldCoin) -> float:
    """A holding's move by the betas in use, where the window has all of their proxies; else by its regression."""
    used = [estimate for estimate in held.estimates if estimate.method != "own future"]
    if used and all(estimate.proxy in window.moves for estimate in used):
        return sum(estimate.beta * window.moves[estimate.proxy] for estimate in used)
    return _coin_by_beta(assessment, window, held.moves_with)


def _coin_by_beta(assessment: HedgeAssessment, window: StressWindow, coin: str) -> float:
    """A coin's move by its regression on Ether, else on Bitcoin; one for one with Ether where there is none."""
    days = assessment.plan.decisions.window_days
    for proxy in PROXY_COINS:
        found = estimate_betas(assessment.market.history, [coin], proxy, window_days=days)[coin]
        if isinstance(found, BetaEstimate) and proxy in window.moves:
            return found.beta * window.moves[proxy]
    return window.moves["ETH"]


@lru_cache(maxsize=1)
def stress_windows() -> tuple[StressWindow, ...]:
    """The windows of hedge_core/data/crashes.csv, in the order of time."""
    text = files("hedge_core").joinpath("data/crashes.csv").read_text(encoding="utf-8")
    windows = []
    for row in csv.DictReader(text.splitlines()):
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


def stress_reading(assessment: HedgeAssessment, results: tuple[StressResult, ...]) -> str:
    """What the replay says of the plan: how often the hedge held, and where even it lost."""
    if not results or not assessment.legs:
        return "Nothing is shorted, so history has nothing to say of this hedge."
    crashes = [result for result in results if result.window.kind == "crash"]
    squeezes = [result for result in results if result.window.kind == "squeeze"]
    wanted = 1.0 - assessment.hedge_ratio
    held = [r for r in crashes if r.net_pnl >= (wanted + HELD_UP) * r.bag_pnl]
    worst = results[0]
    closed = sum(result.is_closed for result in results)
    text = f"In {closed} of {len(results)} windows your collateral runs out and the short is closed. " if closed else ""
    text += (
        f"In {len(held)} of {len(crashes)} crashes your loss stayed within {wanted + HELD_UP:.0%} of the bag's (the "
        f"{wanted:.0%} that you accept and a quarter on top). The worst for you is '{worst.window.label}': bag "
        f"{signed_usd(worst.bag_pnl)}, hedge {signed_usd(worst.hedge_pnl)}, together {signed_usd(worst.net_pnl)}."
    )
    hurt = [result for result in squeezes if result.net_pnl < 0.0]
    if hurt:
        text += (
            f" In {len(hurt)} of {len(squeezes)} squeezes, in which Bitcoin or Ether ran ahead, you lose: the bag "
            "falls, or lags what you are short."
        )
    return text
