"""Proxies and certificates come from variables: what is wrong with them names the variable."""

from __future__ import annotations

import http.server
import json
import ssl
import threading
from typing import TYPE_CHECKING

import pytest
import trustme
from typing_extensions import override

from event_taps_core.testing.api_server import ApiServer, status

from .runs import KEY, Run, command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSWORD = "pass-w0rd"  # noqa: S105 - it is what must not be seen
AUTHORITY = trustme.CA()


@pytest.fixture
def encrypted() -> Iterator[ApiServer]:
    """An API with a certificate of an authority that only this test knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(context)
    made = ApiServer(context)
    yield made.on("/people", {"data": [{"id": 1}]}).on("/events", {"data": []})
    made.close()


@pytest.fixture
def refusing_proxy() -> Iterator[str]:
    """Address of a proxy that wants another password."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Refusing) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class _Refusing(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(407)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_CONNECT = do_GET  # noqa: N815 - the standard library's way to name a method

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Keep stderr for the tap."""


def run(url: str, folder: Path) -> Run:
    config = folder / "config.json"
    config.write_text(json.dumps({"api_url": url, "api_key": KEY, "max_retries": 0}))
    return command("--config", str(config))


def assert_last_line_says(result: Run, *said: str) -> None:
    assert result.exit_code == 1
    assert not [part for part in said if part not in result.log[-1]], result.log[-1]
    assert "api_url" not in result.log[-1]
    assert "***" not in result.log[-1]  # what is said is not eaten as an address of a person
    assert PASSWORD not in "\n".join(result.log)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("proxy", "said"),
    [
        ("socks5://user:{}@127.0.0.1:9", "PySocks is missing"),
        ("http://user:{}@127.0.0.1:9", "did not connect to toy.example"),
        ("http://user:{}@no-such-host.invalid", "host name of the proxy is not known"),
        ("http://user:{}/or#so@127.0.0.1:9", "not the address of a proxy"),
        ("user:{}@127.0.0.1:port", "not the address of a proxy"),
        ("ftp://user:{}@127.0.0.1", "not the address of a proxy"),
        ("http://", "not the address of a proxy"),
        ("http://[::1", "not the address of a proxy"),
    ],
)
def test_a_proxy_of_no_use(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, scheme: str, proxy: str, said: str
) -> None:
    variable = f"{scheme.upper()}_PROXY"
    monkeypatch.setenv(variable, proxy.format(PASSWORD))
    result = run(f"{scheme}://toy.example/api", tmp_path)
    assert_last_line_says(result, "proxy", said, variable)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_refuses_the_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, refusing_proxy: str, scheme: str
) -> None:
    monkeypatch.setenv("all_proxy", f"http://user:{PASSWORD}@{refusing_proxy}")
    result = run(f"{scheme}://toy.example/api", tmp_path)
    assert_last_line_says(result, "the proxy refuses its user or password (HTTP 407)", "all_proxy")


def test_a_proxy_that_refuses_the_host_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: ApiServer
) -> None:
    """So do those that let only known hosts pass."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://{server.host}")
    result = run("https://toy.example/api", tmp_path)
    assert_last_line_says(result, "the proxy did not connect to toy.example (501 ", "NO_PROXY")


def test_a_certificate_that_nobody_knows(encrypted: ApiServer, tmp_path: Path) -> None:
    result = run(encrypted.api_url, tmp_path)
    said = ("certificate of 127.0.0.1 is not trusted", "unable to get local issuer", "_CA_BUNDLE")
    assert_last_line_says(result, *said)


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_an_authority_of_ones_own(
    monkeypatch: pytest.MonkeyPatch, encrypted: ApiServer, tmp_path: Path, variable: str
) -> None:
    file = tmp_path / "authority.pem"
    AUTHORITY.cert_pem.write_to_path(file)
    monkeypatch.setenv(variable, str(file))
    result = run(encrypted.api_url, tmp_path)
    assert result.column("people", "id") == ["1"], result.log
    file.write_text("-----BEGIN NONSENSE-----")
    said = f"{variable} does not name a file of certificates"
    assert_last_line_says(run(encrypted.api_url, tmp_path), said)
    file.unlink()
    assert_last_line_says(run(encrypted.api_url, tmp_path), said)


def test_407_of_an_api_without_a_proxy_is_an_answer(server: ApiServer, tmp_path: Path) -> None:
    server.on("/people", status(407)).on("/events", status(407))
    assert "check the setting api_url" in run(server.api_url, tmp_path).log[-1]
