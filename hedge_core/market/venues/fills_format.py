"""How a venue writes its exports of fills and funding, as far as that differs from other venues."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ExportLayout:
    """One kind of table that a venue exports.

    `columns` identify the table: column names in lower case, all of which it has. `fields` says which column holds a
    field (see `hedge_core/data/fill_titles.csv`) if its name means something else in other tables.
    """

    columns: frozenset[str]
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FillsFormat:
    """The tables that a venue exports, and habits of its rows.

    `is_cash_row` recognises, from the cells of a row by field, the second row of a trade, which holds its fee; None if
    a trade takes one row. `has_signed_quantities`: a negative quantity is a sale, and there is no column for the side.
    `has_short_years`: times may be written as 26-01-31 for 2026-01-31. `counts_underlying`: quantities are in dollars
    or coins of the underlying, not in contracts. `side_names_position`: `sell short` closes a short. `dated_code` is a
    regular expression for the venue's code of one expiry, with the groups code, day (2 digits), month (3 letters) and
    year (2 digits); '' if it has no such codes.
    """

    layouts: tuple[ExportLayout, ...] = ()
    is_cash_row: Callable[[Mapping[str, str]], bool] | None = None
    has_signed_quantities: bool = False
    has_short_years: bool = False
    counts_underlying: bool = False
    side_names_position: bool = False
    dated_code: str = ""
