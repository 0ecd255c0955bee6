"""The part of the size page that says what one order costs, and which month is sold."""

from __future__ import annotations

import streamlit as st

from hedge_core import HedgeAssessment
from pages.ui.parts.format import md, usd


def draw(result: HedgeAssessment) -> None:
    """What one order of each leg costs in spread and slippage, and where its figures are from."""
    for leg in result.costs.legs:
        side = leg.one_side
        if side is None:
            continue
        known = side.liquidity
        volume = "class " + known.of_class if known.is_volume_assumed else f"{known.volume_source} {known.volume_as_of}"
        spread = "class " + known.of_class if known.is_spread_assumed else f"{known.spread_source} {known.spread_as_of}"
        st.markdown(
            f"{md(leg.contract_id)}: half spread {side.half_spread_rate:.3%} ({md(spread.strip())}), "
            f"slippage {side.slippage_rate:.3%}; it trades {md(usd(known.daily_volume))} per day "
            f"({md(volume.strip())})."
        )
        if leg.month is not None:
            st.markdown(f"Month: {md(leg.month.reason)}.")
