"""Encode a plan as the text of a link of at most 2,000 characters, optionally with a pin, and decode it again.

Links are written in format 2 (`format_2`) and read in formats 1 and 2; `envelope` turns content into text. A link is
untrusted input: its length and its unpacked size are limited, every value is checked as in a file, and only HedgeErrors
are raised.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from hedge_core.documents.link import format_1, format_2
from hedge_core.documents.link.envelope import MAX_CONTENT, PARAMETER, content_in, text_in, text_of
from hedge_core.documents.link.format_1 import PLAN_VERSION
from hedge_core.documents.link.format_2 import pack_pin, pack_plan
from hedge_core.documents.link.hidden_amounts import WHOLE, hidden_view, is_hidden_view, weights_of, with_weights
from hedge_core.documents.link.pin import Pin
from hedge_core.documents.plan_file import SCHEMA, plan_from_json, plan_to_json
from hedge_core.errors import HedgeError, InvalidPlan
from hedge_core.exposure.pinned import FORMULAS
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.plan.plan import HedgePlan
from hedge_core.text import listed

if TYPE_CHECKING:
    from pydantic import TypeAdapter

LONGEST = 2_000
"""Most characters of a link's text that browsers, chats and proxies pass on without cutting it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """The content of a link: a plan and, if it is pinned, the market that it was computed on.

    `is_hidden` means that amounts are hidden: the plan then has a bag of $100 with the same proportions.
    """

    plan: HedgePlan
    pin: Pin | None = None
    is_hidden: bool = False

    def answers_for(self, plan: HedgePlan) -> bool:
        """Whether the pin can still be used for `plan`, a changed version of the plan in the link.

        It can while the coins and their roles, the venue, the approach, the window, the chosen proxies and contracts
        and the set of coins with a stated beta are unchanged. Quantities, the risk accepted, method, rounding,
        horizon, collateral, prices, the values of betas, and costs may change.
        """
        return self.pin is not None and _routed_by(plan) == _routed_by(self.plan)


def encode(shared: Shared) -> str:
    """Return the text of a link. Raises InvalidPlan, saying what to do instead, if it is longer than LONGEST."""
    text = _text(shared)
    if not fits(text):
        raise InvalidPlan(_too_long(shared, len(text)))
    return text


def hide_amounts(assessment: HedgeAssessment) -> Shared:
    """Return the assessment's plan in proportions, with a pin, without any amount (see `hidden_amounts`).

    Raises InvalidInput if the bag is empty or the market is pinned.
    """
    plan, pin = hidden_view(assessment)
    return Shared(plan=plan, pin=pin, is_hidden=True)


def fits(text: str) -> bool:
    """Whether a link's text has at most LONGEST characters."""
    return len(text) <= LONGEST


def decode(text: str) -> Shared:
    """Read the content of a link, given as its text or as a whole address.

    Raises InvalidPlan if it is not a link from this program, is damaged, or was made by a later release.
    """
    try:
        return _shared(*content_in(text_in(text)))
    except InvalidPlan:
        raise
    except HedgeError as error:
        raise InvalidPlan(str(error)) from None
    except RecursionError:
        raise InvalidPlan("This link is damaged: its content is nested too deeply. Copy it again.") from None


def link_to(text: str, base: str) -> str:
    """Return the address that opens the plan in `text`; `base` ends with `?p=` or is the address of the app."""
    if base.endswith("="):
        return base + text
    return f"{base}{'&' if '?' in base else '?'}{PARAMETER}={text}"


def reveals(shared: Shared) -> str:
    """Say in a sentence or two what anyone who has the link can read in it."""
    plan = shared.plan
    pinned = " with the prices and betas behind them" if shared.pin else ""
    if shared.is_hidden:
        return (
            "The link contains your coins, their shares of the bag (to a hundredth of a percent) and your "
            f"decisions{pinned}. It contains no amounts, no prices of your own, no positions, notes or names, and "
            "nothing else that shows how large the bag is."
        )
    execution = plan.execution
    told = {
        "your collateral": plan.decisions.collateral is not None,
        "prices of your own": bool(plan.overrides.prices),
        "your fills and payments": bool(execution.fills or execution.payments),
        "your stop prices": bool(execution.stop_prices),
        "your entry and exit rules and dates": bool(
            plan.watch.entry_rules or plan.watch.exit_rules or plan.watch.events
        ),
        "your notes": bool(plan.notes or execution.journal or any(row.note for row in plan.holdings)),
    }
    parts = listed(
        ["your coins with their quantities", "your decisions", *(name for name, is_in in told.items() if is_in)]
    )
    return (
        f"The link contains the whole plan: {parts}{pinned}. Anyone who has the link can read all of it, and it stays "
        "in the browser's history."
    )


# ------------------------------------------------------------------------------------------------ writing


def content_of(shared: Shared) -> bytes:
    """Return the content of a link before compression. Raises InvalidPlan if hidden amounts are not hidden."""
    if shared.is_hidden and not is_hidden_view(shared.plan, shared.pin):
        raise InvalidPlan("This plan still contains amounts. Call hide_amounts before sharing it.")
    pin = None if shared.pin is None else pack_pin(json.loads(_adapter().dump_json(shared.pin)))
    weights = weights_of(shared.plan, shared.pin) if shared.is_hidden and shared.pin is not None else None
    packed: list[Any] = [pack_plan(json.loads(plan_to_json(shared.plan)), weights=weights), pin, int(shared.is_hidden)]
    while packed and packed[-1] in (None, 0):
        packed.pop()
    return json.dumps(packed, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _text(shared: Shared) -> str:
    content = content_of(shared)
    if len(content) > MAX_CONTENT:
        raise InvalidPlan(_too_long(shared, len(content)))
    return text_of(content)


def _routed_by(plan: HedgePlan) -> object:
    decisions, overrides = plan.decisions, plan.overrides
    stated = overrides.proxies, overrides.contract_choice, overrides.contracts, set(overrides.betas)
    coins = {(row.coin, row.role) for row in plan.holdings}
    return coins, decisions.venue, decisions.approach, decisions.window_days, stated


def _too_long(shared: Shared, length: int) -> str:
    fills = len(shared.plan.execution.fills) + len(shared.plan.execution.payments)
    why = f" It contains {fills} fills and payments." if fills > 10 else ""
    may_unpin = shared.pin is not None and not shared.is_hidden
    way_out = "Share it without its pin (--no-pin), or save" if may_unpin else "Save"
    return (
        f"This plan is too long for a link: {length:,} characters; links above {LONGEST:,} may be cut off on the way."
        f"{why} {way_out} the plan as a file and send that."
    )


# ------------------------------------------------------------------------------------------------ reading

READERS: Mapping[str, ModuleType] = {"1": format_1, "2": format_2}
"""What reads the content of each format."""


def _shared(text_format: str, content: Any) -> Shared:
    if not isinstance(content, list) or not 1 <= len(content) <= 3:
        raise InvalidPlan("This link is damaged: it does not contain a plan. Ask the sender for it again.")
    reader = READERS[text_format]
    values: list[Any] = [*content, None, None]
    packed, pin_array, hidden = values[0], values[1], values[2]
    pin = None if pin_array is None else _pin(reader.unpack_pin(pin_array))
    document = {"schema": SCHEMA, "version": PLAN_VERSION, **reader.unpack_plan(packed)}
    if hidden is None:
        return Shared(plan=plan_from_json(json.dumps(document)), pin=pin)
    weights = [row["quantity"] for row in document["holdings"]]
    if hidden != 1 or pin is None or not all(type(w) is int and w > 0 for w in weights) or sum(weights) != WHOLE:
        raise InvalidPlan("This link is damaged: its shares of the bag are not valid. Ask the sender for it again.")
    plan = with_weights(plan_from_json(json.dumps(document)), weights, pin)
    if not is_hidden_view(plan, pin):
        raise InvalidPlan("This link is damaged: it should hide amounts but contains some. Ask for it again.")
    return Shared(plan=plan, pin=pin, is_hidden=True)


def _pin(document: dict[str, Any]) -> Pin:
    from pydantic import ValidationError

    formulas = document["formulas"]
    if type(formulas) is int and formulas > FORMULAS:
        raise format_2.newer()
    try:
        return _adapter().validate_json(json.dumps(document), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:60]
        why = str(first["msg"]).removeprefix("Value error, ").removesuffix(".")
        fault = f"{place}: {why}" if place else why
        raise InvalidPlan(f"The pin in this link cannot be used: {fault}. Ask the sender for the file.") from None


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Pin]:
    from pydantic import TypeAdapter

    return TypeAdapter(Pin)
