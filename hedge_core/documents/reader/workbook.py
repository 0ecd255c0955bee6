"""The lines of an Excel workbook (.xlsx), read within bounds.

A workbook is a ZIP archive of XML, so a small file can unfold to gigabytes. The sizes in its directory are checked
first, and rows are read one at a time. Cells are typed: a number is exact, and its format says whether it is money or
a percentage.
"""

from __future__ import annotations

import html
import io
import re
import zipfile
from datetime import date, datetime
from typing import Any

from hedge_core.documents.reader.bounds import Bounds
from hedge_core.documents.reader.doubts import Doubt
from hedge_core.documents.reader.encoding import check_order
from hedge_core.documents.reader.json_file import exact
from hedge_core.documents.reader.lines import Line
from hedge_core.errors import InvalidFile

MOST_UNFOLDED = 8_000_000
"""Bytes of XML in a workbook, of all sheets together."""

_SHEET = re.compile(r"<sheet\b[^>]*>")
_HIDDEN_ROW = re.compile(rb'<row\b[^>]*\bhidden="(?:1|true)"')
_MONEY = re.compile(r'\[\$([^\]-]*)[^\]]*\]|"([^"]+)"|([$€£¥])')


def is_workbook(content: bytes | str) -> bool:
    """Whether the content is an Excel workbook by its first bytes and its directory."""
    if not isinstance(content, bytes) or not content.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return any(name.startswith("xl/") for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError):
        return False


def workbook_lines(content: bytes, bounds: Bounds, *, what: str) -> list[tuple[str, tuple[Line, ...]]]:
    """The sheets that have cells, each with its name and lines. Raises InvalidFile if they cannot be read."""
    import openpyxl

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        unfolded = sum(entry.file_size for entry in archive.infolist())
    if unfolded > MOST_UNFOLDED:
        raise InvalidFile(
            f"The {what} unfolds to {unfolded // 1_000_000:,} MB; at most {MOST_UNFOLDED // 1_000_000} MB can be read. "
            "Save the one sheet with your holdings as CSV."
        )
    sheets = []
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            if sheet.sheet_state == "visible" and (lines := _lines(sheet, bounds, what)):
                sheets.append((str(sheet.title), lines))
        book.close()
    except InvalidFile:
        raise
    except Exception as error:  # noqa: BLE001  a damaged workbook raises whatever its XML runs into
        why = f"The {what} cannot be read as an Excel workbook ({type(error).__name__}). Save it as CSV and try again."
        raise InvalidFile(why) from None
    if not sheets:
        raise InvalidFile(f"The {what} has no visible sheet with cells.")
    return sheets


def hidden_doubts(content: bytes) -> tuple[Doubt, ...]:
    """A note that names hidden sheets, which are not read, and a question about hidden rows, which are.

    The content is a workbook that `workbook_lines` has read, so that its size is bounded.
    """
    doubts = []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        listed_sheets = archive.read("xl/workbook.xml").decode("utf-8", "replace") if "xl/workbook.xml" in names else ""
        tags = [tag for tag in _SHEET.findall(listed_sheets) if re.search(r'\bstate="(?:very)?hidden"', tag, re.I)]
        sheets = [html.unescape(match[1]) for tag in tags if (match := re.search(r'\bname="([^"]*)"', tag))]
        rows = sum(len(_HIDDEN_ROW.findall(archive.read(n))) for n in names if n.startswith("xl/worksheets/"))
    if sheets:
        doubts.append(Doubt("note", f"Hidden sheets are not read: {', '.join(sheets)[:80]}"))
    if rows:
        doubts.append(Doubt("ask", f"Hidden rows are counted too ({rows:,} in this workbook). Is that right?"))
    return tuple(doubts)


def _lines(sheet: Any, bounds: Bounds, what: str) -> tuple[Line, ...]:
    lines = []
    widest = 0
    rows = sheet.iter_rows(max_row=bounds.rows + 2, max_col=bounds.columns + 1)
    for number, row in enumerate(rows, start=1):
        cells = tuple(_text(cell) for cell in row)
        for text in cells:
            check_order(text, what=what, row=number)
        if any(cells):
            widest = max(widest, max(n for n, text in enumerate(cells, start=1) if text))
            lines.append(Line(number, cells[: bounds.columns + 1]))
        bounds.check_shape(number - 1, widest, what=what)
    return tuple(Line(line.row, line.cells[:widest]) for line in lines)


def _text(cell: Any) -> str:
    """Return a cell as text: money with its currency, percentages with %, dates in ISO form."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        form = str(cell.number_format or "")
        if "%" in form:
            return f"{exact(float(value) * 100)}%"
        match = _MONEY.search(form)
        mark = next((group for group in match.groups() if group), "").strip() if match else ""
        return f"{mark} {exact(float(value))}".strip() if mark and not mark.isdigit() else exact(float(value))
    if isinstance(value, datetime | date):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    return " ".join(str(value).split())[:500]
