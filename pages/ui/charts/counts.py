"""Charts of the count: one contract fewer, as proposed, one more; and its words."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from hedge_core.hedge.sizing import CountChoice
from pages.ui.charts.look import DANGER, GREY, HEDGE_LIGHT, figure, short_percent
from pages.ui.parts.format import percent, usd


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
        ticktext=[f"target {short_percent(target_ratio).removeprefix('+')}", *(f"{share:.0%}" for share in others)],
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


def choices_reading(choices: Sequence[CountChoice], target: float, *, is_joint: bool = False) -> str:
    """What the proposal achieves, and whether a neighbour comes closer to the target.

    Of counts that were chosen jointly (`is_joint`) no neighbour fits better, whatever the ratio says.
    """
    if not choices:
        return "There is nothing to choose between."
    shares = dict(zip((choice.contracts for choice in choices), ratio_texts(choices), strict=True))
    proposed = proposed_choice(choices)
    best = min(choices, key=lambda choice: abs(choice.achieved_hedge_ratio - target))
    text = (
        f"The proposal is {contracts_text(proposed.contracts)}: {shares[proposed.contracts]} of the bag's moves are "
        f"offset (target {percent(target)}), {open_text(proposed.residual_exposure)}."
    )
    if is_joint:
        return f"{text} It is the best count beside those of the other contracts."
    if best is proposed or abs(best.achieved_hedge_ratio - proposed.achieved_hedge_ratio) < 5e-4:
        return f"{text} No neighbour comes closer."
    return (
        f"{text} For the bag as a whole {contracts_text(best.contracts)} would come closer: {shares[best.contracts]}, "
        f"{open_text(best.residual_exposure)}."
    )
