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
from urllib.parse import quote, quote_plus, urlencode

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


@pytest.mark.parametrize(
    ("message", "args"),
    [
        ("the key is " + SECRET, ()),
        *(("%s", (sent,)) for sent in (SECRET, {"key": SECRET}, [SECRET], ValueError(SECRET))),
        *(("%d", (SECRET,)), ("%s %s", (SECRET,)), ("%(x)s", ({"y": SECRET},))),  # do not fit
    ],
)
def test_a_secret_in_a_message_or_its_arguments(
    log: Log, message: str, args: tuple[Any, ...]
) -> None:
    logger, stream = log
    logger.info(message, *args)
    assert "***" in stream.getvalue()
    assert SECRET not in stream.getvalue()


@pytest.mark.parametrize(
    ("secrets", "text", "cleaned"),
    [
        ({SECRET}, f"GET /x?key={quote(SECRET, safe='')}&y=1", "GET /x?key=***&y=1"),
        ({SECRET}, f"GET /x?{urlencode({'key': SECRET})}&y=1", "GET /x?key=***&y=1"),
        ({"abcd", "abcdefgh"}, "abcdefgh abcd", "*** ***"),
        ({"", "a", "on", "abc"}, "a run on abc, about an account", None),  # they are words
        *(
            (set(), f"{kind} eyJhbGciOi.eyJzdWIi.x-_Y, Accept", f"{kind} ***, Accept")
            for kind in ("Authorization: Bearer", "bearer", "BASIC")
        ),
        *((set(), text, None) for text in ("10 rows @ 5/s", "@override", "a@b", "x @ y.z")),
        *((set(), text, None) for text in ("20:00@room", "METRIC: {}")),
    ],
)
def test_secrets_in_any_form_are_replaced_and_nothing_else(
    secrets: set[str], text: str, cleaned: str | None
) -> None:
    assert Redaction(secrets).clean(text) == (cleaned or text)


@pytest.mark.parametrize("user", ["u", "us", "user", "user@example.org"])
def test_basic_credentials(user: str) -> None:
    """Base64 of `user:secret` does not contain the secret's own base64."""
    prepared = requests.Request("GET", "http://x/", auth=(user, SECRET)).prepare()
    header = prepared.headers["Authorization"]
    assert header.removeprefix("Basic ") not in Redaction({SECRET}).clean(f"headers: {header}")


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


def test_a_metric_keeps_its_form_for_structured_logs(log: Log) -> None:
    """The SDK's formatter looks for a point in the arguments; a part may be a person."""
    logger, stream = log
    logger.handlers[0].setFormatter(StructuredFormatter())
    tags = {"stream": "people", "context": {"id": "jane@example.org", "key": SECRET, "page": 2}}
    log_metric(logger, Point("counter", Metric.RECORD_COUNT, 3, tags))
    found = json.loads(stream.getvalue())["metric_info"]
    assert found["type"] == "counter"
    assert found["tags"]["context"] == {"id": "***@***", "key": "***", "page": 2}


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
