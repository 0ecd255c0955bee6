"""Values that a process makes once and all its sessions share.

Streamlit's own caches do not serve here: any browser can send a message (`clear_cache`) that empties them for
everybody, and with the loader of live prices that would lose its pauses, its counts and its answers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from threading import RLock
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """A function without arguments that is called once; other threads wait meanwhile. An error is not remembered."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: list[T] = []
        self._lock = RLock()
        update_wrapper(self, make)

    def __call__(self) -> T:
        """Return the value, making it if this is the first call."""
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]

    def wait(self) -> None:
        """Wait while another thread is making the value."""
        with self._lock:
            pass

    @property
    def is_made(self) -> bool:
        """Whether the value has been made."""
        return bool(self._made)

    def clear(self) -> None:
        """Forget the value, as tests do that change the environment."""
        with self._lock:
            self._made.clear()
