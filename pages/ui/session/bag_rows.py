"""The bag as rows of its table: kept as they were typed, faulty ones included, and read into a plan."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import streamlit as st

from hedge_core import HedgePlan, Holding
from hedge_core.documents.reader.typed import TypedNumber, typed_percent, typed_price, typed_quantity
from hedge_core.market.coin_names import coin_by_name, coin_named, nearest_known
from hedge_core.plan.bag import HoldingRows

BAG_COLUMNS = ("coin", "quantity", "role", "stop_loss", "own_price", "note")

NUMBERS = ("quantity", "stop_loss", "own_price")
"""The columns that take a number, in the notation of whoever types it."""


def row(holding: Holding, own_price: float | None) -> dict[str, Any]:
    """A holding as a row of the table; the stop-loss in percent."""
    return {
        "coin": holding.coin,
        "quantity": holding.quantity,
        "role": holding.role,
        "stop_loss": None if holding.stop_loss is None else float(f"{holding.stop_loss * 100:.15g}"),
        "own_price": own_price,
        "note": holding.note,
    }


def rows() -> list[dict[str, Any]]:
    """The bag as it stands in the table, faulty rows included."""
    if "bag_rows" not in st.session_state:
        put_rows([])
    typed: list[dict[str, Any]] = st.session_state.bag_rows
    return typed


def put_rows(new: list[dict[str, Any]]) -> None:
    """Show these rows in the table, as a fresh table."""
    st.session_state.bag_rows = new
    st.session_state.bag_version = st.session_state.get("bag_version", 0) + 1


def numbers_of(cells: dict[str, Any]) -> dict[str, TypedNumber]:
    """The numbers of a row by the name of their column, read from the text that was typed; percent as percent."""
    coin = coin_typed(str(cells.get("coin") or ""))
    return {
        "quantity": _number(cells.get("quantity"), lambda text: typed_quantity(text, coin)),
        "stop_loss": _number(cells.get("stop_loss"), typed_percent),
        "own_price": _number(cells.get("own_price"), typed_price),
    }


def _number(cell: object, read: Callable[[str], TypedNumber]) -> TypedNumber:
    if isinstance(cell, str):
        return read(cell)
    return TypedNumber(cell if isinstance(cell, int | float) and cell == cell else None)


def remarks(typed: list[dict[str, Any]], known: Collection[str] = ()) -> list[str]:
    """What could be read otherwise in what was typed, with the row; `known` are the coins that the market has."""
    found = []
    for number, cells in enumerate(typed, start=1):
        found += [(number, one.remark) for one in numbers_of(cells).values()]
        text = str(cells.get("coin") or "")
        coin = coin_named(text, known)
        if text and coin.coin and not coin.is_known and (near := nearest_known(text, known)):
            found.append((number, f"'{text[:24]}' is not a coin that we know. Did you mean {near}?"))
    return [f"row {number}: {remark}" for number, remark in found if remark]


def coin_typed(text: str) -> str:
    """The ticker of a coin that was typed by its full name, such as Bitcoin; any other text as it is."""
    named = coin_named(text)
    return named.coin if coin_by_name(text) and named.is_known and not named.question else text


def good_rows(typed: list[dict[str, Any]], current: HedgePlan) -> list[int]:
    """The places of the rows that are in the plan, in the order of its holdings."""
    return [place for place, cells in enumerate(typed) if read_rows([cells], current)[1].holdings]


def read_rows(typed: list[dict[str, Any]], current: HedgePlan) -> tuple[HedgePlan, HoldingRows]:
    """The plan with the good rows as its bag, and what was read, faults included (row 1 is the first)."""
    read = HoldingRows()
    own_prices: dict[str, float] = {}
    for number, cells in enumerate(typed, start=1):
        if not any(cells.get(name) not in (None, "") for name in ("coin", "quantity")):
            continue
        numbers = numbers_of(cells)
        refused = {name: one.fault for name, one in numbers.items() if one.fault}
        for name, fault in refused.items():
            read.refuse(number, name, fault)
        if refused:
            continue
        stop = numbers["stop_loss"].value
        values = {
            **cells,
            "coin": coin_typed(str(cells.get("coin") or "")),
            "quantity": numbers["quantity"].value,
            "stop_loss": None if stop is None else stop / 100,
        }
        holding = read.add(number, values)
        price = read.own_price(number, numbers["own_price"].value)
        if holding is not None and price is not None:
            own_prices[holding.coin] = price
    in_bag = {holding.coin for holding in read.holdings} | {h.coin for h in current.holdings}
    kept = {coin: price for coin, price in current.overrides.prices.items() if coin not in in_bag}
    updated = current.with_overrides(prices={**kept, **own_prices})
    is_example = current.is_example and tuple(read.holdings) == current.holdings
    return replace(updated, holdings=tuple(read.holdings), is_example=is_example), read
