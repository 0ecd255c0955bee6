"""The dry run of an import: what a table of holdings would do to the bag, before it does it.

Rows of the same coin, role and stop-loss are one holding (`bag.Bag` adds them up), so that what was typed twice or
lies at two exchanges is seen here as one line with both row numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hedge_core.documents.holdings_file import HoldingsImport
from hedge_core.plan.bag import Bag, Holding, Role, is_stablecoin, resolve_coin
from hedge_core.words import listed

Kind = tuple[str, Role, float | None]


@dataclass(frozen=True, slots=True)
class ImportedHolding:
    """A holding as it would be taken: its `rows` added up.

    `price` is what the table states (USD a coin), `in_bag` how many coins the bag holds of the same coin in the same
    role and with the same stop-loss, `remarks` what a holder should know before taking it.
    """

    holding: Holding
    rows: tuple[int, ...]
    price: float | None
    in_bag: float
    remarks: tuple[str, ...]

    @property
    def together(self) -> float:
        """Coins in the bag when this is added to it."""
        return self.in_bag + self.holding.quantity


def dry_run(
    table: HoldingsImport, present: Sequence[Holding] = (), *, known: Iterable[str] = ()
) -> tuple[ImportedHolding, ...]:
    """What the table brings, a line for each holding. `known` are the coins that the market source lists."""
    held = {_kind(holding): holding.quantity for holding in Bag(tuple(present)).holdings}
    rows: dict[Kind, list[int]] = {}
    for number, holding in zip(table.rows, table.holdings, strict=True):
        rows.setdefault(_kind(holding), []).append(number)
    other_roles = {(holding.coin, holding.role) for holding in (*present, *table.holdings)}
    names = frozenset(known)
    return tuple(
        ImportedHolding(
            holding=holding,
            rows=tuple(rows[_kind(holding)]),
            price=table.prices.get(holding.coin),
            in_bag=held.get(_kind(holding), 0.0),
            remarks=tuple(_remarks(holding, rows[_kind(holding)], table.prices.get(holding.coin), other_roles, names)),
        )
        for holding in Bag(table.holdings).holdings
    )


def combined(table: HoldingsImport, present: Sequence[Holding]) -> tuple[Holding, ...]:
    """The bag with the table added to it. Raises InvalidInput when it becomes too large."""
    return Bag((*present, *table.holdings)).holdings


def _kind(holding: Holding) -> Kind:
    return holding.coin, holding.role, holding.stop_loss


def _remarks(
    holding: Holding, rows: Sequence[int], price: float | None, roles: set[tuple[str, Role]], known: frozenset[str]
) -> Iterable[str]:
    if len(rows) > 1:
        yield f"rows {listed([str(row) for row in rows])} are added up"
    other: Role = "speculative" if holding.role == "hold" else "hold"
    if (holding.coin, other) in roles:
        yield f"{holding.coin} also stands as {other}: that is kept apart"
    if is_stablecoin(holding.coin):
        yield "stablecoin: kept, never hedged"
    coin = resolve_coin(holding.coin, known)
    if coin.note:
        yield coin.note.rstrip(".")
    if known and price is None and not is_stablecoin(holding.coin) and coin.priced_as not in known:
        yield f"no price for {holding.coin} here: is it the ticker? Else type a price in the column Own price"
