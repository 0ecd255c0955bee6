"""The trades of a table before their fees and sides are final, and the fills that they become."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from hedge_core.documents.fills.sides import SideOrClose
from hedge_core.documents.reader.doubts import Doubts
from hedge_core.market.contracts import Contract
from hedge_core.plan.fills import Fill


class Place(NamedTuple):
    """Time, contract and expiry of a row. `price` is in USD per coin, None if the row has no price."""

    at: datetime
    contract: Contract
    expiry: date | None
    price: float | None


@dataclass(slots=True)
class Trade:
    """A row that is a fill, before its fee and side are final. `fee` is in USD, None if it is not known."""

    row: int
    place: Place
    side: SideOrClose
    lots: int
    price: float
    fee: float | None
    note: str
    amount_step: float
    trade_id: str

    @property
    def content(self) -> tuple[object, ...]:
        """What two rows of one trade have in common."""
        return (self.place, self.side, self.lots, self.price, self.fee, self.trade_id)

    def filled(self, fee_sign: float) -> Fill:
        """The fill; a fee that is not known is 0. Raises InvalidInput."""
        return Fill(
            at=self.place.at,
            contract=self.place.contract.id,
            side="sell" if self.side == "sell" else "buy",
            contracts=self.lots,
            price=self.price,
            fee=0.0 if self.fee is None else fee_sign * self.fee + 0.0,
            expiry=self.place.expiry,
            note=self.note,
            amount_step=self.amount_step,
            trade_id=self.trade_id,
        )


def resolve_closes(trades: Iterable[Trade]) -> Doubts:
    """Give a row that only closes, such as ADL, the side that closes what is open then, and ask if that is right.

    `trades` are in the order of execution. A row that closes nothing keeps its side and is refused.
    """
    doubts = Doubts()
    position: Counter[tuple[str, date | None]] = Counter()
    for trade in sorted(trades, key=lambda trade: trade.place.at):
        key = (trade.place.contract.id, trade.place.expiry)
        if trade.side == "close" and not position[key]:
            why = "says that a position was closed, but not which way, and no position is open in this table"
            doubts.refuse(f"{why}; write sell or buy", trade.row, "side")
            continue
        if trade.side == "close":
            trade.side = "buy" if position[key] < 0 else "sell"
            text = f"The row says only that a position was closed. It is read as {trade.side}. Is that right?"
            doubts.ask(text, trade.row, "side")
        position[key] += -trade.lots if trade.side == "sell" else trade.lots
    return doubts
