"""Inputs for fields of the plan, drawn from the plan's schema: label, unit and limits are those of the field.

A fraction is entered in percent. `on_screen` and `in_plan` convert between the plan and the input; the value that an
input shows is kept under its key, so set it there before you draw the input.
"""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from hedge_core.plan.schema import Bounds, PlanField, Scalar

PERCENT_STEP = 0.1
"""The smallest step of a field in percent."""


def on_screen(field: PlanField, value: Any) -> Any:
    """The value of the field as its input shows it."""
    is_fraction = field.about.unit == "%" and value is not None
    return round(100.0 * value, 6) if is_fraction else value


def in_plan(field: PlanField, shown: Any) -> Any:
    """What an input shows, as the plan holds it. An empty text stands for the field's default."""
    if field.about.unit == "%" and shown is not None:
        return round(shown / 100.0, 10)
    return field.default if shown == "" else shown


def draw(field: PlanField, *, key: str, has_slider: bool = False, **options: Any) -> Any:
    """Draw the input of the field and return what it shows; with `has_slider`, a share of a whole is a slider.

    `options` go to Streamlit. Raises TypeError for a field that has no input, such as a list.
    """
    shape, about = field.shape, field.about
    if not isinstance(shape, Scalar):
        raise TypeError(f"{field.path} has no input, because it is not a single value")
    options |= {"key": key, "help": about.help or None}
    if shape.choices:
        return st.selectbox(about.label, shape.choices, **options)
    if shape.python is bool:
        return st.checkbox(about.label, **options)
    if shape.python is str:
        return st.text_input(about.label, max_chars=shape.bounds.most, **options)
    if shape.python not in (int, float):
        return st.date_input(about.label, **options)
    lowest, highest = limits(field)
    if has_slider and about.unit == "%" and highest == 100.0 and not shape.is_optional:
        st.session_state[key] = round(st.session_state[key])
        return st.slider(about.label, math.ceil(lowest), 100, step=1, format="%d%%", **options)
    label = {"%": f"{about.label} (%)", "hours": f"{about.label} (hours)"}.get(about.unit, about.label)
    step = 1 if shape.python is int else 1.0
    return st.number_input(label, min_value=lowest, max_value=highest, step=step, format=_format(field), **options)


def limits(field: PlanField) -> tuple[float, float]:
    """The smallest and the largest number that the input of the field offers; a bound that is excluded is left out."""
    shape = field.shape
    bounds = shape.bounds if isinstance(shape, Scalar) else Bounds()
    is_whole = isinstance(shape, Scalar) and shape.python is int
    factor, step = (100.0, PERCENT_STEP) if field.about.unit == "%" else (1, 1 if is_whole else 1.0)
    lowest = (bounds.lowest or 0) * factor + (step if bounds.is_above else 0)
    highest = (1e15 if bounds.highest is None else bounds.highest) * factor - (step if bounds.is_below else 0)
    return (int(lowest), int(highest)) if is_whole else (round(float(lowest), 6), round(float(highest), 6))


def _format(field: PlanField) -> str:
    if isinstance(field.shape, Scalar) and field.shape.python is int:
        return "%d"
    return "%.1f" if field.about.unit == "%" else "%.0f"
