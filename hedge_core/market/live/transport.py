"""The HTTP adapter under the exchange library: limits time and size, rewrites addresses and reads headers.

It is mounted on the library's HTTP session, so that every request passes through it, whichever exchange it is for. A
request may take `timeout` seconds in total, from looking up the host to the last byte of the body, redirects included
(the library's own timeout restarts with every address and every byte), and a response may have at most MAX_BYTES.
"""

from __future__ import annotations

import io
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError as RequestsConnectionError, ReadTimeout
from urllib3.exceptions import ReadTimeoutError
from urllib3.response import BaseHTTPResponse, HTTPResponse

from hedge_core.market.live.deadline import POOLS, within

MAX_BYTES = 40_000_000
CHUNK = 262_144


@dataclass(slots=True)
class LastReply:
    """What the headers of the latest response reported.

    `status` is the HTTP status, `retry_after` the seconds to wait before the next request, and `clock_skew` the seconds
    by which the server's clock is ahead of this machine's.
    """

    status: int | None = None
    retry_after: float | None = None
    clock_skew: float = 0.0


class BoundedAdapter(HTTPAdapter):
    """Sends requests within `timeout` seconds and MAX_BYTES, to `base_url`/<host>/<path> if `base_url` is set."""

    def __init__(self, *, timeout: float, base_url: str = "") -> None:
        self.timeout = timeout
        self.base_url = base_url
        self.reply = LastReply()
        self._deadline_of_redirect: float | None = None
        super().__init__(max_retries=0)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make the pools of connections, which can be shut down when a deadline has passed."""
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def begin(self) -> None:
        """Begin a new call: the next request does not continue a redirect."""
        self._deadline_of_redirect = None

    def send(  # type: ignore[override]
        self, request: PreparedRequest, timeout: object = None, stream: bool = False, **options: Any
    ) -> Response:
        """Send one request. Raises ReadTimeout after `timeout` seconds, ConnectionError if the body is too large."""
        deadline = self._deadline_of_redirect or time.monotonic() + self.timeout
        self.reply = LastReply()
        self.begin()
        address = request.url or ""
        if self.base_url:
            parts = urlsplit(address)
            query = f"?{parts.query}" if parts.query else ""
            request.url = f"{self.base_url}/{parts.netloc}{parts.path}{query}"
        try:
            response, body = within(
                deadline - time.monotonic(), lambda: self._response_and_body(request, deadline, options)
            )
        except TimeoutError:
            raise ReadTimeout("the response took too long") from None
        if response.is_redirect:
            self._deadline_of_redirect = deadline
        self.reply = LastReply(response.status_code, _retry_after(response.headers), _clock_skew(response.headers))
        for sent in ("Content-Encoding", "Content-Length"):  # true of the body as it was sent; it is decoded by now
            response.headers.pop(sent, None)
        response.raw = HTTPResponse(
            body=io.BytesIO(body), headers=response.headers, status=response.status_code, preload_content=False
        )
        response.url = address
        return response

    def _response_and_body(
        self, request: PreparedRequest, deadline: float, options: Mapping[str, Any]
    ) -> tuple[Response, bytes]:
        response = super().send(request, timeout=self.timeout, stream=True, **options)
        return response, self._body(response.raw, deadline)

    def _body(self, raw: BaseHTTPResponse, deadline: float) -> bytes:
        parts: list[bytes] = []
        size = 0
        try:
            while True:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise ReadTimeout("the response took too long")
                part = raw.read1(CHUNK, decode_content=True)
                if not part:
                    raw.release_conn()
                    return b"".join(parts)
                parts.append(part)
                size += len(part)
                if size > MAX_BYTES:
                    raise RequestsConnectionError("the response is too large")
        except ReadTimeoutError:  # one silence as long as the deadline, seen before the deadline itself
            raw.close()
            raise ReadTimeout("the response took too long") from None
        except BaseException:
            raw.close()
            raise


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait from the Retry-After header, which holds seconds or a date; None if it is missing."""
    text = headers.get("Retry-After", "").strip()
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        moment = _date(text)
        return max(0.0, (moment - datetime.now(UTC)).total_seconds()) if moment else None


def _clock_skew(headers: Mapping[str, str]) -> float:
    """Seconds by which the server's clock is ahead of this machine's, from the Date header; 0 without one."""
    moment = _date(headers.get("Date", ""))
    return (moment - datetime.now(UTC)).total_seconds() if moment else 0.0


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
