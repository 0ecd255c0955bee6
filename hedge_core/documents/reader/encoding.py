"""The text in the bytes of a file, whatever program wrote it."""

from __future__ import annotations

import codecs
import re

from hedge_core.errors import InvalidFile

_BY_MARK = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_OTHER_FORMATS = (
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file (.xls)"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\x1f\x8b", "a compressed file"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"{\\rtf", "a word processor's file"),
)
_SAMPLE = 4_000
_INVISIBLE = dict.fromkeys(
    map(ord, "\u00ad\u200b\u200c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")
)
"""Characters that nobody sees, but that keep 12 from being a number and SOL from being a ticker."""

_REORDERS = re.compile("\u202e|(?<=\\d)[\u061c\u200e\u200f\u202a-\u202d\u2066-\u2069]+(?=\\d)")
"""Marks that show 1234 as 1243 or as 3412: one that turns all text round, and any mark of direction between digits."""


def decode(content: bytes | str, *, what: str) -> str:
    """The text: UTF-8, UTF-16 or UTF-32 with or without a byte order mark, or else Windows-1252.

    Raises InvalidFile if the content is empty, is not text (the message names the format if it is a known one), or
    holds a mark that shows its digits in another order.
    """
    if isinstance(content, bytes):
        for mark, name in _OTHER_FORMATS:
            if content.startswith(mark):
                raise InvalidFile(
                    f"The {what} is {name}, not a text file. Save the table as CSV or .xlsx and try again."
                )
        text = _decoded(content)
    else:
        text = content
    if not text.isascii():
        check_order(text, what=what)
        text = text.translate(_INVISIBLE)
    if any(ord(mark) < 32 and mark not in "\t\r\n\x0b\x0c\x85" for mark in text[:10_000]) or "\x00" in text:
        raise InvalidFile(f"The {what} is not a text file. Save the table as CSV and try again.")
    if not text.strip():
        raise InvalidFile(f"The {what} is empty.")
    start = text.lstrip()[:500].lower()
    if start.startswith(("<!doctype", "<html", "<?xml", "<table")):
        raise InvalidFile(f"The {what} is a web page or XML, not a table. Export it as CSV, or copy the rows as text.")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text and not _quotes_a_return(text) else text


def check_order(text: str, *, what: str, row: int = 1) -> None:
    """Raise InvalidFile if a mark in the text shows digits in another order than they are written.

    Somebody who looks at the table would then see another quantity than the one that is read. `row` is that of the
    first line of the text.
    """
    found = _REORDERS.search(text)
    if found is not None:
        row += text.count("\n", 0, found.start())
        raise InvalidFile(
            f"The {what} has an invisible mark in row {row} (U+{ord(found[0][0]):04X}) that can show digits in another "
            "order than they are written. Type the number or the text around it anew, without the mark."
        )


def _quotes_a_return(text: str) -> bool:
    """Whether a quoted cell may hold a bare carriage return, which must survive."""
    return "\r" in text.replace("\r\n", "") and '"' in text


def _decoded(content: bytes) -> str:
    for mark, encoding in _BY_MARK:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    if wide := _wide_encoding(content[:_SAMPLE]):
        return content.decode(wide, errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _wide_encoding(sample: bytes) -> str:
    """Return the encoding of UTF-16 text without a mark, in which every second byte of Latin text is zero; or ''."""
    even, odd = sample[0::2], sample[1::2]
    if len(odd) < 4:
        return ""
    if odd.count(0) > 0.6 * len(odd) and even.count(0) < 0.1 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.6 * len(even) and odd.count(0) < 0.1 * len(odd):
        return "utf-16-be"
    return ""
