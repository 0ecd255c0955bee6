"""The peer of the scenarios page: the same widgets, texts and chart, with nothing behind them.

It has what a visitor with the layer-1 example sees of the app there, one element for each: the sidebar's folds, the top
line with its buttons, the toolbar with the glossary, the tabs, 12 presets, the sliders, three cards, a chart of eight
traces, folds and the foot. As in the app the part below the toolbar is a fragment, so that a step of the slider draws
the same elements anew. What it lacks is the work: all numbers are constants or the slider's value times a constant,
nothing is imported from the project, there is no style sheet, no address to keep and no turn to wait for.

tests/benchmarks/test_bare_page.py counts elements, traces and letters of both pages and fails when either has more.
"""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

BAG, HEDGE, NET, DANGER, GREY = "#E69F00", "#2B8FD0", "#009E73", "#D55E00", "#7A828C"
WALL = 0.24
MOVES = [step / 100 for step in (*range(-80, 24, 4), 24, 24, *range(28, 102, 4), 100)]
COINS = ["ETH", "SOL", "AVAX", "NEAR", "ATOM", "APT", "SUI", "INJ", "USDC", "DOT", "BNB"]
VIEWS = ["One move", "Past crashes", "Thousands of paths", "Alternatives", "What can take the hedge away"]
PRESETS = [
    "−15%",
    "Crash −40%",
    "Cascade",
    "Bitcoin alone",
    "Rally +40%",
    "Hack",
    "Leg outruns",
    "Worst days",
    "Funding",
    "Break",
    "March 2020",
    "November 2022",
]
TOP = {
    "Bag": ("$53,775", "Everything you hold, at today's prices."),
    "Hedged": ("61.5% (target 60%)", "How much of the bag's expected move the short offsets."),
    "Liquidated at": (
        "+24%",
        "The rise of the market (half Bitcoin, half Ether) at which the short is closed. A dash: nothing is short, or "
        "no cash is entered on the Risk page.",
    ),
    "Net per month": (
        "+$222",
        "What the short earns less rolls and the cost of cash; plus is money to you. First month, with the cost of "
        "opening: +$168.",
    ),
}
WORD = "**A word.** What it means, in a sentence or two that fill a few lines of a narrow box, as a glossary does. " * 2
CLOSED = (
    "If the market moves {:+.0%}:<br>bag +$45,241, hedge −$8,446,<br>together +$36,795;<br>the short is closed out."
)
OPEN = "If the market moves {:+.0%}:<br>bag −$45,241, hedge +$27,781,<br>together −$17,460."


def slider(label: str, low: int, high: int, value: int, key: str, about: str, *, form: str = "%d%%") -> int:
    return st.slider(label, low, high, value, 1, form, key=key, help=about)


def dot(colour: str) -> str:
    return f'<span style="color:{colour};font-size:16px">●</span>'


def sidebar() -> None:
    for label, icon in (
        ("Prices", "database"),
        ("Currency", "currency_exchange"),
        ("Share, save or open", "ios_share"),
    ):
        st.expander(label, icon=f":material/{icon}:", key=f"{icon}_box", on_change="rerun")
    st.toggle("Tables under charts", key="tables", help="The data of every chart as a table, to be read or copied.")
    st.caption("A note that fills a few lines, as the sidebar of the app has one at its foot. " * 2)
    for key in ("keep", "kept"):
        with st.container(key=key):
            st.markdown(f"[A link that is shown at times](#{key})")


def top_line() -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="top"):
        for label, (value, about) in TOP.items():
            with st.container(key=f"top_{label}"):
                st.metric(label, value, help=about)
                st.button(f"Why {label}", type="tertiary", key=f"why_{label}")
        with st.container(key="top_marks"):
            st.markdown(":orange-badge[:material/science: Constants]")
    st.html("<style>.st-key-top_of_this_page{--share:61.5%;--target:60.0%}</style>")


def toolbar() -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="toolbar"):
        st.button("All calculations", icon=":material/calculate:", type="tertiary", key="why")
        with st.popover("Glossary", icon=":material/dictionary:", type="tertiary", key="words"):
            for _ in range(7):
                st.markdown(WORD)
        st.button("Share", icon=":material/link:", type="tertiary", key="share_top")
        for way in ("undo", "redo"):
            with st.container(key=way):
                st.markdown(f"[:material/{way}: {way.capitalize()}](#{way})")


@st.fragment
def scenarios() -> None:
    with st.container(key="lead"):
        lead = st.container()
    st.segmented_control("View", VIEWS, default=VIEWS[0], key="view", label_visibility="collapsed", required=True)
    with st.container(key="place"):
        places = [st.container() if view == VIEWS[0] else st.empty() for view in VIEWS]
    with places[0]:
        one_move(lead)


def one_move(lead: st.delta_generator.DeltaGenerator) -> None:
    st.pills("Presets", PRESETS, key="preset", label_visibility="collapsed", wrap=False)
    with st.container(horizontal=True, key="inputs"):
        move = slider(
            "Move", -80, 100, -15, "scenario_move", "What moves, in a sentence or two of the usual length." * 2
        )
        days = slider(
            "Days", 1, 90, 30, "days", "How long the move takes: what is earned until then counts.", form="%d"
        )
        st.radio("What moves", ["The market", "My bag"], horizontal=True, key="of")
    cards_place, picture, rest = st.container(), st.container(), st.container()
    with rest.expander("More: beta, correlation, basis, carry, one coin"):
        more()
    lead.title(f"The market falls {-move}% in {days} days: you lose **\\${-220 * move:,d}**.")
    lead.caption(
        f"If the market falls {-move}%, your bag loses \\${-569 * move:,d} and the short gains \\${-349 * move:,d}: "
        f"together you are down \\${-220 * move:,d}. The hedge offsets 61.4% of the loss (target 60%)."
    )
    cards = (
        ("You", f"${220 * move:,d}", f"after costs −\\${-215 * move:,d}; other coins −\\$355"),
        (f"Cash needed by day {days}", "$16,742", "posted \\$30,000"),
        ("Liquidated?", "No", "at +24% of the market"),
    )
    with cards_place, st.container(horizontal=True, key="cards"):
        for label, value, note in cards:
            with st.container(border=True, key=f"card_{label[:4]}"):
                st.metric(label, value)
                st.caption(note)
    with picture:
        st.plotly_chart(
            payoff(move / 100, days),
            width="stretch",
            key="range",
            config={"displayModeBar": False},
            alt=f"Profit and loss of bag, hedge and both by the move of the market, with {move}% marked.",
        )
        st.button("Picture to share", icon=":material/image:", type="tertiary", key="picture")
        st.caption(
            "The short contracts then move: " + ", ".join(f"{coin} {1.1 * move:.1f}%" for coin in COINS[:7]) + "."
        )
    for label in ("Why this result?", "If betas are not what they were"):
        st.expander(label, key=f"fold_{label[:3]}", on_change="rerun")


def more() -> None:
    slider("Betas, against their estimate", -100, 150, 0, "beta", "+100%: the coins move twice as far.")
    slider("Share of the correlation that breaks", 0, 100, 0, "break", "What this does, in many words. " * 8)
    slider("Contracts against their coin", -10, 10, 0, "basis", "A change of basis.")
    slider("What the short earns per year", -100, 100, 0, "carry", "Added to the carry over the days chosen. " * 3)
    st.selectbox("One coin's own move", COINS, key="coin")
    slider("ETH on top of the market", -100, 100, 0, "own", "A hack, an unlock, a listing.")
    st.toggle("Coins move as on the market's worst days", key="worst", help="What this does, in many words. " * 6)


def payoff(at: float, days: int) -> go.Figure:
    """The app's chart of a payoff: three lines with their marks, the wall, and what stands beside them."""
    bag = [56_550.69929546843 * move for move in MOVES]
    hedge = [-34_726.08785266018 * move if move <= WALL else -8_446.0 for move in MOVES]
    net = [one + other for one, other in zip(bag, hedge, strict=True)]
    is_open = [move <= WALL for move in MOVES]
    x: dict[str, object] = {"type": "scatter", "x": MOVES, "mode": "lines"}
    said = {"hovertemplate": "%{customdata}<extra></extra>"}

    def mark(name: str, slope: float, colour: str) -> dict[str, object]:
        look = {"mode": "markers", "marker": {"color": colour, "size": 10}, "cliponaxis": False, "hoverinfo": "skip"}
        return {"type": "scatter", "name": f"{name}, selected", "x": [at], "y": [slope * at], **look}

    def line(colour: str, dash: str, width: float) -> dict[str, object]:
        return {"color": colour, "dash": dash, "width": width}

    def held(values: list[float], *, is_held: bool = True) -> list[float | None]:
        return [value if shown is is_held else None for value, shown in zip(values, is_open, strict=True)]

    traces = [
        {**x, "name": "Bag", "y": bag, "line": line(BAG, "dash", 2), "hoverinfo": "skip"},
        mark("Bag", 56_550.69929546843, BAG),
        {**x, "name": "Hedge", "y": held(hedge), "line": line(HEDGE, "dot", 2.5), "hoverinfo": "skip"},
        mark("Hedge", -34_726.08785266018, HEDGE),
        {
            **x,
            **said,
            "name": "Together, unhedged",
            "y": held(net, is_held=False),
            "customdata": [None if shown else CLOSED.format(move) for move, shown in zip(MOVES, is_open, strict=True)],
            "line": line(NET, "dash", 2.5),
        },
        {
            **x,
            **said,
            "name": "Together",
            "y": held(net),
            "customdata": [OPEN.format(move) if shown else None for move, shown in zip(MOVES, is_open, strict=True)],
            "line": line(NET, "solid", 4),
        },
        mark("Together", 21_824.61144280825, NET),
        {
            "type": "scatter",
            "name": "Break-even",
            "x": [0.0],
            "y": [0.0],
            "mode": "markers",
            "marker": {"color": NET, "size": 11, "symbol": "diamond-open", "line": {"width": 2}},
            "hoverinfo": "skip",
        },
    ]
    tall = {"yref": "y domain", "y0": 0, "y1": 1}
    shapes = [
        {"type": "rect", "x0": WALL, "x1": 1.0, **tall, "layer": "below", "opacity": 0.14, "line": {"width": 0}}
        | {"fillcolor": DANGER},
        {"type": "line", "x0": WALL, "x1": WALL, **tall, "line": {"color": DANGER, "width": 2}},
        {"type": "line", "xref": "x domain", "x0": 0, "x1": 1, "y0": 0, "y1": 0, "line": {"color": GREY, "width": 1.5}},
        {"type": "line", "x0": at, "x1": at, **tall, "line": {"color": GREY, "width": 1, "dash": "dash"}},
    ]
    ends = ((BAG, "Bag", 58_000.0), (HEDGE, "Hedge", -9_000.0), (NET, "Together", 48_000.0))
    beside = {"showarrow": False, "bgcolor": "rgba(0,0,0,0)"}
    notes = [
        {**beside, "x": WALL, "y": 1, "yref": "y domain", "yanchor": "top", "text": "liquidated<br>+24%"}
        | {"xanchor": "left", "align": "left", "xshift": 4},
        {**beside, "x": 1.0, "y": -62_000.0, "yanchor": "bottom", "text": "unhedged,<br>$8,446 lost"}
        | {"xanchor": "right", "align": "right", "xshift": -4},
        {"showarrow": False, "x": at, "y": 1, "yref": "paper", "yanchor": "bottom", "text": f"{at:+.0%}"},
        *(
            {"showarrow": False, "x": 1.0, "y": y, "xanchor": "left", "xshift": 4, "text": f"{dot(colour)} {name}"}
            for colour, name, y in ends
        ),
    ]
    values = "  ".join(f"{dot(colour)} {name} {round(y * at):+,d} USD" for colour, name, y in ends)
    axis = {"automargin": True, "zeroline": False, "fixedrange": True, "tickangle": 0}
    return go.Figure(
        data=traces,
        layout={
            "title": {
                "text": f"If the market moves by {at:+.0%} in {days} days<br>"
                f'<span style="font-size:13px;font-weight:400">{values}</span>',
                "font": {"size": 15},
                "x": 0,
                "xanchor": "left",
                "y": 1,
                "yref": "container",
                "yanchor": "top",
                "pad": {"t": 20},
            },
            "height": 390,
            "margin": {"l": 4, "r": 72, "t": 84, "b": 4},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "showlegend": False,
            "dragmode": False,
            "hoverlabel": {"align": "left"},
            "hovermode": "x",
            "shapes": shapes,
            "annotations": notes,
            "xaxis": {
                **axis,
                "range": [-0.8, 1.0],
                "tickvals": [-0.5, 0.0, 0.5, 1.0],
                "ticktext": ["−50%", "0%", "+50%", "+100%"],
                "title": {"text": "Move of the market"},
                "hoverformat": "+.0%",
            },
            "yaxis": {
                **axis,
                "range": [-62_800.0, 63_000.0],
                "tickvals": [-50_000.0, 0.0, 50_000.0],
                "ticktext": ["−$50k", "$0", "$50k"],
            },
        },
    )


def draw() -> None:
    st.set_page_config(page_title="Bare page", layout="wide")
    page = st.container()
    with st.container(key="address"):
        st.text_input("Plan", key="p", label_visibility="collapsed")
    with st.sidebar:
        sidebar()
    with page:
        with st.container(key="above_page"):
            top_line()
            toolbar()
        scenarios()
        with st.container(border=True, horizontal=True, vertical_alignment="center", key="foot"):
            st.caption(":material/check_circle: Step 5 of 6 is done.")
            st.page_link("https://example.org", label="Next: how is the hedge doing?", icon=":material/arrow_forward:")


draw()
