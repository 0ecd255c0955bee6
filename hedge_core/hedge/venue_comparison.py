"""Venue comparison: this very plan at every venue, and every contract that one of its legs could use.

A venue is compared by working the plan out there, so that its row holds what the venue's own page would. What is known
of hours, of how a short ends and of regions stands in `data/venues.csv`, each row with its source; most of it is an
assumption and marked as one. A venue without a contract in the catalogue is named and not sized.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hedge_core.errors import HedgeError
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.contract_choice import known_contracts
from hedge_core.hedge.costs import CostEstimate, estimate_costs
from hedge_core.hedge.insurance import InsuranceQuote, insurance_quote
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.margin import margin_requirement
from hedge_core.hedge.planner import assess
from hedge_core.hedge.sizing import size_leg
from hedge_core.market.contracts import Contract
from hedge_core.market.venues import VenueFacts, venue_facts
from hedge_core.text import listed

CLOSE_ENOUGH = 0.05
"""A venue whose achieved ratio misses the target by more is not recommended while another is nearer."""

OWN_MARGIN = 0.1
"""Venues whose own futures cover nearly as much of the bag as those of the best come first: a proxy is no match."""

NOT_KNOWN = "not known here"
NO_CONTRACT = "No contract for this bag is known there; live prices may know more."
NO_WHOLE = "Not one whole contract of this plan there."

SOUND_RALLY = 0.25
"""With collateral stated, venues at which the short survives this rally come first."""


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
    def rally(self) -> float:
        """The rally survived there; SOUND_RALLY where no collateral is stated, below zero where it does not open."""
        margin = self.assessment.margin if self.assessment else None
        if margin is None or margin.collateral is None:
            return SOUND_RALLY
        return -1.0 if margin.is_enough_to_open is False else margin.rally_survived or 0.0

    @property
    def hedgeable_value(self) -> float:
        """USD of the bag that could be hedged there."""
        return self.assessment.hedgeable_value if self.assessment else 0.0

    @property
    def own_share(self) -> float:
        """The share of that value that futures of its own coins hedge."""
        held_coins = self.assessment.hedged_coins if self.assessment else ()
        own = sum(held.value for held in held_coins if held.route == "own future")
        return own / self.hedgeable_value if self.hedgeable_value > 0 else 0.0

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
    market, evidence = assessment.market, assessment.evidence
    rows = []
    for facts in _venues(assessment):
        try:
            there = assess(plan.with_decisions(venue=facts.venue), market, evidence)
        except HedgeError:
            rows.append(VenueRow(facts=facts, fault=facts.note if facts.is_unverified else NO_CONTRACT))
            continue
        rows.append(VenueRow(facts=facts, assessment=there, quote=insurance_quote(there), fault=_fault(there)))
    best = _recommended(rows)
    return VenueComparison(tuple(rows), best, _reason(best, rows))


def _fault(there: HedgeAssessment) -> str:
    """Why a plan that could be worked out comes to nothing at a venue; '' where it comes to something."""
    if not there.legs:
        holds = any(held.status in ("hedged", "unhedgeable") for held in there.held_coins)
        return NO_CONTRACT if holds else "There is nothing to hedge."
    return "" if any(leg.contracts for leg in there.legs) else NO_WHOLE


def _venues(assessment: HedgeAssessment) -> list[VenueFacts]:
    known = venue_facts()
    sized = known_contracts(assessment.plan.with_overrides(contracts=()), assessment.market).venues
    others = [venue for venue in sized if venue not in known]
    return [*known.values(), *(VenueFacts(v, NOT_KNOWN, None, "", NOT_KNOWN, True, "", NOT_KNOWN) for v in others)]


def _recommended(rows: Sequence[VenueRow]) -> VenueRow | None:
    """The cheapest of those that fit: most of the bag, close to the ratio, with own futures, holding in a rally.

    Where no venue meets a condition, those that come nearest to it go on.
    """
    fitting = [row for row in rows if row.assessment is not None and not row.fault]
    if not fitting:
        return None
    fitting = _nearest(fitting, lambda row: row.hedgeable_value, 0.99 * max(row.hedgeable_value for row in fitting))
    fitting = _nearest(fitting, lambda row: -row.miss, -CLOSE_ENOUGH)
    fitting = _nearest(fitting, lambda row: -float(row.facts.refuses_regions), 0.0)
    fitting = _nearest(fitting, lambda row: row.own_share, max(row.own_share for row in fitting) - OWN_MARGIN)
    fitting = _nearest(fitting, lambda row: row.rally, SOUND_RALLY)
    fitting = _nearest(fitting, lambda row: float(row.quote is not None and row.quote.cost is not None), 1.0)
    return min(fitting, key=lambda row: (_cost(row), row.rounding_error))


def _nearest(rows: Sequence[VenueRow], measure: Callable[[VenueRow], float], least: float) -> list[VenueRow]:
    """The rows whose measure is at least this; where none is, those with the greatest."""
    met = [row for row in rows if measure(row) >= least]
    best = max(measure(row) for row in rows)
    return met or [row for row in rows if measure(row) >= best - 1e-9]


def _cost(row: VenueRow) -> float:
    if row.quote is None:
        return float("inf")
    return row.quote.fees if row.quote.cost is None else row.quote.cost


def _reason(best: VenueRow | None, rows: Sequence[VenueRow]) -> str:
    if best is None or best.assessment is None or best.quote is None:
        return "At no venue here does this plan come to a whole contract."
    there, quote = best.assessment, best.quote
    parts = [f"has futures of its own coins for {best.own_share:.0%} of it"] if best.own_share > 0 else []
    parts += [f"offsets {there.achieved_hedge_ratio:.0%} of the bag's moves (target {there.hedge_ratio:.0%})"]
    if quote.cost is not None:
        verb = "costs" if quote.cost >= 0 else "earns"
        parts.append(f"{verb} about ${abs(quote.cost):,.0f} in {quote.horizon_days} days")
    if there.margin.is_enough_to_open is False:
        parts.append("needs more collateral than yours to open")
    elif there.margin.rally_survived is not None:
        rally = there.margin.rally_survived
        parts.append(f"survives a rally of {rally:.0%}" if rally < 1e3 else "survives any rally")
    text = f"{best.facts.venue} {listed(parts)}"
    if not [row for row in rows if row is not best and row.assessment is not None and not row.fault]:
        text += ". At no other venue here does the plan come to a whole contract."
    elif quote.cost is None:
        text += ": the lowest fees of those that fit best; the carry is not known."
    else:
        text += ": the cheapest of those that fit best."
    if best.facts.refuses_regions:
        text += f" It {best.facts.regions}."
    elif best.facts.is_assumed:
        text += " Whether it serves your country is not known here: check."
    return text


@dataclass(frozen=True, slots=True)
class ContractOption:
    """One contract that a leg could use: its whole count for the leg's target, and what that takes over the horizon."""

    leg: SizedLeg
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
