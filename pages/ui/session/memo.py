"""Results kept for as long as what they rest on stays the same.

`memo` keeps in the session what takes long, and `for_all` once for all sessions what follows from the sample market.
`for_now` keeps what takes some milliseconds: a slider that is moved again and again then answers sooner, but in the
many sessions that only stand open it is not worth its memory.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from pages.ui.session import prices, turns
from pages.ui.session.once import Once

if TYPE_CHECKING:
    from collections.abc import Hashable

    from hedge_core import HedgeAssessment, MarketSnapshot

T = TypeVar("T")

MOST_SHARED = 200
"""Results of one name that are kept for all sessions; a browser may ask for any values."""

MOST_AT_WORK = 32
"""So many sessions of a process, those drawn last, keep what `for_now` has worked out."""


class _AtHand(dict[str, tuple[object, object]]):
    """What one session keeps for now: its keys and results by their names."""


_at_work: list[weakref.ref[_AtHand]] = []
_guard = threading.Lock()


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


def latest(name: str) -> Any:
    """What `memo` keeps under this name, whatever it rests on; None if nothing."""
    return st.session_state.get("memos", {}).get(name, (None, None))[1]


def forget(name: str) -> None:
    """Let go of what `memo` keeps under this name."""
    st.session_state.get("memos", {}).pop(name, None)


def for_all(name: str, market: MarketSnapshot, key: Hashable, compute: Callable[[], T]) -> T:
    """What `compute` gives, which has to follow from `market` and `key` alone and may not be changed by anybody.

    On the sample market it is worked out once for all sessions of this process. The latest `MOST_SHARED` results of
    each name are kept. On any other market it is worked out again, so call this within `memo`.
    """
    if market is not prices.sample_market():
        return compute()
    known = _shared().setdefault(name, {})
    kept: tuple[T] | None = known.get(key)  # type: ignore[assignment]  # each name has one type
    if kept is None:
        kept = (compute(),)
        with _guard:
            if key not in known and len(known) >= MOST_SHARED:
                del known[next(iter(known))]
            known[key] = kept
    return kept[0]


@Once
def _shared() -> dict[str, dict[Hashable, tuple[object]]]:
    """What all sessions share, by name and key."""
    return {}


def for_now(name: str, key: object, compute: Callable[[], T]) -> T:
    """Like `memo`, but forgotten once MOST_AT_WORK other sessions have asked for something."""
    at_hand = _at_hand()
    known: tuple[object, T] | None = at_hand.get(name)  # type: ignore[assignment]  # under one name lies one type
    if known is None or known[0] != key:
        at_hand[name] = known = (key, compute())
    return known[1]


def _at_hand() -> _AtHand:
    """What this session keeps for now; the session that has not been drawn for longest may lose its own."""
    mine: _AtHand = st.session_state.setdefault("at_hand", _AtHand())
    with _guard:
        others = [ref for ref in _at_work if ref() is not mine and ref() is not None]
        _at_work[:] = [weakref.ref(mine), *others[: MOST_AT_WORK - 1]]
        forgotten = [kept for ref in others[MOST_AT_WORK - 1 :] if (kept := ref()) is not None]
    for kept in forgotten:
        kept.clear()
    return mine
