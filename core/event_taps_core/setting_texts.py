"""Settings that come as text, as variables do, and words for settings that are wrong.

A variable holds only text, and Meltano passes on what it finds. So a text in the place of a number,
a list or an object is read as the JSON that it should be, wherever it comes from.
"""

from __future__ import annotations

import json
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from singer_sdk.configuration._dict_config import parse_environment_config

from event_taps_core.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Mapping

_YES_OR_NO: Final = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}

_HALF_A_CHARACTER: Final = re.compile(r"[\ud800-\udfff]")
"""From JSON that was cut, or a byte of a variable that is not UTF-8: nothing can send it."""


class _Kind(NamedTuple):
    words: str
    form: str
    type: type


_KINDS: Final = {
    "boolean": _Kind("a yes or a no", "true or false", bool),
    "integer": _Kind("a whole number", "14", int),
    "array": _Kind("a JSON list", '["one", "other"]', list),
    "object": _Kind("a JSON object", '{"name": "value"}', dict),
}


def variable_of(tap_name: str, setting: str) -> str:
    """Return the environment variable that holds a setting."""
    return f"{tap_name}_{setting}".replace("-", "_").upper()


def texts_of_variables(schema: Mapping[str, Any], tap_name: str) -> dict[str, str]:
    """Return the variables that are set and not empty, by the name of their setting.

    The SDK looks for them, and adds those in the first file `.env` that it finds in the folder of
    its own installation or above: that of a project which holds its virtual environment, never one
    that is only in the working directory. It is told that they are all text, because it takes
    `[demo]` for a list and ends in a traceback where a number is empty.
    """
    texts = {"properties": {name: {"type": ["string"]} for name in schema["properties"]}}
    variables = parse_environment_config(texts, variable_of(tap_name, ""))
    return {name: text for name, text in variables.items() if text}


def is_sent(name: str, declared: Mapping[str, Any]) -> bool:
    """Say whether a setting goes into a header."""
    return bool(declared.get("secret")) or name == "user_agent"


def read_texts(
    config: Mapping[str, Any], schema: Mapping[str, Any], variables: Mapping[str, str]
) -> dict[str, Any]:
    """Read the texts that stand for another type; null and empty ones are settings not given.

    What goes into a header loses the blanks and line breaks at its ends: they come along with copy
    and paste, no key has any, and HTTP does not count them.

    Args:
        config: The settings as they came.
        schema: Their JSON schema.
        variables: The names of those variables that settings came from.

    Raises:
        TapError: If a text is not of the form that its setting takes, or no text at all.
    """
    declared = {name: schema["properties"].get(name, {}) for name in config}
    stripped = {
        name: value.strip() if isinstance(value, str) and is_sent(name, declared[name]) else value
        for name, value in config.items()
    }
    given = {name: value for name, value in stripped.items() if value is not None and value != ""}
    for name, value in given.items():
        kind = _kind(declared[name])
        if kind and isinstance(value, str):
            given[name] = _read(value, kind)
            if given[name] is None:
                form = _KINDS[kind].form if kind == "boolean" else form_of(schema, name)
                raise TapError(
                    f"{_named(name, variables)} is not {_KINDS[kind].words}: write it as {form}"
                )
        if _HALF_A_CHARACTER.search(json.dumps(given[name], ensure_ascii=False, default=str)):
            raise TapError(
                f"{_named(name, variables)} holds half a character (like \\ud800): write it anew"
            )
    return given


def form_of(schema: Mapping[str, Any], name: str) -> str:
    """Return how a setting is written as text: an example of JSON, empty for plain text."""
    declared = schema["properties"].get(name, {})
    kind = _kind(declared)
    if kind is None:
        return ""
    examples = [*declared.get("examples", ()), *filter(None, [declared.get("default")])]
    return json.dumps(examples[0]) if examples else _KINDS[kind].form


def misspelt(config: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, str]:
    """Return settings that there are not, each with the one that is probably meant."""
    known = schema["properties"]
    close = {name: get_close_matches(name, known, 1, 0.8) for name in config if name not in known}
    return {name: matches[0] for name, matches in close.items() if matches}


def in_words(
    text: str, schema: Mapping[str, Any], tap_name: str, variables: Mapping[str, str]
) -> str:
    """Turn what the SDK finds wrong with a setting into our words, without values of secrets."""
    if missing := re.match(r"'(\w+)' is a required property$", text):
        name = missing[1]
        description = schema["properties"].get(name, {}).get("description", "")
        assignment = f"{variable_of(tap_name, name)}={form_of(schema, name)}".rstrip("=")
        return f"setting {name} is missing ({description}) Set it in the config or as {assignment}"
    wrong = re.search(r" in config\['?(\w+)'?\](?:\['?[^\]]*'?\])*$", text)
    if not wrong:
        return text
    name, problem = wrong[1], text[: wrong.start()]
    declared = schema["properties"].get(name, {})
    if declared.get("secret"):
        problem = "its value has the wrong form"
    elif _kind(declared) in ("array", "object"):
        problem = f"{problem}; write it as {form_of(schema, name)}"
    return f"{_named(name, variables)}: {problem}"


def _named(name: str, variables: Mapping[str, str]) -> str:
    return f"setting {name} ({variables[name]})" if name in variables else f"setting {name}"


def _kind(declared: Mapping[str, Any]) -> str | None:
    """Return which type of JSON a setting is; None if it may be text."""
    types = declared.get("type", ())
    types = {types} if isinstance(types, str) else set(types)
    return None if "string" in types else next((kind for kind in _KINDS if kind in types), None)


def _read(text: str, kind: str) -> Any:
    """Return what a text stands for; None if that is not of this kind."""
    if kind == "boolean":
        return _YES_OR_NO.get(text.strip().lower())
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)  # JSON schema counts 14.0 as an integer, in a file too
    return value if type(value) is _KINDS[kind].type else None
