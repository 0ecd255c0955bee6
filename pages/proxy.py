"""Step 3: how good the hedge is, and what is shorted for each coin."""

import streamlit as st

from hedge_core.history.elsewhere import elsewhere_sentence
from pages.ui import charts
from pages.ui.app import gate, navigation, progress, shell
from pages.ui.parts import as_filled, elements, inputs
from pages.ui.parts.format import md
from pages.ui.proxy import coins, evidence
from pages.ui.proxy.lead import lead
from pages.ui.session import worked_out

shell.guard()
result = gate.open_page(navigation.QUESTIONS["proxy"], lambda found: lead(found, worked_out.tested))
held = as_filled.shown(result)

controls, picture = st.columns([3, 8], gap="medium")
with controls, st.container(border=True):
    inputs.approach_choice()
    inputs.venue_choice()
    inputs.window_choice()
with picture:
    as_filled.say(result)
    comparison = worked_out.tested(result)
    better = elsewhere_sentence(worked_out.better_venues(result)) if comparison is not None else ""
    if better:
        st.markdown(f"**Another venue would do better.** {md(better)}")
    reading = charts.legs_reading(held.legs)
    elements.chart(charts.legs_bar(held.legs), key="legs_bar", alt=reading)
    elements.reading(reading)
    coins.draw(result)
evidence.draw(result)
progress.draw_next("proxy")
