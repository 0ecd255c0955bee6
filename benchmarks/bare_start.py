"""The floor for the start: a page with a title and one Plotly figure."""

import plotly.graph_objects as go
import streamlit as st

st.set_page_config(page_title="Bare page", layout="wide")
st.title("A bare page")
st.plotly_chart(go.Figure(go.Scatter(x=[0, 1, 2], y=[0.0, 1.0, 0.5])), width="stretch", key="only")
