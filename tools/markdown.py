"""Tables as Markdown, for the documents that tools write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def table(header: Sequence[str], body: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of a table."""
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    for cells in body:
        yield f"| {' | '.join(cells)} |"
