"""accounts.yml: whose data are read, with which keys, in how many shards.

    read_accounts    the file, checked; or AccountsError, a line for each mistake
    Account          one account of one tap
    Shard            what one run reads of it

Nothing here shows a value of a setting: it may be a secret in the wrong place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dagster as dg
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from event_taps_dagster.project import Project, Tap

MAX_REQUESTS_PER_MINUTE = {"tap-meetengage": 120}
"""What vendors allow, where they say it: Meet & Engage 10 calls in 5 seconds ("Rate Limits")."""

OURS = frozenset({"concurrent_runs", "requests_per_minute", "shard_count", "shard_index"})
"""Settings of a tap that follow from what an account says."""

Path_ = tuple[str | int, ...]
Mistake = tuple[Path_, str]


class AccountsError(Exception):
    """accounts.yml cannot be used as it is: a line for each mistake, with its place."""


class Account(BaseModel):
    """One account of one tap."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tap: str
    name: Annotated[str, Field(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$", max_length=60)]
    """Part of the names of assets, jobs and plugins, and the setting `account`."""

    credentials: dict[str, str] = {}
    """By setting, the environment variable that holds it."""

    settings: dict[str, Any] = {}
    shards: Annotated[int, Field(ge=1, le=1000, strict=True)] = 1
    """Over how many runs its events or sessions are divided."""

    parallel: Annotated[int, Field(ge=1, le=10, strict=True)] = 1
    """How many of those run at the same time: they share the budget of the key."""

    requests_per_minute: Annotated[int, Field(ge=0, strict=True)] | None = None
    """The budget of the key; by default the tap's."""

    schedule: str | None = None
    """When its shards are loaded (cron)."""

    @property
    def id(self) -> str:
        """Its name in Dagster, and that of the pool of its key."""
        return f"{self.tap}__{self.name}".replace("-", "_")

    @property
    def plugin(self) -> str:
        """Its Meltano plugin, which its shards inherit."""
        return f"{self.tap}--{self.name}"

    @property
    def partitions(self) -> list[str]:
        """Its shards, as partitions."""
        return [Shard(self, index).partition for index in range(self.shards)]

    @property
    def shard_plugins(self) -> list[str]:
        """The Meltano plugins of its shards."""
        return [Shard(self, index).plugin for index in range(self.shards)]

    def owner(self, tap: Tap) -> str:
        """Return what its rows have in the column that says whose they are."""
        return str(self.settings.get(tap.owner, self.name))


@dataclass(frozen=True)
class Shard:
    """What one run reads of an account."""

    account: Account
    index: int

    @property
    def partition(self) -> str:
        """Its partition in Dagster. With another number of shards all are others."""
        return f"{self.index}-of-{self.account.shards}"

    @property
    def plugin(self) -> str:
        """Its Meltano plugin: no two runs ever use one at the same time."""
        return f"{self.account.plugin}--{self.partition}"


class Accounts(BaseModel):
    """The file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    destination: Literal["target-postgres"] = "target-postgres"
    """The loader. Several runs side by side need a database."""

    schedule: str = "0 3 * * *"
    """For accounts that name none."""

    timezone: str = "UTC"
    """Of all schedules."""

    retries: Annotated[int, Field(ge=0, le=10, strict=True)] = 2
    """How often a shard is loaded again that failed."""

    retry_after_seconds: Annotated[int, Field(ge=0, le=86_400, strict=True)] = 330
    """How long after it failed: Meltano's lock outlasts a killed run by five minutes."""

    stale_after_hours: Annotated[int, Field(ge=1, le=87_600, strict=True)] = 36
    """A stream that was not read completely for so long fails its check `fresh`."""

    accounts: Annotated[list[Account], Field(min_length=1)]


def read_accounts(project: Project) -> Accounts:
    """Read accounts.yml.

    Raises:
        AccountsError: Naming each mistake and its line.
    """
    path = project.accounts
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise AccountsError(f"{path} cannot be read: {error}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise AccountsError(f"{path}:{line}: no YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError, AttributeError, TypeError, RecursionError) as error:
        # Something that only looks like a date, a number or a text; it may be a secret.
        raise AccountsError(
            f"{path}: no YAML: a value or a character that it does not know"
        ) from error
    mistakes = [*_odd_keys(node, ())]
    try:
        accounts = Accounts.model_validate(content)
    except ValidationError as error:
        mistakes += [(one["loc"], one["msg"]) for one in error.errors()]
    else:
        mistakes += _mistakes(accounts, project)
    if mistakes:
        placed = [(_line(node, where), _named(content, where) + said) for where, said in mistakes]
        raise AccountsError("\n".join(f"{path}:{line}: {said}" for line, said in sorted(placed)))
    return accounts


def _mistakes(accounts: Accounts, project: Project) -> Iterator[Mistake]:
    """Find what no type can say."""
    try:
        ZoneInfo(accounts.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield ("timezone",), "no time zone (such as Europe/Berlin)"
    if not _is_cron(accounts.schedule):
        yield ("schedule",), _NO_CRON
    variables = project.variables()
    names: dict[str, int] = {}
    keys: dict[tuple[str, ...], str] = {}  # of keys, and of who owns the data
    for index, account in enumerate(accounts.accounts):
        where = ("accounts", index)
        tap = project.taps.get(account.tap)
        if tap is None:
            known = ", ".join(project.taps)
            yield (*where, "tap"), f"no tap in meltano.yml that has models; there are {known}"
            continue
        if account.id in names:
            yield (*where, "name"), f"{account.tap} has this account already"
        names[account.id] = index
        if taken := {account.plugin, *account.shard_plugins} & project.extractor_names:
            mistake = f"meltano.yml has {min(taken)}, whose settings would win: remove it there"
            yield (*where, "name"), mistake
        secrets = (name for name in sorted(account.credentials) if name in tap.secrets)
        values = (variables.get(account.credentials[name], "") for name in secrets)
        key = (account.tap, *(value.strip() for value in values))
        if any(key[1:]) and (other := keys.setdefault(key, account.name)) != account.name:
            yield (*where, "credentials"), f"the key of {other}: two budgets for one key"
        whose = (account.tap, "of", account.owner(tap).strip())
        if (other := keys.setdefault(whose, account.name)) != account.name:
            yield (*where, "settings"), f"{tap.owner} is that of {other}: their rows would mix"
        for path, said in _mistakes_of(account, tap, variables):
            yield (*where, *path), said


def _mistakes_of(account: Account, tap: Tap, variables: Mapping[str, str]) -> Iterator[Mistake]:
    """Find what is wrong with one account."""
    if account.parallel > account.shards:
        yield ("parallel",), f"more than there are shards ({account.shards})"
    most = MAX_REQUESTS_PER_MINUTE.get(tap.name)
    if most is not None and (account.requests_per_minute or 0) > most:
        yield ("requests_per_minute",), f"the vendor allows {most}"
    if account.schedule is not None and not _is_cron(account.schedule):
        yield ("schedule",), _NO_CRON
    given = {*account.credentials, *account.settings, *({"account"} & tap.settings)}
    if missing := min((group - given for group in tap.needs), key=len, default=None):
        yield (), f"{' and '.join(sorted(missing))} missing: under credentials, or settings"
    for name, variable in account.credentials.items():
        if said := _unfit(name, tap) or _unusable(name, variable, tap, variables):
            yield ("credentials", name), said
    for name in account.settings:
        if said := _unfit(name, tap) or (_SECRET if name in tap.secrets else ""):
            yield ("settings", name), said
    whose = account.settings.get(tap.owner, account.name)
    if not isinstance(whose, str) or not whose.strip() or "$" in whose:
        yield ("settings", tap.owner), "not a text as it is in every key (no variable, in quotes)"


def _unfit(name: str, tap: Tap) -> str:
    """Say why nobody can set a setting here; "" if anybody can."""
    if name in OURS:
        return "follows from shards, parallel and requests_per_minute"
    return "" if name in tap.settings else f"{tap.name} has no such setting"


def _unusable(name: str, variable: str, tap: Tap, variables: Mapping[str, str]) -> str:
    """Say why a variable cannot give a setting; "" if it can. It may be the key itself."""
    if name == tap.owner:
        return "belongs under settings: it is in every key"
    if variables.get(variable, "").strip():
        return ""
    if re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+", variable):
        return f"the environment variable {variable} is not set"
    return "no environment variable that is set (write its NAME_IN_CAPITALS here, never the key)"


_SECRET = "a secret: name an environment variable under credentials"  # noqa: S105 - it is none
_NO_CRON = "no cron schedule (such as '0 3 * * *')"


def _is_cron(text: str) -> bool:
    try:
        dg.ScheduleDefinition(name="one", job_name="one", cron_schedule=text)
    except dg.DagsterInvalidDefinitionError:
        return False
    return True


# Where something stands


@dataclass(frozen=True)
class _Entry:
    key: yaml.Node
    value: yaml.Node


def _entries(node: yaml.Node | None) -> list[_Entry]:
    if not isinstance(node, yaml.MappingNode):
        return []
    return [_Entry(key, value) for key, value in node.value]


def _odd_keys(
    node: yaml.Node | None, where: Path_, visited: set[int] | None = None
) -> Iterator[Mistake]:
    """Find keys that stand twice in one mapping, of which YAML takes the last, or are no text."""
    visited = set() if visited is None else visited
    if id(node) in visited:  # an alias
        return
    visited.add(id(node))
    seen: set[str] = set()
    for entry in _entries(node):
        name = str(entry.key.value)
        if name in seen:
            yield (*where, name), "stands here twice"
        elif entry.key.tag not in ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"):
            yield (*where, name), "no text to YAML: put it in quotes"
        seen.add(name)
        yield from _odd_keys(entry.value, (*where, name), visited)
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _odd_keys(item, (*where, index), visited)


def _line(node: yaml.Node | None, where: Path_) -> int:
    """Return the line of a key or an item, or of what lacks it."""
    line = node.start_mark.line if node else 0
    for step in where:
        if isinstance(step, int) and isinstance(node, yaml.SequenceNode):
            node = node.value[step]
            line = node.start_mark.line
            continue
        entries = [entry for entry in _entries(node) if entry.key.value == step]
        if not entries:
            break
        line, node = entries[-1].key.start_mark.line, entries[-1].value
    return line + 1


def _named(content: Any, where: Path_) -> str:
    """Name the account and the key: "tap-airmeet acme, shards: "."""
    named = []
    if where[:1] == ("accounts",) and len(where) > 1:
        try:
            account = content["accounts"][where[1]]
            named = [" ".join(f"{account['tap']} {account['name']}".split())]
        except (KeyError, TypeError):
            named = [f"account {int(where[1]) + 1}"]
        where = where[2:]
    if where:
        named.append(".".join(map(str, where)))
    return f"{', '.join(named)}: " if named else ""
