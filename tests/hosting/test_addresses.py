"""Whose a connection is, whatever the proxy writes and however many addresses somebody has."""

from __future__ import annotations

import pytest

from hosting.addresses import connecting_address, forwarded_address, visitor_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("10.0.0.1", "10.0.0.1"),
        (" 10.0.0.1 ", "10.0.0.1"),
        ("10.0.0.1:51724", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::7", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::7]:443", "2001:db8:1:2::/64"),
        ("[2001:DB8:1:2::7]", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("2001:db8:1:3::7", "2001:db8:1:3::/64"),
        ("unknown", "unknown"),
        ("_hidden", "_hidden"),
        ("x" * 99, "x" * 60),
        ("", ""),
    ],
)
def test_addresses_of_one_visitor_have_one_name(text: str, name: str) -> None:
    assert visitor_name(text) == name


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (["1.2.3.4"], "1.2.3.4"),
        (["6.6.6.6, 1.2.3.4"], "1.2.3.4"),
        (["6.6.6.6", "1.2.3.4"], "1.2.3.4"),
        (["6.6.6.6", "7.7.7.7, 1.2.3.4:5000"], "1.2.3.4"),
        (["6.6.6.6,"], "10.0.0.9"),
        ([], "10.0.0.9"),
    ],
    ids=["one", "extended", "a line of its own", "both, with a port", "nothing added", "none"],
)
def test_behind_a_proxy_the_last_address_of_the_last_line_counts(lines: list[str], name: str) -> None:
    headers = [(b"x-forwarded-for", one.encode()) for one in lines]
    scope = {"type": "http", "client": ("10.0.0.9", 1), "headers": headers}

    assert forwarded_address(scope) == name
    assert connecting_address(scope) == "10.0.0.9"


def test_without_any_address_there_is_no_name() -> None:
    assert forwarded_address({"type": "http", "client": None, "headers": []}) == ""
