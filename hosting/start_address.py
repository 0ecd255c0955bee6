"""The address /plan, which people type because every other page has one: the plan's own page stands at the root."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route


async def _to_the_root(request: Request) -> RedirectResponse:
    """Send the reader to the root, with the plan in the query; relative, so that a path before it stays."""
    query = request.url.query
    return RedirectResponse(f"./?{query}" if query else "./")


ROUTE = Route("/plan", _to_the_root)
