"""The errors that this package raises on purpose (`HedgeError` draws the tree), and notices for the user.

An error keeps its values as attributes. Its text says how to fix the problem, so a page or a command can show it
unchanged. Any other exception is a bug.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal, NamedTuple

from hedge_core.text import listed

Severity = Literal["note", "warning"]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the user should know before acting: a stable `code` for programs and a `text` for people.

    A `warning` can make the hedge wrong or impossible as it stands, so it is shown first and never folded away; a
    `note` says what the numbers rest on.
    """

    code: str
    text: str
    severity: Severity = "note"


class HedgeError(Exception):
    """Base of every error that this package raises on purpose; its text can be shown to the user.

    HedgeError
    ├── InvalidInput          a value, file or argument cannot be used; each fault names its row and field
    │   ├── InvalidPlan       a plan, or a link or pin that carries one, cannot be used
    │   └── InvalidFile       a file (prices, holdings, fills, calendar) cannot be used
    ├── MissingPrice          a coin that needs a price has none that can be used
    ├── InsufficientHistory   too few days with returns of both coins for a beta
    ├── UnknownContract       a contract is neither in the catalogue nor defined in the plan
    ├── MissingPackage        a part of the program needs a package that is not installed
    └── SourceUnavailable     a market source did not answer or has no usable data
        ├── ExchangeFault     one exchange failed (market.live.faults)
        └── NotCached         the answer is not in the cache, and fetching was not allowed (market.live.cache)
    """


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault in an input: what is wrong, how to fix it, and its row and field if it has them."""

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
    """A value, file or argument that cannot be used; `faults` lists everything that is wrong with it."""

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        super().__init__("\n".join([message, *(f"  - {fault}" for fault in self.faults)]))


class InvalidPlan(InvalidInput):
    """A plan, or a link or pin that carries one, that cannot be used; each fault names the field in the document."""


class InvalidFile(InvalidInput):
    """A prices, holdings, fills or calendar file cannot be used.

    `faults` gives the row and field of each fault; it is empty if the whole file is unusable, for example unreadable.
    """


class RefusedPrice(NamedTuple):
    """A known price that must not be used, as text: the `price`, and its source, time and the reason (`why`)."""

    price: str
    why: str


class MissingPrice(HedgeError):
    """One or more coins that need a price have none that can be used; the text names them all.

    `coins` are their symbols and `source` is the market source that was used. `refused` holds those of them whose
    price is known but must not be used, for example because it is too old.
    """

    def __init__(
        self, coins: str | Sequence[str], source: str, *, refused: Mapping[str, RefusedPrice] | None = None
    ) -> None:
        self.coins = (coins,) if isinstance(coins, str) else tuple(coins)
        self.source, self.refused = source, dict(refused or {})
        unknown = [coin for coin in self.coins if coin not in self.refused]
        them = "it" if len(self.coins) == 1 else "them"
        sentences = [f"No price for {listed(unknown)} in the market source '{source}'."] if unknown else []
        if self.refused:
            sentences.append(f"Prices that cannot be used: {self._refused_text()}.")
        first = "Refresh the prices, enter" if self.refused else "Enter"
        sentences.append(f"{first} your own price for {them}, or upload a price history that includes {them}.")
        super().__init__(" ".join(sentences))

    def _refused_text(self) -> str:
        """The refused prices, grouped by reason: 'A was 2 USD and B 3 USD from X, too old'."""
        groups: dict[str, list[str]] = {}
        for coin, (price, why) in self.refused.items():
            group = groups.setdefault(why, [])
            group.append(f"{coin} {price}" if group else f"{coin} was {price}")
        return "; ".join(f"{listed(group)} {why}" for why, group in groups.items())


class InsufficientHistory(HedgeError):
    """`coin` and `proxy` have too few daily returns in common for a beta: `found` instead of at least `needed`."""

    def __init__(self, coin: str, proxy: str, *, needed: int, found: int) -> None:
        self.coin, self.proxy, self.needed, self.found = coin, proxy, needed, found
        super().__init__(
            f"{coin} has {found} daily returns in common with {proxy}; a beta needs at least {needed}. "
            f"Set a beta for {coin} by hand, or upload a longer price history."
        )


class UnknownContract(HedgeError):
    """No contract has the id `contract_id`, neither in the catalogue nor among the plan's own contracts.

    `known` are ids to suggest, and `field` is the field of the plan that names the contract, if there is one.
    """

    def __init__(self, contract_id: str, known: Sequence[str] = (), *, field: str | None = None) -> None:
        self.contract_id, self.known, self.field = contract_id, tuple(known), field
        hint = f" Known contracts: {', '.join(known)}." if known else ""
        super().__init__(str(Fault(f"There is no contract '{contract_id[:80]}'.{hint}", field=field)))


class MissingPackage(HedgeError):
    """`part` of the program needs `package`, which is not installed; `extra` is the extra that installs it."""

    def __init__(self, part: str, package: str, extra: str) -> None:
        self.part, self.package, self.extra = part, package, extra
        super().__init__(
            f"{part} needs the package {package}, which is not installed. "
            f"Install it with: pip install 'altcoin-hedge-planner[{extra}]'"
        )


class SourceUnavailable(HedgeError):
    """A market source did not answer or has no usable data."""


def check_installed(part: str, package: str, extra: str) -> None:
    """Raise MissingPackage unless `package` can be imported; nothing is imported."""
    try:
        is_installed = find_spec(package) is not None
    except ValueError:  # a test has blocked it
        is_installed = False
    if not is_installed:
        raise MissingPackage(part, package, extra)
