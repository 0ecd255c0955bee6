"""Sites for the tests: one that all share and leave as it is, and fresh ones to be broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.hosting.site import App, Redis, Site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that no test breaks."""
    running = Site(tmp_path_factory.mktemp("site"))
    yield running
    running.close()
    assert "Traceback" not in running.everything_logged()


@pytest.fixture
def fresh_site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Start a site of one's own, with settings for its replicas."""
    with ExitStack() as stack:

        def start(**settings: str) -> Site:
            running = Site(tmp_path, settings)
            stack.callback(running.close)
            return running

        yield start


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    running = Redis(tmp_path)
    yield running
    running.kill()


@pytest.fixture
def lone_app(tmp_path: Path) -> Iterator[Callable[..., App]]:
    """Start one hosted app without a proxy."""
    started: list[App] = []

    def start(name: str = "", entry: str = "hosted.py", **settings: str) -> App:
        started.append(App(tmp_path, name, settings, entry))
        return started[-1]

    yield start
    for app in started:
        if app.process.poll() is None:
            app.kill()
