"""Step 2: how much of a crash the hedge absorbs, the cash behind it, and what happens when margin runs out."""

import streamlit as st

from hedge_core import Shock, run_scenario
from pages.ui import charts
from pages.ui.app import gate, navigation, progress, shell
from pages.ui.parts import as_filled, elements, inputs
from pages.ui.parts.format import signed_usd, usd
from pages.ui.risk import cash, pledges, timing
from pages.ui.risk.lead import lead

FALLS = (0.1, 0.2, 0.3, 0.5)

shell.guard()
result = gate.open_page(navigation.QUESTIONS["risk"], lead)
held = as_filled.shown(result)
as_filled.say(result)

controls, picture = st.columns([3, 8], gap="medium")
with controls, st.container(border=True):
    inputs.hedge_slider()
    inputs.horizon_input()
with picture:
    outcomes = [run_scenario(held, Shock(move=-fall, of="bag")) for fall in FALLS] if len(held.legs) else []
    if outcomes:
        third = outcomes[2]
        reading = f"If the coins that can be hedged fall 30%, you lose {usd(-third.bag_pnl)}: nothing is sold short."
        if held.options is not None:
            reading = (
                f"If the hedged coins fall 30%, they lose {usd(-third.bag_pnl)}; with your hedge, options included, "
                f"your result is {signed_usd(third.net_pnl)}, before fees and spread."
            )
        elif held.traded_legs:
            reading = (
                f"If the hedged coins fall 30%, they lose {usd(-third.bag_pnl)}; with the short your result is "
                f"{signed_usd(third.net_pnl)}, before {usd(held.costs.fees)} of fees and spread. In a rally the short "
                "costs you the same share of the gain."
            )
        elements.chart(
            charts.hedge_ratio_consequence(
                falls=FALLS,
                bag_losses=[outcome.bag_pnl for outcome in outcomes],
                net_losses=[outcome.net_pnl for outcome in outcomes],
            ),
            key="consequence",
            alt=reading,
        )
        elements.reading(reading)
    else:
        st.info("Nothing in this bag can be hedged, so there is no fall to show.")

cash.draw(result)
pledges.draw(result)
elements.notices(result)
with st.expander("Sizing method and rounding", icon=":material/straighten:"):
    inputs.method_choice()
    inputs.rounding_choice()
    inputs.rally_input()
timing.draw(result)
progress.draw_next("risk")
