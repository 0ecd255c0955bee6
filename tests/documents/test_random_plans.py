"""Random plans through every form that a plan has (document, report, bytes and link): a thousand in `make long`."""

from __future__ import annotations

import string
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from hedge_core import SampleSource, assess, load_plan
from hedge_core.documents.link import link
from hedge_core.documents.link.envelope import MAX_TEXT
from hedge_core.documents.link.link import Shared, decode
from hedge_core.documents.plan_file import REPORT_PLAN, plan_element, plan_to_json, read_plan
from hedge_core.reports.html.page import report_html
from tests.support.html_document import Document
from tests.support.scale import scaled
from tests.support.whole_plans import plans

ROOT = Path(__file__).parents[2]
MADE_AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
LINK_CHARACTERS = set(string.ascii_letters + string.digits + "-_")


@cache
def frame() -> tuple[str, str]:
    """A whole report, cut where its plan stands."""
    assessment = assess(load_plan(ROOT / "examples" / "novacoin.json"), SampleSource().snapshot())
    before, _, rest = report_html(assessment, made_at=MADE_AT).partition(REPORT_PLAN)
    return before, rest.partition("</script>")[2]


@pytest.mark.long
@settings(max_examples=scaled(60), suppress_health_check=[HealthCheck.too_slow])
@given(plan=plans)
def test_random_plans_come_out_of_every_form_as_they_went_in(plan):
    document, element = plan_to_json(plan), plan_element(plan)
    page = element.join(frame())
    shared = Shared(plan=plan)
    text = link._text(shared)

    assert read_plan(document) == read_plan(page) == read_plan(page.encode()) == plan
    assert Document(f"<!doctype html><p>{element}<p>").raw["script"] == [
        element.removeprefix(REPORT_PLAN).removesuffix("</script>")
    ]
    assert set(text) <= LINK_CHARACTERS
    if len(text) <= MAX_TEXT:
        assert decode(text) == shared
