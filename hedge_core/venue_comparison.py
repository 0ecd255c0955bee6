"""Venue comparison: this very plan at every venue, and every contract that one of its legs could use.

A venue is compared by working the plan out there, so that its row holds what the venue's own page would. What is known
of hours, of how a short ends and of regions stands in `data/venues.csv`, each row with its source; most of it is an
assumption and marked as one. A venue without a contract in the catalogue is named and not sized.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from hedge_core.assessment import HedgeAssessment
from hedge_core.contracts import Contract
from hedge_core.costs import CostEstimate, estimate_costs
from hedge_core.errors import HedgeError
from hedge_core.insurance import InsuranceQuote, insurance_quote
from hedge_core.margin import margin_requirement
from hedge_core.planner import assess
from hedge_core.positions import known_contracts
from hedge_core.sizing import HedgeLeg, size_leg
from hedge_core.words import listed

CLOSE_ENOUGH = 0.05
"""A venue whose achieved ratio misses the target by more is not recommended while another is nearer."""

OWN_MARGIN = 0.1
"""Venues whose own futures cover nearly as much of the bag as those of the best come first: a proxy is no match."""

NOT_KNOWN = "not known here"
NO_CONTRACT = "No contract is known there."

SOUND_RALLY = 0.25
"""With collateral stated, venues at which the short survives this rally come first."""


@dataclass(frozen=True, slots=True)
class VenueFacts:
    """What is known of a venue; `has_weekend_gap` is None where nobody knows. `is_assumed`: no source is at hand."""

    venue: str
    hours: str
    has_weekend_gap: bool | None
    closes_how: str
    regions: str
    is_assumed: bool
    note: str
    source: str

    @property
    def refuses_regions(self) -> bool:
        """Whether it is known to refuse whole regions."""
        return self.regions.startswith("refuses")


@dataclass(frozen=True, eq=False, kw_only=True)
class VenueRow:
    """The plan at one venue. `assessment` is None where it cannot be worked out there, and `fault` says why.

    `rounding_error` is USD by which the whole contracts miss their targets, added up without regard to sign.
    """

    facts: VenueFacts
    assessment: HedgeAssessment | None = None
    quote: InsuranceQuote | None = None
    fault: str = ""

    @property
    def rounding_error(self) -> float:
        """USD by which whole contracts miss their targets, leg by leg."""
        legs = self.assessment.legs if self.assessment else ()
        return sum(abs(leg.notional - leg.target_notional) for leg in legs)

    @property
    def hedged_value(self) -> float:
        """USD of the bag that can be hedged there."""
        return self.assessment.hedgeable_value if self.assessment else 0.0

    @property
    def own_share(self) -> float:
        """The share of that value that futures of its own coins hedge."""
        positions = self.assessment.hedged_positions if self.assessment else ()
        own = sum(position.value for position in positions if position.route == "own future")
        return own / self.hedged_value if self.hedged_value > 0 else 0.0

    @property
    def miss(self) -> float:
        """How far the achieved hedge ratio is from the target."""
        if self.assessment is None:
            return 1.0
        return abs(self.assessment.achieved_hedge_ratio - self.assessment.hedge_ratio)


@dataclass(frozen=True, eq=False)
class VenueComparison:
    """The plan at every venue, the recommended one (None: none will do) and the reason."""

    rows: tuple[VenueRow, ...]
    recommended: VenueRow | None
    reason: str


def compare_venues(assessment: HedgeAssessment) -> VenueComparison:
    """Work the plan out at every venue and recommend one.

    Contracts that the user chose or defined are left aside: they would stand in for every venue's own.
    """
    plan = assessment.plan.with_overrides(contract_choice={}, contracts=())
    rows = []
    for facts in _venues(assessment):
        try:
            there = assess(plan.with_decisions(venue=facts.venue), assessment.market, assessment.evidence)
        except HedgeError:
            rows.append(VenueRow(facts=facts, fault=facts.note or NO_CONTRACT))
            continue
        fault = "" if there.legs else facts.note or NO_CONTRACT
        if there.legs and not any(leg.contracts for leg in there.legs):
            fault = "Not one whole contract of this plan there."
        rows.append(VenueRow(facts=facts, assessment=there, quote=insurance_quote(there), fault=fault))
    best = _recommended(rows)
    return VenueComparison(tuple(rows), best, _reason(best, rows))


def _venues(assessment: HedgeAssessment) -> list[VenueFacts]:
    known = venue_facts()
    sized = known_contracts(assessment.plan.with_overrides(contracts=()), assessment.market).venues
    others = [venue for venue in sized if venue not in known]
    return [*known.values(), *(VenueFacts(v, NOT_KNOWN, None, "", NOT_KNOWN, True, "", NOT_KNOWN) for v in others)]


def _recommended(rows: Sequence[VenueRow]) -> VenueRow | None:
    """The cheapest of those that fit: most of the bag, close to the ratio, with own futures, holding in a rally."""
    usable = [row for row in rows if row.assessment is not None and not row.fault]
    if not usable:
        return None
    most = max(row.hedged_value for row in usable)
    fitting = [row for row in usable if row.hedged_value >= 0.99 * most]
    own = max(row.own_share for row in fitting)
    for is_met in (
        lambda row: row.miss <= CLOSE_ENOUGH,
        lambda row: not row.facts.refuses_regions,
        lambda row: row.own_share >= own - OWN_MARGIN,
        _is_sound,
        lambda row: row.quote is not None and row.quote.cost is not None,
    ):
        fitting = [row for row in fitting if is_met(row)] or fitting
    return min(fitting, key=lambda row: (_cost(row), row.rounding_error))


def _is_sound(row: VenueRow) -> bool:
    margin = row.assessment.margin if row.assessment else None
    if margin is None or margin.collateral is None:
        return True
    return bool(margin.is_enough_to_open) and (margin.rally_survived or 0.0) >= SOUND_RALLY


def _cost(row: VenueRow) -> float:
    if row.quote is None:
        return float("inf")
    return row.quote.fees if row.quote.cost is None else row.quote.cost


def _reason(best: VenueRow | None, rows: Sequence[VenueRow]) -> str:
    if best is None or best.assessment is None or best.quote is None:
        return "At no venue here does this plan come to a whole contract."
    there, quote = best.assessment, best.quote
    parts = [f"hedges {best.own_share:.0%} of it with futures of its own coins"] if best.own_share > 0 else []
    parts += [f"offsets {there.achieved_hedge_ratio:.0%} of the bag's moves (target {there.hedge_ratio:.0%})"]
    if quote.cost is not None:
        parts.append(
            f"{'costs' if quote.cost >= 0 else 'earns'} about ${abs(quote.cost):,.0f} in {quote.horizon_days} days"
        )
    rally = there.margin.rally_survived
    if rally is not None:
        parts.append(f"survives a rally of {rally:.0%}" if rally < 1e6 else "survives any rally")
    text = f"{best.facts.venue}: {listed(parts)}"
    others = [row for row in rows if row is not best and row.assessment is not None and not row.fault]
    if not others:
        return f"{text}. No other venue here has contracts for it."
    text += ", the cheapest of those that fit."
    if best.facts.is_assumed:
        text += " Whether it serves your country is not known here: check."
    return text


@dataclass(frozen=True, slots=True)
class ContractOption:
    """One contract that a leg could use: its whole count for the leg's target, and what that takes over the horizon."""

    leg: HedgeLeg
    initial_margin: float
    costs: CostEstimate

    @property
    def contract(self) -> Contract:
        """The contract."""
        return self.leg.contract

    @property
    def rounding_error(self) -> float:
        """USD that the whole count is above (positive) or below the target."""
        return self.leg.notional - self.leg.target_notional

    @property
    def cost(self) -> float | None:
        """USD over the horizon, fees less carry; None where the carry is not known."""
        return self.costs.fees - self.costs.carry if self.costs.is_carry_known else None


def contract_options(assessment: HedgeAssessment, place: int) -> tuple[ContractOption, ...]:
    """Every known contract for one leg, standard and micro, perpetual and dated, the closest fit first."""
    leg, plan = assessment.legs[place], assessment.plan
    rounding = "nearest" if plan.decisions.rounding == "optimal" else plan.decisions.rounding
    options = []
    for contract in known_contracts(plan, assessment.market):
        if contract.underlying != leg.underlying or contract.conflict or contract.lot_notional(leg.price) <= 0.0:
            continue
        sized = size_leg(
            contract, price=leg.price, target=leg.target_notional, ideal=leg.ideal_notional, rounding=rounding
        )
        costs = estimate_costs(
            [sized],
            assessment.market,
            horizon_days=plan.decisions.horizon_days,
            assumptions=plan.overrides.costs,
        )
        options.append(ContractOption(sized, margin_requirement([sized], None).initial, costs))
    return tuple(sorted(options, key=lambda option: (abs(option.rounding_error), option.contract.id)))


@lru_cache(maxsize=1)
def venue_facts() -> Mapping[str, VenueFacts]:
    """Facts by venue, from hedge_core/data/venues.csv."""
    text = files("hedge_core").joinpath("data/venues.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    gaps = {"yes": True, "no": False, "": None}
    return {
        row["venue"]: VenueFacts(
            venue=row["venue"],
            hours=row["hours"],
            has_weekend_gap=gaps[row["has_weekend_gap"]],
            closes_how=row["closes_how"],
            regions=row["regions"],
            is_assumed=row["is_assumed"] == "yes",
            note=row["note"],
            source=row["source"],
        )
        for row in rows
    }
