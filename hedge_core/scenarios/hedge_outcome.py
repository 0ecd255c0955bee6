"""The outcome of the hedge on the straight way to new prices, with what happens if margin runs out on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hedge_core.hedge.account import Account
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.breach import Accounts, Breach
from hedge_core.hedge.margin import MarginRequirement
from hedge_core.market.snapshot import Floats
from hedge_core.text import listed


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HedgeOutcome:
    """Profit and loss (USD) of the shorts and of coins posted as collateral.

    `open_pnl` is that of the shorts if they are never closed, and `gains` its parts by traded leg. `posted` is the gain
    on coins posted for inverse contracts, and `liquidation` the change to both from lots that are closed by force along
    the way (0 if none are). `kept` is the share of each traded leg that stays open, and `is_closed` says whether any
    lot is closed. `charges_fees`: the closing of those lots pays ordinary fees. `paid_in` is USD from the reserve.
    """

    gains: Floats
    kept: Floats
    charges_fees: bool
    paid_in: float
    open_pnl: float
    posted: float
    liquidation: float
    is_closed: bool
    notes: tuple[str, ...]

    @property
    def pnl(self) -> float:
        """The total profit and loss of the hedge (USD)."""
        return self.open_pnl + self.posted + self.liquidation

    def open_share(self, assessment: HedgeAssessment) -> float:
        """The share of the shorts' notional today that stays open; 1 if nothing is short."""
        whole = assessment.margin.notional
        kept = sum(leg.notional * share for leg, share in zip(assessment.margin.legs, self.kept, strict=True))
        return float(kept / whole) if self.is_closed and whole > 0.0 else 1.0


def hedge_outcome(assessment: HedgeAssessment, moves: Floats, pledged: Floats) -> HedgeOutcome:
    """The outcome of the hedge if each leg's contract moves by its entry in `moves` (fractions, at least −1).

    `pledged` are the moves of the coins that are pledged as margin; what they gain or lose is the bag's.

    Prices move along a straight line. Once equity falls to the maintenance margin, the assessment's `breach` says what
    happens. Collateral that is not stated never closes it, nor does one that does not open it, which only links of the
    first edition show.
    """
    margin, breach = assessment.margin, assessment.breach
    traded = np.concatenate([moves[assessment.is_traded], pledged])
    gains, posted = margin.gains(traded), margin.coins_posted_pnl(traded)
    open_pnl = float(gains.sum())

    def outcome(
        *notes: str, liquidation: float = 0.0, kept: Floats | None = None, paid_in: float = 0.0
    ) -> HedgeOutcome:
        return HedgeOutcome(
            gains=gains,
            kept=np.ones(len(gains)) if kept is None else kept,
            charges_fees=breach.rule.charges_fees,
            paid_in=paid_in,
            open_pnl=open_pnl,
            posted=posted,
            liquidation=liquidation,
            is_closed=kept is not None and bool((kept < 1.0).any()),
            notes=notes,
        )

    if margin.is_enough_to_open is False and margin.notional > 0:
        return outcome("Your collateral is too small to open this hedge in full; results assume that it was funded.")
    if margin.collateral is None or margin.notional <= 0 or margin.room(traded) >= 0.0:
        return outcome()
    lots = np.array([leg.lots for leg in assessment.traded_legs], dtype=np.float64)
    ends = _ends(margin, breach, np.concatenate([lots, np.zeros(len(pledged))]), traded, Breach.on_the_way)
    kept = lots_left(margin, ends)
    paid_in = breach.reserve - sum(float(end.reserve[0]) for end in ends)
    needed = float(margin.collateral_needed(traded))
    survives = f"With ${needed:,.0f} of collateral it would have survived."
    return outcome(
        f"{_how_it_ends(assessment, kept, paid_in)} {survives}",
        liquidation=sum(float(end.equity[0]) for end in ends) - margin.collateral - paid_in - open_pnl - posted,
        kept=kept / lots,
        paid_in=paid_in,
    )


def accounts_after_a_gap(assessment: HedgeAssessment, moves: Floats, shut: str | None) -> list[Accounts]:
    """Each account when its venue opens again and prices have gapped by `moves`, those of the margin's coins.

    Of accounts at several venues only that of `shut` has gapped (None: all); the others could be traded on the way.
    """
    margin = assessment.margin
    lots = [float(leg.lots) for leg in assessment.traded_legs]
    all_lots = np.array([*lots, *[0.0] * len(margin.pledged)])
    return _ends(margin, assessment.breach, all_lots, moves, Breach.after_a_gap, shut)


def lots_left(margin: MarginRequirement, ends: Sequence[Accounts]) -> Floats:
    """The lots of each leg that its account still has, in the order of the legs."""
    left = np.empty(len(margin.legs))
    for group, end in zip(margin.groups, ends, strict=True):
        left[list(group)] = end.lots[0][: len(group)]
    return left


Settle = Callable[[Breach, Account, float, Floats, Floats], Accounts]


def _ends(
    margin: MarginRequirement, breach: Breach, lots: Floats, moves: Floats, settle: Settle, only_at: str | None = None
) -> list[Accounts]:
    """Each account after the moves, with every breach settled as `settle` says; elsewhere than `only_at` on the way."""
    if not margin.is_split:
        return [settle(breach, margin.account, margin.collateral or 0.0, lots, moves)]
    parts = zip(margin.groups, margin.accounts, breach.apart(margin), strict=True)
    return [
        (settle if only_at in (None, *one.venues[:1]) else Breach.on_the_way)(
            own, one.account, one.collateral or 0.0, lots[list(group)], moves[list(group)]
        )
        for group, one, own in parts
    ]


def _how_it_ends(assessment: HedgeAssessment, lots: Floats, paid_in: float) -> str:
    """What happens to a short whose margin runs out, in words; `lots` are those that stay open."""
    rule, is_carried_by_brokers = assessment.breach.rule, assessment.margin.account.is_carried_by_brokers
    legs = assessment.traded_legs
    counts = [leg.contract.quantity_text for leg in legs]
    closed = [
        f"{count(leg.lots - int(kept))} of {count(leg.lots)} {leg.contract.id}"
        for leg, count, kept in zip(legs, counts, lots.tolist(), strict=True)
        if kept < leg.lots
    ]
    topped = f" ${paid_in:,.0f} is paid in from your reserve." if paid_in else ""
    if assessment.margin.is_by_venue and closed:
        places = zip(assessment.margin.venues, legs, lots.tolist(), strict=True)
        venues = dict.fromkeys(venue for venue, leg, kept in places if kept < leg.lots)
        return f"Margin runs out along the way at {listed(list(venues))}.{topped} Closed by force: {listed(closed)}."
    if rule.charges_fees:
        what = f"part of the short ({listed(closed)})" if lots.any() else "the short"
        return (
            f"You get a margin call along the way; assuming that you do not meet it, the broker closes {what}."
            if is_carried_by_brokers
            else f"{what[0].upper()}{what[1:]} is liquidated along the way; all of its collateral counts as lost."
        )
    if not closed:
        return f"Margin runs out along the way, and your reserve meets the call.{topped} Nothing is closed."
    return f"Margin runs out along the way: {rule.how}.{topped} Closed by force: {listed(closed)}."
