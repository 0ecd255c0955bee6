"""What every plan needs, imported once in a process: while the server starts, or with the first plan.

None of it is needed to draw the start page, so its first visitor does not wait for it.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pages.ui.session.once import Once


@Once
def import_pandas() -> bool:
    """Import it before a chart is drawn, one session at a time.

    Plotly looks whether pandas is among the loaded modules and fails if another session has it half imported.
    """
    import pandas  # noqa: F401

    return True


@Once
def import_core() -> bool:
    """Import what works a plan out and draws it, and read the sample market."""
    import_pandas()
    import plotly.graph_objects  # noqa: F401
    import scipy.optimize  # noqa: F401

    import hedge_core.hedge.planner
    import hedge_core.reports.answer  # noqa: F401
    from pages.ui import charts  # noqa: F401
    from pages.ui.session import prices

    prices.sample_market()
    return True


@Once
def import_pages() -> bool:
    """Import every view of every page."""
    import_core()
    import pages.ui

    for module in pkgutil.walk_packages(pages.ui.__path__, f"{pages.ui.__name__}."):
        importlib.import_module(module.name)
    return True


@Once
def freeze() -> bool:
    """Take the imported modules out of the garbage collector, which runs in full after every rerun."""
    import_core()
    gc.collect()
    gc.freeze()
    return True


@asynccontextmanager
async def beside_requests(_: object) -> AsyncIterator[None]:
    """Warm up in a thread while the server answers its first requests."""
    warming = asyncio.create_task(asyncio.to_thread(import_core))
    yield
    await asyncio.wait([warming], timeout=5)
