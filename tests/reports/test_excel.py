"""The workbook, read back by another library: numbers are the assessment's, text is text, nothing runs or links."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from openpyxl.cell.cell import Cell

from hedge_core import Holding, assess, load_plan
from hedge_core.plan.plan import HedgePlan, Overrides, new_costs
from hedge_core.plan.stages import Stages
from hedge_core.reports.excel import workbook
from hedge_core.reports.orders import order_ticket
from hedge_core.scenarios.run import MOVES
from hedge_core.text import PRACTICE, spreadsheet_safe
from tests.support.markets import make_market
from tests.support.strategies import custom_contracts, tradable_plans

TITLES = ["Orders", "Scenarios", "Bag", "Hedge"]


def sheets_of(content: bytes) -> dict[str, list[tuple[object, ...]]]:
    """The rows below the titles of each sheet, as another library reads them."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def cells_of(content: bytes) -> list[Cell]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]


def test_the_worked_example_in_numbers(examples):
    assessment = assess(load_plan(examples / "novacoin.json"), make_market())

    sheets = sheets_of(workbook(assessment))

    assert list(sheets) == TITLES
    assert sheets["Orders"][-1] == (
        "Sell short",
        63,
        "MICRO-ETH",
        "My contracts",
        "0.1 ETH",
        2000,
        12600,
        "",
        "Open the hedge",
    )
    fall = next(row for row in sheets["Scenarios"] if row[0] == -0.1)
    assert fall[2] == pytest.approx(1260.0)  # 63 x 0.1 ETH x $200
    assert sheets["Hedge"][-1][3:8] == (200, 63, 63, 12600, 12600)
    assert sheets["Bag"][-1][:3] == ("NOVA", 10_000, 1)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(tradable_plans())
def test_every_number_is_the_assessments(plan):
    assessment = assess(plan, make_market())

    sheets = sheets_of(workbook(assessment))

    top = next(number for number, row in enumerate(sheets["Bag"]) if row[0] == "Coin") + 1
    orders = [row for row in sheets["Orders"][top:] if row[0] == "Sell short"]
    assert [(row[1], row[6]) for row in orders] == [
        (pytest.approx(order.quantity), pytest.approx(order.notional)) for order in order_ticket(assessment)
    ]
    assert [row[0] for row in sheets["Scenarios"][top:]] == list(MOVES)
    assert sum(row[4] for row in sheets["Bag"][top:]) == pytest.approx(assessment.bag_value)
    assert [row[7] for row in sheets["Hedge"][top:]] == [pytest.approx(leg.notional) for leg in assessment.legs]


@pytest.mark.parametrize("simulated", [True, False])
def test_on_simulated_prices_every_sheet_is_headed_practice(examples, simulated):
    sheets = sheets_of(workbook(assess(load_plan(examples / "novacoin.json"), make_market(simulated=simulated))))

    assert [rows[0][0] == PRACTICE for rows in sheets.values()] == [simulated] * len(TITLES)


@pytest.mark.parametrize(
    "words",
    ["=cmd|' /C calc'!A0", '=HYPERLINK("http://evil.example")', "+1", "@SUM(A1)", "http://evil.example", "{=1}", "a\rb",
     "<script>", "]]>", "\x00\x01", "_x0041_", "W" * 500],
)  # fmt: skip
def test_what_a_user_wrote_is_text_and_no_formula_no_link_and_no_markup(words):
    plan = HedgePlan(name=words[:120], holdings=(Holding(coin="ETH", quantity=10, note=words),), notes=words)

    content = workbook(assess(plan, make_market()))

    assert all(cell.data_type in {"s", "n"} and cell.hyperlink is None for cell in cells_of(content))
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert not any("external" in name.lower() or "vba" in name.lower() for name in parts.namelist())
        assert not any(b"<f>" in parts.read(name) or b"hyperlink" in parts.read(name) for name in parts.namelist())
    if spreadsheet_safe(words):
        assert sheets_of(content)["Bag"][-1][9] == spreadsheet_safe(words)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.characters(codec="utf-8"), max_size=500), st.lists(custom_contracts(), max_size=2))
def test_any_note_and_any_contract_make_a_workbook_that_opens(note, contracts):
    plan = HedgePlan(
        holdings=(Holding(coin="ETH", quantity=10, note=note),),
        overrides=Overrides(contracts=tuple({one.code: one for one in contracts}.values())),
    )

    assert all(cell.data_type in {"s", "n"} for cell in cells_of(workbook(assess(plan, make_market()))))


def test_the_same_assessment_gives_the_same_bytes_and_an_empty_bag_a_workbook():
    empty = assess(HedgePlan(), make_market())

    assert workbook(empty) == workbook(replace(empty))
    assert list(sheets_of(workbook(empty))) == TITLES


def test_a_ticket_that_is_refused_is_not_an_empty_sheet(examples):
    """More than a quarter of what trades per day is refused, and the sheet says why, and which counts would pass."""
    holdings = (Holding(coin="LINK", quantity=200_000.0), Holding(coin="ETH", quantity=100.0))
    assessment = assess(HedgePlan(holdings=holdings, overrides=Overrides(costs=new_costs(0.0))), make_market())

    rows = [row for row in sheets_of(workbook(assessment))["Orders"] if row[-1] == "Open the hedge"]

    assert order_ticket(assessment) == ()
    assert rows[0][0].startswith("Too large: ")
    assert rows[1][0].startswith("These counts would pass: ")


def test_a_hedge_opened_in_stages_has_the_orders_of_each(examples):
    plan = load_plan(examples / "novacoin.json").with_decisions(stages=Stages(parts=3))

    rows = [row for row in sheets_of(workbook(assess(plan, make_market())))["Orders"] if row[0] == "Sell short"]

    assert [(row[1], row[8][:12]) for row in rows] == [(21, "Stage 1 of 3"), (21, "Stage 2 of 3"), (21, "Stage 3 of 3")]
