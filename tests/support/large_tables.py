"""Tables that are made to take memory or time: small when they come in, huge once they are read carelessly."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping

SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)


def _workbook(sheet: str, strings: str = "") -> bytes:
    """A workbook of one sheet with the XML given."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType='
        f'"application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{types}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{types}.worksheet+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{types}.sharedStrings+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type='
        f'"{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="Bag" sheetId="1" '
        'r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type='
        f'"{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": SHEET.format(sheet),
        "xl/sharedStrings.xml": strings or f'<sst xmlns="{main}"/>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


def _cell(at: str, value: int) -> str:
    return f'<c r="{at}"><v>{value}</v></c>'


def _rows(count: int) -> str:
    return "".join(f'<row r="{n}">{_cell(f"A{n}", n)}</row>' for n in range(1, count + 1))


LINE = b"SOL,1\n"
STRINGS = "<si><t>a</t></si>"
LARGE_TABLES: Mapping[str, Callable[[], bytes]] = {
    "few lines, many columns": lambda: b"coin,quantity," + b"," * 25_000 + b"\n" + LINE * 5_500,
    "many lines": lambda: LINE * 830_000,
    "many pasted lines": lambda: b"SOL 1\n" * 830_000,
    "one endless line": lambda: b"SOL,1," * 800_000,
    "one endless line of pairs": lambda: b"SOL 1 " * 800_000,
    "one endless cell": lambda: b'coin,quantity\nSOL,"' + b"1" * 4_000_000 + b'"\n',
    "a quote that never ends": lambda: b'coin,quantity\n"' + b"SOL,1\n" * 500_000,
    "lines of separators": lambda: b"coin,quantity\n" + (b"," * 199 + b"\n") * 4_900,
    "empty lines": lambda: b"coin,quantity\n" + b"\n" * 4_900_000,
    "lines ended by returns": lambda: b"SOL,1\r" * 800_000,
    "JSON nested deeply": lambda: b"[" * 200_000 + b"]" * 200_000,
    "JSON of many objects": lambda: json.dumps([{"coin": "SOL", "quantity": 1}] * 100_000).encode(),
    "JSON with many keys": lambda: json.dumps([{f"k{n}": n for n in range(50_000)}]).encode(),
    "a workbook that unfolds": lambda: _workbook("<!--" + " " * 200_000_000 + "-->"),
    "a workbook of many rows": lambda: _workbook(_rows(200_000)),
    "a workbook with a cell far away": lambda: _workbook(
        f'<row r="1">{_cell("A1", 1)}{_cell("XFD1", 2)}</row><row r="1048576">{_cell("XFD1048576", 3)}</row>'
    ),
    "a workbook of many texts": lambda: _workbook(
        _rows(10), f"<sst>{STRINGS * 700_000}</sst>"
    ),  # 13 MB of XML in 30 KB
    "numbers as long as cells": lambda: b"coin,quantity\n" + (b"SOL," + b"1,234" * 700 + b"\n") * 900,
}
"""Each table under its name, made when it is asked for."""
