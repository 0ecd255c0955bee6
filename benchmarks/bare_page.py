"""The floor for the scenarios page: the same widgets and figures, made from constants, with nothing behind them."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

X = [step / 100 for step in range(-80, 102, 4)]
TERMS = ["Ideal", "Betas and coin moves", "Rounding", "Carry", "Fees and spread", "After costs"]
MOVES = ["−50%", "−30%", "−15%", "0%", "+15%", "+30%", "+50%"]
SHIFTS = ["−50%", "−25%", "0%", "+25%", "+50%", "+100%"]
GRID = [[100.0 * (row - 2) * (column - 3) for column in range(7)] for row in range(6)]
TEXTS = [[f"${value:,.0f}" for value in row] for row in GRID]


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
    with st.expander("More"):
        st.slider("Betas", -100, 150, 0, format="%d%%", key="beta", help="What this does.")
        st.slider("Basis", -10, 10, 0, format="%d%%", key="basis", help="What this does.")
        st.selectbox("Coin", ["one", "two"], key="coin")
        st.slider("Own", -100, 100, 0, format="%d%%", key="own", help="What this does.")

with picture:
    with st.container(horizontal=True):
        for number in range(6):
            st.metric(f"Result {number}", f"${100 * move:,d}", help="What this figure is.")
    lines = go.Figure(
        layout={"title": {"text": f"Profit and loss ({move}% marked)"}, "height": 420, "showlegend": False}
    )
    lines.add_hline(y=0)
    lines.add_vline(x=move / 100)
    for slope in (1.0, -0.5, 0.5):
        lines.add_scatter(x=X, y=[slope * x for x in X], mode="lines")
        lines.add_scatter(x=[move / 100], y=[slope * move / 100], mode="markers")
    chart(lines, "lines")
    st.caption("A caption of some words that fill the line.")

left, right = st.columns(2, gap="large")
with left:
    st.header("A waterfall")
    steps = [move, 1.0, 2.0, 3.0, -1.0, move]
    measures = ["absolute", "relative", "relative", "relative", "relative", "total"]
    waterfall = go.Waterfall(orientation="h", y=TERMS, x=steps, measure=measures, text=TERMS, textposition="auto")
    chart(go.Figure(waterfall, layout={"title": {"text": "Terms"}, "height": 402}), "waterfall")
    st.caption("A caption of some words that fill the line.")
with right:
    st.header("A heat map")
    heat = go.Heatmap(x=MOVES, y=SHIFTS, z=GRID, text=TEXTS, texttemplate="%{text}", zmid=0)
    chart(go.Figure(heat, layout={"title": {"text": "Grid"}, "height": 380}), "grid")
    st.caption("A caption of some words that fill the line.")
st.caption("A caption of some words that fill the line.")
