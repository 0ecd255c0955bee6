"""The app as it is hosted for many: `streamlit run hosted.py`.

The same pages as `streamlit run app.py`; around them security headers, no requests from other sites, readiness,
metrics, structured logs, and limits on what one visitor may do.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.middleware import Middleware
from starlette.routing import Route
from streamlit.runtime import Runtime
from streamlit.starlette import App

from hedge_core.errors import InvalidInput
from hosting import addresses, logs
from hosting.compressed import Compressed
from hosting.first_answers import FirstAnswers
from hosting.first_bytes import FirstBytes, preloads
from hosting.frames import count_frames
from hosting.headers import Headers, security_headers
from hosting.late_chart import LateChart, chart_script
from hosting.metrics import Metrics
from hosting.origin import SameOrigin
from hosting.readiness import Readiness
from hosting.settings import HostingSettings
from hosting.start_address import ROUTE
from hosting.uploads import Uploads
from hosting.visitors import VisitorLimits
from pages.ui.app import first_answer, first_words
from pages.ui.app.head import HEAD, SCRIPTS

log = logging.getLogger("hedge_planner.hosting")
try:
    settings = HostingSettings.read(os.environ)
except InvalidInput as error:
    sys.exit(f"hosted.py cannot start: {error}")
faults = logs.configure(settings.log)
address_of = addresses.forwarded_address if settings.is_behind_proxy else addresses.connecting_address
count_frames()
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
    routes=[Route("/ready", readiness.answer), ROUTE],
    middleware=[
        Middleware(Headers, headers=security_headers(SCRIPTS), replica=settings.replica),
        Middleware(SameOrigin),
        Middleware(VisitorLimits, address_of=address_of),
        Middleware(Uploads, address_of=address_of),
        Middleware(LateChart, name=chart_script()),
        Middleware(Compressed),
        Middleware(
            FirstBytes,
            head=HEAD + preloads(late=chart_script()),
            first_words=first_words.without_plan(),
            answers=FirstAnswers(first_answer.html).of,
        ),
    ],
)
