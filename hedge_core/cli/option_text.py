"""Options that fills hold, as lines of text."""

from __future__ import annotations

from collections.abc import Sequence

from hedge_core.market.options.held import margin_assumption
from hedge_core.monitoring.option_cover import OptionCover
from hedge_core.monitoring.option_ledger import OptionBook
from hedge_core.text import percent, signed_usd, usd


def option_lines(book: OptionBook, covers: Sequence[OptionCover], offsets: float | None) -> list[str]:
    """Return a line for each option, what it protects now, and their profit together.

    `offsets` is the share of the bag's expected move that they offset now, None if it is unknown.
    """
    cover_of = {cover.option.id: cover for cover in covers}
    marks = {one.option.id: leg for one, leg in zip(book.open_positions, book.legs, strict=True)}
    lines = []
    for one in book.positions:
        leg = marks.get(one.option.id)
        if leg is not None and one.premium is not None:
            worth = leg.spot * float(leg.held.value(1.0))
            side = "bought" if one.lots > 0 else "sold"
            lines.append(
                f"  {one.option.id}: {abs(one.coins):,.10g} {one.option.series.underlying} {side} at "
                f"{one.premium:,.6g}, worth {worth:,.6g} per coin ({signed_usd(one.open_pnl(worth))})"
            )
            cover = cover_of.get(one.option.id)
            lines += [] if cover is None else [f"    {cover.sentence.partition(': ')[2]}"]
        elif one.settlement is not None:
            lines.append(f"  {one.option.id}: exercised at {one.settlement:,.6g} ({signed_usd(one.realised)})")
        elif one.lots:
            lines.append(f"  {one.option.id}: expired, not settled")
        else:
            lines.append(f"  {one.option.id}: closed ({signed_usd(one.realised)})")
    sold = [one.option.series for one in book.open_positions if one.lots < 0]
    margin = f"; sold options need {usd(book.maintenance)} of margin" if book.maintenance else ""
    assumed = f".{margin_assumption(sold)}" if book.maintenance and margin_assumption(sold) else ""
    lines.append(f"  together {signed_usd(book.pnl)} after fees of {usd(book.fees)}{margin}{assumed}")
    if offsets is not None:
        lines.append(f"  now they offset {percent(offsets)} of your bag's expected move; the drift does not count them")
    return [*lines, f"  worth by Black-76; volatility: {book.surface}"]
