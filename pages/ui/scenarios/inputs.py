"""The inputs of the scenarios page: one shock, kept in the session through page changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hedge_core import HedgeAssessment, Shock
from hedge_core.scenarios.presets import PRESETS, Preset, largest_coin
from hedge_core.scenarios.stress import outrunning_leg, stress_beta_shock
from pages.ui.session import state

GRID_MOVES = (-0.5, -0.3, -0.15, 0.0, 0.15, 0.3, 0.5)
GRID_SHIFTS = (-0.5, -0.25, 0.0, 0.25, 0.5, 1.0)

Settings = Mapping[str, int | str]

DEFAULTS: Settings = {
    "scenario_of": "market",
    "scenario_move": -15,
    "scenario_beta": 0,
    "scenario_break": 0,
    "scenario_basis": 0,
    "scenario_carry": 0,
    "scenario_own": 0,
    "scenario_worst_days": 0,
    "scenario_days": 0,
}
"""What a preset does not mention; 0 days stand for the plan's horizon."""

LONGEST_DAYS = 90
SHORT = {preset.name: preset.short for preset in PRESETS}
"""What stands on the button of each preset."""


def moves() -> list[float]:
    """The moves that the range chart shows: −80% to +100%."""
    return [step / 100 for step in range(-80, 102, 4)]


def presets(result: HedgeAssessment) -> None:
    """The presets, in one row."""
    st.pills(
        "Presets",
        list(SHORT),
        format_func=SHORT.__getitem__,
        key="scenario_preset",
        on_change=_apply_preset,
        args=(largest_coin(result), outrunning_leg(result) if result.legs else ""),
        label_visibility="collapsed",
        wrap=False,
    )


def move_and_days(result: HedgeAssessment) -> None:
    """The move, what moves by it, and within how many days."""
    with st.container(horizontal=True, key="scenario_inputs"):
        _slider(
            "Move",
            "scenario_move",
            -80,
            100,
            "The market is half Bitcoin and half Ether, and every coin moves by its own beta to it. Or your bag moves "
            "by this much as a whole.",
        )
        st.slider(
            "Days",
            1,
            max(LONGEST_DAYS, result.plan.decisions.horizon_days),
            key=state.seed("scenario_days", days(result)),
            on_change=_changed,
            args=("scenario_days",),
            help="How long the move takes: what the short earns or pays until then counts.",
        )
        _choice("What moves", "scenario_of", {"market": "The market", "bag": "My bag"})


def days(result: HedgeAssessment) -> int:
    """Within how many days the market moves: the plan's horizon until other days are chosen."""
    return _value("scenario_days") or result.plan.decisions.horizon_days


def shock(result: HedgeAssessment, place: DeltaGenerator) -> Shock:
    """The shock that the inputs describe; the rarer ones are drawn at `place`, folded."""
    if _uses_more():  # once open it stays open: a slider that goes back to 0 must not close it under the hand
        state.remember("scenario_more", True)
    with place.expander("More: beta, correlation, basis, carry, one coin", expanded=state.recall("scenario_more")):
        _more(result)
    found = stated(result)
    if _value("scenario_worst_days") and not found.stated_moves:
        place.caption("How coins move on the market's worst days is not known here, so they move by their betas.")
    return found


def stated(result: HedgeAssessment) -> Shock:
    """The shock that the inputs describe, without drawing them."""
    settings = {key: state.remember(key, default) for key, default in DEFAULTS.items()}
    return described(result, settings | {"scenario_coin": _coin(result)})


def described(result: HedgeAssessment, settings: Settings) -> Shock:
    """The shock of these settings; without a `scenario_coin` no coin moves by itself."""

    def fraction(key: str) -> float:
        return int(settings[key]) / 100

    own, coin = fraction("scenario_own"), settings.get("scenario_coin")
    shock = Shock(
        move=fraction("scenario_move"),
        of="bag" if settings["scenario_of"] == "bag" else "market",
        beta_shift=fraction("scenario_beta"),
        basis_move=fraction("scenario_basis"),
        own_moves={str(coin): own} if own and coin else {},
        correlation_break=fraction("scenario_break"),
        carry_shift=fraction("scenario_carry"),
    )
    stressed = stress_beta_shock(result, shock.move) if settings["scenario_worst_days"] else None
    if stressed is None:
        return shock
    return replace(stressed, basis_move=shock.basis_move, carry_shift=shock.carry_shift)


def _coins(result: HedgeAssessment) -> list[str]:
    """The coins that can move by themselves: those of the bag and of what is shorted, each once."""
    held = (coin.holding.coin for coin in result.held_coins)
    return list(dict.fromkeys((*held, *(leg.underlying for leg in result.legs))))


def _coin(result: HedgeAssessment) -> str:
    coins = _coins(result)
    wanted = str(state.remember("scenario_coin", coins[0]))
    return wanted if wanted in coins else coins[0]


def _more(result: HedgeAssessment) -> None:
    """The rarer inputs."""
    _slider("Betas, against their estimate", "scenario_beta", -100, 150, "+100%: the coins move twice as far.")
    _slider(
        "Share of the correlation that breaks",
        "scenario_break",
        0,
        100,
        "Coins without a future of their own keep their volatility and lose this share of their link to the short "
        "contracts; the movement that is free then goes against you, one standard deviation over the days chosen.",
    )
    _slider("Contracts against their coin", "scenario_basis", -10, 10, "A change of basis.")
    _slider(
        "What the short earns per year",
        "scenario_carry",
        -100,
        100,
        "Added to the carry over the days chosen. −50%: funding turns, and the short pays half its size more per year.",
    )
    coin = st.selectbox(
        "One coin's own move",
        _coins(result),
        key=state.seed("scenario_coin", _coin(result)),
        on_change=state.keep,
        args=("scenario_coin",),
    )
    _slider(f"{coin} on top of the market", "scenario_own", -100, 100, "A hack, an unlock, a listing.")
    _worst_days()


def _worst_days() -> None:
    """Whether coins move as on the worst days of the market, instead of by their betas."""
    st.toggle(
        "Coins move as on the market's worst days",
        key=state.seed("scenario_worst_days", bool(_value("scenario_worst_days"))),
        on_change=_changed,
        args=("scenario_worst_days",),
        help="Each coin by its stress beta, from the worst tenth of the market's days in the window. Betas, broken "
        "correlation and one coin's own move are then left out, and the market is what moves.",
    )


def _value(key: str) -> int:
    return int(state.remember(key, DEFAULTS[key]))


def _uses_more() -> bool:
    return any(_value(key) for key in DEFAULTS if key not in ("scenario_of", "scenario_move", "scenario_days"))


def _slider(label: str, key: str, low: int, high: int, help_text: str) -> None:
    st.slider(
        label,
        low,
        high,
        step=1,
        format="%d%%",
        key=state.seed(key, _value(key)),
        on_change=_changed,
        args=(key,),
        help=help_text,
    )


def _choice(label: str, key: str, options: dict[str, str]) -> None:
    st.radio(
        label,
        list(options),
        horizontal=True,
        format_func=options.__getitem__,
        key=state.seed(key, state.remember(key, DEFAULTS[key])),
        on_change=_changed,
        args=(key,),
    )


def _changed(key: str) -> None:
    state.keep(key)
    st.session_state.scenario_preset = None


def _apply_preset(largest: str, leg: str) -> None:
    chosen = next((preset for preset in PRESETS if preset.name == st.session_state.scenario_preset), None)
    if chosen is None:
        return
    kept = st.session_state.setdefault("kept", {})
    coin = leg if chosen.leg_move and leg else largest
    kept.update({**DEFAULTS, **_settings(chosen), "scenario_coin": coin})


def _settings(preset: Preset) -> Settings:
    """The values of the inputs for a preset, in whole percent; a past crash has its own view instead.

    A preset that moves all proxies alike moves the market here.
    """
    if preset.window:
        return {"scenario_view": "Past crashes", "stress_window": preset.window}
    shock = preset.shock
    fractions = {
        "scenario_move": shock.move,
        "scenario_beta": shock.beta_shift,
        "scenario_break": shock.correlation_break,
        "scenario_basis": shock.basis_move,
        "scenario_carry": shock.carry_shift,
        "scenario_own": preset.own_move or preset.leg_move,
    }
    of = "bag" if shock.of == "bag" else "market"
    percents = {key: round(100 * value) for key, value in fractions.items()}
    return {"scenario_of": of, **percents, "scenario_worst_days": int(preset.has_stress_betas)}
