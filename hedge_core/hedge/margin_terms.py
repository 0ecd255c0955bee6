"""Margin rates that replace those of the catalogue: the least that the law asks where the holder lives, and the user's.

The rates that the user states come last, because only the user's venue or broker knows what it asks from this customer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from hedge_core.market.contracts import Catalogue, Contract
from hedge_core.market.margin_tiers import MarginTier
from hedge_core.market.residence import PERPETUAL_MARGIN, MarginFloor, Residence
from hedge_core.plan.plan import OwnMargin


def with_margin_terms(known: Catalogue, residence: Residence, own: Mapping[str, OwnMargin]) -> Catalogue:
    """The contracts in `known` with the margin rates that hold for this customer.

    A perpetual of a venue asks at least what the law of `residence` prescribes; a contract in `own` asks what is
    stated there, at any size. Ids in `own` that are not in `known` change nothing. The user's own contracts state
    their margin themselves.
    """
    return known.with_replaced(_changed(known, PERPETUAL_MARGIN.get(residence), own))


def _changed(known: Catalogue, floor: MarginFloor | None, own: Mapping[str, OwnMargin]) -> Iterator[Contract]:
    if floor is not None:
        for contract in known:
            if contract.kind == "perpetual" and contract.is_catalogued and contract.id not in own:
                yield _at_least(contract, floor)
    for contract_id in own.keys() & known.by_id.keys():
        yield _as_stated(known.get(contract_id), own[contract_id])


def _at_least(contract: Contract, floor: MarginFloor) -> Contract:
    """The contract with no rate below the floor; a rate that is not known stays so, and counts 100%."""
    if contract.maintenance_margin_rate is None or contract.initial_margin_rate is None:
        return contract
    tiers = tuple(
        MarginTier(
            tier.notional_from,
            max(tier.initial_rate, floor.initial_rate),
            max(tier.maintenance_rate, floor.maintenance_rate),
        )
        for tier in contract.margin_tiers
    )
    return replace(
        contract,
        initial_margin_rate=max(contract.initial_margin_rate, floor.initial_rate),
        maintenance_margin_rate=max(contract.maintenance_margin_rate, floor.maintenance_rate),
        margin_note=floor.text,
        margin_tiers=tiers,
    )


def _as_stated(contract: Contract, margin: OwnMargin) -> Contract:
    return replace(
        contract,
        initial_margin_rate=max(margin.initial, margin.maintenance),
        maintenance_margin_rate=margin.maintenance,
        margin_is_assumed=False,
        margin_note="as you stated it",
        margin_as_of="",
        margin_tier_limit=None,
        margin_tiers=(),
    )
