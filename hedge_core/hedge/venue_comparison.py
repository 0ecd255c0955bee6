"""Venue comparison: the same plan at every venue, and every contract that one of its legs could use.

A venue's row is computed by assessing the plan at that venue, so that it shows the same numbers as a plan made there.
Facts on trading hours, forced closing and regions come from `market.venues`, each with its source; most of them are
assumptions and are marked as such. A venue without a contract in the catalogue is listed but not sized.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hedge_core.errors import HedgeError
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.contract_choice import known_contracts
from hedge_core.hedge.costs import CostEstimate, estimate_costs
from hedge_core.hedge.insurance import InsuranceQuote, insurance_quote
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.margin import margin_requirement
from hedge_core.hedge.planner import assess
from hedge_core.hedge.rounding import ROUNDINGS
from hedge_core.hedge.sizing import size_leg
from hedge_core.hedge.venue_unknowns import unknowns
from hedge_core.market.contracts import Contract
from hedge_core.market.figure_ages import ages_text
from hedge_core.market.listed_only import listed_only
from hedge_core.market.residence import UNKNOWN, Access
from hedge_core.market.venues import VENUES, venue_of
from hedge_core.market.venues.venue import Venue
from hedge_core.text import listed

CLOSE_ENOUGH = 0.05
"""A venue that misses the target hedge ratio by more than this is not recommended if another one is closer."""

OWN_MARGIN = 0.1
"""A venue is preferred if the share of the bag that it hedges with futures on the coins themselves is within this of
the best venue's share, because such a future hedges better than a proxy."""

NO_CONTRACT = "No contract for this bag is known there. Live prices may list more."
NOT_OPENED = "Your collateral is too little for one contract there."
NOT_CHOSEN = "Sized only if you choose it"
NO_WHOLE = "The hedge is smaller than one contract there."

SOUND_RALLY = 0.25
"""If collateral is stated, venues at which the short survives a rally of this size are preferred."""


@dataclass(frozen=True, eq=False, kw_only=True)
class VenueRow:
    """The plan at one venue.

    `access` says whether it serves somebody who lives where the holder lives. `fault` says why the plan yields no
    contract there, '' if it does. `unsized` are coins of the bag whose contracts the venue lists but which are not
    used, because their size is not known. `assessment` and `quote` are None if the plan cannot be assessed there at
    all.
    """

    facts: Venue
    access: Access = UNKNOWN
    assessment: HedgeAssessment | None = None
    quote: InsuranceQuote | None = None
    fault: str = ""
    unsized: tuple[str, ...] = ()

    @property
    def barred(self) -> str:
        """Why the holder cannot use the venue, '' if that is not known."""
        return self.access.text if self.access.is_served is False else ""

    @property
    def is_usable(self) -> bool:
        """Whether the plan yields a contract here and nothing is known that keeps the holder out."""
        return self.assessment is not None and not self.fault and not self.barred

    @property
    def may_refuse(self) -> bool:
        """Whether the venue refuses customers from whole regions and is not known to serve the holder's."""
        return self.facts.refuses_regions and not self.access.is_served

    @property
    def unknown(self) -> tuple[str, ...]:
        """What the figures of this row assume or lack, each as a phrase."""
        return unknowns(self.assessment) if self.assessment else ()

    @property
    def ages(self) -> str:
        """The ages of this row's sizes, margins and fees that are too old to be taken for today's, '' if none are."""
        old = self.assessment.old_figures if self.assessment else ()
        return ages_text(one for one in old if one.figure != "tick")

    @property
    def rounding_error(self) -> float:
        """USD by which the whole contracts miss their targets: the sum over the legs of the absolute differences."""
        legs = self.assessment.legs if self.assessment else ()
        return sum(abs(leg.notional - leg.target_notional) for leg in legs)

    @property
    def rally(self) -> float:
        """The rally of the market survived there, a fraction.

        SOUND_RALLY without collateral, −1 if the collateral does not open the hedge.
        """
        margin = self.assessment.margin if self.assessment else None
        if margin is None or margin.collateral is None:
            return SOUND_RALLY
        assert self.assessment is not None
        return -1.0 if self.assessment.is_limited else self.assessment.market_rally_survived or 0.0

    @property
    def hedgeable_value(self) -> float:
        """USD of the bag that can be hedged there."""
        return self.assessment.hedgeable_value if self.assessment else 0.0

    @property
    def own_share(self) -> float:
        """The fraction of `hedgeable_value` that is hedged with futures on the coins themselves."""
        held_coins = self.assessment.hedged_coins if self.assessment else ()
        own = sum(held.value for held in held_coins if held.route == "own future")
        return own / self.hedgeable_value if self.hedgeable_value > 0 else 0.0

    @property
    def miss(self) -> float:
        """Absolute difference between the achieved and the target hedge ratio; 1 if the plan cannot be assessed."""
        if self.assessment is None:
            return 1.0
        return abs(self.assessment.achieved_hedge_ratio - self.assessment.hedge_ratio)


@dataclass(frozen=True, eq=False)
class VenueComparison:
    """The plan at every venue, and the recommended venue (None if none yields a contract).

    `verdict` says what the plan is like there, `caveats` what is unknown or old there, and whom the venue serves.
    """

    rows: tuple[VenueRow, ...]
    recommended: VenueRow | None
    verdict: str
    caveats: str

    @property
    def reason(self) -> str:
        """The verdict and the caveats as one text."""
        return f"{self.verdict} {self.caveats}".rstrip()


def assessed_at(assessment: HedgeAssessment, venue: str) -> HedgeAssessment | None:
    """The plan at a venue, with the venue's own contracts; None if it has none for the plan."""
    plan = assessment.plan.with_overrides(contract_choice={}, contracts=())
    try:
        return assess(plan.with_decisions(venue=venue), assessment.market, assessment.evidence)
    except HedgeError:
        return None


def compare_venues(assessment: HedgeAssessment) -> VenueComparison:
    """The plan assessed at every venue, and the venue recommended for it.

    Contracts that the user chose or defined are ignored here, because they would replace each venue's own contracts.
    """
    plan, rows = assessment.plan, []
    for facts in _venues(assessment):
        access, unsized = facts.access(plan.residence), _unsized(facts.name, assessment)
        if facts.only_if_chosen and facts.name != plan.decisions.venue:
            rows.append(VenueRow(facts=facts, access=access, fault=f"{NOT_CHOSEN}: {facts.only_if_chosen}."))
            continue
        there = assessed_at(assessment, facts.name)
        if there is None:
            rows.append(VenueRow(facts=facts, access=access, fault=NO_CONTRACT, unsized=unsized))
            continue
        rows.append(
            VenueRow(
                facts=facts,
                access=access,
                assessment=there,
                quote=insurance_quote(there),
                fault=_fault(there),
                unsized=unsized,
            )
        )
    best = _recommended(rows)
    return VenueComparison(tuple(rows), best, _verdict(best, rows), _caveats(best, rows))


def _fault(there: HedgeAssessment) -> str:
    """Why the plan yields no contract at this venue, or ''."""
    if not there.legs:
        holds = any(held.status in ("hedged", "unhedgeable") for held in there.held_coins)
        return NO_CONTRACT if holds else "There is nothing to hedge."
    if there.traded_legs:
        return ""
    return NOT_OPENED if there.is_limited else NO_WHOLE


def _unsized(venue: str, assessment: HedgeAssessment) -> tuple[str, ...]:
    """Coins of the bag that a contract at the venue is listed for, none of them with a known size."""
    coins = {held.moves_with for held in assessment.held_coins if held.status in ("hedged", "unhedgeable")}
    listed_there = {row.underlying for row in listed_only() if row.venue == venue}
    known = known_contracts(assessment.plan.with_overrides(contracts=()), assessment.market)
    return tuple(sorted(coin for coin in coins & listed_there if not known.on(venue, coin)))


def _venues(assessment: HedgeAssessment) -> list[Venue]:
    sized = known_contracts(assessment.plan.with_overrides(contracts=()), assessment.market).venues
    return [venue_of(name) for name in dict.fromkeys((*VENUES, *sized))]


def _recommended(rows: Sequence[VenueRow]) -> VenueRow | None:
    """The cheapest venue that meets the conditions below, or None if no venue yields a contract.

    A venue that bars the holder is left out. The conditions, in order: it hedges most of the bag, is close to the
    target ratio, is not known to refuse regions, is known to serve the holder's place, has futures on the coins
    themselves, survives SOUND_RALLY, and its cost is known. If no venue meets a condition, the venues that come closest
    stay.
    """
    fitting = [row for row in rows if row.is_usable]
    if not fitting:
        return None
    fitting = _nearest(fitting, lambda row: row.hedgeable_value, 0.99 * max(row.hedgeable_value for row in fitting))
    fitting = _nearest(fitting, lambda row: -row.miss, -CLOSE_ENOUGH)
    fitting = _nearest(fitting, lambda row: -float(row.may_refuse), 0.0)
    fitting = _nearest(fitting, lambda row: float(row.access.is_served is True), 1.0)
    fitting = _nearest(fitting, lambda row: row.own_share, max(row.own_share for row in fitting) - OWN_MARGIN)
    fitting = _nearest(fitting, lambda row: row.rally, SOUND_RALLY)
    fitting = _nearest(fitting, lambda row: float(row.quote is not None and row.quote.cost is not None), 1.0)
    return min(fitting, key=lambda row: (_cost(row), row.rounding_error))


def _nearest(rows: Sequence[VenueRow], measure: Callable[[VenueRow], float], least: float) -> list[VenueRow]:
    """The rows whose measure is at least `least`; if there are none, the rows with the largest measure."""
    met = [row for row in rows if measure(row) >= least]
    best = max(measure(row) for row in rows)
    return met or [row for row in rows if measure(row) >= best - 1e-9]


def _cost(row: VenueRow) -> float:
    if row.quote is None:
        return float("inf")
    return row.quote.fees if row.quote.cost is None else row.quote.cost


def _verdict(best: VenueRow | None, rows: Sequence[VenueRow]) -> str:
    """What the plan is like at the best venue, or why it yields no contract anywhere."""
    if best is None or best.assessment is None or best.quote is None:
        barred = [row for row in rows if row.barred and row.assessment is not None and not row.fault]
        if barred:
            return "This plan yields a whole contract only at venues that you cannot use: " + _why_barred(barred) + "."
        return "This plan yields no whole contract at any venue listed here."
    there, quote = best.assessment, best.quote
    parts = []
    if best.own_share > 0:
        whole = f"{best.own_share:.0%}"
        what = "every coin to be hedged" if whole == "100%" else f"coins that are {whole} of what is to be hedged"
        parts.append(f"has futures on {what}")
    parts += [f"offsets {there.achieved_hedge_ratio:.0%} of the bag's moves (target {there.hedge_ratio:.0%})"]
    if quote.cost is not None:
        verb = "costs" if quote.cost >= 0 else "earns"
        parts.append(f"{verb} about ${abs(quote.cost):,.0f} in {quote.horizon_days} days")
    if there.is_limited:
        parts.append(f"needs more collateral than you have (${there.cash_for_wanted:,.0f} in all)")
    elif there.market_rally_survived is not None:
        rally = there.market_rally_survived
        only = "only " if rally < SOUND_RALLY else ""
        parts.append(f"survives a rally of {only}{rally:.0%}" if rally < 1e3 else "survives any rally")
    text = f"{best.facts.name} {listed(parts)}"
    if not [row for row in rows if row is not best and row.is_usable]:
        text += ". No other venue listed here yields a whole contract for this plan."
    elif quote.cost is None:
        text += ". It has the lowest fees of the venues that fit best; its carry is unknown."
    else:
        text += ". It is the cheapest of the venues that fit best."
    return text


def _caveats(best: VenueRow | None, rows: Sequence[VenueRow]) -> str:
    """What is unknown or old at the best venue, which venues are set aside for it, and whom it serves; '' for none."""
    if best is None or best.assessment is None or best.quote is None:
        return ""
    told = []
    if best.unknown:
        told.append(f"Not known: {'; '.join(best.unknown)}.")
    if best.ages:
        told.append(f"Old figures: {best.ages}.")
    told += _set_aside(best, rows)
    if best.access.is_served:
        told.append(f"It serves where you live: {best.access.text}.")
    elif best.facts.refuses_regions:
        told.append(f"It {best.facts.regions}.")
    elif best.facts.is_assumed:
        told.append("Check whether it serves your country; that is not known here.")
    else:
        told.append(f"Where it serves customers: {best.facts.regions}.")
    return " ".join(told)


def _set_aside(best: VenueRow, rows: Sequence[VenueRow]) -> list[str]:
    """A sentence on the venues that fit at least as well as `best` and come after it because they refuse whole regions.

    Empty if there are none.
    """
    if best.may_refuse:
        return []
    miss = max(best.miss, CLOSE_ENOUGH)
    better = [
        row.facts.name
        for row in rows
        if row.is_usable
        and row.may_refuse
        and row.hedgeable_value >= 0.99 * best.hedgeable_value
        and row.miss <= miss
        and row.own_share >= best.own_share - OWN_MARGIN
        and row.rally >= min(best.rally, SOUND_RALLY)
    ]
    if not better:
        return []
    verb, refuse = ("fits", "refuses") if len(better) == 1 else ("fit", "refuse")
    return [
        f"{listed(better)} {verb} as well or better, but {refuse} people from whole regions: see whether yours is one."
    ]


def _why_barred(rows: Sequence[VenueRow]) -> str:
    """The reasons for which these venues are closed to the holder, each once with its venues."""
    by_reason: dict[str, list[str]] = {}
    for row in rows:
        by_reason.setdefault(row.barred, []).append(row.facts.name)
    return "; ".join(f"{listed(names)}: {reason}" for reason, names in by_reason.items())


@dataclass(frozen=True, slots=True)
class ContractOption:
    """One contract that a leg could use, sized for the leg's target, with its initial margin (USD) and its costs."""

    leg: SizedLeg
    initial_margin: float
    costs: CostEstimate

    @property
    def contract(self) -> Contract:
        """The contract of the leg."""
        return self.leg.contract

    @property
    def rounding_error(self) -> float:
        """USD by which the whole count is above (positive) or below (negative) the target."""
        return self.leg.notional - self.leg.target_notional

    @property
    def cost(self) -> float | None:
        """Fees less carry over the horizon, in USD; None if the carry is unknown."""
        return self.costs.fees - self.costs.carry if self.costs.is_carry_known else None


def contract_options(assessment: HedgeAssessment, place: int) -> tuple[ContractOption, ...]:
    """Every known contract on the coin of the leg at index `place`, sized for its target, the closest fit first.

    With rounding `optimal`, each contract is rounded to the nearest lot here.
    """
    leg, plan = assessment.legs[place], assessment.plan
    rounding = ROUNDINGS[plan.decisions.rounding].alone
    options = []
    for contract in known_contracts(plan, assessment.market):
        if contract.underlying != leg.underlying or contract.conflict or contract.lot_notional(leg.price) <= 0.0:
            continue
        sized = size_leg(
            contract.with_minimum_at(leg.price),
            price=leg.price,
            target=leg.target_notional,
            ideal=leg.ideal_notional,
            rounding=rounding,
        )
        costs = estimate_costs(
            [sized],
            assessment.market,
            horizon_days=plan.decisions.horizon_days,
            basis=replace(assessment.cost_basis, held={}),
        )
        options.append(ContractOption(sized, margin_requirement([sized], None).initial, costs))
    return tuple(sorted(options, key=lambda option: (round(abs(option.rounding_error), 2), option.contract.id)))
