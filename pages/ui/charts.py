"""Charts: a result in, a figure out. Nothing here computes finance, fetches, or knows of Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go

from hedge_core import BetaEstimate, HedgeAssessment, ScenarioResult
from hedge_core.market import Days, Floats
from hedge_core.positions import Position
from hedge_core.proxy import GOOD_CORRELATION
from hedge_core.sizing import CountChoice
from pages.ui.format import signed_usd, usd
from pages.ui.template import (
    BAG,
    DANGER,
    GREY,
    HEDGE,
    HEDGE_LIGHT,
    INK,
    LINE,
    NET,
    NEUTRAL,
    add_values,
    axis,
    bounds,
    compact,
    dot,
    figure,
    money,
    money_axis,
    percent,
    percent_axis,
    say_nothing_to_show,
    spread,
    ticks,
    width_of,
    zero_line,
)

STATUS_COLOURS = {"hedged": BAG, "speculative": "#CC79A7", "stablecoin": "#B4BBC3", "unhedgeable": DANGER}
STATUS_NAMES = {
    "hedged": "hedged",
    "speculative": "stop-loss",
    "stablecoin": "stablecoin",
    "unhedgeable": "not hedged",
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
MOST_TILES = 14
"""Tiles of the treemap; what is left over is gathered by how it is treated."""
FULL_TILE = 0.045
"""The share of the bag from which on a tile shows its value; below, its name alone."""


# ------------------------------------------------------------------------------------------------------- the bag


def bag_treemap(assessment: HedgeAssessment) -> go.Figure:
    """Holdings as tiles by value, coloured by how they are treated; the smallest of a large bag in one tile."""
    positions = sorted((p for p in assessment.positions if p.value > 0), key=lambda p: -p.value)
    total = sum(position.value for position in positions)
    statuses = [status for status in STATUS_NAMES if any(p.status == status for p in positions)]
    subtitle = "  ".join(f"{dot(STATUS_COLOURS[status])} {STATUS_NAMES[status]}" for status in statuses)
    fig = figure("The bag by value", height=340, subtitle=subtitle)
    if not positions:
        return say_nothing_to_show(fig, "The bag is empty.")
    tiles = _tiles(positions)
    shares = [value / total for _, value, _, _ in tiles]
    fig.add_trace(
        go.Treemap(
            ids=[str(number) for number in range(len(tiles))],
            labels=[escape(name) for name, *_ in tiles],
            parents=[""] * len(tiles),
            values=[value for _, value, _, _ in tiles],
            text=[f"{money(value)}<br>{share:.1%}" for (_, value, _, _), share in zip(tiles, shares, strict=True)],
            customdata=[
                f"{escape(names)}: {usd(value)}, {share:.1%} of the bag, {STATUS_NAMES[status]}."
                for (_, value, status, names), share in zip(tiles, shares, strict=True)
            ],
            texttemplate=[
                "<b>%{label}</b><br>%{text}" if share >= FULL_TILE else "<b>%{label}</b>" for share in shares
            ],
            textfont={"color": INK, "size": 13},
            marker={
                "colors": [STATUS_COLOURS[status] for _, _, status, _ in tiles],
                "line": {"width": 0},
                "pad": {"t": 0, "l": 0, "r": 0, "b": 0},
            },
            hovertemplate="%{customdata}<extra></extra>",
            tiling={"pad": 2},
            pathbar={"visible": False},
            root={"color": "rgba(0,0,0,0)"},
        )
    )
    fig.update_layout(uniformtext={"minsize": 10, "mode": "hide"})
    return fig


def _tiles(positions: Sequence[Position]) -> list[tuple[str, float, str, str]]:
    """Name, value, status and the coins of each tile, largest first."""
    kept = len(positions) if len(positions) <= MOST_TILES else MOST_TILES - 1
    tiles = [(p.holding.coin, p.value, str(p.status), p.holding.coin) for p in positions[:kept]]
    for status in STATUS_NAMES:
        rest = [p for p in positions[kept:] if p.status == status]
        if len(rest) == 1:
            tiles.append((rest[0].holding.coin, rest[0].value, status, rest[0].holding.coin))
        elif rest:
            names = ", ".join(p.holding.coin for p in rest[:8]) + (f" and {len(rest) - 8} more" if rest[8:] else "")
            tiles.append((f"{len(rest)} others", sum(p.value for p in rest), status, names))
    return tiles


# ---------------------------------------------------------------------------------------------- profit and loss


def outcome_bars(*, bag_pnl: float, hedge_pnl: float, net_pnl: float, title: str) -> go.Figure:
    """Bag, hedge and both together after one move, as three bars with their values."""
    names, values, colours = ["Bag", "Hedge", "Together"], [bag_pnl, hedge_pnl, net_pnl], [BAG, HEDGE, NET]
    texts = [signed_usd(value) for value in values]
    fig = figure(title, height=210, right=width_of(texts))
    fig.add_bar(
        orientation="h",
        y=names,
        x=values,
        marker={"color": colours},
        width=0.6,
        customdata=[
            f"The bag {_makes(bag_pnl)}.",
            f"The short {_makes(hedge_pnl)}.",
            f"Bag and hedge together: {texts[2]}.",
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )
    add_values(fig, names, texts)
    zero_line(fig, vertical=True)
    fig.update_xaxes(money_axis(*bounds(values), count=3))
    fig.update_yaxes(autorange="reversed", type="category", showgrid=False)
    return fig


def _makes(amount: float) -> str:
    return f"{'loses' if amount < 0 else 'gains'} {usd(abs(amount))}"


def pnl_range(
    results: Sequence[ScenarioResult],
    *,
    selected: ScenarioResult,
    break_evens: Sequence[float],
    title: str,
) -> go.Figure:
    """Profit and loss of bag, hedge and both over a range of moves, the selected one marked."""
    x = [result.shock.move for result in results]
    series = (
        ("Bag", [r.bag_pnl for r in results], selected.bag_pnl, BAG, "dash", 2),
        ("Hedge", [r.hedge_pnl for r in results], selected.hedge_pnl, HEDGE_LIGHT, "dot", 2.5),
        ("Together", [r.net_pnl for r in results], selected.net_pnl, NET, "solid", 4),
    )
    subtitle = "  ".join(f"{dot(colour)} {name} {money(at, signed=True)}" for name, _, at, colour, *_ in series)
    fig = figure(title, height=420, subtitle=subtitle, right=72)
    fig.update_layout(margin={"t": fig.layout.margin.t + LINE}, height=fig.layout.height + LINE, hovermode="x")
    low, high = bounds([value for _, ys, *_ in series for value in ys])
    liquidated = [result.shock.move for result in results if result.is_liquidated]
    if liquidated:
        low -= 0.08 * (high - low)
        _shade_liquidation(fig, min(liquidated), max(liquidated), low)
    zero_line(fig)
    fig.add_vline(x=selected.shock.move, line_color=GREY, line_width=1, line_dash="dash")
    fig.add_annotation(
        x=selected.shock.move, y=1, yref="paper", yanchor="bottom", text=percent(selected.shock.move), showarrow=False
    )
    sentences = [_sentence(result) for result in results]
    for name, ys, marked, colour, dash, width in series:
        speaks = name == "Together"
        fig.add_scatter(
            x=x,
            y=ys,
            name=name,
            mode="lines",
            line={"color": colour, "dash": dash, "width": width},
            customdata=sentences if speaks else None,
            hovertemplate="%{customdata}<extra></extra>" if speaks else None,
            hoverinfo=None if speaks else "skip",
        )
        fig.add_scatter(
            x=[selected.shock.move],
            y=[marked],
            name=f"{name}, selected",
            mode="markers",
            marker={"color": colour, "size": 10},
            cliponaxis=False,
            hoverinfo="skip",
        )
    ends = spread([ys[-1] for _, ys, *_ in series], (high - low) * 0.065)
    for (name, _, _, colour, *_), y in zip(series, ends, strict=True):
        fig.add_annotation(x=x[-1], y=y, text=f"{dot(colour)} {name}", showarrow=False, xanchor="left", xshift=4)
    _mark_break_evens(fig, break_evens)
    moved = "your bag" if selected.shock.of == "bag" else "the market"
    fig.update_xaxes(percent_axis(x[0], x[-1], count=5), title_text=f"Move of {moved}", hoverformat="+.0%")
    fig.update_yaxes(money_axis(low, high))
    return fig


def _sentence(result: ScenarioResult) -> str:
    moved = "your bag" if result.shock.of == "bag" else "the market"
    text = (
        f"If {moved} moves {percent(result.shock.move)}:<br>bag {signed_usd(result.bag_pnl)}, "
        f"hedge {signed_usd(result.hedge_pnl)},<br>together {signed_usd(result.net_pnl)}"
    )
    return f"{text};<br>the short is liquidated." if result.is_liquidated else f"{text}."


def _shade_liquidation(fig: go.Figure, start: float, end: float, bottom: float) -> None:
    fig.add_vrect(x0=start, x1=end, fillcolor=DANGER, opacity=0.14, line_width=0, layer="below")
    fig.add_annotation(
        x=end,
        y=bottom,
        xanchor="right",
        yanchor="bottom",
        text=f'<span style="color:{DANGER}">✕</span> short liquidated',
        showarrow=False,
    )


def _mark_break_evens(fig: go.Figure, moves: Sequence[float]) -> None:
    if not moves:
        return
    fig.add_scatter(
        x=list(moves),
        y=[0.0] * len(moves),
        name="Break-even",
        mode="markers",
        marker={"color": NET, "size": 11, "symbol": "diamond-open", "line": {"width": 2}},
        hoverinfo="skip",
    )
    for move in moves:
        if abs(move) < 0.005:
            continue
        # Below and to the right, where the rising line leaves room; at the end it runs into the margin.
        fig.add_annotation(
            x=move, y=0, text=f"even {percent(move)}", showarrow=False, xanchor="left", xshift=4, yshift=-14
        )


def attribution_waterfall(result: ScenarioResult, *, hedge_ratio: float) -> go.Figure:
    """From the ideal (the share h of the bag does not move) to the net result after costs, term by term."""
    ideal = (1.0 - hedge_ratio) * result.bag_pnl
    terms = [(TERMS[name], float(getattr(result.attribution, name))) for name in TERMS]
    shown = [(name, value) for name, value in terms if abs(value) >= 0.5]
    labels = ["Ideal", *(name for name, _ in shown), "After costs"]
    values = [ideal, *(value for _, value in shown), result.net_after_costs]
    texts = [money(value, signed=True) for value in values]
    fig = figure("From the ideal to the result", height=130 + 36 * len(labels), right=width_of(texts))
    fig.add_trace(
        go.Waterfall(
            orientation="h",
            y=labels,
            x=values,
            measure=["absolute", *["relative"] * len(shown), "total"],
            customdata=[
                f"An exact hedge of {hedge_ratio:.0%} would leave {signed_usd(ideal)}.",
                *(
                    f"{usd(abs(value))} {'better' if value > 0 else 'worse'} because of {name.lower()}."
                    for name, value in shown
                ),
                f"Bag and hedge together, after costs: {signed_usd(result.net_after_costs)}.",
            ],
            textposition="none",
            increasing={"marker": {"color": NET, "line": {"color": NET, "width": 1}}},
            decreasing={"marker": {"color": DANGER, "line": {"color": DANGER, "width": 1}}},
            totals={"marker": {"color": GREY}},
            connector={"line": {"color": GREY, "width": 1}},
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    add_values(fig, labels, texts)
    zero_line(fig, vertical=True)
    reached = np.cumsum([ideal, *(value for _, value in shown)])
    fig.update_xaxes(money_axis(*bounds([*reached.tolist(), result.net_after_costs]), count=3))
    fig.update_yaxes(autorange="reversed", type="category", showgrid=False)
    return fig


def net_heatmap(*, moves: Sequence[float], beta_shifts: Sequence[float], grid: Floats, title: str) -> go.Figure:
    """Net profit and loss by move of the market and by how far betas differ from their estimate."""
    limit = float(np.abs(grid).max()) or 1.0
    fig = figure(title, height=120 + 36 * len(beta_shifts), subtitle="Rows: betas against their estimate")
    xs, ys = [percent(move) for move in moves], [percent(shift) for shift in beta_shifts]
    is_small = len(moves) <= 9 and len(beta_shifts) <= 9
    fig.add_trace(
        go.Heatmap(
            x=list(range(len(xs))),
            y=list(range(len(ys))),
            z=grid,
            zmin=-limit,
            zmax=limit,
            colorscale=[[0.0, DANGER], [0.5, NEUTRAL], [1.0, NET]],
            text=[[compact(value) if is_small else "" for value in row] for row in grid],
            texttemplate="%{text}",
            textfont={"size": 11, "color": INK},
            customdata=[
                [
                    f"If the market moves {x} and betas are {_against_estimate(y)},<br>"
                    f"bag and hedge together make {signed_usd(value)}."
                    for x, value in zip(xs, row, strict=True)
                ]
                for y, row in zip(ys, grid, strict=True)
            ],
            hovertemplate="%{customdata}<extra></extra>",
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    every = -(-len(xs) // 7)
    middle = next((number for number, move in enumerate(moves) if move == 0), 0) % every
    at = range(middle, len(xs), every)
    fig.update_xaxes(title_text="Move of the market", tickvals=list(at), ticktext=[xs[i] for i in at], showgrid=False)
    fig.update_yaxes(tickvals=list(range(len(ys))), ticktext=ys, showgrid=False)
    return fig


def _against_estimate(shift: str) -> str:
    if shift == "0%":
        return "as estimated"
    return f"{shift[1:]} {'above' if shift.startswith('+') else 'below'} their estimate"


def hedge_ratio_consequence(
    *, falls: Sequence[float], bag_losses: Sequence[float], net_losses: Sequence[float]
) -> go.Figure:
    """Profit or loss (negative) of the bag alone and with the hedge, for several falls of the bag."""
    names = [percent(-fall) for fall in falls]
    bars = (
        ("Bag alone", bag_losses, BAG, "", 10, ("the bag alone", "loses", "gains")),
        ("Bag and hedge", net_losses, NET, "/", -10, ("bag and hedge together", "lose", "gain")),
    )
    texts = [money(value, signed=True) for _, values, *_ in bars for value in values]
    fig = figure(
        "What a fall of your bag costs",
        height=90 + 58 * len(names),
        subtitle="  ".join(f"{dot(colour)} {name}" for name, _, colour, *_ in bars),
        right=width_of(texts),
    )
    for name, values, colour, pattern, shift, (subject, lose, gain) in bars:
        fig.add_bar(
            orientation="h",
            y=names,
            x=list(values),
            name=name,
            marker={"color": colour, "pattern": {"shape": pattern, "fillmode": "overlay", "size": 6, "solidity": 0.2}},
            customdata=[
                f"If your bag falls {fall:.0%}, {subject} {lose if value < 0 else gain} {usd(abs(value))}."
                for fall, value in zip(falls, values, strict=True)
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
        add_values(fig, names, [money(value, signed=True) for value in values], shift=shift)
    zero_line(fig, vertical=True)
    fig.update_layout(barmode="group", bargap=0.35, bargroupgap=0.05)
    fig.update_xaxes(money_axis(*bounds([*bag_losses, *net_losses]), count=4))
    fig.update_yaxes(autorange="reversed", type="category", showgrid=False)
    return fig


# ----------------------------------------------------------------------------------------------------- the proxy


def regression_scatter(
    *, coin: str, proxy: str, coin_returns: Floats, proxy_returns: Floats, estimate: BetaEstimate
) -> go.Figure:
    """Daily returns of the coin against the proxy's, and the line whose slope is beta."""
    label = f"beta {estimate.beta:.2f}"
    fig = figure(f"{coin} against {proxy}, day by day", height=340, right=width_of([label]))
    both = ~(np.isnan(coin_returns) | np.isnan(proxy_returns))
    x, y = proxy_returns[both], coin_returns[both]
    if not x.size:
        return say_nothing_to_show(fig, "No day on which both have a price.")
    fig.add_scatter(
        x=x,
        y=y,
        name="Days",
        mode="markers",
        marker={"color": BAG, "size": 6, "opacity": 0.6},
        hovertemplate=f"{escape(proxy)} moved %{{x:+.1%}} and {escape(coin)} %{{y:+.1%}}.<extra></extra>",
    )
    ends = np.array([x.min(), x.max()])
    line = (estimate.alpha or 0.0) + estimate.beta * ends
    fig.add_scatter(x=ends, y=line, name=label, mode="lines", line={"color": HEDGE_LIGHT, "width": 3}, hoverinfo="skip")
    fig.add_annotation(x=ends[1], y=line[1], text=f"<b>{label}</b>", showarrow=False, xanchor="left", xshift=4)
    zero_line(fig)
    zero_line(fig, vertical=True)
    air = 0.03 * float(ends[1] - ends[0])
    fig.update_xaxes(percent_axis(float(ends[0]) - air, float(ends[1]) + air), title_text=f"{escape(proxy)} in a day")
    low, high = bounds([float(y.min()), float(y.max()), *line.tolist()])
    fig.update_yaxes(percent_axis(low, high))
    return fig


def rolling_exposure(
    *, coin: str, proxy: str, days: Days, betas: Floats, correlations: Floats, window: int
) -> go.Figure:
    """Rolling beta above, rolling correlation with its 0.7 line below."""
    fig = figure(f"{coin} to {proxy}, over the {window} days before", height=360, right=40)
    known = ~(np.isnan(betas) | np.isnan(correlations))
    if not known.any():
        return say_nothing_to_show(fig, "Too little history for a rolling view.")
    dates = days[known].astype("datetime64[D]").astype(str)
    panels = (
        ("y", "Beta", betas[known], HEDGE_LIGHT, 1.0),
        ("y2", f"Correlation ({GOOD_CORRELATION} and above is good)", correlations[known], NET, 0.42),
    )
    for which, name, values, colour, top in panels:
        last = float(values[-1])
        word = name.split(" ", maxsplit=1)[0].lower()
        fig.add_scatter(
            x=dates,
            y=values,
            yaxis=which,
            name=name,
            mode="lines",
            line={"color": colour, "width": 2},
            hovertemplate=f"On %{{x|%d %b %Y}} the {word} was %{{y:.2f}}.<extra></extra>",
        )
        fig.add_annotation(
            x=1, xref="paper", xanchor="left", xshift=4, y=last, yref=which, text=f"<b>{last:.2f}</b>", showarrow=False
        )
        fig.add_annotation(
            x=0, xref="paper", xanchor="left", y=top, yref="paper", yanchor="bottom", text=name, showarrow=False
        )
    fig.add_shape(
        type="line",
        xref="paper",
        x0=0,
        x1=1,
        yref="y2",
        y0=GOOD_CORRELATION,
        y1=GOOD_CORRELATION,
        line={"color": GREY, "width": 1.5, "dash": "dash"},
    )
    beta_low, beta_high = float(betas[known].min()), float(betas[known].max())
    air = 0.08 * ((beta_high - beta_low) or 1.0)
    beta_ticks = ticks(beta_low - air, beta_high + air, count=4)
    floor = min(0.0, float(np.floor(correlations[known].min() * 10) / 10))
    fig.update_layout(
        margin={"t": fig.layout.margin.t + LINE},
        xaxis={"anchor": "y2", "nticks": 5, "tickformat": "%b<br>%Y"},
        yaxis={
            "domain": [0.58, 1.0],
            "range": [beta_low - air, beta_high + air],
            "tickvals": beta_ticks,
            "ticktext": [f"{value:.2f}".replace("-", "−") for value in beta_ticks],
        },
        yaxis2={
            **axis(),
            "domain": [0.0, 0.42],
            "range": [floor, 1.04],
            "tickvals": [*([floor] if floor < 0 else []), 0.0, 0.4, GOOD_CORRELATION, 1.0],
            "anchor": "x",
        },
    )
    return fig


def correlation_heatmap(*, coins: Sequence[str], matrix: Floats) -> go.Figure:
    """Correlation of each pair of coins, with its number; names stand level, on up to three lines in turn."""
    rows = 1 if len(coins) <= 6 else 2 if len(coins) <= 10 else 3
    at = list(range(len(coins)))
    names = [escape(coin if len(coin) <= 7 else f"{coin[:6]}…") for coin in coins]
    fig = figure("Correlation of daily returns", height=76 + LINE * rows + (36 if rows == 1 else 28) * len(coins))
    fig.add_trace(
        go.Heatmap(
            x=at,
            y=at,
            z=matrix,
            zmin=-1,
            zmax=1,
            colorscale=[
                [0.0, DANGER],
                [0.5, NEUTRAL],
                [0.75, "#D6E8F2"],
                [0.85, "#A5CEE6"],
                [1.0, "#4F9FD0"],
            ],
            text=[[_correlation_text(value) for value in row] for row in matrix],
            texttemplate="%{text}",
            textfont={"size": 12 if rows < 3 else 10, "color": INK},
            customdata=[
                [
                    f"{escape(row)} and {escape(column)} {_correlation_words(matrix[i, j])}."
                    for j, column in enumerate(coins)
                ]
                for i, row in enumerate(coins)
            ],
            hovertemplate="%{customdata}<extra></extra>",
            showscale=False,
            xgap=1,
            ygap=1,
        )
    )
    stacked = ["<br>" * (number % rows) + name for number, name in enumerate(names)]
    fig.update_xaxes(tickvals=at, ticktext=stacked, showgrid=False)
    fig.update_yaxes(tickvals=at, ticktext=names, autorange="reversed", showgrid=False)
    return fig


def _correlation_words(value: float) -> str:
    return "share too few days" if np.isnan(value) else f"have a correlation of {value:.2f}".replace("-", "−")


def _correlation_text(value: float) -> str:
    if np.isnan(value):
        return ""
    text = f"{value:.2f}".replace("-", "−")
    return "1" if text == "1.00" else text.replace("0.", ".", 1)


# ------------------------------------------------------------------------------------------------------ the size


def contract_choices(choices: Sequence[CountChoice], target_ratio: float) -> go.Figure:
    """Achieved hedge ratio with one contract fewer, as proposed, and one more, against the target."""
    proposed = proposed_choice(choices)
    fig = figure("Share of the bag's moves that is offset", height=80 + 52 * len(choices), right=44)
    fig.update_layout(margin={"l": 14})
    shares = ratio_texts(choices)
    labels = [
        f"{contracts_text(choice.contracts)}: {share}, {open_text(choice.residual_exposure)}"
        for choice, share in zip(choices, shares, strict=True)
    ]
    places = list(range(len(choices)))
    fig.add_bar(
        orientation="h",
        y=places,
        x=[choice.achieved_hedge_ratio for choice in choices],
        width=0.34,
        marker={"color": [HEDGE_LIGHT if choice is proposed else GREY for choice in choices]},
        customdata=[
            f"{contracts_text(choice.contracts)} offset {share} of the bag's moves:<br>"
            f"{open_text(choice.residual_exposure)}."
            for choice, share in zip(choices, shares, strict=True)
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )
    for place, label, choice in zip(places, labels, choices, strict=True):
        fig.add_annotation(
            x=0,
            xref="paper",
            xanchor="left",
            y=place - 0.42,
            text=f"<b>{label}</b>" if choice is proposed else label,
            showarrow=False,
            font={"size": 13},
        )
        fig.add_shape(
            type="line",
            x0=target_ratio,
            x1=target_ratio,
            y0=place - 0.25,
            y1=place + 0.25,
            line={"color": DANGER, "width": 4},
        )
    furthest = max(1e-9, target_ratio, *(choice.achieved_hedge_ratio for choice in choices))
    others = [share for share in (0.0, 1.0) if abs(share - target_ratio) > 0.25 * furthest]
    fig.update_xaxes(
        range=[0.0, furthest],
        tickvals=[target_ratio, *others],
        ticktext=[f"target {percent(target_ratio).removeprefix('+')}", *(f"{share:.0%}" for share in others)],
        showgrid=False,
    )
    fig.update_yaxes(visible=False, range=[len(choices) - 0.6, -0.75])
    return fig


def proposed_choice(choices: Sequence[CountChoice]) -> CountChoice:
    """The count that the plan proposes: the middle one of three, the first where zero is proposed."""
    return choices[1] if len(choices) == 3 else choices[0]


def contracts_text(count: int) -> str:
    """1 contract, 1,234 contracts."""
    return f"{count:,} contract{'' if count == 1 else 's'}"


def ratio_texts(choices: Sequence[CountChoice]) -> list[str]:
    """The achieved ratios in percent, with as many digits as tell them apart (one to three)."""
    for digits in (1, 2, 3):
        texts = [f"{choice.achieved_hedge_ratio:.{digits}%}" for choice in choices]
        if len(set(texts)) == len(texts):
            break
    return texts


def open_text(residual: float) -> str:
    """$3,000 left open, or what is short beyond the bag."""
    return f"{usd(residual)} left open" if residual >= -0.5 else f"{usd(-residual)} too much"
