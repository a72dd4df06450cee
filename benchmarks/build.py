"""A whole build of the default data set, beside a plain script of the same steps.

Both start as a user starts them, so that the start-up of dbt and of Python counts. Every build is a
first one: into a new file, with nothing parsed before.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.contender import Work
from benchmarks.race import PROJECT, Entry, judged, race, ratio, raw_figures, run

ROUNDS = 3
THREADS = 2
FEATURES = ("length_days", "recency_days", "frequency", "monetary")
TOP = 10


def measure(folder: Path, rows: int | None = None, rounds: int = ROUNDS) -> dict[str, Any]:
    """Run the benchmark and return its entry of the results file.

    `rows` is there for the other benchmarks' sake: the data set is as large as it is.
    """
    del rows
    where = {"folder": str(folder)}
    laps = race(
        {
            "dbt build": Entry(__name__, "dbt_build", where),
            "plain script": Entry(__name__, "plain_script", where),
        },
        rounds,
    )
    ours, plain = laps["dbt build"], laps["plain script"]
    agreement = run(Entry(__name__, "compare", where)).facts
    return {
        "name": "build",
        "what": "complete_journey, from Parquet files to segments",
        "figures": [
            ratio("dbt build / plain script", ours, plain),
            ratio("dbt build / plain script, CPU", ours, plain, figure="cpu_seconds"),
            ratio("dbt build / plain script, peak memory", ours, plain, figure="peak_megabytes"),
            judged("households whose LRFM differs", agreement["lrfm_differs"], at_most=0),
            # For information: scikit-learn's default tolerance stops short of the optimum.
            judged(
                "agreement of the segments (adjusted Rand index)", agreement["adjusted_rand_index"]
            ),
        ],
        "where_the_time_goes": where_the_time_goes(
            json.loads((folder / "target" / "run_results.json").read_text()), ours[-1].seconds
        ),
        "raw": raw_figures(laps),
    }


def where_the_time_goes(results: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Sum up dbt's account of a build.

    Parameters
    ----------
    results : dict
        The content of ``run_results.json``.
    seconds : float
        What the build took as a whole.

    Returns
    -------
    dict
        ``seconds_before_the_first_node`` and so on are of the clock; ``node_seconds`` are summed
        over nodes, of which as many run at once as there are threads.
    """
    nodes = sorted(results["results"], key=lambda node: -node["execution_time"])
    kinds: dict[str, list[float]] = {}
    for node in nodes:
        kinds.setdefault(node["unique_id"].split(".")[0], []).append(node["execution_time"])
    return {
        "seconds": round(seconds, 2),
        "seconds_of_start_up_and_parsing": round(seconds - results["elapsed_time"], 2),
        "seconds_of_running_nodes": round(results["elapsed_time"], 2),
        "threads": THREADS,
        "node_seconds": {
            kind: {"nodes": len(times), "seconds": round(sum(times), 2)}
            for kind, times in sorted(kinds.items(), key=lambda item: -sum(item[1]))
        },
        "slowest_nodes": [
            {"node": _short_name(node["unique_id"]), "seconds": round(node["execution_time"], 2)}
            for node in nodes[:TOP]
        ],
    }


def dbt_build(folder: str) -> Work:
    """Run ``dbt build`` into a new warehouse."""
    for left in ("target", "logs"):
        shutil.rmtree(Path(folder) / left, ignore_errors=True)
    _warehouse(folder).unlink(missing_ok=True)
    environment = os.environ | {
        "SEGMENTATION_WAREHOUSE": str(_warehouse(folder)),
        "SEGMENTATION_THREADS": str(THREADS),
        "DBT_PROJECT_DIR": str(PROJECT),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_TARGET_PATH": str(Path(folder) / "target"),
        "DBT_LOG_PATH": str(Path(folder) / "logs"),
    }
    dbt = str(Path(sys.executable).with_name("dbt"))

    def work() -> dict[str, Any]:
        # The features of the script, which knows no rhythm.
        options = {"dataset": "complete_journey", "value_options": {"features": list(FEATURES)}}
        _run([dbt, "build", "--vars", json.dumps(options)], folder, environment)
        return {}

    return work


def plain_script(folder: str, most: int = 10) -> Work:
    """Run the script."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(PROJECT), *_python_path()])}

    def work() -> dict[str, Any]:
        command = [sys.executable, "-m", "benchmarks.plain_script", folder, "--most", str(most)]
        _run(command, folder, environment)
        return {}

    return work


def compare(folder: str) -> Work:
    """Compare LRFM and segments of the build with those of the script."""
    import duckdb
    from sklearn.metrics import adjusted_rand_score

    def work() -> dict[str, Any]:
        differs = " or ".join(
            f"ours.{name} is distinct from cast(theirs.{name} as decimal(18, 2))"
            for name in FEATURES
        )
        with duckdb.connect(str(_warehouse(folder)), read_only=True) as connection:
            both = connection.sql(
                "select ours.segment_id as ours, theirs.segment_id as theirs,"
                f" {differs} as lrfm_differs from (select lrfm.*, assignments.segment_id"
                " from intermediate.int_customer_lrfm as lrfm"
                " inner join segmentation.value_assignments as assignments using (customer_id)"
                f") as ours full join read_parquet('{Path(folder) / 'segments.parquet'}') as theirs"
                " on ours.customer_id = cast(theirs.household_id as varchar)"
            ).df()
        return {
            "lrfm_differs": int(both.lrfm_differs.sum()),
            "adjusted_rand_index": float(adjusted_rand_score(both.ours, both.theirs)),
        }

    return work


def _python_path() -> list[str]:
    given = os.environ.get("PYTHONPATH", "")
    return given.split(os.pathsep) if given else []


def _run(command: list[str], folder: str, environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[:2]} failed:\n{done.stdout[-4000:]}{done.stderr[-2000:]}")


def _warehouse(folder: str) -> Path:
    return Path(folder) / "warehouse.duckdb"


def _short_name(unique_id: str) -> str:
    kind, _, *rest = unique_id.split(".")
    # Generic data tests end in a hash.
    name = ".".join(rest[:-1]) if kind == "test" and len(rest) > 1 else ".".join(rest)
    return f"{kind} {name}"
