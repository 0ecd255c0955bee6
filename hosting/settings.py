"""The settings of `hosted.py`, from the environment. A setting that cannot be used stops the start, by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hedge_core.errors import InvalidInput
from hedge_core.market.live.settings import NAMES, is_on, masked

OTHERS = NAMES | {"HEDGE_NOTIFY"}
"""Settings that other parts of the program read."""

OWN = frozenset(("HEDGE_LOG", "HEDGE_PROXY", "HEDGE_REPLICA"))


@dataclass(frozen=True, slots=True, kw_only=True)
class HostingSettings:
    """How the app is hosted.

    `log` is the style of the log, `replica` the name of this process for the proxy ('' if there is only one), and
    `is_behind_proxy` says that every request comes through a proxy that writes `X-Forwarded-For`.
    """

    log: str = "plain"
    replica: str = ""
    is_behind_proxy: bool = False

    @classmethod
    def read(cls, values: Mapping[str, str]) -> HostingSettings:
        """Return the settings in `values`. Raises InvalidInput with the name of one that cannot be used or is unknown.

        A name that is nearly right would otherwise be ignored without a word. The value of an unknown one is not
        quoted, since it may be a secret.
        """
        unknown = sorted(name for name in values if name.startswith("HEDGE_") and name not in OWN | OTHERS)
        if unknown:
            raise InvalidInput(f"{unknown[0]} is not a setting. Settings: {', '.join(sorted(OWN | OTHERS))}.")
        written = {_letters(name): name for name in OWN | OTHERS}
        for name in sorted(values):
            if name not in OWN | OTHERS and _letters(name) in written:
                raise InvalidInput(f"{name} is not a setting: it is written {written[_letters(name)]}.")
        if values.get("HEDGE_MARKET", "").strip().startswith("csv:"):
            raise InvalidInput("HEDGE_MARKET must be sample or an exchange here: files are for the command line.")
        log = values.get("HEDGE_LOG", "").strip() or "plain"
        if log not in ("json", "plain"):
            raise InvalidInput(f"HEDGE_LOG must be json or plain, not '{masked(log)}'.")
        replica = values.get("HEDGE_REPLICA", "")
        if not re.fullmatch(r"[A-Za-z0-9-]{0,40}", replica):
            raise InvalidInput("HEDGE_REPLICA must be a name of at most 40 letters, digits and hyphens.")
        return cls(log=log, replica=replica, is_behind_proxy=is_on("HEDGE_PROXY", values.get("HEDGE_PROXY", "")))


def _letters(name: str) -> str:
    """The letters of a name, by which one that is written differently is recognised."""
    return re.sub(r"[^A-Z]", "", name.upper())
