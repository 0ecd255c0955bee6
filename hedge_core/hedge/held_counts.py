"""Held counts: whether the lots that are short already stay, although other counts would be a little better today.

The lots held are those of the plan's fills. With N the notional of a lot, x the target and V the value of the coins
that are hedged, all in USD, the lots held n stay, not the best ones n*, while

    f(n) − f(n*) <= 2%·V²·var(bag)                               f(n) = (N∘n − x)'(S + D)(N∘n − x)
    Σ |N_j·n_j − x_j| <= 25%·V
    |(N∘n)'S x / x'S x − 1| <= the plan's threshold of drift

Without this rule a basket would be traded again with every small move. The last line leaves the size of the hedge to
the user. The rule applies to counts that are judged by S + D (`exposure.basket`), and until an exit rule has closed a
part of the hedge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from hedge_core.errors import InvalidInput, Notice
from hedge_core.exposure.count_risk import CountRisk
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.openable import with_lots
from hedge_core.market.contracts import Contract
from hedge_core.market.instruments import instrument_of
from hedge_core.plan.plan import HedgePlan
from hedge_core.text import listed

COUNTS_STAY = 0.02
"""Counts that are held stay unless others save more than this share of the bag's variance."""

MOST_OFF_TARGET = 0.25
"""They change at once if the legs miss their targets by more than this share of the bag's value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountChange:
    """The lots that are held compared with the best lots, in the order of the legs.

    `variance` is f of the ones held, in USD². `gain` is what the best ones save, as a share of the bag's variance, and
    `why` says why the ones held change; '' if they stay.
    """

    held: tuple[int, ...]
    best: tuple[int, ...]
    variance: float
    gain: float
    why: str

    @property
    def is_kept(self) -> bool:
        """Whether the lots that are held stay."""
        return not self.why


def lots_held(plan: HedgePlan, contracts: Iterable[Contract], today: date) -> Mapping[str, int]:
    """The lots of contracts, by id, that are held against the bag according to the plan's fills; all are positive.

    Fills of futures that expired before `today` do not count. A contract whose lot size has changed so that the
    position is no whole number of lots any more counts as not held; the position itself is refused then.
    """
    known = {contract.id: contract for contract in contracts}
    signed: dict[str, int] = {}
    odd: set[str] = set()
    for fill in plan.execution.fills:
        if fill.contract not in known or (fill.expiry is not None and fill.expiry < today):
            continue
        try:
            counted = fill.counted_in(known[fill.contract].amount_step)
        except InvalidInput:
            odd.add(fill.contract)
            continue
        signed[fill.contract] = signed.get(fill.contract, 0) + counted.signed_contracts
    directions = {name: instrument_of(known[name]).direction for name in signed}
    held = {name: directions[name] * count for name, count in signed.items() if name not in odd}
    return {name: count for name, count in held.items() if count > 0}


def with_held_counts(
    plan: HedgePlan, legs: Sequence[SizedLeg], risk: CountRisk | None, *, value: float, today: date
) -> tuple[tuple[SizedLeg, ...], CountChange | None]:
    """The legs with the lots that are held if they stay, else as they are; and the comparison.

    `legs` have the best lots, `risk` is what they are judged by, and `value` is V in USD. There is no comparison if
    nothing is held, if the counts are the same, or if they cannot be judged.
    """
    names = tuple(leg.underlying for leg in legs)
    lots = lots_held(plan, (leg.contract for leg in legs), today)
    held = tuple(lots.get(leg.contract.id, 0) for leg in legs)
    best = tuple(leg.lots for leg in legs)
    is_part_closed = any(rule.is_done for rule in plan.watch.exit_rules)
    if not any(held) or held == best or is_part_closed or not any(leg.target_notional for leg in legs):
        return tuple(legs), None
    if risk is None or risk.bag_variance is None or risk.legs != names:
        return tuple(legs), None
    N = np.array([leg.lot_notional for leg in legs])
    x = np.array([leg.target_notional for leg in legs])
    misses = [N * np.array(counts) - x for counts in (held, best)]
    of_held, of_best = (float(miss @ risk.matrix @ miss) for miss in misses)
    gain = (of_held - of_best) / (risk.bag_variance * value**2)
    drift = float(misses[0] @ risk.covariance @ x) / float(x @ risk.covariance @ x)
    why = _why(gain, float(np.abs(misses[0]).sum()) / value, drift, plan.watch.thresholds.drift)
    change = CountChange(held=held, best=best, variance=of_held, gain=gain, why=why)
    if not change.is_kept:
        return tuple(legs), change
    kept = with_lots(legs, held)
    return tuple(replace(leg, wanted_contracts=leg.contracts) for leg in kept), change


def notice_of(legs: Sequence[SizedLeg], change: CountChange, *, is_limited: bool = False) -> Notice:
    """Say whether the counts that are held stay, and why.

    `is_limited`: the collateral opens other counts, so that these are only those that the full hedge wants.
    """
    differing = [(place, legs[place]) for place, count in enumerate(change.held) if count != change.best[place]]
    held, best = (
        listed([f"{one.contract.id} {one.contract.quantity_text(int(lots[place]))}" for place, one in differing])
        for lots in (change.held, change.best)
    )
    if change.is_kept:
        stay = (
            "Without the limit of cash the counts that you hold would stay"
            if is_limited
            else "The counts that you hold stay"
        )
        return Notice(
            "counts_kept",
            f"{stay}: {held}. The best counts today, {best}, would save only "
            f"{max(change.gain, 0.0):.1%} of the bag's variance; counts change for more than {COUNTS_STAY:.0%}.",
        )
    changed = "Without the limit of cash the counts would change" if is_limited else "The counts change"
    return Notice("counts_changed", f"{changed} from {held} to {best}: {change.why}.")


def _why(gain: float, off_target: float, drift: float, most_drift: float) -> str:
    """Why counts that are held change; '' if they stay. All are fractions, see the module."""
    if gain > COUNTS_STAY:
        return f"that saves {gain:.1%} of the bag's variance, more than {COUNTS_STAY:.0%}"
    if off_target > MOST_OFF_TARGET:
        return f"your shorts miss their targets by {off_target:.0%} of the bag, more than {MOST_OFF_TARGET:.0%}"
    if abs(drift) > most_drift:
        word = "larger" if drift > 0 else "smaller"
        return f"your hedge is {abs(drift):.0%} {word} than its target, beyond your threshold of {most_drift:.0%}"
    return ""
