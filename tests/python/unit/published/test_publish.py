"""Publishing marts: what is in the file, and who reads it when."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from published_queries import names, query, run_of
from readers import read_while
from segmentation.published.audit import audit
from segmentation.published.copying import described_marts
from segmentation.published.files import parquet_folder
from segmentation.published.publication import PublishingError, Table
from segmentation.published.publish import publish
from segmentation.published.scoring_tables import described_scoring_tables
from small_marts import SmallMarts


def test_the_marts_are_in_the_file(marts: SmallMarts) -> None:
    publication = marts.publication()
    publish(marts.connection, publication)
    file = publication.file
    assert names(file.parent) == ["segments.duckdb"]
    assert query(file, "from fct_customers") == [("999", 1), ("998", 1), ("997", 1)]
    assert (
        query(file, "select * from rpt_builds")
        == marts.connection.sql("from marts.rpt_builds").fetchall()
    )
    about = "run_number, run_id, dataset, variant, as_of::varchar, model_versions"
    assert query(file, f"select {about} from publication") == [
        (1, "run-1", "sample", "default", "2025-12-31", "profile-0001-b, value-0002-a")
    ]
    assert query(file, "from publication_tables") == [
        ("dim_segments", 6),
        ("fct_customers", 3),
        ("rpt_builds", 1),
    ]


def test_what_scores_people_is_in_the_file(marts: SmallMarts) -> None:
    """The current model alone, and the features of customers in the order of their ids."""
    publication = marts.publication()
    publish(marts.connection, publication)
    assert query(publication.file, "from scoring.value_model") == [(2, "value-0002-a")]
    ids = query(publication.file, "select customer_id from scoring.value_features")
    assert ids == [("997",), ("998",), ("999",)]
    assert query(
        publication.file,
        "select table_name, comment from duckdb_tables() where schema_name = 'scoring' order by 1",
    ) == [("value_features", None), ("value_model", "Models.")]


def test_comments_and_types_are_in_the_file(marts: SmallMarts) -> None:
    publication = marts.publication()
    publish(marts.connection, publication)
    columns = (
        "select table_name, column_name, data_type, comment from duckdb_columns()"
        " where database_name = '{}' and schema_name = 'marts'"
        " and table_name not like 'publication%' order by all"
    )
    found = query(publication.file, columns.format("f"))
    assert found == marts.connection.sql(columns.format("warehouse")).fetchall()
    assert ("fct_customers", "customer_id", "VARCHAR", 'The "key".') in found
    assert query(
        publication.file,
        "select table_name, comment from duckdb_tables() where comment is not null order by all",
    )[:2] == [("fct_customers", "It's all of them."), ("publication", "The run of dbt that all "
              "tables of this schema are of. One row.")]  # fmt: skip
    assert not query(
        publication.file,
        "select 1 from duckdb_columns() where table_name like 'publication%' and comment is null"
        " and database_name = 'f'",
    )


def test_the_macros_score_people(marts: SmallMarts) -> None:
    publication = marts.publication()
    publish(marts.connection, publication)
    with duckdb.connect(str(publication.file), read_only=True) as reader:
        assert reader.sql("from marts.score_value_person(spend := '7')").fetchall() == [(7.0,)]
        reader.execute("create temp table us as select 'A' as customer_id, 2 as spend")
        assert reader.sql("from marts.score_value('us')").fetchall() == [("A", 2.0)]


def test_readers_keep_the_version_that_they_opened(marts: SmallMarts) -> None:
    """And a database in memory attaches the new one, in the same process too: docs/published.md."""
    publication = marts.publication()
    publish(marts.connection, publication)
    with duckdb.connect(str(publication.file), read_only=True) as reader:
        marts.build(rows=5)
        publish(marts.connection, marts.publication())
        assert reader.sql("select count(*) from marts.fct_customers").fetchall() == [(3,)]
        assert query(publication.file, "select count(*) from fct_customers") == [(5,)]
    with duckdb.connect(str(publication.file), read_only=True) as reader:
        assert reader.sql("select count(*) from marts.fct_customers").fetchall() == [(5,)]


def test_tables_that_are_gone_are_not_published_again(marts: SmallMarts) -> None:
    publish(marts.connection, marts.publication())
    publication = marts.publication()
    publish(marts.connection, replace(publication, marts=publication.marts[:1]))
    tables = "select table_name from duckdb_tables() where schema_name = 'marts' order by 1"
    assert query(publication.file, tables) == [
        ("dim_segments",),
        ("publication",),
        ("publication_tables",),
    ]


def test_who_may_read_the_file(marts: SmallMarts) -> None:
    """Whom the warehouse lets at first, then whom the version before did."""
    marts.path.chmod(0o600)
    publication = marts.publication(parquet=True)
    publish(marts.connection, publication)
    assert publication.file.stat().st_mode & 0o777 == 0o600
    publication.file.chmod(0o640)
    parquet_folder(publication.file).chmod(0o750)
    publish(marts.connection, publication)
    assert publication.file.stat().st_mode & 0o777 == 0o640
    assert parquet_folder(publication.file).stat().st_mode & 0o777 == 0o750


def test_names_with_quotes_and_links(marts: SmallMarts, tmp_path: Path) -> None:
    file = tmp_path / 'it\'s "new"' / "a b;c?.duckdb"
    publish(marts.connection, marts.publication(file))
    assert run_of(file) == "run-1"
    assert names(file.parent) == [file.name]


def test_marts_of_another_schema_are_in_marts(marts: SmallMarts) -> None:
    marts.connection.execute(
        "create schema shop_marts; create table shop_marts.sizes as select 1 as a"
    )
    publication = marts.publication(marts=(Table("warehouse", "shop_marts", "sizes"),))
    publish(marts.connection, publication)
    assert query(publication.file, "from f.marts.sizes") == [(1,)]


def test_parquet_files(marts: SmallMarts) -> None:
    publication = marts.publication(parquet=True)
    for rows in (3, 4):
        marts.build(rows)
        publication = marts.publication(parquet=True)
        publish(marts.connection, publication)
    folder = parquet_folder(publication.file)
    assert names(folder) == [
        "dim_segments.parquet",
        "fct_customers.parquet",
        "publication.parquet",
        "publication_tables.parquet",
        "rpt_builds.parquet",
    ]
    assert duckdb.sql(f"from '{folder}/fct_customers.parquet'").fetchall() == [
        (str(999 - row), 3) for row in range(4)
    ]
    assert names(folder.parent) == [
        "segments.duckdb",
        "segments_parquet",
    ]


@pytest.mark.parametrize(
    ("macro", "named"),
    [
        ("() as table from warehouse.marts.dim_segments", "score_value_person"),
        ("() as table from segmentation.current_models", "score_value_person"),
    ],
)
def test_a_macro_that_needs_the_warehouse_is_not_published(
    marts: SmallMarts, macro: str, named: str
) -> None:
    publish(marts.connection, marts.publication())
    marts.build()
    marts.use_macros("(people) as table from query_table(people)", macro)
    with pytest.raises(PublishingError, match=f"the macro {named} does not work by itself"):
        publish(marts.connection, marts.publication())
    assert run_of(marts.publication().file) == "run-1"
    assert names(marts.path.parent / "published") == ["segments.duckdb"]


def test_a_run_that_is_not_known(marts: SmallMarts) -> None:
    with pytest.raises(PublishingError, match=r"has 0 rows of the run nobody's instead of one"):
        publish(marts.connection, marts.publication(run_id="nobody's"))
    assert names(marts.path.parent / "published") == []
    # The connection goes on.
    publish(marts.connection, marts.publication())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("delete from marts.fct_customers where customer_id = '998'", "has 2 rows instead of 3"),
        ("drop table marts.dim_segments", "lacks these tables, or should .* marts.dim_segments"),
        ("create table marts.more as select 1 as a", "should not have them: marts.more"),
        ("alter table marts.fct_customers alter run type double", "fct_customers has other col"),
        ("comment on table marts.fct_customers is 'x'", "fct_customers has other columns or com"),
        ("drop macro table marts.score_value", "the macro score_value does not work by itself"),
    ],
)
def test_the_audit_finds_what_is_wrong(marts: SmallMarts, change: str, message: str) -> None:
    publication = marts.publication()
    publish(marts.connection, publication)
    descriptions = described_marts(marts.connection, publication)
    macros = ["score_value", "score_value_person"]
    scoring = described_scoring_tables(marts.connection, publication)
    audit(publication.file, descriptions, macros, scoring)
    with duckdb.connect(str(publication.file)) as connection:
        connection.execute(change)
    with pytest.raises(PublishingError, match=message):
        audit(publication.file, descriptions, macros, scoring)


@pytest.mark.long
def test_readers_see_one_version_at_a_time(marts: SmallMarts) -> None:
    """Each reads in a process of its own, through SQLAlchemy, while ten versions are published."""
    publish(marts.connection, marts.publication())
    with read_while(marts.publication().file, readers=3) as readings:
        for rows in range(4, 14):
            marts.build(rows)
            publish(marts.connection, marts.publication())
            readings.wait_for_reads(6)
    assert readings.errors == []
    assert readings.runs == {f"run-{run}" for run in range(1, 12)}
    assert readings.last_runs == {"run-11"}


def modes(file: Path) -> list[str]:
    folder = parquet_folder(file)
    return [
        oct(path.stat().st_mode & 0o777)
        for path in (file, folder, folder / "fct_customers.parquet")
    ]


@pytest.mark.parametrize(
    ("mode", "of_folder"), [(0o600, 0o700), (0o640, 0o750), (0o444, 0o555), (0o644, 0o755)]
)
def test_parquet_files_are_as_private_as_the_database(
    marts: SmallMarts, mode: int, of_folder: int
) -> None:
    marts.path.chmod(mode)
    publication = marts.publication(parquet=True)
    for _ in range(2):
        publish(marts.connection, publication)
        assert modes(publication.file) == [oct(mode), oct(of_folder), oct(mode)]
    # What somebody set since stays.
    publication.file.chmod(0o440)
    parquet_folder(publication.file).chmod(0o510)
    publish(marts.connection, publication)
    assert modes(publication.file) == [oct(0o440), oct(0o510), oct(0o440)]
    assert names(publication.file.parent) == ["segments.duckdb", "segments_parquet"]
