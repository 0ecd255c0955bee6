"""Step 2: the loss that you accept, which gives the hedge ratio."""

import streamlit as st

from hedge_core import Shock, run_scenario
from pages.ui import charts
from pages.ui.app import gate, navigation, progress, shell
from pages.ui.parts import elements, inputs
from pages.ui.parts.format import md, percent, signed_usd, usd
from pages.ui.risk import timing

FALLS = (0.1, 0.2, 0.3, 0.5)

shell.guard()
result = gate.open_page(navigation.QUESTIONS["risk"])

controls, picture = st.columns([3, 8], gap="medium")
with controls, st.container(border=True):
    inputs.risk_slider()
    inputs.horizon_input()
    inputs.collateral_input()
    with st.expander("Method and rounding"):
        inputs.method_choice()
        inputs.rounding_choice()
        inputs.rally_input()

with picture:
    outcomes = [run_scenario(result, Shock(move=-fall, of="bag")) for fall in FALLS] if len(result.legs) else []
    if outcomes:
        elements.chart(
            charts.hedge_ratio_consequence(
                falls=FALLS,
                bag_losses=[outcome.bag_pnl for outcome in outcomes],
                net_losses=[outcome.net_pnl for outcome in outcomes],
            ),
            key="consequence",
        )
        third = outcomes[2]
        elements.reading(
            f"You accept {percent(1 - result.hedge_ratio)} of a fall, so the target hedge ratio is "
            f"{percent(result.hedge_ratio)}. If the hedged coins fall 30%, they lose {usd(-third.bag_pnl)}; "
            f"with the short you end at {signed_usd(third.net_pnl)} before costs of {usd(result.costs.fees)}. "
            "In a rally the same share of the gain is given up."
        )
    else:
        st.info("Nothing in this bag can be hedged, so there is no consequence to show.")

margin = result.margin
left, right = st.columns(2, gap="large")
with left, st.container(border=True):
    st.header("Collateral")
    st.markdown(
        f"To open: **{md(usd(margin.initial))}** initial margin"
        + (" (partly an assumption)." if margin.is_assumed else ".")
    )
    for rally in (0.25, 0.5, 1.0):
        st.markdown(f"To survive a rally of {rally:.0%}: **{md(usd(margin.collateral_for(rally)))}**")
    if margin.rally_survived is not None:
        st.markdown(
            f"With your {md(usd(margin.collateral or 0))} the short survives a rally of "
            f"**{percent(margin.rally_survived)}**, at {margin.leverage or 0:.1f} times leverage. Gains on coins that "
            "you hold elsewhere do not support the short."
        )
    else:
        st.markdown("Enter your collateral to see the rally that the short survives.")
        inputs.collateral_offer(margin.collateral_for(0.5), "survives a rally of 50%")
with right:
    elements.notices(result)
timing.draw(result)
progress.draw_next("risk")
