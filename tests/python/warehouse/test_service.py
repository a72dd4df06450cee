"""The service over HTTP, in a process of its own, on the file that a build published."""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import socket
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
import schemathesis
from builds import Warehouse
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from scored_customers import TOLERANCE, assert_same, mart_rows
from segmentation.published.customer_history import customer_history
from segmentation.published.opened_file import OpenedFile
from segmentation.scorer.current_scorers import customers, read_scorers
from segmentation.service.loaded_version import LoadedVersion
from service_process import ServiceProcess, running_service

pytestmark = pytest.mark.long

TOKEN = "a-token-of-sixteen-characters-or-more"


def published(warehouse: Warehouse) -> Path:
    return warehouse.folder / "published" / "segments.duckdb"


@pytest.fixture(scope="module")
def service(
    sample: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServiceProcess]:
    folder = tmp_path_factory.mktemp("service")
    with running_service(published(sample), folder) as running:
        yield running


@pytest.fixture(scope="module")
def client(service: ServiceProcess) -> Iterator[httpx.Client]:
    with service.client() as opened:
        yield opened


def people_of(file: OpenedFile, segmentation: str) -> list[dict[str, Any]]:
    """Return the figures of all customers of a segmentation, as a request has them."""
    scorer = read_scorers(file).scorer(segmentation)
    found = customers(file, scorer)
    return [
        {"customer_id": customer_id}
        | {
            name: None if values[i] != values[i] else float(values[i])
            for name, values in found.people.numbers.items()
        }
        | {name: values[i] for name, values in found.people.texts.items()}
        for i, customer_id in enumerate(found.ids)
    ]


def compare_through_http(file: Path, client: httpx.Client) -> dict[str, int]:
    """Score every customer in requests of 1,000; compare with the marts."""
    compared = {}
    with OpenedFile(file) as opened:
        for name, scorer in read_scorers(opened).by_name.items():
            marts, people = mart_rows(opened, name), people_of(opened, name)
            for start in range(0, len(people), 1_000):
                body = {"people": people[start : start + 1_000]}
                answer = client.post(f"/segmentations/{name}/score", json=body)
                assert answer.status_code == 200, answer.text
                found = answer.json()
                assert found["versions"]["model_versions"][name] == found["model_version"]
                for person in found["people"]:
                    mart = marts[person["customer_id"]]
                    version = {"model_version": found["model_version"]}
                    assert_same(person | version, mart, scorer.measure)
            compared[name] = len(people)
            assert len(people) == len(marts)
    return compared


def test_every_customer_of_the_sample(sample: Warehouse, client: httpx.Client) -> None:
    compared = compare_through_http(published(sample), client)
    assert (compared["value"], compared["profile"]) == (490, 500)


@pytest.mark.parametrize("dataset", ["complete_journey", "market_survey"])
def test_every_customer_of_other_data(
    request: pytest.FixtureRequest, tmp_path: Path, dataset: str
) -> None:
    file = published(request.getfixturevalue(dataset))
    with running_service(file, tmp_path) as running, running.client() as client:
        compared = compare_through_http(file, client)
    assert compared["prospects"] > 0


def test_one_person_is_scored_as_among_many(sample: Warehouse, client: httpx.Client) -> None:
    with OpenedFile(published(sample)) as file:
        for name in ("value", "profile"):
            people = people_of(file, name)[:30]
            url = f"/segmentations/{name}/score"
            together = client.post(url, json={"people": people}).json()["people"]
            alone = [client.post(url, json={"people": [p]}).json()["people"][0] for p in people]
            assert alone == together


def test_a_customer(sample: Warehouse, client: httpx.Client) -> None:
    ((customer_id,),) = sample.query("select max(customer_id) from marts.dim_customers")
    found = client.get(f"/customers/{customer_id}").json()
    rows = sample.frame(
        "select segmentation, segment_slug, distance, reason_1 from marts.fct_customer_segments"
        f" where customer_id = '{customer_id}' order by segmentation"
    )
    assert [entry["segmentation"] for entry in found["segments"]] == rows.segmentation.tolist()
    for entry, row in zip(found["segments"], rows.itertuples(), strict=True):
        assert (entry["segment_slug"], entry["reasons"][0]) == (row.segment_slug, row.reason_1)
        if entry["distance"] is not None:
            assert entry["distance"] == pytest.approx(row.distance, abs=TOLERANCE)
    assert client.get("/customers/nobody").status_code == 404
    odd = client.get("/customers/" + "%27%22%00;--%2F..%F0%9F%98%80")
    assert (odd.status_code, odd.headers["content-type"]) == (404, "application/problem+json")


def test_what_a_customer_is_expected_to_bring(sample: Warehouse, client: httpx.Client) -> None:
    rows = sample.frame(
        "select * from marts.fct_customer_value_forecast order by customer_id limit 1"
    )
    row = rows.iloc[0]
    found = client.get(f"/customers/{row.customer_id}").json()["value_forecast"]
    assert found["probability_active"] == row.probability_active
    assert [horizon["days"] for horizon in found["horizons"]] == [30, 90, 180, 365]
    for horizon in found["horizons"]:
        for name in ("expected", "lower", "upper"):
            days = horizon["days"]
            assert horizon[f"{name}_purchases"] == row[f"{name}_purchases_{days}_days"]
            assert horizon[f"{name}_revenue"] == float(row[f"{name}_revenue_{days}_days"])
    assert found["lifetime_value"] == float(row.lifetime_value)
    assert found["reasons"] == [row.reason_1, row.reason_2, row.reason_3]
    assert found["forecast_by"] == row.forecast_by
    metadata = client.get("/metadata").json()
    assert found["model_version"] == metadata["lifetime_value_model_version"]
    described = client.get("/openapi.json").json()["components"]["schemas"]["Customer"]
    assert described["examples"][0]["value_forecast"].keys() == found.keys()
    # Who never bought has no forecast.
    ((nobody,),) = sample.query(
        "select min(customer_id) from marts.dim_customers where customer_id not in"
        " (select customer_id from marts.fct_customer_value_forecast)"
    )
    assert client.get(f"/customers/{nobody}").json()["value_forecast"] is None


def test_the_history_of_a_customer(sample: Warehouse, client: httpx.Client, tmp_path: Path) -> None:
    rows = sample.frame(
        "select * from marts.fct_customer_segment_history where customer_id ="
        " (select max(customer_id) from marts.dim_customers) order by segmentation"
    )
    customer_id = rows.customer_id[0]
    found = client.get(f"/customers/{customer_id}").json()["history"]
    assert [period["segmentation"] for period in found] == rows.segmentation.tolist()
    for period, row in zip(found, rows.itertuples(), strict=True):
        assert (period["segment_slug"], period["entry"]) == (row.segment_slug, "first observed")
        assert (period["valid_from"], period["valid_to"]) == (str(row.valid_from.date()), None)
        assert period["reasons"][0] == row.reason_1
    described = client.get("/openapi.json").json()["components"]["schemas"]
    # The description leaves out what is null.
    assert described["Customer"]["examples"][0]["history"][0].keys() <= found[0].keys()
    assert set(described["Period"]["properties"]) == found[0].keys()
    # As if an earlier day had been observed, on which the customer was elsewhere.
    longer = tmp_path / "longer.duckdb"
    shutil.copy(published(sample), longer)
    with duckdb.connect(str(longer)) as connection:
        connection.execute(
            "insert into marts.fct_customer_segment_history by name select 'value' as segmentation,"
            " $1 as customer_id, date '2025-10-31' as valid_from, date '2025-12-31' as valid_to,"
            " 61 as days, 'moved' as entry, 'recency 0 → 62 days' as moved_by",
            [customer_id],
        )
    with OpenedFile(longer) as file:
        first, second = customer_history(file, customer_id, "value") or []
        assert (first["valid_from"], first["valid_to"]) == ("2025-10-31", "2025-12-31")
        assert (first["moved_by"], first["reasons"]) == ("recency 0 → 62 days", [])
        assert second["valid_from"] == "2025-12-31"
        assert customer_history(file, "nobody") == []


def test_a_file_without_forecasts_and_history(sample: Warehouse, tmp_path: Path) -> None:
    """An earlier version published it: customers are answered all the same."""
    older = tmp_path / "older.duckdb"
    shutil.copy(published(sample), older)
    with duckdb.connect(str(older)) as connection:
        connection.execute("drop table marts.fct_customer_value_forecast")
        connection.execute("drop table marts.rpt_lifetime_value_model")
        connection.execute("drop table marts.fct_customer_segment_history")
    ((customer_id,),) = sample.query("select max(customer_id) from marts.dim_customers")
    with running_service(older, tmp_path) as running, running.client() as opened:
        answer = opened.get(f"/customers/{customer_id}").json()
        assert (answer["value_forecast"], answer["history"]) == (None, None)
        assert opened.get("/metadata").json()["lifetime_value_model_version"] is None


def test_what_is_served(sample: Warehouse, client: httpx.Client) -> None:
    assert client.get("/health/live").json() == {"status": "live"}
    versions = client.get("/health/ready").json()["versions"]
    ((run_id,),) = sample.query("select run_id from marts.rpt_builds where is_latest")
    assert versions["run_id"] == run_id
    assert client.get("/metadata").json()["versions"] == versions
    listed = client.get("/segmentations").json()["segmentations"]
    value = next(entry for entry in listed if entry["segmentation"] == "value")
    assert {"recency_days", "frequency", "monetary"} <= set(value["numbers"])
    segments = client.get("/segmentations/value/segments").json()["segments"]
    assert {s["segment_slug"]: s["customers"] for s in segments} == dict(
        sample.query(
            "select segment_slug, customers from marts.dim_segments where segmentation = 'value'"
        )
    )
    assert client.get("/docs").status_code == 200


def test_missing_values_and_unknown_categories_are_those_of_a_build(
    sample: Warehouse, client: httpx.Client
) -> None:
    people: list[dict[str, Any]] = [
        {"age": 44, "gender": "of another kind"},
        {"age": None, "gender": None, "income": 40_000},
        {"gender": "  "},
    ]
    found = client.post("/segmentations/profile/score", json={"people": people}).json()["people"]
    with duckdb.connect(str(published(sample)), read_only=True) as connection:
        for person, given in zip(found, people, strict=True):
            values = {k: v for k, v in given.items() if v is not None and str(v).strip()}
            arguments = ", ".join(f"{name} := {value!r}" for name, value in values.items())
            macro = connection.sql(
                "select segment_id, distance, reason_1, runner_up_slug, margin"
                f" from marts.score_profile_person({arguments})"
            ).fetchall()[0]
            assert (person["segment_id"], person["reasons"][0]) == (macro[0], macro[2])
            assert person["runner_up_slug"] == macro[3]
            assert person["distance"] == pytest.approx(macro[1], abs=TOLERANCE)
            assert person["margin"] == pytest.approx(macro[4], abs=TOLERANCE)


# The body, the status, and what the answer names.
MISTAKES: list[tuple[bytes, int, str]] = [
    (b"", 400, "is no JSON"),
    (b"{", 400, "line 1, column 2"),
    (b"\xff", 400, "not in UTF-8"),
    (b'{"people": [{"frequency": NaN}]}', 400, "NaN is no number"),
    (b'{"people": [{"frequency": -Infinity}]}', 400, "-Infinity is no number"),
    (b"[" * 200_000, 400, "nested too deeply"),
    (b'{"people": [{"frequency": ' + b"9" * 5_000 + b"}]}", 400, "too many digits"),
    (b'{"people": [{"frequency": ' + b"9" * 400 + b"}]}", 422, "/people/0/frequency"),
    (b'{"people": [{"frequency": 1e999}]}', 422, "/people/0/frequency"),
    (b'{"people": [{"frequency": 1}, {"frequency": "1"}]}', 422, "/people/1/frequency"),
    (b'{"people": [{"frequency": true}]}', 422, "/people/0/frequency"),
    (b'{"people": [{"frequency": [1]}]}', 422, "/people/0/frequency"),
    (b'{"people": [{"frequncy": 1}]}', 422, "/people/0/frequncy"),
    (b'{"people": [{}]}', 422, "/people/0"),
    (b'{"people": [3]}', 422, "/people/0"),
    (b'{"people": []}', 422, "/people"),
    (b'{"people": {}}', 422, "/people"),
    (b'{"people": [{"frequency": 1}], "more": 1}', 422, "/more"),
    (b'{"people": [{"frequency": 1, "customer_id": 5}]}', 422, "/people/0/customer_id"),
    (b"null", 422, "/people"),
    (b'{"people": [{"frequency": 1, "frequency": 2}]}', 400, "the field frequency more than once"),
]


@pytest.mark.parametrize(("body", "status", "named"), MISTAKES, ids=range(len(MISTAKES)))
def test_mistakes_in_a_body(client: httpx.Client, body: bytes, status: int, named: str) -> None:
    answer = client.post(
        "/segmentations/value/score", content=body, headers={"Content-Type": "application/json"}
    )
    found = answer.json()
    assert (answer.status_code, found["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    if status == 422:
        assert named in [error["field"] for error in found["errors"]]
    else:
        assert named in found["detail"]


def test_half_a_character(client: httpx.Client) -> None:
    body = b'{"people": [{"gender": "\\ud800"}, {"age": 1, "customer_id": "\\udfff"}]}'
    headers = {"Content-Type": "application/json"}
    answer = client.post("/segmentations/profile/score", content=body, headers=headers)
    assert [error["field"] for error in answer.json()["errors"]] == ["/people/0/gender"]
    other = body.replace(b'{"gender": "\\ud800"}, ', b"")
    answer = client.post("/segmentations/profile/score", content=other, headers=headers)
    assert answer.status_code == 200
    assert answer.json()["people"][0]["customer_id"] == "\udfff"


def test_limits(client: httpx.Client) -> None:
    url = "/segmentations/value/score"
    person = {"frequency": 1}
    assert client.post(url, json={"people": [person] * 1_000}).status_code == 200
    assert client.post(url, json={"people": [person] * 1_001}).status_code == 422
    headers = {"Content-Type": "application/json"}
    assert client.post(url, content=b" " * 2_000_001, headers=headers).status_code == 413
    parts = (b" " * 100_000 for _ in range(30))
    assert client.post(url, content=parts, headers=headers).status_code == 413
    assert client.post(url, content=b"{}").status_code == 415
    refused = client.get(url)
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert client.post("/segmentations/vip/score", json={}).status_code == 404
    assert client.get("/segmentations/vip/segments").status_code == 404


def test_methods_paths_and_names_that_others_choose(client: httpx.Client) -> None:
    for path in ("/metadata", "/customers/nobody", "/openapi.json", "/docs"):
        got, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (got.status_code, b"")
        assert head.headers["content-length"] == got.headers["content-length"]
    refused = client.post("/metadata")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
    for path in ("/metadata/", "/segmentations/", "/health/live/"):
        answer = client.get(path)
        assert (answer.status_code, "location" in answer.headers) == (404, False)
    for path in ("/health/ready", "/metadata"):
        answer = client.get(path, headers={"Host": "evil.example"})
        assert (answer.status_code, "evil" in answer.text) == (421, False)


def test_a_token(sample: Warehouse, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    with running_service(
        published(sample), tmp_path, "--host", "0.0.0.0", "--token-file", str(file)
    ) as running:
        running.url = running.url.replace("0.0.0.0", "127.0.0.1")
        for token, status in ((None, 401), (TOKEN[:-1], 401), (TOKEN + "x", 401), (TOKEN, 200)):
            with running.client(token) as client:
                assert client.get("/metadata").status_code == status
                other = client.get("/metadata", headers={"Host": "segments.example"})
                assert other.status_code == status
                assert client.get("/openapi.json").status_code == status
                assert client.get("/health/ready").status_code == 200
        with running.client() as client:
            answer = client.get("/metadata", headers={"Authorization": f"Basic {TOKEN}"})
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.headers["content-type"] == "application/problem+json"
        assert TOKEN not in running.log.read_text()


def test_other_machines_need_a_token(sample: Warehouse, tmp_path: Path) -> None:
    for arguments, environment, said in (
        (("--host", "0.0.0.0"), {}, "can be reached from other machines"),
        ((), {"SEGMENTATION_SERVICE_TOKEN": "short"}, "must have 16 ASCII characters"),
        (("--token-file", "none"), {}, "cannot be read"),
    ):
        with (
            pytest.raises(AssertionError, match=said),
            running_service(published(sample), tmp_path, *arguments, **environment),
        ):
            pass
    with (
        pytest.raises(AssertionError, match="There is no file"),
        running_service(tmp_path / "none.duckdb", tmp_path),
    ):
        pass


def test_no_log_line_is_about_a_person(sample: Warehouse, tmp_path: Path) -> None:
    ((customer_id,),) = sample.query("select max(customer_id) from marts.dim_customers")
    with running_service(published(sample), tmp_path) as running, running.client() as client:
        client.get(f"/customers/{customer_id}")
        client.get("/customers/Ann-Smith?mail=ann@example.com")
        body = {"people": [{"customer_id": customer_id, "gender": "Ann-Smith", "age": "Ann-Smith"}]}
        client.post("/segmentations/profile/score", json=body)
        assert running.stop() == 0
        log = running.log.read_text()
    assert "GET /customers/{customer_id} 200" in log
    assert "POST /segmentations/{segmentation}/score 422" in log
    for personal in (customer_id, "Ann-Smith", "example.com"):
        assert personal not in log


def other_version(file: Path, run_id: str) -> Path:
    """Return a copy of a published file that is of another run."""
    copy = file.with_name(f"{run_id}.duckdb")
    shutil.copy(file, copy)
    with duckdb.connect(str(copy)) as connection:
        connection.execute("update marts.publication set run_id = ?", [run_id])
    return copy


def test_publishing_while_requests_are_answered(sample: Warehouse, tmp_path: Path) -> None:
    """Files are swapped as a build swaps them; no request fails, and every version is served."""
    file = tmp_path / "segments.duckdb"
    shutil.copy(published(sample), file)
    versions = [other_version(file, f"run-{i}") for i in range(4)]
    ((customer_id,),) = sample.query("select max(customer_id) from marts.dim_customers")
    answered: list[tuple[int, str]] = []
    is_over = threading.Event()

    def ask(running: ServiceProcess, place: int) -> None:
        with running.client() as client:
            while not is_over.is_set():
                answer = (
                    client.get(f"/customers/{customer_id}")
                    if place
                    else client.post(
                        "/segmentations/value/score", json={"people": [{"frequency": 3}] * 50}
                    )
                )
                answered.append((answer.status_code, answer.json()["versions"]["run_id"]))

    with running_service(file, tmp_path) as running:
        asking = [threading.Thread(target=ask, args=(running, place)) for place in range(3)]
        for thread in asking:
            thread.start()
        try:
            for version in versions:
                version.replace(file)
                wait_for(lambda run=version.stem: (200, run) in answered[-20:])
            # A file that cannot be served leaves the version before.
            (tmp_path / "broken").write_text("no database")
            (tmp_path / "broken").replace(file)
            wait_for(lambda: "A new version cannot be served" in running.log.read_text())
            before = len(answered)
            wait_for(lambda: len(answered) > before + 20)
        finally:
            is_over.set()
            for thread in asking:
                thread.join()
    assert {status for status, _ in answered} == {200}
    assert {run for _, run in answered} >= {version.stem for version in versions}
    assert answered[-1][1] == "run-3"


def test_a_version_that_nobody_asks_is_freed_without_a_search_for_cycles(
    sample: Warehouse,
) -> None:
    """The service keeps Python's collector from what is loaded when it starts."""
    version = LoadedVersion(published(sample))
    freed = [weakref.ref(of) for of in (version, version.file, *version.scorers.by_name.values())]
    gc.disable()
    try:
        del version
        assert [of() for of in freed] == [None] * len(freed)
    finally:
        gc.enable()


def test_a_file_that_lacks_a_table_stops_nothing(sample: Warehouse, tmp_path: Path) -> None:
    """It opens, and fails while it is read; the next version is served, with ids of any kind."""
    file = tmp_path / "segments.duckdb"
    shutil.copy(published(sample), file)
    lacking, good = (other_version(file, name) for name in ("lacking", "good"))
    with duckdb.connect(str(lacking)) as connection:
        connection.execute("drop table scoring.feature_words")
    with duckdb.connect(str(good)) as connection:
        connection.execute(
            "update marts.fct_customer_segments set customer_id = 'DE/10' || chr(10)"
            " where customer_id = (select max(customer_id) from marts.dim_customers)"
        )
    with running_service(file, tmp_path) as running, running.client() as client:
        lacking.replace(file)
        wait_for(lambda: "A new version cannot be served" in running.log.read_text())
        assert client.get("/health/ready").status_code == 200
        good.replace(file)
        wait_for(lambda: client.get("/metadata").json()["versions"]["run_id"] == "good")
        # An id may hold a slash, and a line break.
        answer = client.get("/customers/DE%2F10%0A")
        assert (answer.status_code, answer.json()["customer_id"]) == (200, "DE/10\n")
        assert "DE/10" not in running.log.read_text()


def wait_for(condition: Any) -> None:
    """Wait up to a minute for a condition."""
    for _ in range(6_000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("the condition never held")


def test_a_request_under_way_is_answered_before_the_service_stops(
    sample: Warehouse, tmp_path: Path
) -> None:
    body = json.dumps({"people": [{"frequency": 1}]}).encode()
    head = (
        "POST /segmentations/value/score HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Length: {len(body)}\r\nContent-Type: application/json\r\n\r\n"
    ).encode()
    with running_service(published(sample), tmp_path) as running:
        port = int(running.url.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(head + body[:5])
            with running.client() as client:
                assert client.get("/health/live").status_code == 200
            os.kill(running.process.pid, signal.SIGTERM)
            wait_for(lambda: "Waiting for connections to close" in running.log.read_text())
            connection.sendall(body[5:])
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
        assert running.process.wait(timeout=60) == 0


# What must be so of every answer.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_whatever_is_asked_the_answer_is_one_that_is_described(
    service: ServiceProcess, mode: GenerationMode
) -> None:
    """Requests made from the service's own description: such as it allows, and others."""
    described = schemathesis.openapi.from_url(f"{service.url}/openapi.json")
    operations = [result.ok() for result in described.get_all_operations()]
    assert len(operations) == 7
    for operation in operations:
        # Any text is a path: only a body can be another than what is described.
        if mode is GenerationMode.NEGATIVE and not operation.body:
            continue

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=30,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        def ask(case: Any) -> None:
            case.call_and_validate(checks=CHECKS)

        ask()
