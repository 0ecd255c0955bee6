"""What the catalogue said of each contract in the past, so that a plan from then can be told what has changed.

`contract_history.csv` has a row for each contract and each day on which a fact that changes a number became another
one: its size, its smallest order, its margin, its fees. A row without a coin means that the contract left the
catalogue. `python -m tools.contract_history` adds the rows that are missing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from hedge_core.market.contracts import Contract, MarginTier
from hedge_core.market.instruments import instrument_of
from hedge_core.tables import shipped_rows
from hedge_core.text import exact_percent

Fact = Literal["size", "smallest order", "margin", "fee"]

FIRST_EDITION = date(2026, 11, 26)
"""The last day of the first edition, whose plans do not say when they were made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractFacts:
    """The facts of a contract that change a plan's numbers.

    `lot` is the size of one lot, in coins of `underlying` or in USD (`is_in_usd`). The smallest order is the larger of
    `minimum_lots` lots and `minimum_notional` USD. `margin` is the margin table that is counted, assumed rates
    included. One side costs max(fee_rate × notional, minimum_fee) + fixed_fee for each lot; a `fee_rate` of None is
    assumed.
    """

    underlying: str
    lot: float
    is_in_usd: bool
    minimum_lots: int
    minimum_notional: float
    margin: tuple[MarginTier, ...]
    fee_rate: float | None
    minimum_fee: float
    fixed_fee: float

    @classmethod
    def of(cls, contract: Contract) -> ContractFacts:
        """The facts of a contract as they are now."""
        return cls(
            underlying=contract.underlying,
            lot=float(f"{contract.contract_size * contract.amount_step:.12g}"),
            is_in_usd=contract.size_in_usd,
            minimum_lots=contract.minimum_lots,
            minimum_notional=contract.minimum_notional,
            margin=instrument_of(contract).margin_table(contract),
            fee_rate=contract.taker_fee_rate,
            minimum_fee=contract.minimum_fee,
            fixed_fee=contract.fixed_fee,
        )

    def least_lots(self, price: float) -> int:
        """The smallest order in lots at `price` (USD per coin)."""
        worth = self.lot * (1.0 if self.is_in_usd else price)
        return max(self.minimum_lots, math.ceil(self.minimum_notional / worth - 1e-9))

    @property
    def size_text(self) -> str:
        """The size of one lot: '0.1 ETH'."""
        return f"${self.lot:,.10g} of {self.underlying}" if self.is_in_usd else f"{self.lot:,.10g} {self.underlying}"

    @property
    def order_text(self) -> str:
        """The smallest order: '1 lot', '5 lots and $10'."""
        lots = f"{self.minimum_lots} lot{'s' if self.minimum_lots > 1 else ''}"
        return f"{lots} and ${self.minimum_notional:,.10g}" if self.minimum_notional else lots

    @property
    def margin_text(self) -> str:
        """The margin: '92%', '24.2% to open and 22% to keep', and from which notional more is asked."""
        first = self.margin[0]
        asked, kept = exact_percent(first.initial_rate), exact_percent(first.maintenance_rate)
        rates = asked if asked == kept else f"{asked} to open and {kept} to keep"
        return f"{rates}, more from ${self.margin[1].notional_from:,.0f}" if len(self.margin) > 1 else rates

    @property
    def fee_text(self) -> str:
        """The fee per side: '0.1% and $0.12 per contract', '0.1%, at least $0.15 per contract'."""
        rate = "assumed" if self.fee_rate is None else exact_percent(self.fee_rate)
        fixed = f"${self.fixed_fee:,.2f} per contract" if self.fixed_fee else ""
        if self.minimum_fee:
            rate += f", at least ${self.minimum_fee:,.2f} per contract"
        return fixed if fixed and self.fee_rate == 0.0 else " and ".join(filter(None, (rate, fixed)))


def facts_on(day: date) -> Mapping[str, ContractFacts]:
    """The facts of every contract that the catalogue had on this day, by contract id."""
    known: dict[str, ContractFacts | None] = {}
    for changed_on, contract_id, facts in history():
        if changed_on <= day:
            known[contract_id] = facts
    return MappingProxyType({contract_id: facts for contract_id, facts in known.items() if facts is not None})


@lru_cache(maxsize=1)
def history() -> tuple[tuple[date, str, ContractFacts | None], ...]:
    """Every row of the history, oldest first: the day, the contract's id and its facts, None if it left."""
    return tuple(
        (date.fromisoformat(row["changed_on"]), f"{row['venue']}:{row['code']}", _facts(row))
        for row in shipped_rows("contract_history.csv")
    )


def differences(then: ContractFacts, now: ContractFacts) -> Mapping[Fact, str]:
    """What has changed between two states of a contract, in words."""
    told: Mapping[Fact, tuple[str, str, str]] = {
        "size": ("size of a lot", then.size_text, now.size_text),
        "smallest order": ("smallest order", then.order_text, now.order_text),
        "margin": ("margin of a short", then.margin_text, now.margin_text),
        "fee": ("fee per side", then.fee_text, now.fee_text),
    }
    changed = {fact: f"{words} {new} (was {old})" for fact, (words, old, new) in told.items() if old != new}
    if "margin" not in changed and then.margin != now.margin:
        changed["margin"] = "another margin table"
    return changed


def _facts(row: Mapping[str, str]) -> ContractFacts | None:
    if not row["underlying"]:
        return None
    return ContractFacts(
        underlying=row["underlying"],
        lot=float(row["lot"]),
        is_in_usd=row["is_in_usd"] == "yes",
        minimum_lots=int(row["minimum_lots"]),
        minimum_notional=float(row["minimum_notional"] or 0),
        margin=tuple(MarginTier(*map(float, tier.split("/"))) for tier in row["margin"].split()),
        fee_rate=float(row["fee_rate"]) if row["fee_rate"] else None,
        minimum_fee=float(row["minimum_fee"] or 0),
        fixed_fee=float(row["fixed_fee"] or 0),
    )
