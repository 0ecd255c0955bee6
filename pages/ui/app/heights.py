"""How tall the inputs are, so that nothing moves when they appear.

The browser fetches the code of an input when a page first needs it. Until then Streamlit draws a grey field of 40 px in
its place, and everything below moves when the input is taller. Here each grey field gets the height of its input.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

LABELLED = 68
"""Pixels of a field or slider with its label above it."""

HEIGHTS: Mapping[int, Sequence[str]] = {
    24: ("scenario_worst_days",),
    32: ("monitor_view", "fill_tick_"),
    60: ("start_source", "size_view"),
    LABELLED: (
        "start_hedge", "plan_move", "horizon_days", "rally_to_survive", "collateral", "reserve", "breach",
        "margin_mode", "margin_coins", "venue", "residence", "window_days", "ticket_stages", "glossary_search",
        "record_coin", "record_signal", "event_day", "scenario_move", "scenario_days", "scenario_of", "scenario_beta",
        "scenario_break", "scenario_basis", "scenario_carry", "scenario_coin", "scenario_own", "fill_count_",
        "fill_quantity_", "fill_at_",
    ),
    89: ("hedge_share",),
    95: ("method",),
    96: ("bag_upload", "ics_in"),
    116: ("approach",),
    118: ("rounding",),
    160: ("bag_paste",),
}  # fmt: skip
"""Pixels to the keys of the inputs of that height, beside an open sidebar on a screen of 1,440 px."""

MEDIUM: Mapping[int, Sequence[str]] = {LABELLED: ("hedge_share", "scenario_view"), 95: ("approach",)}
"""Those that differ where columns stand one below the other (`style.STYLE`)."""

SMALL: Mapping[int, Sequence[str]] = {96: ("size_view",), 128: ("bag_upload", "ics_in")}
"""Those that differ on a phone."""


def rules() -> str:
    """The rules of the style sheet that give each grey field its height."""
    return f"{_rules(HEIGHTS)}@media (max-width:1180px){{{_rules(MEDIUM)}}}@media (max-width:640px){{{_rules(SMALL)}}}"


def _rules(heights: Mapping[int, Sequence[str]]) -> str:
    return "".join(
        f':is({",".join(_named(key) for key in keys)}) [data-testid="stSkeleton"]{{height:{pixels}px;min-height:0}}'
        for pixels, keys in heights.items()
    )


def _named(key: str) -> str:
    """The selector of an input's key; one that ends with an underscore names all that begin so."""
    return f'[class*="st-key-{key}"]' if key.endswith("_") else f".st-key-{key}"
