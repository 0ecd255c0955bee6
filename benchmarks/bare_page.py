"""The floor for the scenarios page: the same widgets and figures, made from constants, with nothing behind them."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

X = [step / 100 for step in range(-80, 102, 4)]


def chart(figure: go.Figure, key: str) -> None:
    st.plotly_chart(figure, width="stretch", key=key, config={"displayModeBar": False})


st.set_page_config(page_title="Bare page", layout="wide")

with st.sidebar:
    with st.expander("Prices"):
        st.selectbox("Source", ["one", "two"], key="source")
        st.file_uploader("Upload daily closes", type=["csv"], key="price_upload")
    with st.expander("Save or open"):
        st.download_button("Save", "{}", on_click="ignore", key="save")
        st.file_uploader("Open", type=["json"], key="plan_upload")
    st.caption("A caption of some words that fill the line.")

with st.container(border=True, horizontal=True):
    for number in range(6):
        st.metric(f"Figure {number}", "$1,234", help="What this figure is.")
st.caption("A caption of some words that fill the line.")

st.title("A bare page")
controls, picture = st.columns([3, 8], gap="medium")
with controls, st.container(border=True):
    st.pills("Presets", ["one", "two", "three", "four", "five"], key="preset")
    st.radio("What moves", ["one", "two"], horizontal=True, key="choice")
    move = st.slider("Move", -80, 100, -15, format="%d%%", key="scenario_move", help="What this does.")
    st.slider("Days", 1, 90, 30, key="days", help="What this does.")
    with st.expander("More"):
        st.slider("Betas", -100, 150, 0, format="%d%%", key="beta", help="What this does.")
        st.slider("Basis", -10, 10, 0, format="%d%%", key="basis", help="What this does.")
        st.selectbox("Coin", ["one", "two"], key="coin")
        st.slider("Own", -100, 100, 0, format="%d%%", key="own", help="What this does.")

with picture:
    with st.container(horizontal=True):
        for number in range(3):
            st.metric(f"Result {number}", f"${100 * move:,d}", help="What this figure is.")
    lines = go.Figure(
        layout={"title": {"text": f"Profit and loss ({move}% marked)"}, "height": 350, "showlegend": False}
    )
    lines.add_hline(y=0)
    lines.add_vline(x=move / 100)
    for slope in (1.0, -0.5, 0.5):
        lines.add_scatter(x=X, y=[slope * x for x in X], mode="lines")
        lines.add_scatter(x=[move / 100], y=[slope * move / 100], mode="markers")
    chart(lines, "lines")
    st.caption("A caption of some words that fill the line.")

for number in range(2):
    st.expander(f"Folded {number}", key=f"folded_{number}", on_change="rerun")
st.caption("A caption of some words that fill the line.")
