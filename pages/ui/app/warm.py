"""What pages need, imported once in a process: while the server starts, or when somebody asks for it first.

First comes what draws the start page, so that the first visitor waits for no more. What only plans need, pandas and
scipy, follows when the first page has been drawn.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import pkgutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pages.ui.session import turns
from pages.ui.session.once import Once

FIRST_VISITOR = 5.0
"""Seconds that what only plans need waits for the first page; without a visitor there is nobody to keep waiting."""


@Once
def import_pandas() -> bool:
    """Import it in a turn, so that no chart is drawn meanwhile.

    Plotly looks whether pandas is among the loaded modules and fails if another session has it half imported.
    """
    import pandas  # noqa: F401

    return True


@Once
def import_core() -> bool:
    """Import what works the example of the start page out and draws it, and read the sample market."""
    import plotly.graph_objects  # noqa: F401

    import hedge_core.hedge.planner
    import hedge_core.reports.answer  # noqa: F401
    from pages.ui import charts  # noqa: F401
    from pages.ui.session import prices

    prices.sample_market()
    return True


def import_what_plans_need() -> None:
    """Import what plans need beyond that. Call it outside of a turn."""
    with turns.pages.turn():
        import_pandas()
    import scipy.optimize  # noqa: F401

    from hedge_core.documents.link.link import Shared, decode, encode
    from hedge_core.plan.plan import HedgePlan
    from pages.ui.app import leads  # noqa: F401

    decode(encode(Shared(plan=HedgePlan())))  # what checks a plan is built with the first one


@Once
def import_pages() -> bool:
    """Import every view of every page. Call it outside of a turn."""
    import_core()
    import_what_plans_need()
    import pages.ui

    for module in pkgutil.walk_packages(pages.ui.__path__, f"{pages.ui.__name__}."):
        importlib.import_module(module.name)
    return True


@Once
def freeze() -> bool:
    """Take the imported modules out of the garbage collector, which runs in full after every rerun."""
    import_core()
    _freeze()
    return True


def _freeze() -> None:
    gc.collect()
    gc.freeze()


async def _warm_up() -> None:
    await asyncio.to_thread(import_core)
    until = time.monotonic() + FIRST_VISITOR
    while not freeze.is_made and time.monotonic() < until:
        await asyncio.sleep(0.05)
    await asyncio.to_thread(import_what_plans_need)
    if freeze.is_made:
        await asyncio.to_thread(_freeze)


@asynccontextmanager
async def beside_requests(_: object) -> AsyncIterator[None]:
    """Warm up in a thread while the server answers its first requests."""
    warming = asyncio.create_task(_warm_up())
    yield
    warming.cancel()
    await asyncio.wait([warming], timeout=5)
