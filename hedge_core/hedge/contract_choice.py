"""Which contracts a plan can use, and which one is shorted for each coin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hedge_core.errors import InvalidPlan, UnknownContract
from hedge_core.hedge.held_counts import lots_held
from hedge_core.hedge.margin_terms import with_margin_terms
from hedge_core.market.contracts import Catalogue, Contract, catalogue
from hedge_core.market.expiries import ROLL_AHEAD_DAYS, rolls
from hedge_core.market.instruments import instrument_of
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.market.venues import BY_VENUE
from hedge_core.plan.plan import HedgePlan


@dataclass(frozen=True, slots=True)
class ChosenContracts:
    """The contracts that a plan can use, and the one to short for each underlying.

    `usual` are those of `contracts_in_use`. In `in_use`, those of which the venue lists smaller lots are replaced by
    the contract with the smallest; `lot_choice` says which of the two a leg is sold in.
    """

    known: Catalogue
    usual: Mapping[str, Contract]
    in_use: Mapping[str, Contract]


def choose_contracts(plan: HedgePlan, market: MarketSnapshot) -> ChosenContracts:
    """The contracts of the plan on this market. Raises UnknownContract and InvalidPlan as `contracts_in_use` does.

    Contracts that the fills hold are used whatever their lots, and so are those that the user chose or whose count or
    margin the user set. A pin is computed with the contracts that it brings.
    """
    known = known_contracts(plan, market)
    usual = contracts_in_use(plan, known)
    finer: dict[str, Contract] = {}
    for contract in map(known.get, sorted(known.preferred)) if known.preferred else known:
        than = finer.get(contract.underlying, usual.get(contract.underlying))
        if than is not None and _is_finer(plan, market, contract, than):
            finer[contract.underlying] = contract
    if not finer:
        return ChosenContracts(known, usual, usual)
    both = (*finer.values(), *(usual[coin] for coin in finer))
    settled = {*lots_held(plan, both, market.as_of.date()), *plan.overrides.lots, *plan.overrides.margins}
    kept = {contract.underlying: contract for contract in both if contract.id in settled}
    return ChosenContracts(known, {**usual, **kept}, {**usual, **finer, **kept})


def _is_finer(plan: HedgePlan, market: MarketSnapshot, contract: Contract, than: Contract) -> bool:
    """Whether a contract can replace another of the same venue and has smaller lots, with no more rolls on the way."""
    if contract.venue != than.venue or contract.venue != plan.decisions.venue or contract.conflict:
        return False
    if contract.id == than.id or than.underlying in plan.overrides.contract_choice:
        return False
    price = underlying_price_or_none(plan, market, than.underlying)
    if not price or (contract.style, contract.quote) != (than.style, than.quote):
        return False
    lot, other = contract.lot_notional(price), than.lot_notional(price)
    if lot >= other or lot * contract.minimum_lots > other * than.minimum_lots:
        return False
    today, days = market.as_of.date(), plan.decisions.horizon_days
    if contract.expires_on is not None and (contract.expires_on - today).days < ROLL_AHEAD_DAYS:
        return False
    return len(rolls(contract, today, days)) <= len(rolls(than, today, days))


def underlying_price_or_none(plan: HedgePlan, market: MarketSnapshot, underlying: str) -> float | None:
    """Price of an underlying in USD per coin: the user's, else the market's, else None."""
    own = plan.overrides.prices.get(underlying)
    return own if own is not None else market.price_or_none(underlying)


def underlying_price(plan: HedgePlan, market: MarketSnapshot, underlying: str) -> float:
    """Price of an underlying as `underlying_price_or_none`. Raises MissingPrice if there is none."""
    own = plan.overrides.prices.get(underlying)
    return own if own is not None else market.price(underlying)


def known_contracts(plan: HedgePlan, market: MarketSnapshot) -> Catalogue:
    """The catalogue, plus the contracts that the plan's venue lists now (or that were pinned), plus the user's own.

    Margins are those that hold for this customer (`hedge.margin_terms`). The smallest order in USD of the contracts
    that the plan can use is turned into lots at today's price.
    """
    known = market.contracts_over(catalogue()).with_custom(plan.overrides.contracts)
    known = with_margin_terms(known, plan.residence, plan.overrides.margins)
    chosen = set(plan.overrides.contract_choice.values())
    usable = (one for one in known if one.minimum_notional and (one.venue == plan.decisions.venue or one.id in chosen))
    priced = ((one, underlying_price_or_none(plan, market, one.underlying)) for one in usable)
    return known.with_replaced(one.with_minimum_at(price) for one, price in priced if price)


def contracts_in_use(plan: HedgePlan, known: Catalogue | None = None) -> Mapping[str, Contract]:
    """The contract to short for each underlying: the one that the user chose, else the user's own, else the venue's.

    If a venue has several contracts on one coin, linear ones come before inverse ones, and then the one with the fewest
    rolls is used: perpetual, monthly, weekly, then single dated futures, the latest expiry first. A contract whose data
    contradict the venue's own list is not used. Raises UnknownContract if a chosen contract does not exist, and
    InvalidPlan if it is on another coin or contradicts the venue's list, or if the venue is unknown.
    """
    everything = known or catalogue().with_custom(plan.overrides.contracts)
    venue = plan.decisions.venue
    if venue not in everything.venues and venue not in BY_VENUE:
        raise InvalidPlan(
            f"decisions.venue: '{venue}' has no known contract. Choose one of: {', '.join(everything.venues)}."
        )
    in_use: dict[str, Contract] = {}
    here = (c for c in everything if (c.venue == venue or not c.is_catalogued) and not c.conflict)
    for contract in sorted(here, key=lambda c: (c.id not in everything.preferred, *_preference(c))):
        in_use.setdefault(contract.underlying, contract)
    for underlying, contract_id in plan.overrides.contract_choice.items():
        try:
            contract = everything.get(contract_id)
        except UnknownContract as error:
            raise UnknownContract(contract_id, error.known, field=f"overrides.contract_choice.{underlying}") from None
        if contract.underlying != underlying:
            raise InvalidPlan(
                f"overrides.contract_choice.{underlying}: {contract_id} is a contract on {contract.underlying}, not on "
                f"{underlying}; choose another."
            )
        if contract.conflict:
            raise InvalidPlan(
                f"overrides.contract_choice.{underlying}: {contract_id} cannot be sized: {contract.conflict}. "
                "Choose another contract, or define it yourself once you know its size."
            )
        in_use[underlying] = contract
    return in_use


def _preference(contract: Contract) -> tuple[bool, bool, int, float]:
    fewest_rolls = {"none": 0, "monthly": 1, "weekly": 2, "dated": 3}
    latest = -contract.expires_on.toordinal() if contract.expires_on else 0.0
    return contract.is_catalogued, instrument_of(contract).settles_in_coin, fewest_rolls[contract.expiry], latest
