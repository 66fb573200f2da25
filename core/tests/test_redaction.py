"""No secret and no person in anything a tap says."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import pytest
import requests
from hypothesis import assume, given
from hypothesis import strategies as st
from singer_sdk.logging import StructuredFormatter
from singer_sdk.metrics import Metric, Point
from singer_sdk.metrics import log as log_metric

from event_taps_core.redaction import Redaction, secret_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECRET = "s3cret/k+y =#"  # noqa: S105 - it is what must not be seen


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    """Write through a handler that knows of no redaction."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    Redaction({SECRET}).install()
    logger = logging.getLogger("redaction")
    logger.propagate = False
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield logger, stream
    logger.removeHandler(handler)
    logger.propagate = True


Log = tuple[logging.Logger, io.StringIO]


def test_a_secret_in_a_message(log: Log) -> None:
    logger, stream = log
    logger.info("the key is " + SECRET)  # noqa: G003 - an f-string would be the same
    assert stream.getvalue() == "the key is ***\n"


@pytest.mark.parametrize(
    "args", [(SECRET,), ({"key": SECRET},), ([SECRET],), (ValueError(SECRET),)]
)
def test_a_secret_in_an_argument(log: Log, args: tuple[Any, ...]) -> None:
    logger, stream = log
    logger.info("args: %s", *args)
    assert SECRET not in stream.getvalue()
    assert "***" in stream.getvalue()


def test_a_secret_in_an_exception_and_in_its_cause(log: Log) -> None:
    logger, stream = log
    cause = KeyError(f"cause {SECRET}")
    try:
        raise ValueError(SECRET) from cause  # noqa: TRY301 - to be logged right here
    except ValueError:
        logger.exception("it failed")
    written = stream.getvalue()
    assert SECRET not in written
    assert "ValueError: ***" in written
    assert "KeyError: 'cause ***'" in written
    assert "Traceback" in written


@pytest.mark.parametrize("quoted", [quote(SECRET, safe=""), quote_plus(SECRET)])
def test_a_secret_in_a_url(quoted: str) -> None:
    assert Redaction({SECRET}).clean(f"GET /x?key={quoted}&y=1") == "GET /x?key=***&y=1"


def test_a_secret_in_a_query_as_the_http_library_writes_it() -> None:
    url = requests.Request("GET", "http://x/", params={"key": SECRET}).prepare().url
    assert Redaction({SECRET}).clean(str(url)) == "http://x/?key=***"


@pytest.mark.parametrize("user", ["u", "us", "user", "user@example.org"])
def test_basic_credentials(user: str) -> None:
    """Base64 of `user:secret` does not contain the secret's own base64."""
    prepared = requests.Request("GET", "http://x/", auth=(user, SECRET)).prepare()
    header = prepared.headers["Authorization"]
    assert header.removeprefix("Basic ") not in Redaction({SECRET}).clean(f"headers: {header}")


def test_bearer_tokens_of_the_vendor() -> None:
    for kind in ("Bearer", "bearer", "BASIC"):
        cleaned = Redaction(set()).clean(f"Authorization: {kind} eyJhbGciOi.eyJzdWIi.x-_Y, Accept")
        assert cleaned == f"Authorization: {kind} ***, Accept"


@pytest.mark.parametrize(
    "address",
    [
        *("jane@example.org", "jane.doe+tag@mail.example.co.uk", "o'neil@example.org"),
        *("jane_doe-1@ex-ample.org", "JANE@EXAMPLE.ORG", "jane%40example.org"),
        *("jürgen@example.org", "jane@bücher.example"),
    ],
)
@pytest.mark.parametrize("around", ["{}", "<{}>", "for '{}',", "id={}&x=1", "mail:{}."])
def test_addresses_of_people(address: str, around: str) -> None:
    cleaned = Redaction(set()).clean(around.format(address))
    assert not any(part in cleaned for part in (address, "jane", "neil", "example"))


@pytest.mark.parametrize(
    "text", ["10 rows @ 5/s", "@override", "a@b", "x @ y.z", "20:00@room", "METRIC: {}"]
)
def test_what_is_no_address_stays(text: str) -> None:
    assert Redaction(set()).clean(text) == text


@pytest.mark.parametrize("short", ["", "a", "on", "abc"])
def test_short_values_do_not_blot_out_text(short: str) -> None:
    text = "a run on abc, about an account"
    assert Redaction({short}).clean(text) == text


def test_the_longest_secret_goes_first() -> None:
    assert Redaction({"abcd", "abcdefgh"}).clean("abcdefgh abcd") == "*** ***"


@given(st.text(min_size=4, max_size=30), st.text(max_size=20), st.text(max_size=20))
def test_no_secret_survives_whatever_its_characters_are(
    secret: str, before: str, after: str
) -> None:
    assume(secret not in before + after + "***" + "@")
    assume(secret.strip("*@"))
    redaction = Redaction({secret})
    for form in (secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]):
        cleaned = redaction.clean(f"{before} {form} {after}")
        assert "***" in cleaned
        assert form not in cleaned or form in f"{before} *** {after}"


@given(st.text())
def test_cleaning_clean_text_again_changes_nothing(text: str) -> None:
    redaction = Redaction({SECRET})
    once = redaction.clean(text)
    assert redaction.clean(once) == once


@pytest.mark.parametrize(
    "unit", ["x", "x.", "x@", "@x.", "a@b.", "Basic ", "x-", "\\", '"x ', "%25"]
)
@pytest.mark.parametrize("clean", [Redaction.clean, Redaction.clean_foreign])
def test_a_long_text_costs_no_more_than_its_length(
    unit: str, clean: Callable[[Redaction, str], str]
) -> None:
    """A page of a vendor's answer in an error must not hang the run."""
    redaction = Redaction({SECRET, "\\" * 30, "x-" * 30, "%" * 30})

    def seconds_for(length: int) -> float:
        began = time.process_time()
        clean(redaction, unit * (length // len(unit)))
        return time.process_time() - began

    # Twenty times as long: where all is looked at for each character, 400 times the work.
    assert seconds_for(60_000) < 100 * max(seconds_for(3_000) for _ in range(3))


def test_metrics_keep_their_form_for_structured_logs(log: Log) -> None:
    """The SDK's formatter looks for a point in the arguments."""
    logger, stream = log
    logger.handlers[0].setFormatter(StructuredFormatter())

    log_metric(logger, Point("counter", Metric.RECORD_COUNT, 3, {"stream": "people"}))
    assert '"metric_info":{"type":"counter"' in stream.getvalue()


def test_a_metric_of_a_part_that_is_a_person(log: Log) -> None:
    logger, stream = log
    logger.handlers[0].setFormatter(StructuredFormatter())
    tags = {"stream": "people", "context": {"id": "jane@example.org", "key": SECRET, "page": 2}}
    log_metric(logger, Point("counter", Metric.RECORD_COUNT, 3, tags))
    found = json.loads(stream.getvalue())["metric_info"]["tags"]["context"]
    assert found == {"id": "***@***", "key": "***", "page": 2}


def test_an_exception_keeps_its_form_for_structured_logs(log: Log) -> None:
    logger, stream = log
    logger.handlers[0].setFormatter(StructuredFormatter())
    try:
        raise ValueError(SECRET) from LookupError("jane@example.org")  # noqa: TRY301 - logged here
    except ValueError as error:
        error.add_note(SECRET)
        logger.exception("it failed")
    found = json.loads(stream.getvalue())["exception"]
    assert (found["type"], found["message"]) == ("ValueError", "***")
    assert (found["cause"]["type"], found["cause"]["message"]) == ("LookupError", "***@***")
    assert found["traceback"][0]["function"].startswith("test_an_exception_keeps")


@pytest.mark.parametrize("args", [("%d", SECRET), ("%s %s", SECRET), ("%(x)s", {"y": SECRET})])
def test_arguments_that_do_not_fit_are_no_reason_to_fail(log: Log, args: tuple[Any, ...]) -> None:
    logger, stream = log
    logger.info(*args)
    assert "***" in stream.getvalue()
    assert SECRET not in stream.getvalue()


def test_installing_again_changes_nothing_also_beside_another_tap() -> None:
    one, other = Redaction({SECRET}), Redaction({"another-secret"})
    for redaction in (one, other, one, other):
        redaction.install()
    made = logging.getLogRecordFactory()("x", 20, "f", 1, f"{SECRET} another-secret", (), None)
    assert made.getMessage() == "*** ***"


# Since Python 3.13 a traceback shows lines of such a program: those in it say nothing of anybody.
DEFECT = """
import sys, threading
sys.path.insert(0, {folder!r})
import toy_tap

def fail(*words):
    raise ValueError(words)

class Defect(toy_tap.ToyTap):
    def check_settings(self):
        secret, person = self.client.config["api_key"], "jane@example.org"
        thread = threading.Thread(target=fail, args=(secret, person))
        thread.start()
        thread.join()
        raise RuntimeError(secret + " of " + person) from KeyError(secret)

Defect.cli()
"""


def test_a_defect_that_nobody_handles(tmp_path: Path) -> None:
    """In `--test` the SDK has not put its own hook into place yet; threads have another."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"api_key": "key-of-the-toy-4711"}))
    program = DEFECT.format(folder=str(Path(__file__).parent))
    run = subprocess.run(
        [sys.executable, "-c", program, "--config", config, "--test"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stderr.count("ValueError: ") == run.stderr.count("RuntimeError: ") == 1
    assert "KeyError: '***'" in run.stderr
    assert "key-of-the-toy" not in run.stderr
    assert "jane" not in run.stderr


def test_secrets_are_the_settings_that_are_declared_so() -> None:
    schema = {"properties": {"key": {"secret": True}, "empty": {"secret": True}, "url": {}}}
    config = {"key": "k-1", "empty": "", "url": "http://x", "undeclared": "u"}
    assert secret_values(config, schema) == {"k-1"}
