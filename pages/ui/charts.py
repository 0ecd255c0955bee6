"""Charts: a result in, a figure out. Nothing here computes finance, fetches, or knows of Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from hedge_core import BetaEstimate, HedgeAssessment, ScenarioResult
from hedge_core.market import Days, Floats
from hedge_core.sizing import CountChoice
from pages.ui.template import BAG, DANGER, GREY, HEDGE, HEDGE_LIGHT, NET, figure, money, percent, spread

STATUS_COLOURS = {"hedged": BAG, "speculative": DANGER, "stablecoin": GREY, "unhedgeable": "#882255"}
STATUS_NAMES = {
    "hedged": "hedged",
    "speculative": "stop-loss",
    "stablecoin": "stablecoin",
    "unhedgeable": "cannot be hedged",
}
TERMS = {
    "beta": "Betas and own moves",
    "method": "Sizing method",
    "rounding": "Whole contracts",
    "basis": "Basis",
    "liquidation": "Liquidation",
    "carry": "Carry",
    "fees": "Fees and spread",
}


def bag_treemap(assessment: HedgeAssessment) -> go.Figure:
    """Holdings as tiles by value, coloured by how they are treated."""
    positions = [position for position in assessment.positions if position.value > 0]
    total = sum(position.value for position in positions)
    fig = figure("By value", height=340)
    fig.add_trace(
        go.Treemap(
            labels=[f"{escape(p.holding.coin)} " + "​" * number for number, p in enumerate(positions)],
            parents=[""] * len(positions),
            values=[p.value for p in positions],
            text=[f"{money(p.value)}<br>{p.value / total:.1%}<br>{STATUS_NAMES[p.status]}" for p in positions],
            texttemplate="<b>%{label}</b><br>%{text}",
            marker={"colors": [STATUS_COLOURS[p.status] for p in positions], "line": {"width": 2}},
            textfont={"color": [_ink(p.status) for p in positions], "size": 14},
            hovertemplate="%{label}: %{text}<extra></extra>",
            tiling={"pad": 3},
        )
    )
    fig.update_layout(uniformtext={"minsize": 10, "mode": "hide"})
    return fig


def _ink(status: str) -> str:
    return "#1B2733" if status == "hedged" else "#FFFFFF"


def pnl_range(
    results: Sequence[ScenarioResult],
    *,
    selected: ScenarioResult,
    break_evens: Sequence[float],
    title: str,
) -> go.Figure:
    """Profit and loss of bag, hedge and both over a range of moves, the selected one marked."""
    fig = figure(title, height=420)
    x = [result.shock.move for result in results]
    series = (
        ("Bag", [r.bag_pnl for r in results], selected.bag_pnl, BAG, "dash", 2),
        ("Hedge", [r.hedge_pnl for r in results], selected.hedge_pnl, HEDGE_LIGHT, "dot", 2),
        ("Together", [r.net_pnl for r in results], selected.net_pnl, NET, "solid", 4),
    )
    values = [value for _, ys, *_ in series for value in ys]
    height = (max(values) - min(values)) or 1.0
    liquidated = [result.shock.move for result in results if result.is_liquidated]
    if liquidated:
        fig.add_vrect(x0=min(liquidated), x1=max(x), fillcolor=DANGER, opacity=0.12, line_width=0)
        fig.add_annotation(
            x=(min(liquidated) + max(x)) / 2,
            y=1,
            yref="paper",
            yanchor="top",
            text="short liquidated",
            showarrow=False,
            font={"color": DANGER},
        )
    fig.add_hline(y=0, line_color=GREY, line_width=1.5)
    fig.add_vline(x=selected.shock.move, line_color=GREY, line_width=1, line_dash="dash")
    for name, ys, marked, colour, dash, width in series:
        fig.add_scatter(
            x=x,
            y=ys,
            name=name,
            mode="lines",
            line={"color": colour, "dash": dash, "width": width},
            hovertemplate=f"Move %{{x:+.0%}}: {name.lower()} %{{y:$,.0f}}<extra></extra>",
        )
        fig.add_scatter(
            x=[selected.shock.move],
            y=[marked],
            mode="markers",
            marker={"color": colour, "size": 10},
            hovertemplate=f"{name}: {money(marked, signed=True)}<extra></extra>",
        )
    ends = spread([ys[0] for _, ys, *_ in series], height * 0.07)
    for (name, _, _, colour, *_), y in zip(series, ends, strict=True):
        fig.add_annotation(
            x=x[0], y=y, text=f"<b>{name}</b>", showarrow=False, xanchor="right", xshift=-4, font={"color": colour}
        )
    for move in break_evens:
        if abs(move) > 1e-9 and not (liquidated and move >= min(liquidated)):
            fig.add_annotation(x=move, y=0, text=f"break-even {percent(move)}", showarrow=True, arrowhead=0, ay=30)
    moved = "your bag" if selected.shock.of == "bag" else "the market"
    span = x[-1] - x[0]
    fig.update_xaxes(tickformat=".0%", title=f"Move of {moved}", range=[x[0] - 0.2 * span, x[-1] + 0.02 * span])
    fig.update_yaxes(tickformat="$,.3~s")
    return fig


def attribution_waterfall(result: ScenarioResult, *, hedge_ratio: float) -> go.Figure:
    """From the ideal (the share h of the bag does not move) to the net result after costs, term by term."""
    ideal = (1.0 - hedge_ratio) * result.bag_pnl
    terms = [(TERMS[name], getattr(result.attribution, name)) for name in TERMS]
    shown = [(name, value) for name, value in terms if abs(value) >= 0.5]
    labels = ["Ideal", *(name for name, _ in shown), "After costs"]
    values = [ideal, *(value for _, value in shown), result.net_after_costs]
    fig = figure("From the ideal to the result", height=150 + 42 * len(labels))
    fig.add_trace(
        go.Waterfall(
            orientation="h",
            y=labels,
            x=values,
            measure=["absolute", *["relative"] * len(shown), "total"],
            text=[money(value, signed=True) for value in values],
            textposition="auto",
            textangle=0,
            insidetextanchor="middle",
            increasing={"marker": {"color": NET}},
            decreasing={"marker": {"color": DANGER}},
            totals={"marker": {"color": GREY}},
            connector={"line": {"color": GREY, "width": 1}},
            hovertemplate="%{y}: %{text}<extra></extra>",
            cliponaxis=False,
        )
    )
    fig.add_vline(x=0, line_color=GREY, line_width=1.5)
    fig.update_yaxes(autorange="reversed")
    fig.update_xaxes(tickformat="$,.3~s", nticks=5)
    return fig


def net_heatmap(*, moves: Sequence[float], beta_shifts: Sequence[float], grid: Floats, title: str) -> go.Figure:
    """Net profit and loss by move of the market and by how far betas differ from their estimate."""
    limit = float(np.abs(grid).max()) or 1.0
    fig = figure(title, height=360)
    xs, ys = [percent(move) for move in moves], [percent(shift) for shift in beta_shifts]
    fig.add_trace(
        go.Heatmap(
            x=xs,
            y=ys,
            z=grid,
            zmin=-limit,
            zmax=limit,
            colorscale=[[0.0, DANGER], [0.5, "#F4F4F1"], [1.0, NET]],
            text=[[_compact(value) for value in row] for row in grid],
            texttemplate="%{text}",
            textfont={"size": 11, "color": "#1B2733"},
            hovertemplate="Market %{x}, betas %{y}: together %{z:$,.0f}<extra></extra>",
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    fig.update_xaxes(title="Move of the market", type="category", showgrid=False)
    fig.update_yaxes(title="Betas against estimate", type="category", showgrid=False)
    return fig


def _compact(amount: float) -> str:
    size = abs(amount)
    text = f"{size / 1e6:.1f}M" if size >= 1e6 else f"{size / 1e3:.1f}k" if size >= 1e3 else f"{size:.0f}"
    return f"−{text}" if amount <= -0.5 else text


def regression_scatter(
    *, coin: str, proxy: str, coin_returns: Floats, proxy_returns: Floats, estimate: BetaEstimate
) -> go.Figure:
    """Daily returns of the coin against the proxy's, and the line whose slope is beta."""
    fig = figure(f"{escape(coin)} against {escape(proxy)}, daily", height=340)
    both = ~(np.isnan(coin_returns) | np.isnan(proxy_returns))
    x, y = proxy_returns[both], coin_returns[both]
    fig.add_scatter(
        x=x,
        y=y,
        mode="markers",
        marker={"color": BAG, "size": 5, "opacity": 0.6},
        hovertemplate=f"{escape(proxy)} %{{x:+.1%}}, {escape(coin)} %{{y:+.1%}}<extra></extra>",
    )
    ends = np.array([x.min(), x.max()])
    line = (estimate.alpha or 0.0) + estimate.beta * ends
    fig.add_scatter(x=ends, y=line, mode="lines", line={"color": HEDGE_LIGHT, "width": 3}, hoverinfo="skip")
    fig.add_annotation(
        x=0.02,
        y=0.98,
        xref="paper",
        yref="paper",
        text=f"<b>beta {estimate.beta:.2f}</b>",
        showarrow=False,
        font={"color": HEDGE_LIGHT, "size": 14},
    )
    fig.update_xaxes(tickformat=".0%", title=f"{escape(proxy)} a day", zeroline=True, zerolinecolor=GREY)
    fig.update_yaxes(tickformat=".0%", zeroline=True, zerolinecolor=GREY)
    return fig


def rolling_exposure(
    *, coin: str, proxy: str, days: Days, betas: Floats, correlations: Floats, window: int
) -> go.Figure:
    """Rolling beta above, rolling correlation with its 0.7 line below."""
    fig = make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.16, subplot_titles=("Beta", "Correlation")
    )
    fig.update_layout(
        figure(f"{escape(coin)} to {escape(proxy)}, {window} days rolling", height=340).layout.to_plotly_json()
    )
    known = ~np.isnan(betas)
    dates = days[known].astype("datetime64[D]").astype(str)
    for row, values, colour, name in ((1, betas, HEDGE_LIGHT, "beta"), (2, correlations, NET, "correlation")):
        fig.add_scatter(
            x=dates,
            y=values[known],
            mode="lines",
            line={"color": colour, "width": 2},
            hovertemplate=f"%{{x}}: {name} %{{y:.2f}}<extra></extra>",
            row=row,
            col=1,
        )
    fig.add_hline(y=0.7, line_color=GREY, line_dash="dash", row=2, col=1)
    fig.add_annotation(
        x=0, xref="paper", y=0.7, yref="y2", text="0.7 is good", showarrow=False, xanchor="left", yshift=-9
    )
    fig.update_yaxes(range=[min(0.0, float(np.nanmin(correlations, initial=0.0))), 1.02], row=2, col=1)
    fig.update_yaxes(automargin=True, tickformat=".1f", nticks=5)
    fig.update_annotations(font={"size": 12})
    return fig


def correlation_heatmap(*, coins: Sequence[str], matrix: Floats) -> go.Figure:
    """Correlation of each pair of coins."""
    fig = figure("Correlation of daily returns", height=140 + 30 * len(coins))
    names = [escape(coin) for coin in coins]
    fig.add_trace(
        go.Heatmap(
            x=names,
            y=names,
            z=matrix,
            zmin=0,
            zmax=1,
            colorscale=[[0.0, "#F4F4F1"], [1.0, HEDGE]],
            text=[["" if np.isnan(value) else f"{value:.2f}".lstrip("0") for value in row] for row in matrix],
            texttemplate="%{text}",
            textfont={"size": 11},
            hovertemplate="%{y} and %{x}: %{z:.2f}<extra></extra>",
            showscale=False,
            xgap=1,
            ygap=1,
        )
    )
    fig.update_yaxes(autorange="reversed", showgrid=False)
    fig.update_xaxes(showgrid=False, tickangle=-45)
    return fig


def contract_choices(choices: Sequence[CountChoice], target_ratio: float) -> go.Figure:
    """Achieved hedge ratio with one contract fewer, as proposed, and one more."""
    fig = figure("Achieved hedge ratio", height=110 + 44 * len(choices))
    middle = 1 if len(choices) == 3 else 0
    fig.add_bar(
        orientation="h",
        y=[f"{choice.contracts:,} contracts " for choice in choices],
        x=[choice.achieved_hedge_ratio for choice in choices],
        marker={"color": [HEDGE if number == middle else GREY for number in range(len(choices))]},
        text=[f"{c.achieved_hedge_ratio:.1%}, {money(c.residual_exposure)} left open" for c in choices],
        textposition="auto",
        insidetextanchor="start",
        hovertemplate="%{y}: %{text}<extra></extra>",
    )
    fig.add_vline(x=target_ratio, line_color=DANGER, line_dash="dash")
    fig.add_annotation(
        x=target_ratio, y=1.0, yref="paper", yanchor="bottom", text=f"target {target_ratio:.0%}", showarrow=False
    )
    fig.update_xaxes(tickformat=".0%", rangemode="tozero")
    fig.update_yaxes(autorange="reversed", type="category")
    return fig


def hedge_ratio_consequence(
    *, falls: Sequence[float], bag_losses: Sequence[float], net_losses: Sequence[float]
) -> go.Figure:
    """Loss of the bag alone and with the hedge, for several falls."""
    fig = figure("What a fall of the bag costs you", height=380)
    names = [f"−{fall:.0%}" for fall in falls]
    for name, values, colour, pattern in (
        ("Bag alone", bag_losses, BAG, ""),
        ("Bag and hedge", net_losses, NET, "/"),
    ):
        fig.add_bar(
            x=names,
            y=list(values),
            name=name,
            marker={"color": colour, "pattern": {"shape": pattern, "fillmode": "overlay", "size": 6, "solidity": 0.2}},
            text=[_compact(value) for value in values],
            textposition="outside",
            cliponaxis=False,
            hovertemplate=f"Fall of %{{x}}: {name.lower()} %{{y:$,.0f}}<extra></extra>",
        )
    fig.update_layout(
        barmode="group", showlegend=True, legend={"orientation": "h", "y": 1.02, "x": 0, "yanchor": "bottom"}
    )
    fig.update_layout(margin={"t": 70})
    fig.update_yaxes(tickformat="$,.3~s")
    fig.update_xaxes(type="category", side="bottom", title="Fall of the hedged holdings")
    return fig
