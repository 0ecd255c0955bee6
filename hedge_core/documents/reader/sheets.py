"""The lines of a file, whatever kind of file it is: each visible sheet of a workbook, or a text as the only sheet."""

from __future__ import annotations

from hedge_core.documents.reader.bounds import Bounds
from hedge_core.documents.reader.encoding import decode
from hedge_core.documents.reader.lines import Split, split
from hedge_core.documents.reader.workbook import is_workbook, workbook_lines


def sheets(content: bytes | str, bounds: Bounds, *, what: str) -> list[Split]:
    """The lines of every sheet, at least one. The delimiter is '' in a workbook.

    Raises InvalidFile if the content is over its `bounds`, has no cells or cannot be read; `what` names it there.
    """
    bounds.check_size(content, what=what)
    if isinstance(content, bytes) and is_workbook(content):
        return [Split(lines, "") for _, lines in workbook_lines(content, bounds, what=what)]
    text = decode(content, what=what)
    bounds.check_text(text, what=what)
    return [split(text, what=what)]
