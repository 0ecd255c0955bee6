"""What has changed since a plan was saved, and makes its numbers differ today from what it said then.

A plan from a file or a link is computed by today's rules. Its `edition` says when it was made; every change that is
newer and that touches one of its numbers is told in a notice. Facts of contracts are compared by `contract_history`,
changes of rules are listed in RULE_CHANGES. Prices are left out: they always change.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from hedge_core.errors import Notice
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.contract_choice import choose_contracts
from hedge_core.hedge.deleveraging import deleveraging_rule
from hedge_core.hedge.legs import SizedLeg
from hedge_core.market.contract_history import FIRST_EDITION, ContractFacts, Fact, differences, facts_on
from hedge_core.market.contracts import OWN_VENUE, Catalogue, catalogue
from hedge_core.market.expiries import held_expiry
from hedge_core.market.options.contracts import is_option_id
from hedge_core.plan.fills import Fill
from hedge_core.plan.plan import EDITION
from hedge_core.text import listed

CODE = "changed_since_saved"


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule that has become another one: the day, what holds now in words, and which plans it `concerns`."""

    changed_on: date
    text: str
    concerns: Callable[[HedgeAssessment], bool]


def _is_worth_a_lot(assessment: HedgeAssessment) -> bool:
    """Whether all targets together are at least half a lot of the smallest contract, so that some rule gives one."""
    least = min((leg.lot_notional for leg in assessment.legs), default=0.0)
    return sum(leg.target_notional for leg in assessment.legs) >= 0.5 * least > 0.0


def _ends_elsewhere(assessment: HedgeAssessment) -> bool:
    """Whether the rally of the market that is survived differs by half a percentage point from that of all coins."""
    of_market, of_all = assessment.market_rally_survived, assessment.margin.rally_survived
    if of_market is None or of_all is None or math.isinf(of_market) or math.isinf(of_all):
        return of_market != of_all
    return abs(of_market - of_all) >= 0.005


def _sells_another_month(assessment: HedgeAssessment) -> bool:
    """Whether a leg is in another month than the former rule gives."""
    today = assessment.market.as_of.date()
    return any(assessment.expiry_of(leg) != held_expiry(leg.contract, today) for leg in assessment.traded_legs)


DRAWN_DAYS = 250
"""The days of closes from which paths are real days; with fewer they were always at today's volatility."""


def _is_watched_on_real_days(assessment: HedgeAssessment) -> bool:
    """Whether collateral is stated for a short, and its margin is tried on paths of real days."""
    has_margin = bool(assessment.traded_legs) and assessment.plan.decisions.collateral is not None
    return has_margin and len(assessment.market.history.returns) >= DRAWN_DAYS


def _open_in(fills: Iterable[Fill]) -> set[str]:
    """The ids of the contracts that these fills hold open."""
    lots: dict[str, int] = {}
    for fill in fills:
        lots[fill.contract] = lots.get(fill.contract, 0) + fill.signed_contracts
    return {contract for contract, count in lots.items() if count}


def _open_futures(assessment: HedgeAssessment) -> set[str]:
    """The ids of the futures that the plan's fills hold open; those that have expired do not count."""
    today = assessment.market.as_of.date()
    futures = (fill for fill in assessment.plan.execution.fills if not is_option_id(fill.contract))
    return _open_in(fill for fill in futures if fill.expiry is None or fill.expiry >= today)


def _holds_options(assessment: HedgeAssessment) -> bool:
    """Whether the fills hold an option open; one that has expired without a close counts as open here."""
    return bool(_open_in(fill for fill in assessment.plan.execution.fills if is_option_id(fill.contract)))


def _sells_beside_the_plan(assessment: HedgeAssessment) -> bool:
    """Whether a contract is open that the plan does not sell."""
    return not _open_futures(assessment) <= {leg.contract.id for leg in assessment.legs}


def _is_at_several_venues(assessment: HedgeAssessment) -> bool:
    """Whether futures are open at several venues, or the plan sells contracts of several."""
    if assessment.margin.is_by_venue:
        return True
    own, home = f"{OWN_VENUE}:", assessment.plan.decisions.venue
    open_there = _open_futures(assessment)
    return len({home if name.startswith(own) else name.partition(":")[0] for name in open_there}) > 1


def _has_smaller_lots(assessment: HedgeAssessment) -> bool:
    """Whether a leg is in a contract with smaller lots than the usual one."""
    usual = choose_contracts(assessment.plan, assessment.market).usual
    return any(leg.contract.id != usual[leg.underlying].id for leg in assessment.legs)


RULE_CHANGES: tuple[RuleChange, ...] = (
    RuleChange(
        date(2026, 11, 29),
        "more than six contracts are rounded together too; before, each of them was rounded by itself",
        lambda assessment: assessment.optimum is not None and len(assessment.legs) > 6,
    ),
    RuleChange(
        date(2026, 11, 29),
        "coins without a future of their own are hedged together with a basket of the venue's contracts; before, with "
        "Bitcoin, Ether and Solana only",
        lambda assessment: assessment.basket is not None and _is_worth_a_lot(assessment),
    ),
    RuleChange(
        date(2026, 11, 29),
        "only the contracts that your collateral opens are sold; before, all that the hedge asks for",
        lambda assessment: assessment.is_limited,
    ),
    RuleChange(
        date(2026, 11, 29),
        "the rally that the short survives is one of the market, half Bitcoin and half Ether, in which each contract "
        "moves by its own beta; before, all contracts moved alike",
        _ends_elsewhere,
    ),
    RuleChange(
        date(2026, 11, 29),
        "counts that you hold stay unless others save more than 2% of the bag's variance; before, every plan followed "
        "its best counts",
        lambda assessment: assessment.count_change is not None and assessment.count_change.is_kept,
    ),
    RuleChange(
        date(2026, 11, 29),
        "the month of a future is the one that costs least up to the horizon; before, it was the first that ends in a "
        "week or later",
        _sells_another_month,
    ),
    RuleChange(
        date(2026, 11, 29),
        "the chance that margin runs out, and the cash advised, are those of paths at today's volatility; before, at "
        "that of the whole history",
        _is_watched_on_real_days,
    ),
    RuleChange(
        date(2026, 11, 29),
        "what your fills hold is what scenarios, tests and dangers are about, and opening it is not paid again; before,"
        " they were about the whole plan",
        lambda assessment: bool(_open_futures(assessment)),
    ),
    RuleChange(
        date(2026, 11, 29),
        "shorts that the plan does not sell count in the hedge and in its drift, as far as their coins move with the "
        "plan's; before, they were only named",
        _sells_beside_the_plan,
    ),
    RuleChange(
        date(2026, 11, 29),
        "shorts at several venues have an account at each, with your collateral split by the margin that opens them, "
        "and each venue does in a crash what it does; before, one account held all of them",
        _is_at_several_venues,
    ),
    RuleChange(
        date(2026, 11, 29),
        "what a venue takes off by deleveraging costs what buying it back costs, in dangers and on paths; before, it "
        "cost nothing",
        lambda assessment: bool(assessment.traded_legs) and deleveraging_rule(assessment.plan).share > 0.0,
    ),
    RuleChange(
        date(2026, 11, 29),
        "options that your fills hold are part of the hedge in scenarios, crashes, dangers and on paths, and those "
        "sold have a share of the collateral; before, they were only named",
        _holds_options,
    ),
    RuleChange(
        date(2026, 11, 29),
        "where whole lots of the usual contract would miss the target by too much, the contract with the venue's "
        "smallest lots of that coin is sold; before, it was always the one with the fewest rolls",
        _has_smaller_lots,
    ),
)
"""Every change of a rule since the first edition, oldest first. The newest is no newer than EDITION."""


def changes_since_saved(assessment: HedgeAssessment, known: Catalogue) -> Iterator[Notice]:
    """One notice for each change since the plan was saved; none if its market is pinned, as its numbers are then too.

    `known` holds the contracts that the plan can use; those that a pin brings are preferred.
    """
    saved = assessment.plan.edition or FIRST_EDITION
    if saved >= EDITION or known.preferred:
        return
    since = f"Changed since this plan was saved {_edition_text(assessment.plan.edition)}"
    then = facts_on(saved)
    changes = [*_of_rules(assessment, saved), *_of_contracts(assessment, then), *_of_choice(assessment, known, then)]
    yield from (Notice(CODE, f"{since}: {change}.") for change in changes)


def _edition_text(edition: date | None) -> str:
    return "by the first edition" if edition is None else f"with the rules of {edition:%d %b %Y}"


def _of_rules(assessment: HedgeAssessment, saved: date) -> Iterator[str]:
    """The rules that have changed since and concern the plan."""
    for change in RULE_CHANGES:
        if change.changed_on > saved and change.concerns(assessment):
            yield change.text


def _of_contracts(assessment: HedgeAssessment, then: Mapping[str, ContractFacts]) -> Iterator[str]:
    """The contracts of the plan that the catalogue describes otherwise now."""
    for leg in assessment.legs:
        before, row = then.get(leg.contract.id), catalogue().by_id.get(leg.contract.id)
        if before is None or row is None:
            continue
        now = ContractFacts.of(row)
        told = [
            words for fact, words in differences(before, now).items() if _matters(fact, before, now, leg, assessment)
        ]
        if told:
            yield f"{leg.contract.id}, {listed(told)}"


def _matters(fact: Fact, then: ContractFacts, now: ContractFacts, leg: SizedLeg, assessment: HedgeAssessment) -> bool:
    """Whether a fact of the leg's contract that has changed in the catalogue changes a number of the plan.

    It does not where the venue's own list or the user says something else than the catalogue.
    """
    match fact:
        case "size":
            return True
        case "smallest order":
            return leg.exact_contracts < max(then.least_lots(leg.price), now.least_lots(leg.price))
        case "margin":
            is_counted = bool(leg.contracts) or assessment.optimum is not None
            return is_counted and ContractFacts.of(leg.contract).margin == now.margin
        case "fee":
            return bool(leg.contracts) and assessment.plan.overrides.costs.fee_rate is None


def _of_choice(assessment: HedgeAssessment, known: Catalogue, then: Mapping[str, ContractFacts]) -> Iterator[str]:
    """The contracts of the plan that the catalogue did not have, and those that it has no longer."""
    plan, shipped = assessment.plan, catalogue().by_id
    new = [leg.contract.id for leg in assessment.legs if leg.contract.id in shipped and leg.contract.id not in then]
    if new:
        verb = "is" if len(new) == 1 else "are"
        yield f"{listed(new)} {verb} new in the catalogue, so the plan can short what it could not short then"
    coins = {held.moves_with for held in assessment.held_coins} | {leg.underlying for leg in assessment.legs}
    gone = [
        contract_id
        for contract_id, facts in then.items()
        if contract_id not in known.by_id
        and contract_id.startswith(f"{plan.decisions.venue}:")
        and facts.underlying in coins
    ]
    if gone:
        yield f"{listed(gone)} {'has' if len(gone) == 1 else 'have'} left the catalogue"
