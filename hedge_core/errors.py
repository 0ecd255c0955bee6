"""Every error that this package raises on purpose.

    HedgeError
    ├── InvalidInput          what was typed, uploaded or passed cannot be used; it names row and field
    │   ├── InvalidPlan       a plan document with one or more faults
    │   └── InvalidFile       a table of holdings or prices that cannot be read at all
    ├── MissingPrice          no price for a coin that needs one
    ├── InsufficientHistory   fewer common days than an estimate needs
    ├── UnknownContract       no such contract in the catalogue or in the plan
    └── SourceUnavailable     a market source did not answer or holds nothing usable

An error carries its values, and its text names the way out, so that a page or a command can show it as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hedge_core.text import listed


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the holder should know before acting: a stable code for machines, a text for people."""

    code: str
    text: str


class HedgeError(Exception):
    """Base of everything raised on purpose; its text is fit to be shown to the user."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input: where (row and field, if it has them) and what to do about it."""

    message: str
    row: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        place = ", ".join(
            part
            for part in (
                f"row {self.row}" if self.row is not None else "",
                f"field '{self.field}'" if self.field else "",
            )
            if part
        )
        return f"{place}: {self.message}" if place else self.message


class InvalidInput(HedgeError, ValueError):
    """What was typed, uploaded or passed cannot be used; `faults` lists every reason at once."""

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        super().__init__("\n".join([message, *(f"  - {fault}" for fault in self.faults)]))


class InvalidPlan(InvalidInput):
    """A plan document that cannot be used; each fault names its place in the document."""


class InvalidFile(InvalidInput):
    """A table of holdings or prices that cannot be read."""


class RefusedPrice(NamedTuple):
    """A price that is known and not good enough to calculate with: in words, and where it is from and why not."""

    price: str
    why: str


class MissingPrice(HedgeError):
    """No price for one or more coins that need one; all of them are named at once.

    `refused` are those among them whose price is known and not good enough.
    """

    def __init__(
        self, coins: str | Sequence[str], source: str, *, refused: Mapping[str, RefusedPrice] | None = None
    ) -> None:
        self.coins = (coins,) if isinstance(coins, str) else tuple(coins)
        self.source, self.refused = source, dict(refused or {})
        unknown = [coin for coin in self.coins if coin not in self.refused]
        them = "it" if len(self.coins) == 1 else "them"
        sentences = [f"No price for {', '.join(unknown)} in the market source '{source}'."] if unknown else []
        if self.refused:
            sentences.append(f"Not good enough to size with: {self._refused_text()}. Refresh the prices.")
        sentences.append(f"Type a price of your own for {them}, or upload a price history that contains {them}.")
        super().__init__(" ".join(sentences))

    def _refused_text(self) -> str:
        """'A was 2 USD and B 3 USD from X, too old': what is refused for the same reason, together."""
        groups: dict[str, list[str]] = {}
        for coin, (price, why) in self.refused.items():
            group = groups.setdefault(why, [])
            group.append(f"{coin} {price}" if group else f"{coin} was {price}")
        return "; ".join(f"{listed(group)} {why}" for why, group in groups.items())


class InsufficientHistory(HedgeError):
    """Fewer common days of returns than an estimate needs."""

    def __init__(self, coin: str, proxy: str, *, needed: int, found: int) -> None:
        self.coin, self.proxy, self.needed, self.found = coin, proxy, needed, found
        super().__init__(
            f"{coin} has {found} daily returns in common with {proxy}; a beta needs at least {needed}. "
            f"Set a beta for {coin} by hand, or upload a longer price history."
        )


class UnknownContract(HedgeError):
    """No such contract in the catalogue or among the plan's own contracts."""

    def __init__(self, contract_id: str, known: Sequence[str] = (), *, field: str | None = None) -> None:
        self.contract_id, self.known, self.field = contract_id, tuple(known), field
        hint = f" Known here: {', '.join(known)}." if known else ""
        super().__init__(str(Fault(f"There is no contract '{contract_id[:80]}'.{hint}", field=field)))


class SourceUnavailable(HedgeError):
    """A market source did not answer, or holds nothing that can be used."""
