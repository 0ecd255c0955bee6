"""The figures in the documents are those of the code, and a wrong one is found."""

from __future__ import annotations

import pytest

from tools import claims
from tools.claims import Claim


def test_every_figure_in_the_documents_is_the_one_in_the_code() -> None:
    assert claims.differences() == []


@pytest.mark.parametrize(
    "claim",
    [
        Claim("docs/deploy.md", "dropped; after {} the connection is closed", lambda: [21]),
        Claim("docs/monitor.md", "no usable prices: three failed checks in a row", lambda: claims._is([False])),
        Claim("docs/deploy.md", "rate {}", lambda: [claims._set_in(claims.NGINX, r"proxy_pass (\S+);\s*nothing")]),
    ],
    ids=["another limit", "a number in words", "a line that is gone"],
)
def test_a_figure_that_has_changed_is_found(monkeypatch: pytest.MonkeyPatch, claim: Claim) -> None:
    monkeypatch.setattr(claims, "CLAIMS", (claim,))

    assert len(claims.differences()) == 1
    assert claims.main() == 1
