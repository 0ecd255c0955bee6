"""Whether a venue's own list states believable sizes of its contracts.

A size that is wrong by ten makes every count wrong by ten. So the size that a list states is held against the rest of
the list (no contract twice with two sizes), against the volume of the contract (coins traded over contracts traded),
and against the size seen last. The catalogue is a fourth witness: `contracts.confirm` compares it. Where they
contradict each other, we cannot tell which is right: the contract gets a conflict and is not sized.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from hedge_core.market.contracts import Contract, catalogue, size_words
from hedge_core.market.live.listing import Listed
from hedge_core.market.live.parse import differs
from hedge_core.market.numbers import positive

SAME = 1.5
"""The volumes agree with a size within this factor; they are of the same trades, but may be rounded."""

TRADED = 20.0
"""The least volume, in contracts and in coins, from which a size is derived; less may be rounded too coarsely."""


def without_conflicting_sizes(
    listed: Sequence[Listed],
    *,
    seen: Mapping[str, Sequence[object]],
    volumes: Mapping[str, Sequence[float]],
    on: date,
    prices: Mapping[str, float] | None = None,
) -> tuple[list[Listed], dict[str, list[object]]]:
    """The contracts, each once, with a conflict where sizes contradict each other; and the sizes seen, to keep.

    `seen` has for each contract id the size seen last and the day since which it is seen; while another size is listed,
    that size and the day since which it is listed follow. A contract sized in USD has a name of its own there.
    `volumes` are contracts and coins traded by symbol, `prices` USD per coin, which sizes in USD are compared with.
    """
    once: dict[str, Listed] = {}
    twice: dict[str, set[float]] = {}
    for entry in listed:
        contract = entry.contract
        if contract.id in once and once[contract.id].contract.contract_size != contract.contract_size:
            twice.setdefault(contract.id, {once[contract.id].contract.contract_size}).add(contract.contract_size)
        once[contract.id] = entry
    kept: dict[str, list[object]] = {key: list(value) for key, value in seen.items()}
    found = []
    for contract_id, entry in once.items():
        if contract_id in twice:
            conflict = _twice_text(entry, sorted(twice[contract_id]))
        elif entry.contract.conflict:
            conflict = entry.contract.conflict
        else:
            by_volume = size_by_volume(entry, volumes, prices or {})
            name, other_unit = _names(entry.contract)
            before = kept.get(name)
            conflict = _conflict_with_volume(entry, by_volume)
            is_confirmed = _is_in_catalogue(entry.contract) or _is_nearer(entry, by_volume, before)
            if not conflict and other_unit in kept and before is None and not is_confirmed:
                conflict = _unit_text(entry, kept[other_unit])
            if not conflict:
                conflict, kept[name] = _against_seen(entry, before, is_confirmed, on)
        found.append(_in_conflict(entry, conflict) if conflict else entry)
    return found, kept


def size_by_volume(entry: Listed, volumes: Mapping[str, Sequence[float]], prices: Mapping[str, float]) -> float | None:
    """The size of a contract according to its volume: coins traded / contracts traded; None if unknown.

    For a contract sized in USD it is that times the coin's price, of now and not of the day that the volume is of.
    """
    if entry.symbol not in volumes:
        return None
    contracts, coins = volumes[entry.symbol]
    unit = prices.get(entry.contract.underlying) if entry.contract.size_in_usd else 1.0
    return unit * coins / contracts if unit and contracts >= TRADED and coins >= TRADED else None


def _conflict_with_volume(entry: Listed, by_volume: float | None) -> str:
    """Why the size conflicts with the volume; '' if it does not. Volumes may be in the unit of the quoted price."""
    contract = entry.contract
    if by_volume is None or not all(
        differs(contract.contract_size, by_volume * units, SAME) for units in {1.0, entry.units}
    ):
        return ""
    traded = f"${by_volume:,.6g} of" if contract.size_in_usd else f"{by_volume:,.6g}"
    return (
        f"{contract.source} says {size_words(contract)} per contract, but the coins and contracts that it says were "
        f"traded make {traded} {contract.underlying} per contract"
    )


def _is_nearer(entry: Listed, by_volume: float | None, before: Sequence[object] | None) -> bool:
    """Whether the volume is nearer to the listed size than to the one seen last; it may be near enough to both."""
    last = positive(before[0]) if before else None
    if by_volume is None or last is None:
        return False

    def apart(size: float) -> float:
        return min(abs(math.log(size / (by_volume * units))) for units in {1.0, entry.units})

    return apart(entry.contract.contract_size) < apart(last)


def _is_in_catalogue(contract: Contract) -> bool:
    """Whether the catalogue has the contract with the same size."""
    known = catalogue().by_id.get(contract.id)
    return known is not None and (known.contract_size, known.size_in_usd) == (
        contract.contract_size,
        contract.size_in_usd,
    )


def _names(contract: Contract) -> tuple[str, str]:
    """The name under which the size of a contract is kept, and the one if it were sized in the other unit."""
    names = contract.id, f"{contract.id} in USD"
    return names[::-1] if contract.size_in_usd else names


def _unit_text(entry: Listed, before: Sequence[object]) -> str:
    contract, last = entry.contract, positive(before[0]) or 0.0
    earlier = size_words(replace(contract, contract_size=last, size_in_usd=not contract.size_in_usd))
    return f"{contract.source} said {earlier} per contract before, and says {size_words(contract)} now"


def _against_seen(
    entry: Listed, before: Sequence[object] | None, is_confirmed: bool, on: date
) -> tuple[str, list[object]]:
    """The conflict with the size seen last ('' if there is none), and what to remember of the contract.

    Time alone does not make a new size right: without another witness it stays a conflict, and the user decides.
    """
    size, today = entry.contract.contract_size, on.isoformat()
    last = positive(before[0]) if before else None
    if before is None or last is None or last == size:
        return "", [size, str(before[1]) if before and last == size else today]
    if is_confirmed:
        return "", [size, today]
    since = str(before[3]) if len(before) == 4 and before[2] == size else today
    earlier = size_words(replace(entry.contract, contract_size=last))
    now = size_words(entry.contract)
    text = f"{entry.contract.source} said {earlier} per contract until {since}, and says {now} since then"
    return text, [last, before[1], size, since]


def _twice_text(entry: Listed, sizes: Sequence[float]) -> str:
    words = [size_words(replace(entry.contract, contract_size=size)) for size in sizes]
    return f"{entry.contract.source} has it more than once, with {' and with '.join(words)} per contract"


def _in_conflict(entry: Listed, conflict: str) -> Listed:
    return replace(entry, contract=replace(entry.contract, conflict=conflict))
