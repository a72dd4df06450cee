"""A refit that a killed run committed answers the command that is repeated."""

from __future__ import annotations

import datetime
import json
import logging
from typing import Any

import duckdb
import pytest
from house import House
from segmentation.engine.duckdb import DuckDBEngine
from segmentation.registry.refit_requests import model_before_request
from segmentation.registry.run import Run

DAY = datetime.date(2025, 12, 31)
RUN = Run("sample", "default", DAY, 365)


class Runs:
    """The table that dbt's hooks keep, in a schema with a quote in its name."""

    schema = 'own "models"'

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.table = '"own ""models""".build_runs'
        self.connection.execute('create schema "own ""models"""')
        self.connection.execute(
            f"create table {self.table} (run_number int, dataset text, variant text, as_of date,"
            " refit boolean, ended_at timestamp, models_before text)"
        )
        self.connection.execute(
            'create table "own ""models""".fit_decisions (run_number int, dataset text, '
            "variant text, as_of date, segmentation text, decision text, reason text, "
            "latest_version text, became text, champion_version text)"
        )
        self.last = 0

    def begin(
        self,
        models: int,
        *,
        refit: bool = True,
        ended: bool = False,
        dataset: str = "sample",
        variant: str = "default",
        as_of: datetime.date = DAY,
    ) -> None:
        self.last += 1
        self.connection.execute(
            f"insert into {self.table} values (?, ?, ?, ?, ?, ?, ?)",
            [
                self.last,
                dataset,
                variant,
                as_of,
                refit,
                datetime.datetime(2026, 1, 1) if ended else None,
                json.dumps({"value": models, "profile": 7}),
            ],
        )


@pytest.fixture
def runs(connection: duckdb.DuckDBPyConnection) -> Runs:
    return Runs(connection)


ANOTHER_DAY = {"as_of": DAY - datetime.timedelta(days=1)}


@pytest.mark.parametrize(
    ("begun", "before"),
    [
        ([], None),
        ([(3, {"refit": False})], None),
        ([(3, {})], 3),
        # Killed before its fit, then after it, and once more: one request, that began at 3.
        ([(3, {}), (3, {}), (4, {}), (4, {})], 3),
        # An ended run answered what was asked for before it: this is another request.
        ([(3, {}), (4, {"ended": True}), (4, {})], 4),
        ([(3, {}), (4, {"refit": False, "ended": True}), (4, {})], 4),
        # Runs that did not end, of another day or without a refit, are no requests and no end.
        ([(3, {}), (4, {"refit": False}), (4, ANOTHER_DAY), (4, {})], 3),
        ([(2, ANOTHER_DAY), (3, {})], 3),
        # Other data have requests of their own, and end none of these.
        ([(3, {}), (9, {"dataset": "other", "ended": True}), (4, {})], 3),
        ([(1, {"variant": "b"}), (3, {}), (9, {"variant": "b", "ended": True}), (4, {})], 3),
    ],
)
def test_when_the_request_began(
    engine: DuckDBEngine, runs: Runs, begun: list[tuple[int, dict[str, Any]]], before: int | None
) -> None:
    for models, about in begun:
        runs.begin(models, **about)
    assert model_before_request(engine, runs.schema, RUN, "value") == before


def test_each_segmentation_has_its_own_number(engine: DuckDBEngine, runs: Runs) -> None:
    runs.begin(3)
    assert model_before_request(engine, runs.schema, RUN, "profile") == 7


def test_without_a_list_of_runs_there_is_no_request(engine: DuckDBEngine) -> None:
    assert model_before_request(engine, None, RUN, "value") is None


def test_a_repeated_command_fits_once(
    runs: Runs, house: House, logged: pytest.LogCaptureFixture
) -> None:
    """The run is killed after its fit; the second fits nothing, a third after it has ended does."""
    first = house.fit()
    assert first is not None
    runs.begin(1)
    second = house.fit(refit=True, runs_schema=runs.schema)
    assert second is not None
    assert second.fit_reason == "it was asked for"
    runs.begin(2)
    with logged.at_level(logging.INFO, logger="segmentation"):
        assert house.fit(refit=True, runs_schema=runs.schema) is None
    assert f"value: kept {second.model_version}" in logged.text
    assert (
        "value: the run that was asked to fit it did not end; it is not fitted again" in logged.text
    )
    runs.connection.execute(f"update {runs.table} set ended_at = now() where run_number = 2")
    runs.begin(2)
    third = house.fit(refit=True, runs_schema=runs.schema)
    assert third is not None
    assert third.model_number == 3
