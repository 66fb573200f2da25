"""What a pull request to Meltano Hub adds for each tap is complete, and is what the hub takes."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from scripts.taps import ROOT

TAPS = sorted(path.parent.name for path in ROOT.glob("tap-*/pyproject.toml"))
EACH_TAP = pytest.mark.parametrize("tap", TAPS)
SCHEMAS = [json.loads(path.read_text()) for path in (ROOT / "tests/hub_schema").glob("*.json")]


def read(tap: str, name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / tap / "hub" / name).read_text())
    return content


@pytest.fixture(scope="module")
def validator() -> Draft7Validator:
    resources = [(one["$id"], Resource.from_contents(one, DRAFT7)) for one in SCHEMAS]
    (extractors,) = (one for one in SCHEMAS if one["$id"] == "extractors.schema.json")
    return Draft7Validator(extractors, registry=Registry().with_resources(resources))


@EACH_TAP
def test_the_hub_takes_the_definition(tap: str, validator: Draft7Validator) -> None:
    definition = read(tap, f"{tap}.yml")
    validator.validate(definition)
    assert list(definition) == sorted(definition)


@EACH_TAP
def test_the_page_says_what_its_reader_needs(tap: str) -> None:
    definition = read(tap, f"{tap}.yml")
    for part in ("description", "docs", "domain_url", "prereq", "next_steps", "usage"):
        assert definition[part], part
    for setting in definition["settings"]:
        assert setting["description"], setting["name"]
        assert setting.get("sensitive", False) == (setting["kind"] == "password"), setting["name"]
    assert any(setting["kind"] == "password" for setting in definition["settings"])


@EACH_TAP
def test_all_files_name_the_same_variant_and_logo(tap: str) -> None:
    definition = read(tap, f"{tap}.yml")
    variant = definition["variant"]
    assert read(tap, "default_variants.yml") == {"extractors": {tap: variant}}
    (maintainer,) = read(tap, "maintainers.yml").items()
    assert maintainer[0] == variant == maintainer[1]["name"]
    assert definition["repo"].startswith(f"{maintainer[1]['url']}/")
    (logo,) = (ROOT / tap / "hub").glob("*.png")
    assert definition["logo_url"] == f"/assets/logos/extractors/{logo.name}"
    assert logo.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
