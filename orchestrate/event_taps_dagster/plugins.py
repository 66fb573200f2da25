"""The Meltano plugins of all accounts and shards, as a file that meltano.yml includes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from event_taps_dagster.accounts import Account, Accounts
    from event_taps_dagster.project import Project

HEADER = "# Written by `event-taps-dagster prepare` from accounts.yml, which is what to change.\n"


def write_plugins(accounts: Accounts, project: Project) -> None:
    """Write the file, at once and as a whole: runs may read it at the same time.

    Raises:
        OSError: If that is not possible; it names the file.
    """
    plugins = [one for account in accounts.accounts for one in _plugins(account, project)]
    text = HEADER + yaml.safe_dump({"plugins": {"extractors": plugins}}, sort_keys=False)
    path = project.plugins
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(exist_ok=True)
    unfinished = path.with_name(f"{uuid4().hex}.new")  # others may write theirs
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error


def _plugins(account: Account, project: Project) -> Iterator[dict[str, Any]]:
    """Make the plugin of an account, and those of its shards, which inherit it.

    Credentials stay where they are: Meltano takes them from the environment.
    """
    tap = project.taps[account.tap]
    config: dict[str, Any] = {name: f"${name_}" for name, name_ in account.credentials.items()}
    if tap.owner in tap.settings:
        config[tap.owner] = account.owner(tap)
    config |= account.settings
    if account.requests_per_minute is not None:
        config["requests_per_minute"] = account.requests_per_minute
    config |= {"shard_count": account.shards, "concurrent_runs": account.parallel}
    yield {"name": account.plugin, "inherit_from": account.tap, "config": config}
    for index, name in enumerate(account.shard_plugins):
        yield {"name": name, "inherit_from": account.plugin, "config": {"shard_index": index}}
