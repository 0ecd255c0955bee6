"""Pages take turns: a process draws one at a time, and the others wait.

Python runs one thread at a time whatever one does. Pages that share it all finish late, and it spends a third of its
time on handing itself on; one after the other most of them are done long before (figures in docs/capacity.md).

The next turn goes to the visitor who has used the least of the processor lately. Whoever floods the server with
messages, from however many tabs, so waits behind everybody else. Each second of waiting counts for a page (`WAITING`),
so that none waits for ever while new visitors arrive. Streamlit makes a thread for each page that is asked for. One
whose tab has asked for another while it waited ends without a turn, and the server limits how many pages of a visitor
wait (see hosting/visitors.py).
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

Made = TypeVar("Made")

VISITOR_HEADER = "X-Visitor"
"""In which the server says whose a WebSocket is."""

PATIENCE = 3.0
"""Seconds that a page waits in all, after which it may be drawn out of turn: a slow one holds nobody up for longer."""

OUT_OF_TURN = 2
"""So many pages are drawn out of turn at once, beside the one whose turn it is."""

LIGHT = 2.0
"""Whoever has used more seconds of the processor lately (5% of one all the time) is not drawn out of turn."""

WAITING = 0.1
"""Seconds taken off what a visitor has used, for each second that his page has waited, when the next is chosen."""

HALF_LIFE = 30.0
"""Seconds after which half of what a visitor has used is forgotten."""

LEAST_COUNTED = 0.05
"""Seconds below which a visitor is as good as gone."""

MOST_VISITORS = 10_000


class Used:
    """Seconds of the processor that each visitor has used, of which half is forgotten every `HALF_LIFE` seconds.

    Of more than `MOST_VISITORS`, those who have used none for longest are dropped.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seconds: OrderedDict[str, tuple[float, float]] = OrderedDict()  # whoever used some last comes last
        self._guard = threading.Lock()

    def of(self, visitor: str) -> float:
        """What is left of it now."""
        seconds, at = self._seconds.get(visitor, (0.0, 0.0))
        left: float = seconds * 0.5 ** ((self._clock() - at) / HALF_LIFE)
        return left

    def since(self, visitor: str, amount: float, at: float) -> float:
        """What he has used since the moment `at` of the clock, when `of` was `amount`; 0 if he has been dropped."""
        return max(self.of(visitor) - amount * 0.5 ** ((self._clock() - at) / HALF_LIFE), 0.0)

    def idle(self, visitor: str) -> float:
        """Seconds since he has last used any of it; infinite if he never has."""
        known = self._seconds.get(visitor)
        return float("inf") if known is None else self._clock() - known[1]

    def lower_quarter(self) -> float:
        """What a quarter of the visitors have used at most, of those who have used something worth counting; 0 if none.

        Those who use much can be many: the visitor in the middle may be one of them.
        """
        left = sorted(used for used in map(self.of, list(self._seconds)) if used >= LEAST_COUNTED)
        return left[(len(left) - 1) // 4] if left else 0.0

    def add(self, visitor: str, seconds: float) -> None:
        """He has used so much more."""
        with self._guard:
            if visitor not in self._seconds and len(self._seconds) >= MOST_VISITORS:
                self._seconds.popitem(last=False)
            self._seconds[visitor] = (self.of(visitor) + seconds, self._clock())
            self._seconds.move_to_end(visitor)


@dataclass(slots=True, eq=False)
class _Ticket:
    """A page that waits for a turn, or has one."""

    visitor: str
    tab: str
    asked_at: float
    is_called: threading.Event = field(default_factory=threading.Event)
    has_turn: bool = False
    is_impatient: bool = False
    is_out_of_turn: bool = False
    used_before: float = 0.0


class Turns:
    """Turns of `at_once` threads; a thread has one at most.

    `visitor` names whose thread the current one is, and `tab` in which of his tabs ('' if that is not known). `leave`
    raises what ends the current thread if the tab has asked for another page, and does nothing otherwise. `clock` gives
    seconds and never goes back.
    """

    def __init__(
        self,
        at_once: int = 1,
        patience: float = PATIENCE,
        visitor: Callable[[], str] = str,
        used: Used | None = None,
        tab: Callable[[], str] = str,
        leave: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._free, self._free_out_of_turn = at_once, OUT_OF_TURN
        self._patience = patience
        self._visitor, self._tab, self._leave = visitor, tab, leave
        self._used = used or Used(clock)
        self._clock = clock
        self._waiting: list[_Ticket] = []
        self._drawing: list[_Ticket] = []
        self._guard = threading.Lock()
        self._mine = threading.local()

    @property
    def free(self) -> int:
        """How many may have a turn at once."""
        return self._free

    def waiting(self, visitor: str) -> int:
        """How many pages of this visitor wait for a turn."""
        return sum(ticket.visitor == visitor for ticket in list(self._waiting))

    def present(self, visitor: str) -> int:
        """How many pages of this visitor wait for a turn or have one."""
        with self._guard:
            return sum(ticket.visitor == visitor for ticket in (*self._waiting, *self._drawing))

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Wait for a turn and have it until the end of the block; after `patience` seconds it may come out of turn.

        Yields True in the outermost such block of a thread; one within another is part of its turn.
        """
        if getattr(self._mine, "is_in_one", False):
            yield False
            return
        self._mine.is_in_one = True
        self._mine.patience = self._patience
        try:
            self._take()
            yield True
        finally:
            self._give()
            self._mine.is_in_one = False

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let others go first while this thread waits for something; without a turn of its own, nothing.

        The turn is asked for again unless the page ends here, as it does when its visitor has moved on.
        """
        had_one = self._give()
        try:
            yield
        except Exception:
            if had_one:
                self._take()
            raise
        if had_one:
            self._take()

    def _take(self) -> None:
        ticket = _Ticket(self._visitor(), self._tab(), self._clock())
        with self._guard:
            same_tab = [other for other in self._waiting if ticket.tab and other.tab == ticket.tab]
            for other in same_tab:
                other.is_called.set()
            self._waiting.append(ticket)
            self._hand_out()
        self._wait(ticket, ticket.asked_at + self._mine.patience)
        ticket.used_before = time.thread_time()
        self._mine.ticket = ticket
        self._mine.patience = max(self._mine.patience - (self._clock() - ticket.asked_at), 0.0)

    def _wait(self, ticket: _Ticket, until: float) -> None:
        """Wait for the turn; from `until` on, out of turn. Ends with what `leave` raises."""
        while not ticket.has_turn:
            left = None if ticket.is_impatient else max(until - self._clock(), 0.0)
            if not ticket.is_called.wait(left):
                with self._guard:
                    ticket.is_impatient = True
                    self._hand_out()
            elif not ticket.has_turn:  # the tab has asked for another page
                ticket.is_called.clear()
                try:
                    self._leave()
                except BaseException:
                    self._return(ticket)
                    raise

    def _return(self, ticket: _Ticket) -> None:
        """Take back a turn, or the wish for one."""
        with self._guard:
            if not ticket.has_turn:
                self._waiting.remove(ticket)
            else:
                self._drawing.remove(ticket)
                if ticket.is_out_of_turn:
                    self._free_out_of_turn += 1
                else:
                    self._free += 1
            self._hand_out()

    def _give(self) -> bool:
        ticket: _Ticket | None = getattr(self._mine, "ticket", None)
        if ticket is None:
            return False
        self._mine.ticket = None
        self._used.add(ticket.visitor, time.thread_time() - ticket.used_before)
        self._return(ticket)
        return True

    def _hand_out(self) -> None:
        """Give what is free to those who wait: who has used least first, less `WAITING`; of equals who came first."""
        while self._free and self._waiting:
            self._free -= 1
            self._serve(self._waiting)
        while self._free_out_of_turn and (impatient := [ticket for ticket in self._waiting if self._may_hurry(ticket)]):
            self._free_out_of_turn -= 1
            self._serve(impatient).is_out_of_turn = True

    def _may_hurry(self, ticket: _Ticket) -> bool:
        return ticket.is_impatient and self._used.of(ticket.visitor) < LIGHT

    def _serve(self, those: list[_Ticket]) -> _Ticket:
        used = {
            visitor: self._used.of(visitor) for visitor in {one.visitor for one in those}
        }  # it shrinks by the clock
        ticket = min(those, key=lambda one: used[one.visitor] + WAITING * one.asked_at)  # now is the same for all
        self._waiting.remove(ticket)
        self._drawing.append(ticket)
        ticket.has_turn = True
        ticket.is_called.set()
        return ticket


_behalf = threading.local()
"""For whom a thread outside of any session works."""


def this_visitor() -> str:
    """His address where the server states it (see hosting/visitors.py), else his session; '' outside of one."""
    tab = this_tab()
    if not tab:
        return getattr(_behalf, "visitor", "")
    return st.context.headers.get(VISITOR_HEADER) or tab


def this_tab() -> str:
    """The session of the current thread; '' outside of one."""
    session = get_script_run_ctx(suppress_warning=True)
    return session.session_id if session else ""


def leave_if_told() -> None:
    """End this thread if Streamlit has told it to stop: whoever reads the session's state is asked to."""
    if this_tab():
        st.session_state.get("plan")


used = Used()
"""By the visitors of this process."""

pages = Turns(visitor=this_visitor, used=used, tab=this_tab, leave=leave_if_told)
"""Those of this process. Pages, panels and files made for a download take turns. Other dialogs take none."""

long_works = Turns(visitor=this_visitor, used=used, tab=this_tab, leave=leave_if_told)


class _AllPages:
    """All pages of this process, those that stand aside for long work too."""

    def waiting(self, visitor: str) -> int:
        """How many of this visitor's pages wait for a turn."""
        return pages.waiting(visitor)

    def present(self, visitor: str) -> int:
        """How many of this visitor's pages wait or are drawn."""
        return pages.present(visitor) + long_works.present(visitor)


all_pages = _AllPages()


def in_turn(make: Callable[[], Made]) -> Callable[[], Made]:
    """`make` for a thread outside of any session: it waits for a turn of the present visitor, and is charged to him."""
    visitor = this_visitor()

    def made() -> Made:
        _behalf.visitor = visitor
        try:
            with pages.turn():
                return make()
        finally:
            _behalf.visitor = ""

    return made


@contextmanager
def long_work() -> Iterator[None]:
    """Work that takes longer than drawing a page: other pages go first, and of such works one is done at a time."""
    with pages.aside(), long_works.turn():
        yield
