"""The text of a link around its content: the number of the format, a checksum, compression.

The text is one character for the format, followed by base64url of a checksum and of compressed JSON. The checksum
detects damage but does not stop anyone from making a link, so a text is untrusted input: its length and its unpacked
size are limited. `text_of` and `content_in` know nothing of what a link contains.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hedge_core.errors import InvalidPlan

FORMAT = "2"
"""The first character of the text of new links; each format has its own."""

MAX_TEXT = 8_000
"""Texts with more characters are refused without reading them."""

MAX_CONTENT = 64_000
"""Most bytes that a text may unpack to."""

PARAMETER = "p"
"""The query parameter that holds the text in an address."""

_WORDS = (
    '"OKX""Kraken Futures""CME""Deribit""2026-11-01T00:00:00Z""future""monthly""inverse""fall_reached""bag_recovered"'
    '"on_date""expiry_near""catalyst""loss_limit""carry_limit""buy","sell","speculative","hold","csv:prices.csv"'
    '"notional""guide_divided""optimal""down""up""bag_level""coin_by_coin""MICRO-ETH""My contracts:'
    '"Coinbase Derivatives:ETP","Coinbase Derivatives:BIP","BIP","ETP","SLP","XPP","DOP","ADP","LCP","BCP","LNP","AVP",'
    '"POP","SUP","NER","HEP","XLP","ENA","OND","AVE","BNB","HYP","ZEC","SHP","PEP",'
    '"USDC","USDT","DAI","WBTC","WETH","STETH","MATIC","FTM","ALGO","FIL","ETC","ICP","VET","GRT","MKR","LDO","CRV",'
    '"SNX","IMX","STX","RUNE","KAS","JUP","PYTH","JTO","WIF","BONK","FLOKI","TON","POL","SEI","TRX","ZEC","HYPE","PEPE",'
    '"SHIB","ENA","ONDO","FET","RENDER","TIA","INJ","OP","ARB","APT","SUI","HBAR","XLM","ATOM","AAVE","UNI","NEAR",'
    '"BCH","LTC","DOT","LINK","AVAX","DOGE","ADA","BNB","XRP","SOL","ETH","BTC",false,true,null,0.0.10.15.25.001.0005'
)

DICTIONARIES: Mapping[str, str] = {
    "1": _WORDS + '"sample",[["BTC","ETH","SOL"],365,["kraken","coinbase",null,null,[]],[],365,',
    "2": _WORDS + '"sample","kraken","coinbase",365,[["BTC","ETH","SOL"],365,[null,null,true,[]],["ETH",',
}
"""The preset dictionary of the compression of each format. It is part of the format and must never change."""


def text_of(content: bytes, text_format: str = FORMAT) -> str:
    """Return `content` as the text of a link, without checking the content."""
    dictionary = DICTIONARIES[text_format].encode()
    press = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zlib.Z_DEFAULT_STRATEGY, dictionary)
    body = press.compress(content) + press.flush()
    return text_format + base64.urlsafe_b64encode(checksum(text_format, body) + body).decode().rstrip("=")


def checksum(text_format: str, body: bytes) -> bytes:
    """The four bytes that stand before the compressed content."""
    return zlib.crc32(text_format.encode() + body).to_bytes(4, "big")


_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]|&(?:zwnj|zwj|shy|#8203|#x200b);", re.IGNORECASE
)
_QUOTED = re.compile(r"^[ \t]*(?:>[ \t]*)+", re.MULTILINE)
_MARKS = "<>()[]{}*_~`'\"“”„‘’«»‹›.,;:!?|\\…"
"""What chat and mail programs, and sentences, put around a link. Of these only `_` can be part of a text."""
_AFTER = re.compile(rf"[{re.escape(_MARKS.replace('_', ''))}&].*$", re.DOTALL)


def text_in(link: str) -> str:
    """The text in a link, which is given as its text or as a whole address. Raises InvalidPlan if there is none.

    Line breaks, quote marks at the start of lines, invisible characters, &amp; for &, marks of punctuation or emphasis
    around the link, and words after it are no part of it. The checksum tells which of the readings is the whole text.
    """
    if len(link) > MAX_TEXT:
        raise InvalidPlan(f"This link is longer than {MAX_TEXT:,} characters, too long to be valid. Copy it again.")
    plain = _INVISIBLE.sub("", _QUOTED.sub("", link)).replace("&amp;", "&").strip()
    whole = _text_of_one(re.sub(r"\s+", "", plain))
    joined = re.sub(r"[ \t]*[\r\n]+[ \t]*", "", plain)
    first = re.split(r"\s", joined, maxsplit=1)[0]
    others = [whole.rstrip("_"), *([_text_of_one(first)] if first != joined else [])]
    return next((text for text in (whole, *others) if _is_whole(text)), whole)


def _text_of_one(link: str) -> str:
    """The text in a link without spaces, without the marks around it. Raises InvalidPlan if the address has none."""
    link = link.lstrip(_MARKS)
    if not re.search(r"[?&#:/]", link.rstrip(_MARKS)):
        return _AFTER.sub("", link.removeprefix(f"{PARAMETER}="))
    try:
        found = parse_qs(urlsplit(link).query, max_num_fields=20).get(PARAMETER, [])
    except ValueError:
        found = []
    if len(found) != 1:
        raise InvalidPlan(f"This address contains no plan: ?{PARAMETER}= should appear once. Copy the link again.")
    return _AFTER.sub("", found[0])


def _is_whole(text: str) -> bool:
    """Whether the checksum of a text is right."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{7,}", text) or len(text) % 4 == 2:
        return False
    data = base64.urlsafe_b64decode(text[1:] + "=" * (-len(text[1:]) % 4))
    return data[:4] == checksum(text[0], data[4:])


def content_in(text: str) -> tuple[str, Any]:
    """The format of a text and its content, read as JSON. Raises InvalidPlan for any other text."""
    if not text or not re.fullmatch(r"[A-Za-z0-9_-]+", text):
        raise InvalidPlan("This is not a link from this program, or part of it is missing. Copy the whole link again.")
    text_format, encoded = text[0], text[1:]
    if text_format not in DICTIONARIES:
        if FORMAT < text_format <= "9":
            raise InvalidPlan(
                "This link was made by a newer release. Update the program to open it, or ask the sender for the file."
            )
        raise InvalidPlan("This is not a link from this program, or part of it is missing. Copy the whole link again.")
    data = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)) if len(encoded) % 4 != 1 else b""
    if len(data) < 5 or data[:4] != checksum(text_format, data[4:]):
        raise InvalidPlan("This link is damaged: part of it is missing or was changed. Copy it again.")
    press = zlib.decompressobj(-zlib.MAX_WBITS, DICTIONARIES[text_format].encode())
    try:
        content = press.decompress(data[4:], MAX_CONTENT)
    except zlib.error:
        raise InvalidPlan("This link is damaged and cannot be unpacked. Copy it again.") from None
    if not press.eof or press.unused_data or press.unconsumed_tail:
        raise InvalidPlan(f"This link is damaged, or unpacks to more than {MAX_CONTENT:,} bytes. Copy it again.")
    try:
        return text_format, json.loads(content.decode("utf-8"), parse_constant=_refused)
    except (UnicodeDecodeError, ValueError):
        raise InvalidPlan("This link is damaged: its content cannot be read. Copy it again.") from None


def _refused(name: str) -> float:
    raise ValueError(name)
