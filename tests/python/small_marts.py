"""A warehouse of two small marts, as a build leaves it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from segmentation.published.files import published_file
from segmentation.published.publication import Publication, Table

# Macros that score people, as all_scoring_rules has them.
PEOPLE_MACRO = (
    "(people) as table select * from query_table(people) "
    "union all by name select null::varchar as customer_id, null::double as spend where false"
)
PERSON_MACRO = '("spend" := null) as table select cast(spend as double) as spend'


@dataclass
class SmallMarts:
    """The warehouse, and the run that it is of.

    Attributes
    ----------
    path : Path
        The warehouse.
    connection : duckdb.DuckDBPyConnection
        Open for writing.
    run : int
        Number of the last run.
    """

    path: Path
    connection: duckdb.DuckDBPyConnection
    run: int = 0

    def build(self, rows: int = 3) -> None:
        """Write all tables anew, as a run of the next number; fct_customers has `rows` rows."""
        self.run += 1
        self.connection.execute(
            f"""
            create schema if not exists marts;
            create schema if not exists segmentation;
            create or replace table marts.fct_customers as
                select (999 - range)::varchar as customer_id, {self.run} as run from range({rows});
            comment on table marts.fct_customers is 'It''s all of them.';
            comment on column marts.fct_customers.customer_id is 'The "key".';
            create or replace table marts.dim_segments as
                select range as "it's a name", {self.run} as run from range({2 * rows});
            create or replace table segmentation.build_runs as
                select {self.run} as run_number, 'run-{self.run}' as run_id,
                    timestamp '2026-01-01 08:00:00' as started_at,
                    timestamp '2026-01-01 08:01:00' as ended_at,
                    'sample' as dataset, 'default' as variant, date '2025-12-31' as as_of;
            create or replace view marts.rpt_builds as from segmentation.build_runs;
            comment on view marts.rpt_builds is 'Runs.';
            create or replace table segmentation.current_models as
                from (values ('value', 2, 'value-0002-a', true),
                    ('profile', 1, 'profile-0001-b', true), ('value', 9, 'value-0009-c', false))
                    as models (segmentation, model_number, model_version, is_of_this_build);
            create or replace table segmentation.value_model as
                select model_number, model_version from segmentation.current_models
                where segmentation = 'value';
            comment on table segmentation.value_model is 'Models.';
            create schema if not exists intermediate;
            create or replace table intermediate.int_value_features as
                select (999 - range)::varchar as customer_id, range as spend from range({rows});
            """
        )
        self.use_macros(PEOPLE_MACRO, PERSON_MACRO)

    def use_macros(self, people: str, person: str) -> None:
        """Let the table of scoring rules have these macros."""
        self.connection.execute(
            "create or replace table segmentation.all_scoring_rules as"
            " select 'value' as segmentation, $1 as people_macro, $2 as person_macro",
            [people, person],
        )

    def publication(self, file: Path | None = None, **changes: Any) -> Publication:
        """Return the publication of the last run, into its usual file unless one is given."""
        usual = published_file(str(self.path))
        assert usual is not None
        given = {
            "warehouse": str(self.path),
            "file": file or usual,
            "run_id": f"run-{self.run}",
            "build_runs": self.table("segmentation", "build_runs"),
            "current_models": self.table("segmentation", "current_models"),
            "scoring_rules": self.table("segmentation", "all_scoring_rules"),
            "marts": tuple(
                self.table("marts", name)
                for name in ("dim_segments", "fct_customers", "rpt_builds")
            ),
            "scoring": {
                "value_model": self.table("segmentation", "value_model"),
                "value_features": self.table("intermediate", "int_value_features"),
            },
        }
        return Publication(**given | changes)

    def table(self, schema: str, name: str) -> Table:
        """Return a table of the warehouse."""
        return Table(self.path.stem, schema, name)


def small_marts(folder: Path, name: str = "warehouse.duckdb") -> SmallMarts:
    """Return the warehouse in a folder, after its first run."""
    path = folder / name
    marts = SmallMarts(path, duckdb.connect(str(path), config={"threads": 1}))
    marts.build()
    return marts
