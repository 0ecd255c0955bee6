"""Note in the history of contracts what has changed in the catalogue: python -m tools.contract_history

A plan that was saved before is then told. Rows of today are written again, so the command may be run after every edit.
Raise `EDITION` in hedge_core/plan/plan.py to the day of the newest row.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

from hedge_core.market.contract_history import ContractFacts, facts_on, history
from hedge_core.market.contracts import catalogue

FILE = Path(__file__).parents[1] / "hedge_core" / "data" / "contract_history.csv"
COLUMNS = (
    "changed_on", "venue", "code", "underlying", "lot", "is_in_usd", "minimum_lots", "minimum_notional", "margin",
    "fee_rate", "minimum_fee", "fixed_fee",
)  # fmt: skip

Rows = list[tuple[date, str, ContractFacts | None]]


def missing(today: date) -> Rows:
    """The rows that the history lacks, dated `today`: contracts that are new, changed or gone since the day before."""
    before = facts_on(date.fromordinal(today.toordinal() - 1))
    now = {contract.id: ContractFacts.of(contract) for contract in catalogue()}
    changed: Rows = [(today, name, facts) for name, facts in now.items() if before.get(name) != facts]
    return [*changed, *((today, name, None) for name in before if name not in now)]


def document(rows: Rows) -> str:
    """The history as a CSV file."""
    out = StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(_row, rows))
    return out.getvalue()


def _row(row: tuple[date, str, ContractFacts | None]) -> Mapping[str, object]:
    changed_on, contract_id, facts = row
    venue, _, code = contract_id.partition(":")
    return {"changed_on": changed_on, "venue": venue, "code": code} | (dict(_cells(facts)) if facts else {})


def _cells(facts: ContractFacts) -> Iterator[tuple[str, str]]:
    yield "underlying", facts.underlying
    yield "lot", f"{facts.lot:.12g}"
    yield "is_in_usd", "yes" if facts.is_in_usd else ""
    yield "minimum_lots", str(facts.minimum_lots)
    yield "minimum_notional", f"{facts.minimum_notional:.12g}" if facts.minimum_notional else ""
    tiers = ((tier.notional_from, tier.initial_rate, tier.maintenance_rate) for tier in facts.margin)
    yield "margin", " ".join("/".join(f"{value!r}".removesuffix(".0") for value in tier) for tier in tiers)
    yield "fee_rate", "" if facts.fee_rate is None else f"{facts.fee_rate:.12g}"
    yield "minimum_fee", f"{facts.minimum_fee:.12g}" if facts.minimum_fee else ""
    yield "fixed_fee", f"{facts.fixed_fee:.12g}" if facts.fixed_fee else ""


def main() -> int:
    """Write the file again with the rows of today; returns the exit code."""
    today = datetime.now(UTC).date()
    added = missing(today)
    FILE.write_text(document([*(row for row in history() if row[0] < today), *added]), encoding="utf-8")
    print(f"{len(added)} rows of {today}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
