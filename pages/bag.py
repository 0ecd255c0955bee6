"""Step 1: what you hold, and which of it is hedged."""

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.text import some_listed
from pages.ui.app import navigation, progress, shell
from pages.ui.bag import import_table, table
from pages.ui.parts.elements import emphasised
from pages.ui.session import currency, examples, worked_out


def lead(result: HedgeAssessment) -> str:
    """What the bag is worth and how much of it the hedge covers."""
    rate = currency.shown(result)
    without = worked_out.unpriced()
    have = "has" if len(without) == 1 else "have"
    whose = f"Without {some_listed(without)}, which {have} no price, your bag" if without else "Your bag"
    worth = f"{whose} is worth {rate.amount(result.bag_value)}"
    if not result.hedged_coins:
        return f"{worth}; none of it can be hedged."
    if not result.is_hedged:
        return f"{worth}; none of it is hedged."
    covered = rate.amount(result.hedgeable_value)
    return f"{worth}; the hedge is sized for {'all' if covered == rate.amount(result.bag_value) else covered} of it."


shell.guard()

is_empty = table.starts_empty()
result = worked_out.assessment()
st.title(navigation.QUESTIONS["bag"] if result is None else emphasised(lead(result)))
with st.container(key="lead"):
    st.markdown(
        "**Hold** is for coins that you keep for years: they are hedged. **Speculative** is for trades: they get a "
        "stop-loss. Stablecoins are never hedged."
    )
if not is_empty:
    table.draw_editor(result)
with st.expander("Add coins: paste or upload", icon=":material/add:", expanded=is_empty, key="bag_drawer"):
    import_table.draw()
if is_empty:
    st.markdown("**Or type it**")
    table.draw_editor(result)
examples.buttons("bag")
if result is not None:
    progress.draw_next("bag")
