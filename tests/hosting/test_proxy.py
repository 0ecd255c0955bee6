"""What nginx does for the site: headers, bounds, a log without anybody's data, and the way back to one's replica."""

from __future__ import annotations

import http.client
import json
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from benchmarks.load import proxy
from tests.hosting.site import NGINX, REPLICAS, Answer, Site, free_port, needed, until
from tests.support.scale import SCALE

PAGE_POLICY = "default-src 'none'; script-src 'self' 'sha256-"
STREAMLIT = Subprotocol("streamlit")
ERROR_POLICY = "default-src 'none'; frame-ancestors 'none'"


def static_file(site: Site) -> str:
    """The address of the app's main script."""
    found = re.search(r'src="\.(/static/js/index\.[^"]+\.js)"', site.ask("/").body.decode())
    assert found
    return found[1]


def only(answer: Answer, name: str) -> str:
    """The header's value, which stands once."""
    values = answer.headers.get_all(name) or []
    assert len(values) == 1, (name, values)
    return str(values[0])


def websocket(site: Site, cookie: str = "", query: str = "") -> ClientConnection:
    headers = {"Cookie": cookie} if cookie else {}
    return connect(
        f"ws://127.0.0.1:{site.port}/_stcore/stream{query}",
        origin=Origin(site.base),
        subprotocols=[STREAMLIT],
        additional_headers=headers,
        proxy=None,
    )


@pytest.mark.parametrize("path", ["/", "/size", "/_stcore/health", "/nowhere/at/all"])
def test_the_apps_answers_carry_its_security_headers_once(site: Site, path: str) -> None:
    answer = site.ask(path)

    assert only(answer, "Content-Security-Policy").startswith(PAGE_POLICY)
    assert "frame-ancestors 'none'" in only(answer, "Content-Security-Policy")
    assert "unsafe-eval" not in only(answer, "Content-Security-Policy")
    assert only(answer, "X-Content-Type-Options") == "nosniff"
    assert only(answer, "Referrer-Policy") == "no-referrer"
    assert only(answer, "X-Frame-Options") == "DENY"
    assert "camera=()" in only(answer, "Permissions-Policy")
    assert only(answer, "Server") == "nginx"


def test_static_files_are_compressed_kept_for_ever_and_carry_the_headers(site: Site) -> None:
    answer = site.ask(static_file(site), headers={"Accept-Encoding": "gzip"})

    assert answer.status == 200
    assert only(answer, "Content-Encoding") == "gzip"
    assert "immutable" in only(answer, "Cache-Control")
    assert only(answer, "Content-Security-Policy").startswith(PAGE_POLICY)
    assert only(answer, "X-Content-Type-Options") == "nosniff"
    assert answer.headers.get("Set-Cookie") is None


def test_nginxs_own_errors_carry_headers_too_and_name_no_version(site: Site) -> None:
    for answer in (site.ask("/ready"), site.ask("/", headers={"X-Long": "x" * 60_000})):
        assert answer.status in (400, 404)
        assert only(answer, "Content-Security-Policy") == ERROR_POLICY
        assert only(answer, "X-Content-Type-Options") == "nosniff"
        assert only(answer, "Referrer-Policy") == "no-referrer"
        assert not re.search(rb"nginx/\d", answer.body)


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/metrics?families=x", "//_stcore/metrics",
                                  "/_stcore/./metrics", "/_stcore/%6detrics", "/x/../_stcore/metrics",
                                  "/ready", "/_stcore/agent/openapi.json", "/_stcore/agent/mcp"])  # fmt: skip
def test_what_is_for_the_operator_cannot_be_reached_from_outside(site: Site, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)  # sends the path as it stands here
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()

    assert answer.status in (400, 404)
    assert b"active_sessions" not in body


def test_each_replica_answers_its_operator(site: Site) -> None:
    for app in site.replicas.values():
        assert app.metric("hedge_ready") == {"hedge_ready": 1.0}
        assert "active_sessions" in app.metric("active_sessions")


def test_a_body_too_large_is_refused_before_the_app_sees_it(site: Site) -> None:
    before = len(site.requests())
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    connection.putrequest("PUT", "/_stcore/upload_file/session/file")
    connection.putheader("Content-Length", str(7_000_000))
    connection.endheaders()  # and not one byte of it
    assert connection.getresponse().status == 413
    connection.close()
    until("the refusal is logged", lambda: len(site.requests()) > before)
    refused = site.requests()[before:]
    assert [(entry["status"], entry["replica"]) for entry in refused] == [(413, "")]


def test_a_link_of_eight_thousand_characters_passes_and_one_of_forty_thousand_does_not(site: Site) -> None:
    assert site.ask(f"/?p={'A' * 8_000}").status == 200
    assert site.ask(f"/?p={'A' * 40_000}").status == 414


def opens(site: Site, host: str, origin: str | None) -> bool:
    """Whether the WebSocket opens for a page of that origin which reaches the site under that name."""
    raw = socket.create_connection(("127.0.0.1", site.port))
    named = None if origin is None else Origin(origin)
    try:
        with connect(f"ws://{host}/_stcore/stream", sock=raw, origin=named, subprotocols=[STREAMLIT], proxy=None):
            return True
    except InvalidStatus as refusal:
        return refusal.response.status_code != 403


def test_only_the_apps_own_pages_open_a_session_and_others_cost_no_time(site: Site) -> None:
    assert opens(site, "hedge.example.com", "https://hedge.example.com")
    assert opens(site, "hedge.example.com:8443", "https://hedge.example.com:8443")
    assert opens(site, "hedge.example.com", None)
    for origin in ("https://evil.example.com", "https://hedge.example.com.evil.example.com", "null", "//"):
        assert not opens(site, "hedge.example.com", origin)
        assert site.ask("/_stcore/health", headers={"Origin": origin}).status == 403
    assert "external IP" not in site.everything_logged()


def test_with_names_given_no_other_name_opens_a_session(fresh_site: Callable[..., Site]) -> None:
    site = fresh_site(STREAMLIT_SERVER_ALLOWED_HOSTS="hedge.example.com www.example.com")
    assert opens(site, "hedge.example.com", "https://hedge.example.com")
    assert opens(site, "www.example.com", "https://www.example.com")
    assert not opens(site, "evil.example.com", "https://evil.example.com")


def test_a_visitor_comes_back_to_the_same_replica_also_with_the_websocket(site: Site) -> None:
    for name, app in site.replicas.items():
        before = len(site.requests())
        for number in range(30):
            assert site.ask(f"/?visit={number}", headers={"Cookie": f"replica={name}"}).status == 200
        with websocket(site, f"replica={name}") as stream:
            assert stream.response is not None
            assert f"replica={name};" in stream.response.headers["Set-Cookie"]
        site.ask("/_stcore/health", headers={"Cookie": f"replica={name}"})
        until("all are logged, the WebSocket too", lambda seen=before: len(site.requests()) >= seen + 32)
        assert {entry["replica"] for entry in site.requests()[before:]} == {app.address}


def test_a_visitor_without_a_cookie_is_given_one_and_all_replicas_get_visitors(site: Site) -> None:
    given = [only(site.ask("/"), "Set-Cookie") for _ in range(20)]

    assert all(re.fullmatch(r"replica=[12]; Path=/; HttpOnly; SameSite=Lax", cookie) for cookie in given)
    assert {cookie[8] for cookie in given} == set(REPLICAS)


def test_a_cookie_that_names_no_replica_does_no_harm(site: Site) -> None:
    assert site.ask("/", headers={"Cookie": "replica=3; replica=../../etc"}).status == 200


def test_no_query_referrer_or_address_reaches_any_log(site: Site) -> None:
    marker = f"secret{secrets.token_hex(8)}"
    referrer = {"Referer": f"http://127.0.0.1/?p={marker}", "User-Agent": marker, "Cookie": f"other={marker}"}
    requests = len(site.requests())

    for path in (f"/?p={marker}", f"/size?p={marker}", f"/ready?p={marker}", f"/_stcore/health?p={marker}",
                 f"/media/none?p={marker}", f"/size/?p={marker}", f"/%2e%2e/?p={marker}"):  # fmt: skip
        site.ask(path, headers=referrer)
    site.ask(f"/?p={marker}{'A' * 40_000}", headers=referrer)
    site.ask(f"/_stcore/upload_file/a/b?p={marker}", method="PUT", body=b"x" * 10, headers=referrer)
    with websocket(site, query=f"?p={marker}"):
        pass
    with pytest.raises(InvalidStatus):
        connect(f"ws://127.0.0.1:{site.port}/_stcore/stream?p={marker}", origin=Origin("http://evil"), proxy=None)

    until("all are logged", lambda: len(site.requests()) >= requests + 11)
    assert marker not in site.everything_logged()
    assert not re.search(r"127\.0\.0\.1(?!:\d)", json.dumps(site.requests())), "a visitor's address is logged"


def test_too_many_requests_from_one_address_are_refused_and_not_written_down(fresh_site: Callable[..., Site]) -> None:
    site = fresh_site()
    marker = f"secret{secrets.token_hex(8)}"
    address = urlsplit(site.base)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    statuses = set()
    for _ in range(3_000):
        connection.request("GET", f"/_stcore/health?p={marker}")
        answer = connection.getresponse()
        answer.read()
        statuses.add(answer.status)
        if answer.status == 429:
            break
    connection.close()

    assert 429 in statuses
    assert marker not in site.everything_logged()


def test_pages_asked_for_without_end_are_refused_before_the_app_is_asked_and_files_are_not(
    fresh_site: Callable[..., Site],
) -> None:
    site = fresh_site()
    script = static_file(site)
    statuses: list[int] = []
    while statuses[-3:] != [429] * 3 and len(statuses) < 1_000:
        statuses.append(site.ask(f"/size?x={len(statuses)}").status)

    assert statuses[:140] == [200] * 140  # an office may
    assert statuses[-3:] == [429] * 3
    refused = [one for one in site.requests() if one["path"] == "/size" and one["status"] == 429]
    assert {one["replica"] for one in refused} == {""}  # no replica was asked
    assert [site.ask(path).status for path in (script, "/_stcore/health")] == [200, 200]


@pytest.mark.rare
def test_a_replica_that_hangs_loses_its_visitors_within_fifteen_seconds(fresh_site: Callable[..., Site]) -> None:
    """A visitor with its cookie and an open WebSocket, as a browser holds one; the process is stopped, not killed."""
    limit = 15.0
    site = fresh_site()
    hung = site.replicas["1"]
    with websocket(site, "replica=1") as stream:
        hung.process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        try:
            with suppress(ConnectionClosed):
                while time.monotonic() - began < limit:
                    stream.recv(timeout=limit)
            with websocket(site, "replica=1") as moved:
                assert moved.response is not None
                assert "replica=2" in moved.response.headers["Set-Cookie"]
            assert time.monotonic() - began < limit
            assert site.ask("/", headers={"Cookie": "replica=1"}).status == 200
            assert time.monotonic() - began < limit + 0.5
        finally:
            hung.process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize(
    ("address", "is_one_visitor"),
    [
        ("2001:db8:1:2:{0:x}:{0:x}:3:4", True), ("2001:db8:1:2::{0:x}", True), ("2001:db8::{0:x}", True),
        ("2001:db8:1:{0:x}::7", False), ("10.1.2.{0}", False),
    ],
)  # fmt: skip
def test_the_addresses_of_one_ipv6_network_share_the_limits(address: str, is_one_visitor: bool, tmp_path: Path) -> None:
    """With no replica behind it nginx answers 502; 400 requests are more than the burst of one visitor."""
    port = free_port()
    proxy.prepare(tmp_path / "nginx", port, ["127.0.0.1:1", "127.0.0.1:2"])
    with (tmp_path / "nginx" / "listen.conf").open("a") as listen:
        listen.write("set_real_ip_from 127.0.0.1;\nreal_ip_header X-Real-IP;\n")
    with subprocess.Popen(proxy.command(needed("nginx"), tmp_path / "nginx"), stdout=subprocess.DEVNULL) as nginx:
        try:
            until("nginx listens", lambda: is_open(port))
            statuses = []
            for number in range(1, 401):
                connection = http.client.HTTPConnection("127.0.0.1", port)
                connection.request("GET", "/", headers={"X-Real-IP": address.format(number % 250 + 1)})
                statuses.append(connection.getresponse().status)
                connection.close()
        finally:
            nginx.terminate()

    assert (429 in statuses) == is_one_visitor


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_one_address_cannot_hold_more_sessions_than_an_office(fresh_site: Callable[..., Site]) -> None:
    site = fresh_site()
    with ExitStack() as stack:
        for _ in range(60):
            stack.enter_context(websocket(site))
        with pytest.raises(InvalidStatus) as refused:
            websocket(site)
        assert refused.value.response.status_code == 429


def test_one_address_cannot_come_and_go_without_end_and_the_app_does_not_notice(
    fresh_site: Callable[..., Site],
) -> None:
    site = fresh_site()
    statuses = []
    for _ in range(400):
        try:
            with websocket(site):
                statuses.append(101)
        except InvalidStatus as refused:
            statuses.append(refused.response.status_code)
        if statuses[-3:] == [429] * 3:
            break

    assert statuses[:80] == [101] * 80  # an office may
    assert statuses[-3:] == [429] * 3
    assert len(statuses) < 400
    refused_by_nginx = [one for one in site.requests() if one["path"] == "/_stcore/stream" and one["status"] == 429]
    assert {one["replica"] for one in refused_by_nginx} == {""}  # no replica was asked
    assert site.ask("/", headers={"Accept": "text/html"}).status == 200  # what is not a WebSocket is not refused


USELESS = [BackMsg(clear_cache=True).SerializeToString(), b"", b"\xff" * 100]


@pytest.mark.long
@pytest.mark.parametrize("frame", USELESS if SCALE > 1 else USELESS[:1])
def test_twenty_thousand_useless_frames_reach_nobody_and_write_no_thousand_lines(
    fresh_site: Callable[..., Site], frame: bytes
) -> None:
    site = fresh_site()
    with websocket(site, "replica=1") as stream, suppress(ConnectionClosed):
        for _ in range(20_000):
            stream.send(frame)

    assert site.ask("/", headers={"Cookie": "replica=1"}).status == 200
    written = site.replicas["1"].text()
    assert len(written.splitlines()) < 300
    assert "Traceback" not in written


def test_the_lines_for_tls_in_the_configuration_are_accepted(tmp_path: Path) -> None:
    nginx, openssl = needed("nginx"), needed("openssl")
    certificate = [tmp_path / "privkey.pem", tmp_path / "fullchain.pem"]
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
         "-keyout", str(certificate[0]), "-out", str(certificate[1])],
        check=True, capture_output=True,
    )  # fmt: skip
    lines = re.findall(r"^#   (\S.*;)$", (NGINX / "listen.conf").read_text(), re.MULTILINE)
    assert any("ssl_certificate_key" in line for line in lines)
    shutil.copy(NGINX / "nginx.conf", tmp_path)
    shutil.copy(NGINX / "replicas.conf", tmp_path)
    (tmp_path / "listen.conf").write_text("\n".join(lines).replace("/certificates", str(tmp_path)))

    done = subprocess.run(
        [nginx, "-p", str(tmp_path), "-c", "nginx.conf", "-e", "stderr", "-t"], capture_output=True, text=True,
        check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr.replace('"user" directive makes sense only', "")
