"""The service beside an endpoint in Flask that calls scikit-learn's ``predict``, as notebooks do.

Both have K-Means over the same four features of the same customers and answer the same requests,
made by a load generator in a process of its own. Ours also says the runner-up, the margin, all
distances and three reasons in words. Flask runs as ``app.run()`` runs it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.contender import Work
from benchmarks.race import PROJECT, Entry, Lap, judged, race, raw_figures, run

REQUESTS = 2_000
ROUNDS = 3
CONNECTIONS = 4
BATCH = 1_000
# A batch is as much work as many requests.
REQUESTS_A_BATCH = 40
FEATURES = ("length_days", "recency_days", "frequency", "monetary")
QUICK = {
    "dataset": "sample",
    "value_options": {"compared_algorithms": [], "scan_to": 4, "stability_resamples": 2},
    "profile_options": {"compared_algorithms": [], "scan_to": 4, "stability_resamples": 2},
    "prospects_options": {"candidates": ["logistic_regression"], "repeats": 1},
}


def measure(folder: Path, rows: int = REQUESTS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Run the benchmark and return its entry of the results file; `rows` are requests."""
    where = {"folder": str(folder)}
    run(Entry(__name__, "prepare", where))
    one = where | {"requests": rows, "people": 1}
    many = where | {"requests": max(rows // REQUESTS_A_BATCH, 8), "people": BATCH}
    laps = race(
        {
            "service, one person": Entry(__name__, "load", one | {"server": "ours"}),
            "Flask, one person": Entry(__name__, "load", one | {"server": "flask"}),
            "service, 1,000 people": Entry(__name__, "load", many | {"server": "ours"}),
            "Flask, 1,000 people": Entry(__name__, "load", many | {"server": "flask"}),
        },
        rounds,
    )
    ours, flask = laps["service, one person"], laps["Flask, one person"]
    ours_many, flask_many = laps["service, 1,000 people"], laps["Flask, 1,000 people"]
    return {
        "name": "service",
        "what": f"{rows:,} requests of one person and batches of {BATCH:,}, over "
        f"{CONNECTIONS} connections",
        "figures": [
            _rate("requests a second, one person: service / Flask", ours, flask, at_least=5),
            _rate(
                "people a second: service in batches / Flask, one person a request",
                ours_many,
                flask,
                at_least=20,
            ),
            _rate("people a second in batches of 1,000: service / Flask", ours_many, flask_many),
            judged("p99, one person, service (ms)", _middle(ours, "p99_ms")),
            judged("p99, one person, Flask (ms)", _middle(flask, "p99_ms")),
            judged("p99, 1,000 people, service (ms)", _middle(ours_many, "p99_ms")),
            judged("p99, 1,000 people, Flask (ms)", _middle(flask_many, "p99_ms")),
            judged("requests a second, one person, service", _middle(ours, "requests_a_second")),
            judged(
                "requests that were not answered with 200",
                sum(lap.facts["failed"] for of in laps.values() for lap in of),
                at_most=0,
            ),
        ],
        "raw": raw_figures(laps),
    }


def _middle(laps: list[Lap], fact: str) -> float:
    found = sorted(lap.facts[fact] for lap in laps)
    return float(found[len(found) // 2])


def _rate(
    name: str, above: list[Lap], below: list[Lap], at_least: float | None = None
) -> dict[str, Any]:
    """Return the ratio of people a second, of neighbours in the race."""
    pairs = sorted(
        a.facts["people_a_second"] / b.facts["people_a_second"]
        for a, b in zip(above, below, strict=True)
    )
    return judged(
        name,
        pairs[len(pairs) // 2],
        at_least=at_least,
        rounds=[round(pair, 3) for pair in pairs],
    )


def prepare(folder: str) -> Work:
    """Build the sample, and write down its customers as the bodies of requests."""

    def work() -> dict[str, Any]:
        import duckdb

        published = _build(Path(folder))
        with duckdb.connect(str(published), read_only=True) as connection:
            rows = connection.sql(
                f"select {', '.join(FEATURES)} from scoring.value_features order by customer_id"
            ).fetchall()
        people = [dict(zip(FEATURES, row, strict=True)) for row in rows]
        (Path(folder) / "people.json").write_text(json.dumps(people))
        return {}

    return work


def _build(folder: Path) -> Path:
    environment = os.environ | {
        "SEGMENTATION_WAREHOUSE": str(folder / "warehouse.duckdb"),
        "SEGMENTATION_PUBLISHED": str(folder / "segments.duckdb"),
        "DBT_PROJECT_DIR": str(PROJECT),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    dbt = str(Path(sys.executable).with_name("dbt"))
    command = [dbt, "build", "--exclude-resource-type", "unit_test", "--vars", json.dumps(QUICK)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout[-4000:])
    return folder / "segments.duckdb"


def load(folder: str, server: str, requests: int, people: int) -> Work:
    """Start a server, and return what sends it requests over several connections."""
    known = json.loads((Path(folder) / "people.json").read_text())
    bodies = [
        json.dumps({"people": [known[(i + j) % len(known)] for j in range(people)]}).encode()
        for i in range(min(len(known), 50))
    ]

    def work() -> dict[str, Any]:
        with _served(Path(folder), server) as (port, path):
            messages = [_message(path, body) for body in bodies]
            _ask(port, messages, 5)
            results: list[tuple[list[float], int]] = []
            share = requests // CONNECTIONS
            begun = time.perf_counter()
            threads = [
                threading.Thread(target=lambda: results.append(_ask(port, messages, share)))
                for _ in range(CONNECTIONS)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            seconds = time.perf_counter() - begun
        times = sorted(latency for of, _ in results for latency in of)
        rate = len(times) / seconds
        return {
            "requests_a_second": round(rate, 1),
            "people_a_second": round(rate * people, 1),
            "p99_ms": round(times[int(0.99 * (len(times) - 1))] * 1000, 2),
            "failed": sum(failed for _, failed in results),
        }

    return work


def _message(path: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _ask(port: int, messages: list[bytes], requests: int) -> tuple[list[float], int]:
    """Send requests one after another; return the seconds of each, and how many failed."""
    connection: socket.socket | None = None
    times, failed = [], 0
    for i in range(requests):
        begun = time.perf_counter()
        if connection is None:
            connection = socket.create_connection(("127.0.0.1", port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(messages[i % len(messages)])
        head, is_kept = _answer(connection)
        times.append(time.perf_counter() - begun)
        failed += b" 200 " not in head.split(b"\r\n", 1)[0]
        if not is_kept:
            connection.close()
            connection = None
    if connection is not None:
        connection.close()
    return times, failed


def _answer(connection: socket.socket) -> tuple[bytes, bool]:
    """Read one answer to its end; return its head, and whether the connection stays."""
    read = b""
    while b"\r\n\r\n" not in read:
        part = connection.recv(1 << 16)
        if not part:
            raise RuntimeError(f"The server ended the connection: {read[:200]!r}")
        read += part
    head, _, body = read.partition(b"\r\n\r\n")
    found = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    missing = (int(found[1]) if found else 0) - len(body)
    while missing > 0:
        missing -= len(connection.recv(min(missing, 1 << 20)))
    lowered = head.lower()
    return head, lowered.startswith(b"http/1.1") and b"connection: close" not in lowered


@contextlib.contextmanager
def _served(folder: Path, server: str) -> Iterator[tuple[int, str]]:
    """Run a server in a process of its own; yield its port and the path to ask."""
    if server == "ours":
        command = ["-m", "segmentation", "serve", "--port", "0", "--published"]
        command += [str(folder / "segments.duckdb")]
        path = "/segmentations/value/score"
    else:
        command = ["-m", "benchmarks.service", str(folder)]
        path = "/predict"
    log = folder / f"{server}.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, *command], stdout=written, stderr=written, cwd=PROJECT
        )
    try:
        yield _port(process, log), path
    finally:
        process.terminate()
        process.wait()


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    while process.poll() is None:
        if found := re.search(r"[Rr]unning on http://127\.0\.0\.1:(\d+)", log.read_text()):
            return int(found[1])
        time.sleep(0.05)
    raise RuntimeError(log.read_text()[-2000:])


def notebook_endpoint(folder: str) -> None:
    """Serve what notebooks have: a pipeline of scikit-learn behind a route of Flask."""
    import pandas as pd
    from flask import Flask, Response, jsonify, request
    from sklearn.cluster import KMeans
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PowerTransformer

    known = pd.DataFrame(json.loads((Path(folder) / "people.json").read_text()))
    model = make_pipeline(PowerTransformer(), KMeans(n_clusters=4, n_init=10, random_state=0))
    model.fit(known[list(FEATURES)])
    names = ["Loyal", "Occasional", "At Risk", "Hibernating"]
    app = Flask(__name__)

    @app.post("/predict")
    def predict() -> Response:
        people = pd.DataFrame(request.get_json()["people"])[list(FEATURES)]
        return jsonify({"segments": [names[label] for label in model.predict(people)]})

    app.run(port=0)


if __name__ == "__main__":
    notebook_endpoint(sys.argv[1])
