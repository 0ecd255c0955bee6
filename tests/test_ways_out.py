"""Hostile text on its way out: terminal, HTML report, CSV, Excel, calendar, notification. It stays text in each."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given, strategies as st
from icalendar import Calendar
from openpyxl import load_workbook

from hedge_core import HedgeAssessment, SampleSource, assess
from hedge_core.cli.main import main
from hedge_core.documents.calendar_file import calendar_to_ics
from hedge_core.documents.fills.file import fills_csv
from hedge_core.documents.holdings_file import holdings_csv
from hedge_core.documents.plan_file import plan_from_json, plan_to_json, save_plan
from hedge_core.monitoring.notify import Message
from hedge_core.plan.calendar import CalendarEvent
from hedge_core.plan.fills import Fill
from hedge_core.reports.excel import workbook
from hedge_core.reports.html.page import report_html
from hedge_core.reports.orders import order_ticket_csv
from hedge_core.reports.scenarios_csv import scenario_table_csv
from hedge_core.tables import marked_as_text, without_text_mark
from tests.support.hostile import HOSTILE, hostile_plan

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Everything with which a text can steer a terminal, except the line break."""

COMMANDS = {
    "propose": ["propose"],
    "propose, JSON": ["propose", "--json"],
    "scenario": ["scenario", "--move=-0.2"],
    "monitor": ["monitor", "--now", "2026-11-01T00:00Z"],
    "monitor, JSON": ["monitor", "--now", "2026-11-01T00:00Z", "--json"],
    "share": ["share"],
    "explain": ["explain"],
    "ticket": ["ticket"],
    "rules": ["rules"],
    "tax": ["tax"],
}


@pytest.fixture(scope="module")
def assessment() -> HedgeAssessment:
    return assess(hostile_plan(), SampleSource().snapshot())


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_sends_a_control_character_to_the_terminal(command, tmp_path, capsys):
    path = tmp_path / "plan.json"
    save_plan(hostile_plan(), path)
    name, *options = COMMANDS[command]

    assert main([name, str(path), *options]) in (0, 3, 4)

    out = capsys.readouterr()
    assert "evil.example" in out.out or command == "share"
    assert CONTROL.findall(out.out + out.err) == []


def test_an_opened_link_prints_the_same_plan_without_control_characters(tmp_path, capsys):
    path = tmp_path / "plan.json"
    save_plan(hostile_plan(), path)
    main(["share", str(path), "--no-pin"])
    link = capsys.readouterr().out.splitlines()[-1]

    assert main(["open", link]) == 0

    printed = capsys.readouterr().out
    assert CONTROL.findall(printed) == []
    assert plan_from_json(printed) == plan_from_json(plan_to_json(hostile_plan()))


@pytest.mark.parametrize("typed", ["\x1b]0;owned\x07", "\x9b31m", "\u202eexe", "\x7f\x08"])
def test_an_error_that_quotes_what_was_typed_does_not_steer_the_terminal(typed, capsys):
    assert main(["propose", f"missing{typed}.json"]) == 2
    assert main(["contracts", "--venue", typed]) == 2
    assert main(["no-such-command" + typed]) == 2

    errors = capsys.readouterr().err
    assert errors.count("error: ") == 3
    assert CONTROL.findall(errors) == []


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.loads: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = [(name, value or "") for name, value in attrs if name in ("src", "href", "style") or name[:2] == "on"]
        self.loads += [(tag, f"{name}={value}") for name, value in found if "evil" in value or tag == "img"]


def test_the_report_shows_the_text_and_loads_nothing(assessment):
    html = report_html(assessment, made_at=datetime(2026, 11, 1, tzinfo=UTC))
    tags = _Tags()
    tags.feed(html)

    shown = html.partition("hedge-plan")[0]
    assert "![i](http://evil.example/) &lt;img src=x&gt;" in html
    assert tags.loads == []
    assert "\x1b" not in shown
    assert "\u202e" not in shown


STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff\u00a0\u3000 "


@pytest.mark.parametrize(
    "formula",
    ["=1+1", "+1+1", "@SUM(1)", "＝1+1", "a;=1+1", "=1;=2", "a;;@SUM(1)", "\t=1+1", "\r=1+1", "a\n=1", "a\r\n=1;\t=2",
     "a\t=1", "\ufeff=1", "\u200b\u00ad＝1", "a;\u200b=1", "\u3000=1", "';=1", "'=1", ";'=1"],
)  # fmt: skip
def test_no_cell_of_a_csv_file_is_a_formula_whatever_separates_cells(assessment, formula):
    plan = hostile_plan()
    fill = Fill(at=plan.execution.fills[0].at, contract=formula, side="sell", contracts=1, price=1.0, note=formula)
    holdings = tuple(h.__class__(coin=h.coin, quantity=h.quantity, note=formula) for h in plan.holdings)
    market = assessment.market.__class__(
        **{f: getattr(assessment.market, f) for f in assessment.market.__dataclass_fields__ if f != "source"},
        source=f"csv:x{formula}",
    )
    other = assess(plan, market)
    files = [order_ticket_csv(other), scenario_table_csv(other), holdings_csv(holdings, {}), fills_csv((fill,))]

    for separator in ",;\t":
        for content in files:
            for row in csv.reader(io.StringIO(content, newline=""), delimiter=separator):
                for cell in (part.lstrip(INVISIBLE) for whole in row for part in whole.splitlines()):
                    assert not cell.startswith(STARTS) or re.fullmatch(r"[-+]?[\d.]+(e-?\d+)?(,.*)?", cell), (cell, row)


@given(st.text(alphabet="=+-@'; \ta\n\ufeff1", max_size=12))
def test_what_was_quoted_for_a_spreadsheet_is_read_as_it_was_written(text: str) -> None:
    assert without_text_mark(marked_as_text(text)) == text


def test_the_workbook_has_no_formula_and_no_link(assessment):
    book = load_workbook(io.BytesIO(workbook(assessment)))

    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert any("evil" in str(cell.value) for cell in cells)
    assert [cell.value for cell in cells if cell.data_type == "f" or cell.hyperlink] == []


@pytest.mark.parametrize(
    "title", [HOSTILE[:120], "a\r\nBEGIN:VALARM\r\nEND:VALARM", "x;y,z\\n", "a\u2028ATTACH:http://evil"]
)
def test_a_title_cannot_add_a_line_to_a_calendar(title):
    event = CalendarEvent(day=date(2026, 2, 1), title=title, note=title)
    read = Calendar.from_ical(calendar_to_ics([event], stamp=datetime(2026, 1, 1, tzinfo=UTC), name=title))

    (only,) = read.walk("VEVENT")
    assert str(only["SUMMARY"]) == event.title
    assert "ATTACH" not in only
    assert only.subcomponents == []


@pytest.mark.parametrize(
    "text",
    [
        "http://evil.example",
        "https://evil.example",
        "www.evil.example",
        "@everyone",
        "<!channel>",
        "<@U1>",
        "a@b.example",
    ],
)
def test_a_notification_holds_no_link_and_no_mention(text):
    message = Message(f"CRITICAL ({text})", f"See {text}.\nNext line", "critical")

    assert text not in message.title
    assert text not in message.body
    assert message.title.replace("\u2060", "") == f"CRITICAL ({text})"
    assert message.body.replace("\u2060", "") == f"See {text}.\nNext line"


def test_json_for_people_and_for_programs_is_the_same():
    document = json.dumps({"name": HOSTILE + "\x9b\U000e0001é"}, ensure_ascii=False)
    from hedge_core.text import json_for_terminal

    printed = json_for_terminal(document)

    assert json.loads(printed) == json.loads(document)
    assert CONTROL.findall(printed) == []
    assert "é" in printed
