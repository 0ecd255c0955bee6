"""How old the figures of a contract are, and which of them are too old to be taken for today's.

Venues change margins and fees within weeks, ticks within months, and sizes hardly ever, so that each kind of figure has
a limit of its own. A figure that is not known, or that the user stated, has no age.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Literal, NamedTuple

from hedge_core.market.contracts import Contract
from hedge_core.text import listed

Figure = Literal["size", "tick", "fee", "margin"]

MOST_DAYS: Mapping[Figure, int] = {"margin": 30, "fee": 30, "tick": 90, "size": 365}
"""A figure whose source is older than this, in days, is marked."""

_DAY_OF: Mapping[Figure, Callable[[Contract], str]] = {
    "margin": lambda contract: contract.margin_as_of,
    "fee": lambda contract: contract.fee_as_of,
    "tick": lambda contract: contract.tick_as_of,
    "size": lambda contract: contract.verified_on,
}


class OldFigure(NamedTuple):
    """A figure of a contract that is older than its limit: the day of its source, and its age in days."""

    contract_id: str
    figure: Figure
    as_of: date
    days: int

    @property
    def code(self) -> str:
        """The contract's code, without its venue."""
        return self.contract_id.partition(":")[2]


def old_figures(contract: Contract, today: date) -> tuple[OldFigure, ...]:
    """The contract's figures that are older than MOST_DAYS on the day `today`; none of the user's own contract."""
    if not contract.is_catalogued:
        return ()
    found = []
    for figure, day_of in _DAY_OF.items():
        stated = day_of(contract)
        if not stated:
            continue
        as_of = date.fromisoformat(stated[:10])
        days = (today - as_of).days
        if days > MOST_DAYS[figure]:
            found.append(OldFigure(contract.id, figure, as_of, days))
    return tuple(found)


def ages_text(old: Iterable[OldFigure]) -> str:
    """The old figures in words, by kind: 'margins of DOP and SHP are 47 days old, fees of DOP are 91 days old'.

    '' if there are none. More than three contracts are counted instead of named.
    """
    by_figure: dict[Figure, list[OldFigure]] = {}
    for one in old:
        by_figure.setdefault(one.figure, []).append(one)
    return ", ".join(_of_one_kind(figure, by_figure[figure]) for figure in MOST_DAYS if figure in by_figure)


def _of_one_kind(figure: Figure, old: list[OldFigure]) -> str:
    names = list(dict.fromkeys(one.code for one in old))
    whose = listed(names) if len(names) <= 3 else f"{len(names)} contracts"
    youngest, oldest = min(one.days for one in old), max(one.days for one in old)
    age = f"{oldest} days" if youngest == oldest else f"{youngest} to {oldest} days"
    return f"{figure}s of {whose} are {age} old"
