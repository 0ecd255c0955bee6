"""The app as it is hosted for many: `streamlit run hosted.py`.

The same pages as `streamlit run app.py`; around them security headers, no requests from other sites, readiness,
metrics and structured logs.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.middleware import Middleware
from starlette.routing import Route
from streamlit.runtime import Runtime
from streamlit.starlette import App

from hosting import logs
from hosting.headers import Headers, security_headers
from hosting.metrics import Metrics
from hosting.origin import SameOrigin
from hosting.readiness import Readiness

log = logging.getLogger("hedge_planner.hosting")
faults = logs.configure(os.environ.get("HEDGE_LOG") or "plain")
readiness = Readiness()


@asynccontextmanager
async def around(_: App) -> AsyncIterator[None]:
    """Warm up beside the first requests; a setting that cannot be used is told in the log, and `/ready` says no."""
    metrics = Metrics(readiness, faults)
    Runtime.instance().stats_mgr.register_provider(metrics)
    warming = asyncio.create_task(asyncio.to_thread(readiness.warm_up))
    yield
    log.info("stopping")
    await asyncio.wait([warming], timeout=5)


app = App(
    "app.py",
    lifespan=around,
    routes=[Route("/ready", readiness.answer)],
    middleware=[
        Middleware(Headers, headers=security_headers(), replica=os.environ.get("HEDGE_REPLICA", "")),
        Middleware(SameOrigin),
    ],
)
