"""Settings of live data: what may be said, and what is refused by its name."""

from __future__ import annotations

import pytest

from hedge_core.errors import InvalidInput
from hedge_core.market.live.settings import LiveSettings, masked


def test_without_any_setting_the_sample_market_and_memory_are_used():
    settings = LiveSettings.read({})

    assert (settings.market, settings.cache_url, settings.base_url, settings.offline) == ("sample", "memory", "", False)
    assert (settings.timeout, settings.max_staleness) == (10.0, 21_600.0)
    assert settings.is_throttled


def test_every_setting_is_read():
    settings = LiveSettings.read(
        {
            "HEDGE_MARKET": "kraken",
            "HEDGE_CACHE_URL": "sqlite:/tmp/prices.db",
            "HEDGE_EXCHANGE_BASE_URL": "http://127.0.0.1:9000/",
            "HEDGE_TIMEOUT": "2.5",
            "HEDGE_MAX_STALENESS": 7200,
            "HEDGE_OFFLINE": "yes",
        }
    )

    assert settings == LiveSettings(
        market="kraken", cache_url="sqlite:/tmp/prices.db", base_url="http://127.0.0.1:9000", timeout=2.5,
        max_staleness=7200.0, offline=True,
    )  # fmt: skip
    assert not settings.is_throttled  # a server on this machine sets its own pace


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HEDGE_TIMEOUT", "soon"), ("HEDGE_TIMEOUT", "0"), ("HEDGE_TIMEOUT", "nan"), ("HEDGE_TIMEOUT", "1e9"),
        ("HEDGE_MAX_STALENESS", "-1"), ("HEDGE_MAX_STALENESS", "inf"), ("HEDGE_CACHE_URL", "sqlite:"),
        ("HEDGE_CACHE_URL", "/tmp/prices.db"), ("HEDGE_CACHE_URL", "http://x"), ("HEDGE_EXCHANGE_BASE_URL", "file:///etc"),
        ("HEDGE_EXCHANGE_BASE_URL", "127.0.0.1:80"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_meant_is_refused_by_its_name(name, value):
    with pytest.raises(InvalidInput, match=name):
        LiveSettings.read({name: value})


def test_offline_can_be_asked_for_and_never_be_lifted():
    assert LiveSettings(offline=True).with_offline(False).offline
    assert LiveSettings().with_offline(True).offline


@pytest.mark.parametrize("name", ["HEDGE_TIMEOUT", "HEDGE_MARKET", "HEDGE_OFFLINE"])
def test_an_address_in_the_wrong_setting_is_refused_without_its_password(name):
    with pytest.raises(InvalidInput, match=name) as caught:
        LiveSettings.read({name: "redis://user:geheim@cache:6379/0"})

    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    "address", ["https:null:geheim@proxy.exampleL=https://user:geheim@proxy", "redser:geheim@x://user:geheim@cache/0"]
)
def test_no_part_of_a_damaged_address_before_its_last_host_is_quoted(address):
    assert "geheim" not in masked(address)
