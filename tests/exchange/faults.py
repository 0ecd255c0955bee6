"""The faults that the loopback exchange plays."""

from __future__ import annotations

from typing import Literal, get_args

Fault = Literal[
    "slow", "drip", "dropped", "refused", "too_many", "too_many_wait", "blocked_451", "blocked_403", "teapot_418",
    "error_500", "error_503", "html_200", "truncated_json", "empty", "none_values", "missing_symbol", "delisted",
    "clock_ahead", "clock_behind", "wrong_value", "huge_body",
]  # fmt: skip
FAULTS: tuple[Fault, ...] = get_args(Fault)

Kind = Literal["quotes", "history", "contracts", "funding"]
KINDS: tuple[Kind, ...] = get_args(Kind)

SKEW = 3 * 3600
"""Seconds by which a wrong clock is wrong."""

HTML = b"<html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"
BLOCKED = (
    b"<html><body>The Amazon CloudFront distribution is configured to block access from your country.</body></html>"
)
RESTRICTED = (
    b'{"code":0,"msg":"Service unavailable from a restricted location according to \'b. Eligibility\' in the terms."}'
)
