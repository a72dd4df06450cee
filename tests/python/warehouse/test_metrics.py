"""Metrics: `mf query` on the published sample says what SQL on the marts says."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
import yaml
from builds import PROJECT, Warehouse
from metricflow_process import MetricFlow

pytestmark = pytest.mark.long

METRICS = PROJECT / "models" / "marts" / "metrics"

# Each metric once more, in plain SQL over dim_customers, fct_customer_segments and orders: a row of
# `grouped` is a customer of the group.
BY_HAND = {
    "customers": "count(*)",
    "all_customers": "(select count(*) from marts.dim_customers)",
    "customer_share": "count(*) / (select count(*) from marts.dim_customers)",
    "revenue": "sum(bought)",
    "all_revenue": "(select sum(bought) from customers)",
    "revenue_share": "sum(bought) / (select sum(bought) from customers)",
    "revenue_per_customer": "sum(bought) / count(*)",
    "revenue_of_late_customers": (
        "coalesce(sum(bought) filter (purchase_state in ('late', 'overdue')), 0)"
    ),
    "visits": "sum(visits)",
    "responses_of_visitors": "sum(responses) filter (visits > 0)",
    "conversion_rate": "sum(responses) filter (visits > 0) / nullif(sum(visits), 0)",
    "contacted_customers": "count(*) filter (campaigns_received > 0)",
    "responders": "count(*) filter (responses > 0)",
    "response_rate": (
        "count(*) filter (responses > 0) / nullif(count(*) filter (campaigns_received > 0), 0)"
    ),
    "active_customers": "sum(probability_active)",
    "revenue_last_90_days": "sum(revenue_last_90_days)",
    "expected_revenue_90_days": "sum(expected_revenue_90_days)",
    "lifetime_value": "sum(lifetime_value)",
    "lifetime_value_per_customer": "sum(lifetime_value) / count(*)",
    "expected_loss": "sum(expected_loss)",
}

# The same for marts over time: a mart, its metrics, and their groups.
MOVES = {
    f"{name}_{what}": sql.format(
        of=f"segmentation = '{name}'", known=f"case when bool_or(segmentation = '{name}') then"
    )
    for name in ("value", "profile")
    for what, sql in {
        "customers_before": "sum(customers) filter ({of} and from_segment_slug is not null)",
        "customers_moved": (
            "{known} coalesce(sum(customers) filter ({of} and migration = 'moved'), 0) end"
        ),
        "customers_stayed": (
            "{known} coalesce(sum(customers) filter ({of} and migration = 'stayed'), 0) end"
        ),
        "migration_rate": (
            "coalesce(sum(customers) filter ({of} and migration = 'moved'), 0)"
            " / sum(customers) filter ({of} and migration <> 'joined')"
        ),
        "share_stayed": (
            "coalesce(sum(customers) filter ({of} and migration = 'stayed'), 0)"
            " / sum(customers) filter ({of} and migration <> 'joined')"
        ),
    }.items()
}
_MONTHS_AFTER = "filter (is_whole_month and months_since_first > 0)"
RETENTION = {
    "customers_who_could_return": f"sum(customers) {_MONTHS_AFTER}",
    "customers_who_returned": f"sum(buying_customers) {_MONTHS_AFTER}",
    "retention_rate": f"sum(buying_customers) {_MONTHS_AFTER} / sum(customers) {_MONTHS_AFTER}",
}
DRIFT = {
    "measured_figures": "count(*)",
    "drifted_figures": "count(*) filter (is_alarm and not expected_to_drift)",
}
OVER_TIME: list[tuple[str, dict[str, str], str | None, str]] = [
    ("fct_segment_migrations", MOVES, None, ""),
    ("fct_segment_migrations", MOVES, "metric_time__day", "as_of::varchar"),
    (
        *("fct_segment_migrations", MOVES, "migration__from_segment_name"),
        "coalesce(from_segment_name, '')",
    ),
    ("rpt_retention", RETENTION, None, ""),
    ("rpt_retention", RETENTION, "cohort__months_since_first", "months_since_first::varchar"),
    ("rpt_retention", RETENTION, "cohort__cohort_month__month", "cohort_month::varchar"),
    ("rpt_drift", DRIFT, "drift_figure__segmentation", "segmentation"),
    ("rpt_drift", DRIFT, "drift_figure__subject_kind", "subject_kind"),
]

# The sample has one observed day, and what it was fitted to has not drifted: these rows are put
# into the file that is read.
TWO_MORE_DAYS = """
    insert into marts.fct_segment_migrations by name
    select segmentation, as_of, as_of - 30 as previous_as_of, migration,
        if(migration = 'joined', null, origin) as from_segment_slug,
        if(migration = 'joined', null, upper(origin)) as from_segment_name,
        if(migration = 'left', null, target) as to_segment_slug,
        if(migration = 'left', null, upper(target)) as to_segment_name,
        hash(segmentation, as_of, migration, origin) % 90 + 1 as customers
    from (values ('value'), ('profile')) as segmentations (segmentation),
        (values (date '2025-11-30'), (date '2025-12-30')) as days (as_of),
        (values ('stayed'), ('moved'), ('joined'), ('left'), ('renamed')) as kinds (migration),
        (values ('loyal', 'loyal'), ('new', 'loyal'), ('young', 'old')) as ends (origin, target)
    where (migration = 'stayed') = (origin = target)
        and (origin = 'young') = (segmentation = 'profile')
"""
SOME_DRIFT = """
    update marts.rpt_drift
    set is_alarm = feature < 'm', expected_to_drift = feature = 'length_days'
"""

# What customers are grouped by: MetricFlow's name for it, and the SQL.
GROUPS = {
    "value_segment__segment_name": "value_name",
    "profile_segment__segment_name": "profile_name",
    "prospects_segment__segment_name": "prospects_name",
    "customer__age_group": "coalesce(age_group, 'unknown')",
    "customer__purchase_state": "coalesce(purchase_state, 'no purchase')",
}

# Orders are read anew: the revenue of a metric is that of the accepted orders in the window.
CUSTOMERS = """
    with names as (
        pivot (select segmentation, customer_id, segment_name from marts.fct_customer_segments)
        on segmentation || '_name' in ('value_name', 'profile_name', 'prospects_name')
        using first(segment_name) group by customer_id
    ),
    orders as (
        select customer_id, sum(revenue) as bought
        from warehouse.intermediate.int_checked_orders
        where rejected_because is null
            and ordered_at::date between
                (select window_start from warehouse.intermediate.int_run_settings)
                and (select as_of from warehouse.intermediate.int_run_settings)
        group by customer_id
    ),
    customers as (
        select * replace (coalesce(bought, 0) as bought) from marts.dim_customers
        left join names using (customer_id)
        left join (
            select customer_id, probability_active, revenue_last_90_days,
                expected_revenue_90_days, lifetime_value
            from marts.fct_customer_value_forecast
        ) using (customer_id)
        left join (
            select customer_id, expected_loss from marts.fct_customer_segments
            where segmentation = 'value'
        ) using (customer_id)
        left join orders using (customer_id)
    )
"""

Rows = list[dict[str, str]]


@dataclass
class Readers:
    """People who ask for metrics: the published file of a build, and what dbt parsed.

    Attributes
    ----------
    folder : Path
        What `mf` takes for the project: it looks for dbt's artifacts in its folder `target`.
    warehouse : Warehouse
        What was built.
    published : Path
        The file that they read.
    running : MetricFlow, optional
        Answers what is asked of the published file; without it, each question starts `mf` anew.
    """

    folder: Path
    warehouse: Warehouse
    published: Path
    running: MetricFlow | None = None

    def environment(self, target: str) -> dict[str, str]:
        """Return the environment of an `mf` that asks this target."""
        return self.warehouse.environment() | {
            "DBT_PROJECT_DIR": str(self.folder),
            "DBT_TARGET": target,
            "SEGMENTATION_PUBLISHED": str(self.published),
            # It asks the package index for a newer version: not in a test.
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "TMPDIR": str(self.folder),
        }

    def mf(self, *arguments: str, target: str = "published") -> subprocess.CompletedProcess[str]:
        """Run mf until it ends, with success or failure."""
        if self.running is not None and target == "published":
            return self.running.run(*arguments)
        return subprocess.run(
            [str(Path(sys.executable).with_name("mf")), *arguments],
            cwd=self.folder,
            env=self.environment(target),
            capture_output=True,
            text=True,
            check=False,
        )

    def ask(self, *arguments: str, target: str = "published") -> Rows:
        """Return what `mf query` answers, and fail the test if it does not."""
        answer = self.folder / "answer.csv"
        answer.unlink(missing_ok=True)
        done = self.mf("query", *arguments, "--csv", str(answer), target=target)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
        with answer.open(newline="") as lines:
            return list(csv.DictReader(lines))

    def compute(self, group: str | None, where: str = "true") -> Rows:
        """Return each metric of customers by hand, by a group or over all."""
        figures = ", ".join(f"{sql} as {name}" for name, sql in BY_HAND.items())
        groups = f"{GROUPS[group]} as {group}, " if group else ""
        return self.query(
            f"{CUSTOMERS} select {groups}{figures} from customers where {where}"
            + (" group by 1" if group else "")
        )

    def query(self, sql: str) -> Rows:
        with duckdb.connect(str(self.published), read_only=True) as connection:
            connection.execute(f"attach '{self.warehouse.path}' as warehouse (read_only)")
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.fixture(scope="module")
def readers(sample: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Readers]:
    folder = tmp_path_factory.mktemp("readers")
    shutil.copy(PROJECT / "dbt_project.yml", folder)
    shutil.copytree(sample.folder / "target", folder / "target")
    # Queries name the database after its file.
    published = folder / "segments.duckdb"
    shutil.copy(sample.folder / "published" / "segments.duckdb", published)
    with duckdb.connect(str(published)) as connection:
        connection.execute(TWO_MORE_DAYS)
        connection.execute(SOME_DRIFT)
    readers = Readers(folder, sample, published)
    readers.running = MetricFlow(folder, readers.environment("published"))
    yield readers
    readers.running.stop()


def compare(answers: Rows, expected: Rows, key: str | None) -> None:
    """Compare what was answered with what was computed, figure by figure."""
    assert len(answers) == len(expected) > 0
    by_key = {row[key] if key else "": row for row in expected}
    for answer in answers:
        for name, figure in answer.items():
            wanted = by_key[answer[key] if key else ""][name]
            if name == key:
                continue
            if wanted is None:
                assert figure == "", name
            else:
                assert float(figure) == pytest.approx(float(wanted), rel=1e-12), name


def documents(file: str, kind: str) -> list[str]:
    """Return the names of what a yml defines."""
    content = yaml.safe_load((METRICS / file).read_text(encoding="utf-8"))
    return [node["name"] for node in content[kind]]


def test_every_metric_is_compared() -> None:
    over_time = {*MOVES, *RETENTION, *DRIFT}
    assert set(documents("metrics.yml", "metrics")) == {*BY_HAND, *over_time, "expected_prospects"}


@pytest.mark.parametrize("group", [None, *GROUPS])
def test_metrics_are_what_sql_says(readers: Readers, group: str | None) -> None:
    arguments = ["--metrics", ",".join(BY_HAND), *(["--group-by", group] if group else [])]
    answers = readers.ask(*arguments)
    compare(answers, readers.compute(group), group)
    # Nobody is counted twice, whatever customers are grouped by.
    assert sum(float(row["customers"]) for row in answers) == 500
    assert sum(float(row["customer_share"]) for row in answers) == pytest.approx(1)
    assert sum(float(row["revenue_share"]) for row in answers) == pytest.approx(1)


@pytest.mark.parametrize(("mart", "metrics", "group", "by_hand"), OVER_TIME)
def test_metrics_of_time_are_what_sql_says(
    readers: Readers, mart: str, metrics: dict[str, str], group: str | None, by_hand: str
) -> None:
    answers = readers.ask("--metrics", ",".join(metrics), *(["--group-by", group] if group else []))
    figures = ", ".join(f"{sql} as {name}" for name, sql in metrics.items())
    groups = f"{by_hand} as {group}, " if group else ""
    expected = readers.query(
        f"select {groups}{figures} from marts.{mart}" + (" group by 1" if group else "")
    )
    # A day is answered with its midnight.
    keyed = [
        row | ({group: row[group].removesuffix(" 00:00:00")} if group else {}) for row in answers
    ]
    compare(keyed, expected, group)


def test_metrics_are_those_of_the_reports(readers: Readers) -> None:
    """The marts that people read without mf have the same figures."""
    answers = {
        row["value_segment__segment_slug"]: row
        for row in readers.ask(
            "--metrics",
            "customers,customer_share,revenue,revenue_share,revenue_per_customer,conversion_rate,"
            "response_rate",
            "--group-by",
            "value_segment__segment_slug",
        )
    }
    reported = readers.query(
        "select value.segment_slug as value_segment__segment_slug, value.customers,"
        " customer_share, revenue, revenue_share, revenue_per_customer, conversion_rate,"
        " response_rate from marts.rpt_segment_value as value inner join marts.rpt_conversion as"
        " conversion on conversion.segmentation = value.segmentation"
        " and conversion.group_slug = value.segment_slug where value.segmentation = 'value'"
    )
    compare(list(answers.values()), reported, "value_segment__segment_slug")


def test_shares_under_a_filter_are_shares_of_all(readers: Readers) -> None:
    group = "value_segment__segment_name"
    answers = readers.ask(
        "--metrics",
        "customers,customer_share,revenue_share",
        "--group-by",
        group,
        "--where",
        "{{ Dimension('customer__age_group') }} = 'adult'",
    )
    compare(answers, readers.compute(group, "age_group = 'adult'"), group)
    assert sum(float(row["customer_share"]) for row in answers) < 1


def test_customers_have_no_group_in_which_they_stand_three_times(readers: Readers) -> None:
    done = readers.mf("query", "--metrics", "customers", "--group-by", "segment__segmentation")
    assert done.returncode != 0
    done = readers.mf("query", "--metrics", "customers", "--group-by", "segment__segment_name")
    assert done.returncode != 0
    assert "value_segment__segment_name" in done.stdout + done.stderr


def test_expected_prospects(readers: Readers, tmp_path: Path) -> None:
    """The sample has no prospects to forecast: their numbers are put into a copy."""
    changed = tmp_path / "segments.duckdb"
    shutil.copy(readers.published, changed)
    with duckdb.connect(str(changed)) as connection:
        connection.execute(
            "update marts.rpt_prospect_distribution set expected_customers = expected_rank + 0.25"
        )
    asked = Readers(readers.folder, readers.warehouse, changed)
    group = "prospects_segment__segment_name"
    answers = asked.ask("--metrics", "expected_prospects", "--group-by", group)
    expected = "sum(expected_customers) as expected_prospects from marts.rpt_prospect_distribution"
    compare(answers, asked.query(f"select segment_name as {group}, {expected} group by 1"), group)
    compare(asked.ask("--metrics", "expected_prospects"), asked.query(f"select {expected}"), None)


@pytest.mark.parametrize("name", documents("saved_queries.yml", "saved_queries"))
def test_saved_queries_answer(readers: Readers, name: str) -> None:
    answers = readers.ask("--saved-query", name)
    assert answers
    if "revenue" in answers[0] and name != "value_forecast":
        assert sum(float(row["revenue"]) for row in answers) == pytest.approx(
            float(readers.compute(None)[0]["revenue"])
        )


def test_the_warehouse_itself_can_be_asked_with_the_plugins_of_a_build(
    readers: Readers, sample: Warehouse, tmp_path: Path
) -> None:
    copied = Readers(readers.folder, sample.copy(tmp_path), readers.published)
    assert copied.ask("--metrics", "customers", target="duckdb") == [{"customers": "500"}]


def test_metrics_can_be_asked_for_while_another_process_writes(
    readers: Readers, sample: Warehouse, tmp_path: Path
) -> None:
    copied = Readers(readers.folder, sample.copy(tmp_path), readers.published)
    with duckdb.connect(str(copied.warehouse.path)):
        assert copied.ask("--metrics", "customers") == [{"customers": "500"}]
        refused = copied.mf("query", "--metrics", "customers", target="duckdb")
    assert refused.returncode != 0
    assert "is open in another process" in refused.stdout + refused.stderr
