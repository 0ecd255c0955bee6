"""Results that take long, kept in the session for as long as what they rest on stays the same."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from pages.ui.session import turns

if TYPE_CHECKING:
    from hedge_core import HedgeAssessment

T = TypeVar("T")


def basis(result: HedgeAssessment) -> tuple[object, ...]:
    """All that follows from `result` follows from this: a key for `memo` that lasts longer than one assessment.

    It keeps no market alive. The counts are part of it, because a plan can be shown as it is filled.
    """
    return result.plan, weakref.ref(result.market), tuple(leg.contracts for leg in result.legs)


def is_known(name: str, key: object) -> bool:
    """Whether `memo` would answer at once."""
    known = st.session_state.get("memos", {}).get(name)
    return known is not None and known[0] == key


def memo(name: str, key: object, compute: Callable[[], T], *, is_long: bool = False) -> T:
    """What `compute` gives, worked out again only when `key` is another than the last time under this name.

    Other pages are drawn while a long one is worked out.
    """
    known: tuple[object, T] | None = st.session_state.setdefault("memos", {}).get(name)
    if known is None or known[0] != key:
        with turns.long_work() if is_long else nullcontext():
            known = (key, compute())
        st.session_state.memos[name] = known
    return known[1]
