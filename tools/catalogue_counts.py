"""Count how the catalogue stands against its sources: the table at the top of docs/venues.md.

Each contract either agrees with the first edition's catalogue in size, smallest order, margin and fee, or was corrected
in one of them, or was added. Beside that stands how well its size is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal

from hedge_core.market.contract_history import FIRST_EDITION, ContractFacts, differences, facts_on
from hedge_core.market.contracts import Contract
from hedge_core.market.figure_ages import old_figures

Outcome = Literal["agree", "corrected", "added"]
COLUMNS = (
    "rows", "agree", "corrected", "in size", "in smallest order", "in margin", "in fee", "added", "size by two sources",
    "size by one source", "weak",
)  # fmt: skip


def corrections(contract: Contract, first: Mapping[str, ContractFacts]) -> tuple[str, ...]:
    """The facts of the contract that differ from the first edition's, () if none do or it was not there."""
    then = first.get(contract.id)
    return () if then is None else tuple(differences(then, ContractFacts.of(contract)))


def outcome(contract: Contract, first: Mapping[str, ContractFacts]) -> Outcome:
    """How the contract stands against the first edition's catalogue."""
    if contract.id not in first:
        return "added"
    return "corrected" if corrections(contract, first) else "agree"


def is_weak(contract: Contract, today: date) -> bool:
    """Whether the only source of the contract's size is undated or too old."""
    has_old_size = any(old.figure == "size" for old in old_figures(contract, today))
    return not contract.second_source and (has_old_size or "undated" in contract.confidence)


def counts(contracts: Iterable[Contract], today: date) -> Counter[str]:
    """The counts of COLUMNS over these contracts."""
    first, found = facts_on(FIRST_EDITION), Counter[str]()
    for contract in contracts:
        found["rows"] += 1
        found[outcome(contract, first)] += 1
        found.update(f"in {fact}" for fact in corrections(contract, first))
        found["size by two sources" if contract.second_source else "size by one source"] += 1
        found["weak"] += is_weak(contract, today)
    return found
