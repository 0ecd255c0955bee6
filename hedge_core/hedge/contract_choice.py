"""Which contracts there are for a plan, and which of them stands for a coin."""

from __future__ import annotations

from collections.abc import Mapping

from hedge_core.errors import InvalidPlan, UnknownContract
from hedge_core.exposure.pinned import PinnedMarket
from hedge_core.market.contracts import Catalogue, Contract, catalogue
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.market.venues import BY_VENUE
from hedge_core.plan.plan import HedgePlan


def known_contracts(plan: HedgePlan, market: MarketSnapshot) -> Catalogue:
    """The catalogue, what the plan's venue lists right now (or what was pinned), and the user's own contracts."""
    shipped = catalogue()
    if isinstance(market, PinnedMarket):
        return shipped.with_preferred(market.contracts).with_custom(plan.overrides.contracts)
    return shipped.with_listed(market.contracts).with_custom(plan.overrides.contracts)


def contracts_in_use(plan: HedgePlan, known: Catalogue | None = None) -> Mapping[str, Contract]:
    """The contract to short for each underlying: chosen by the user, else the user's own, else the venue's.

    A venue with several contracts on one coin offers the one that needs the fewest rolls: perpetual, then
    monthly, then weekly, then single dated futures, the one that expires last first; linear before inverse. A
    contract in conflict with its venue's own list is not used. Raises UnknownContract, and InvalidPlan for a contract
    on another coin or in conflict, or for an unknown venue.
    """
    everything = known or catalogue().with_custom(plan.overrides.contracts)
    venue = plan.decisions.venue
    if venue not in everything.venues and venue not in BY_VENUE:
        raise InvalidPlan(f"decisions.venue: '{venue}' has no contract. Known: {', '.join(everything.venues)}.")
    in_use: dict[str, Contract] = {}
    for contract in sorted(everything, key=lambda c: (c.id not in everything.preferred, *_preference(c))):
        if (contract.venue == venue or not contract.is_catalogued) and not contract.conflict:
            in_use.setdefault(contract.underlying, contract)
    for underlying, contract_id in plan.overrides.contract_choice.items():
        try:
            contract = everything.get(contract_id)
        except UnknownContract as error:
            raise UnknownContract(contract_id, error.known, field=f"overrides.contract_choice.{underlying}") from None
        if contract.underlying != underlying:
            raise InvalidPlan(
                f"overrides.contract_choice.{underlying}: {contract_id} is a contract on {contract.underlying}."
            )
        if contract.conflict:
            raise InvalidPlan(
                f"overrides.contract_choice.{underlying}: {contract_id} cannot be sized, {contract.conflict}. "
                "Choose another contract, or define it yourself once you know its size."
            )
        in_use[underlying] = contract
    return in_use


def _preference(contract: Contract) -> tuple[bool, bool, int, float]:
    fewest_rolls = {"none": 0, "monthly": 1, "weekly": 2, "dated": 3}
    latest = -contract.expires_on.toordinal() if contract.expires_on else 0.0
    return contract.is_catalogued, contract.style == "inverse", fewest_rolls[contract.expiry], latest
