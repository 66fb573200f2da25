"""What a pull request to Meltano Hub adds for a tap."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

from scripts.blocks import setting_entry, setting_groups, to_yaml
from scripts.logo import logo

if TYPE_CHECKING:
    from scripts.address import Address
    from scripts.taps import Setting, Tap

# What the hub, which makes its pages anew every week, takes for a secret: texts that are named so.
SECRET = re.compile("password|id|token|key|secret")
NEXT_STEPS = """\
1. See which streams and columns there are, and leave out what you do not need:

   ```bash
   meltano select {tap} --list --all
   ```

2. Add a loader that replaces rows by their keys, and run both:

   ```bash
   meltano add target-postgres
   meltano run {tap} target-postgres
   ```

3. Watch the exit code. What could not be read is named in the last line and makes the run fail;
   everything else is loaded, and the next run makes up for it. Keep the stream `read_log`: it says
   when each part of the data was last read completely, and so which rows are gone at the source.
"""


class _Dumper(yaml.SafeDumper):
    """Writes as the hub wants it: lists not indented, paragraphs as they are."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        style = "|" if "\n" in data else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _Dumper.represent_str)


def pull_request(tap: Tap, present: str, address: Address) -> dict[str, str | bytes]:
    """Return what a pull request to the hub adds, by file; `present` is the definition so far.

    The default variant and the maintainer are lines of the hub's files of these names.
    """
    variant = address.owner.lower()
    maintainer = {"label": "event-taps maintainers", "name": variant, "url": address.owner_page}
    return {
        f"{tap.name}.yml": _definition(tap, present, address),
        "default_variants.yml": to_yaml({"extractors": {tap.name: variant}}, _Dumper),
        "maintainers.yml": to_yaml({variant: maintainer}, _Dumper),
        _logo_name(tap): logo(tap.name),
    }


def _logo_name(tap: Tap) -> str:
    return f"{tap.name.removeprefix('tap-')}.png"


def _definition(tap: Tap, present: str, address: Address) -> str:
    """Return the hub's plugin definition: what the tap knows, beside what was written by hand."""
    definition: dict[str, object] = yaml.safe_load(present) or {}
    definition |= {
        "name": tap.name,
        "namespace": tap.namespace,
        "variant": address.owner.lower(),
        "repo": address.repository,
        "docs": address.file(f"{tap.name}/README.md"),
        "logo_url": f"/assets/logos/extractors/{_logo_name(tap)}",
        "executable": tap.name,
        "pip_url": tap.name,
        "capabilities": list(tap.capabilities),
        "next_steps": NEXT_STEPS.format(tap=tap.name),
        "settings": [_setting(setting) for setting in tap.settings],
        "settings_group_validation": setting_groups(tap),
        "supported_python_versions": list(tap.python_versions),
    }
    return to_yaml(definition, _Dumper, sort_keys=True)


def _setting(setting: Setting) -> dict[str, object]:
    entry = setting_entry(setting)
    if entry["kind"] == "string" and (setting.secret or SECRET.search(setting.name)):
        entry |= {"kind": "password", "sensitive": True}
    return entry
