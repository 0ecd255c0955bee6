"""A plan in a link, and (pinned) the numbers that it led to, in at most 2,000 characters.

The text is the format's number, then base64url of a checksum and of compressed JSON (`format_1`). The checksum
finds a damaged link; it keeps nobody from making one, so that a link is read as untrusted input: its length and what
it unpacks to are bounded, every value is checked as in a file, and only HedgeErrors come out.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from hedge_core.documents.link.format_1 import pack_pin, pack_plan, unpack_pin, unpack_plan
from hedge_core.documents.link.hidden_amounts import WHOLE, hidden_view, is_hidden_view, weights_of, with_weights
from hedge_core.documents.link.pin import Pin
from hedge_core.documents.plan_file import plan_from_json, plan_to_json
from hedge_core.errors import HedgeError, InvalidPlan
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.plan.plan import HedgePlan
from hedge_core.text import listed

if TYPE_CHECKING:
    from pydantic import TypeAdapter

FORMAT = "1"
"""The first character of the text. A later format has another one."""

LONGEST = 2_000
"""Characters that a link's text may have: what browsers, chats and proxies pass on."""

MAX_TEXT = 8_000
"""Longer texts are refused unread."""

MAX_CONTENT = 64_000
"""Bytes that a text may unpack to."""

PARAMETER = "p"
"""The query parameter that holds the text in an address."""

DICTIONARY = (
    '"OKX""Kraken Futures""CME""Deribit""2026-11-01T00:00:00Z""future""monthly""inverse""fall_reached""bag_recovered"'
    '"on_date""expiry_near""catalyst""loss_limit""carry_limit""buy","sell","speculative","hold","csv:prices.csv"'
    '"notional""guide_divided""optimal""down""up""bag_level""coin_by_coin""MICRO-ETH""My contracts:'
    '"Coinbase Derivatives:ETP","Coinbase Derivatives:BIP","BIP","ETP","SLP","XPP","DOP","ADP","LCP","BCP","LNP","AVP",'
    '"POP","SUP","NER","HEP","XLP","ENA","OND","AVE","BNB","HYP","ZEC","SHP","PEP",'
    '"USDC","USDT","DAI","WBTC","WETH","STETH","MATIC","FTM","ALGO","FIL","ETC","ICP","VET","GRT","MKR","LDO","CRV",'
    '"SNX","IMX","STX","RUNE","KAS","JUP","PYTH","JTO","WIF","BONK","FLOKI","TON","POL","SEI","TRX","ZEC","HYPE","PEPE",'
    '"SHIB","ENA","ONDO","FET","RENDER","TIA","INJ","OP","ARB","APT","SUI","HBAR","XLM","ATOM","AAVE","UNI","NEAR",'
    '"BCH","LTC","DOT","LINK","AVAX","DOGE","ADA","BNB","XRP","SOL","ETH","BTC",false,true,null,0.0.10.15.25.001.0005'
    '"sample",[["BTC","ETH","SOL"],365,["kraken","coinbase",null,null,[]],[],365,'
)
"""What the compression knows beforehand. It belongs to the format and never changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What a link holds: a plan and, if it is pinned, the market that it was worked out on.

    `is_hidden` says that amounts are hidden: the plan is that of a bag of $100 in the same proportions.
    """

    plan: HedgePlan
    pin: Pin | None = None
    is_hidden: bool = False

    def answers_for(self, plan: HedgePlan) -> bool:
        """Whether the pin still holds for a plan that was changed since.

        It does while the coins, the venue, the approach, the window and what is stated of proxies and contracts stay;
        quantities, the risk accepted, method, rounding, horizon, collateral, prices, betas and costs may change.
        """
        return self.pin is not None and _routed_by(plan) == _routed_by(self.plan)


def encode(shared: Shared) -> str:
    """The text of a link. Raises InvalidPlan, which names the way out, where it would be longer than LONGEST."""
    text = _text(shared)
    if not fits(text):
        raise InvalidPlan(_too_long(shared, len(text)))
    return text


def hide_amounts(assessment: HedgeAssessment) -> Shared:
    """The assessment in proportions, the same for any size of the bag, as `hidden` says.

    Raises InvalidInput for an empty bag and on a pinned market.
    """
    plan, pin = hidden_view(assessment)
    return Shared(plan=plan, pin=pin, is_hidden=True)


def fits(text: str) -> bool:
    """Whether a link's text is short enough to be passed on."""
    return len(text) <= LONGEST


def decode(text: str) -> Shared:
    """What a link holds; a whole address will do as well as the text in it.

    Raises InvalidPlan for anything that is no link of this program, and for one of a later release.
    """
    try:
        return _shared(_content(_in_link(text)))
    except InvalidPlan:
        raise
    except HedgeError as error:
        raise InvalidPlan(str(error)) from None
    except RecursionError:
        raise InvalidPlan("This link is nested too deeply to be one.") from None


def link_to(text: str, base: str) -> str:
    """The address that opens a text; `base` ends with `?p=` or is the address of the app."""
    if base.endswith("="):
        return base + text
    return f"{base}{'&' if '?' in base else '?'}{PARAMETER}={text}"


def reveals(shared: Shared) -> str:
    """What whoever has the link can read in it, in a sentence or two."""
    plan = shared.plan
    pinned = " with the prices and betas behind it" if shared.pin else ""
    if shared.is_hidden:
        return (
            "The link holds your coins, their shares of the bag (to a hundredth of a percent) and your "
            f"decisions{pinned}. No amount, price of your own, position, note or name is in it, nor anything else that "
            "tells how large the bag is."
        )
    execution = plan.execution
    told = {
        "your collateral": plan.decisions.collateral is not None,
        "prices of your own": bool(plan.overrides.prices),
        "your fills and payments": bool(execution.fills or execution.payments),
        "your stop prices": bool(execution.stop_prices),
        "your exit rules and dates": bool(plan.watch.exit_rules or plan.watch.events),
        "your notes": bool(plan.notes or execution.journal or any(row.note for row in plan.holdings)),
    }
    parts = listed(
        ["your coins with their quantities", "your decisions", *(name for name, is_in in told.items() if is_in)]
    )
    return (
        f"The link holds the whole plan: {parts}{pinned}. Whoever has the link can read all of it, and it stays in the "
        "history of the browser."
    )


# ------------------------------------------------------------------------------------------------ writing


def content_of(shared: Shared) -> bytes:
    """What a link holds before it is compressed. Raises InvalidPlan where amounts are said to be hidden and are not."""
    if shared.is_hidden and not is_hidden_view(shared.plan, shared.pin):
        raise InvalidPlan("This plan still holds amounts: hide them with hide_amounts before it is shared so.")
    pin = None if shared.pin is None else pack_pin(json.loads(_adapter().dump_json(shared.pin)))
    weights = weights_of(shared.plan, shared.pin) if shared.is_hidden and shared.pin is not None else None
    packed: list[Any] = [pack_plan(json.loads(plan_to_json(shared.plan)), weights=weights), pin, int(shared.is_hidden)]
    while packed and packed[-1] in (None, 0):
        packed.pop()
    return json.dumps(packed, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def text_of(content: bytes) -> str:
    """Content as the text of a link, whether or not it makes sense."""
    press = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zlib.Z_DEFAULT_STRATEGY, DICTIONARY.encode())
    body = press.compress(content) + press.flush()
    return FORMAT + base64.urlsafe_b64encode(_checksum(body) + body).decode().rstrip("=")


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


def _checksum(body: bytes) -> bytes:
    return zlib.crc32(FORMAT.encode() + body).to_bytes(4, "big")


def _too_long(shared: Shared, length: int) -> str:
    fills = len(shared.plan.execution.fills) + len(shared.plan.execution.payments)
    why = f" It holds {fills} fills and payments." if fills > 10 else ""
    unpinned = " share it without its pin (--no-pin), or" if shared.pin is not None and not shared.is_hidden else ""
    return (
        f"This plan is too long for a link: {length:,} characters, and {LONGEST:,} are passed on safely.{why} "
        f"Nothing is left out unasked:{unpinned} save the plan as a file and send that."
    )


# ------------------------------------------------------------------------------------------------ reading


def _in_link(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise InvalidPlan(f"This link is longer than {MAX_TEXT:,} characters; none of this program is.")
    text = re.sub(r"\s+", "", text)
    if not re.search(r"[?&#:/]", text):
        return text.removeprefix(f"{PARAMETER}=")
    try:
        found = parse_qs(urlsplit(text).query, max_num_fields=20).get(PARAMETER, [])
    except ValueError:
        found = []
    if len(found) != 1:
        raise InvalidPlan(f"There is no plan in this address: it should contain ?{PARAMETER}= once.")
    return found[0]


def _content(text: str) -> Any:
    if not text or not re.fullmatch(r"[A-Za-z0-9_-]+", text):
        raise InvalidPlan("This is not a link of this program, or not the whole of one. Copy it again.")
    if text[0] != FORMAT:
        if "2" <= text[0] <= "9":
            raise InvalidPlan(
                "This link was made by a newer release: update the program to open it, or ask for the file."
            )
        raise InvalidPlan("This is not a link of this program, or not the whole of one. Copy it again.")
    encoded = text[1:]
    data = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)) if len(encoded) % 4 != 1 else b""
    if len(data) < 5 or data[:4] != _checksum(data[4:]):
        raise InvalidPlan("This link is damaged: a part of it is missing or was changed. Copy it again.")
    press = zlib.decompressobj(-zlib.MAX_WBITS, DICTIONARY.encode())
    try:
        content = press.decompress(data[4:], MAX_CONTENT)
    except zlib.error:
        raise InvalidPlan("This link is damaged and cannot be unpacked. Copy it again.") from None
    if not press.eof or press.unused_data or press.unconsumed_tail:
        raise InvalidPlan(f"This link is damaged, or unpacks to more than {MAX_CONTENT:,} bytes. Copy it again.")
    try:
        return json.loads(content.decode("utf-8"), parse_constant=_refused)
    except (UnicodeDecodeError, ValueError):
        raise InvalidPlan("This link is damaged: what it holds cannot be read. Copy it again.") from None


def _refused(name: str) -> float:
    raise ValueError(name)


def _shared(content: Any) -> Shared:
    if not isinstance(content, list) or not 1 <= len(content) <= 3:
        raise InvalidPlan("This link is damaged: it does not hold a plan.")
    values: list[Any] = [*content, None, None]
    packed, pin_array, hidden = values[0], values[1], values[2]
    pin = None if pin_array is None else _pin(unpack_pin(pin_array))
    document = unpack_plan(packed)
    if hidden is None:
        return Shared(plan=plan_from_json(json.dumps(document)), pin=pin)
    weights = [row["quantity"] for row in document["holdings"]]
    if hidden != 1 or pin is None or not all(type(w) is int and w > 0 for w in weights) or sum(weights) != WHOLE:
        raise InvalidPlan("This link is damaged: its shares of the bag cannot be used.")
    plan = with_weights(plan_from_json(json.dumps(document)), weights, pin)
    if not is_hidden_view(plan, pin):
        raise InvalidPlan("This link is damaged: it says that amounts are hidden, and holds some.")
    return Shared(plan=plan, pin=pin, is_hidden=True)


def _pin(document: dict[str, Any]) -> Pin:
    from pydantic import ValidationError

    try:
        return _adapter().validate_json(json.dumps(document), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:60]
        raise InvalidPlan(f"The numbers pinned in this link cannot be used: {place}: {first['msg']}.") from None


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Pin]:
    from pydantic import TypeAdapter

    return TypeAdapter(Pin)
