"""What dbt says while it builds, read from its structured log."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

# The stages of a build, in the order in which data flow through them.
STAGES = ("seeds", "staging", "checks", "customers", "segments", "marts", "tests", "other models")

_FOLDERS = (
    ("staging/", "staging"),
    ("intermediate/checked/", "checks"),
    ("intermediate/", "customers"),
    ("segmentation/", "segments"),
    ("marts/", "marts"),
)
_RESULTS = (
    *("LogModelResult", "LogTestResult", "LogSeedResult", "LogSnapshotResult"),
    *("LogNodeResult", "LogUnitTestResult", "SkippingDetails", "LogNodeNoOpResult"),
)
_FAILED = ("error", "fail", "runtime error")
# Events whose text says why something failed.
_REASONS = ("RunResultError", "MainEncounteredError", "RunResultErrorNoMessage", "RunResultFailure")


def stage_of(resource_type: str, path: str) -> str:
    """Return the stage of a node.

    Parameters
    ----------
    resource_type : str
        As dbt calls it: model, seed, test, unit_test.
    path : str
        Of its file, within the folder of models.
    """
    if resource_type == "seed":
        return "seeds"
    if resource_type in ("test", "unit_test"):
        return "tests"
    return next((stage for folder, stage in _FOLDERS if path.startswith(folder)), "other models")


def stage_totals(manifest: dict[str, Any], *, unit_tests: bool) -> Counter[str]:
    """Return how many nodes each stage of a whole build has, from dbt's manifest."""
    totals = Counter(
        stage_of(node["resource_type"], node["path"])
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed", "test")
    )
    if unit_tests:
        totals["tests"] += len(manifest["unit_tests"])
    return totals


@dataclass
class BuildProgress:
    """What is done, and what went wrong.

    Attributes
    ----------
    done, failed, skipped : Counter
        Nodes by stage.
    seconds : dict of str to float
        Of nodes, by stage; stages run side by side.
    reasons : list of str
        What dbt says of each failure.
    warnings : list of str
    running : dict of str to str
        The nodes at work, and their stages.
    began_to_run : bool
        Whether dbt has parsed the project.
    """

    done: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    running: dict[str, str] = field(default_factory=dict)
    began_to_run: bool = False

    @property
    def counts_in_words(self) -> str:
        """How many seeds, models and tests did not fail, the models also by stage."""
        good = self.done - self.failed
        stages = [name for name in STAGES if name not in ("seeds", "tests") and good[name]]
        by_stage = ", ".join(f"{good[name]} {name.removesuffix(' models')}" for name in stages)
        counts = (
            ("seed", good["seeds"], ""),
            ("model", sum(good[name] for name in stages), f" ({by_stage})"),
            ("test", good["tests"], ""),
        )
        return ", ".join(
            f"{count:,} {name}{'' if count == 1 else 's'}{more}"
            for name, count, more in counts
            if count
        )

    def take(self, line: str) -> str | None:
        """Take in one line of the log.

        Returns
        -------
        str or None
            The stage in which a node ended; None for other events.
        """
        try:
            event = json.loads(line)
            info, data = event["info"], event["data"]
        except (ValueError, KeyError, TypeError):
            return None
        name, node = info.get("name"), data.get("node_info") or {}
        if name == "ConcurrencyLine":
            self.began_to_run = True
        if name in _REASONS:
            self.reasons.append(str(info.get("msg", "")).strip())
        elif info.get("level") == "warn":
            self.warnings.append(str(info.get("msg", "")).strip())
        stage = stage_of(str(node.get("resource_type", "")), str(node.get("node_path", "")))
        if name == "LogStartLine":
            self.running[str(node.get("unique_id"))] = stage
            return None
        if name not in _RESULTS or not node:
            return None
        self.running.pop(str(node.get("unique_id")), None)
        self._count(stage, str(data.get("status") or node.get("node_status", "")).lower(), name)
        took = float(data.get("execution_time") or 0.0)
        self.seconds[stage] = self.seconds.get(stage, 0.0) + took
        return stage

    def _count(self, stage: str, status: str, name: str) -> None:
        if name == "SkippingDetails":
            self.skipped[stage] += 1
            return
        self.done[stage] += 1
        if status.startswith(_FAILED):
            self.failed[stage] += 1
