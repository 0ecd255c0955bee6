"""Whether this process can serve: asked by a proxy or an orchestrator before it sends anybody here.

`/_stcore/health` says that the process lives. `/ready` says that it is warm: the sample market is loaded, the code of
all pages is imported, and the start page's picture is drawn, so that the first visitor waits for nothing. A cache that
does not answer makes the app slower, not unready.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from starlette.requests import Request
from starlette.responses import JSONResponse

from hedge_core.errors import HedgeError
from hedge_core.market.live.markets import LiveMarkets
from pages.ui.app import start, warm
from pages.ui.session import live_prices

log = logging.getLogger("hedge_planner.hosting")


class Readiness:
    """What has to be there before the first visitor."""

    def __init__(self) -> None:
        self.markets: LiveMarkets | None = None
        self.is_warm = False
        self.reason = "starting"
        self._asking = ThreadPoolExecutor(1, "readiness")  # its own: visitors can fill the threads that all share

    def warm_up(self) -> None:
        """Load what every visitor needs; a setting that cannot be used is told in the log."""
        try:
            self.markets = live_prices.loader().markets
            warm.import_pages()
            start.prepare()
        except HedgeError as error:
            self.reason = str(error)
            log.error("not ready: %s", error)
            return
        except Exception as error:
            self.reason = f"an unexpected fault ({type(error).__name__}); the log says where"
            log.exception("not ready")
            return
        self.is_warm, self.reason = True, ""
        log.info("ready")

    async def answer(self, request: Request) -> JSONResponse:
        """200 when this process can serve, 503 with the `reason` while it cannot; the state of the cache beside it."""
        cache = await asyncio.get_running_loop().run_in_executor(self._asking, self._cache)
        status: dict[str, object] = {"ready": self.is_warm, "cache": cache}
        if self.reason:
            status["reason"] = self.reason
        return JSONResponse(status, 200 if self.is_warm else 503, {"Cache-Control": "no-store"})

    def _cache(self) -> str:
        if self.markets is None:
            return "unknown"
        try:
            return "answers" if self.markets.cache_answers() else "degraded"
        except HedgeError as error:
            log.error("the cache cannot be used: %s", error)
            return "degraded"
