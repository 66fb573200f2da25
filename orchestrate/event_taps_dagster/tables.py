"""What follows the loads: dbt's models as assets, and the report last.

model_assets    an asset for each model, below the streams that it is made of
report_asset    the report
"""

# Dagster reads annotations as they are: without `from __future__ import annotations`.
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, DbtProject, dbt_assets

from event_taps_dagster.accounts import Accounts
from event_taps_dagster.loads import asset_key
from event_taps_dagster.meltano import Meltano, MeltanoError
from event_taps_dagster.project import Project

TABLES = "tables"
"""The pool of what follows the loads: dbt is run once at a time."""


class _Translator(DagsterDbtTranslator):
    """Puts the views of a tap's streams below the streams of its accounts."""

    def __init__(self, accounts: Accounts, project: Project) -> None:
        super().__init__()
        self._loaded: defaultdict[str, list[dg.AssetKey]] = defaultdict(list)
        for account in accounts.accounts:
            tap = project.taps[account.tap]
            for stream in tap.streams:
                view = f"{tap.schema}__{stream}"
                self._loaded[view].append(asset_key(tap, account, stream))

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        props = self.get_resource_props(manifest, unique_id)
        loaded = self._loaded[props["name"]]
        # The group is the folder of models; by itself, a description ends with all of the SQL.
        spec = spec.replace_attributes(
            group_name=spec.key.path[0], description=props["description"]
        )
        return spec.merge_attributes(deps=loaded) if loaded else spec


def dbt_resource(project: Project) -> DbtCliResource:
    """Run dbt in the project's folder: the one beside this Python, whatever PATH says."""
    executable = Path(sys.executable).with_name("dbt")
    return DbtCliResource(
        dbt_executable=str(executable) if executable.exists() else "dbt",
        project_dir=str(project.dbt),
        profiles_dir=str(project.dbt),
        target="postgres",
        target_path=project.dbt_target,
    )


def model_assets(accounts: Accounts, project: Project) -> dg.AssetsDefinition:
    """Make the assets of all models, and dbt's tests as their checks."""

    @dbt_assets(
        manifest=project.dbt_target / "manifest.json",
        dagster_dbt_translator=_Translator(accounts, project),
        name="build_tables",
        pool=TABLES,
    )
    def build(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
        command = ["build", "--exclude-resource-type", "unit_test"]
        yield from dbt.cli(command, context=context, target_path=project.dbt_target).stream()

    return build


def report_asset(models: dg.AssetsDefinition, project: Project) -> dg.AssetsDefinition:
    """Make the report, of the marts."""
    marts = [key for key in models.keys if key.path[0] == "marts"]

    @dg.asset(name="report", deps=marts, group_name="marts", pool=TABLES)
    def report() -> None:
        try:
            Meltano(project).run("dbt-postgres:report")
        except MeltanoError as error:
            raise dg.Failure(str(error)) from error

    return report
