"""Which candidate wins."""

from __future__ import annotations

from segmentation.classification.metrics import (
    BASELINE,
    MetricSummary,
)
from segmentation.classification.selection import selection_records


def test_the_simplest_within_one_standard_error_wins() -> None:
    def scores(means: dict[str, float]) -> list[MetricSummary]:
        return [
            MetricSummary(name, validation, metric, None, mean, 0.02, 0.01, 5)
            for name, mean in {**means, BASELINE: 0.3}.items()
            for validation in ("grouped", "ungrouped")
            for metric in ("macro_f1", "accuracy")
        ]

    def winner(means: dict[str, float]) -> str:
        records = selection_records(
            scores(means), {name: {} for name in means}, leak_gap=0.05, leak_accuracy=0.99
        )
        (won,) = [record["candidate"] for record in records if record["is_winner"]]
        return str(won)

    assert winner({"simple": 0.52, "middle": 0.53, "intricate": 0.54}) == "middle"
    assert winner({"simple": 0.531, "middle": 0.53, "intricate": 0.54}) == "simple"
    assert winner({"simple": 0.5, "middle": 0.51, "intricate": 0.54}) == "intricate"
    assert winner({"simple": 0.54, "intricate": 0.54}) == "simple"
