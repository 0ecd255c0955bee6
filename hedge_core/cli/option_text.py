"""Options that fills hold, as lines of text."""

from __future__ import annotations

from hedge_core.monitoring.option_ledger import OptionBook
from hedge_core.text import signed_usd, usd


def option_lines(book: OptionBook) -> list[str]:
    """Return a line for each option, and their profit together."""
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
        elif one.settlement is not None:
            lines.append(f"  {one.option.id}: exercised at {one.settlement:,.6g} ({signed_usd(one.realised)})")
        elif one.lots:
            lines.append(f"  {one.option.id}: expired, not settled")
        else:
            lines.append(f"  {one.option.id}: closed ({signed_usd(one.realised)})")
    margin = f"; sold options need {usd(book.maintenance)} of margin" if book.maintenance else ""
    lines.append(f"  together {signed_usd(book.pnl)} after fees of {usd(book.fees)}{margin}")
    return [*lines, f"  worth by Black-76; volatility: {book.surface}"]
