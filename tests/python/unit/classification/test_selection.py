"""Which candidate wins."""

from __future__ import annotations

import pytest
from segmentation.classification.metrics import (
    BASELINE,
    MetricSummary,
)
from segmentation.classification.selection import selection_records


def test_the_simplest_within_one_standard_error_wins() -> None:
    def scores(means: dict[str, float]) -> list[MetricSummary]:
        return [
            MetricSummary(name, validation, metric, None, sign * mean, 0.02, 0.01, 5)
            for name, mean in {**means, BASELINE: 0.3}.items()
            for validation in ("grouped", "ungrouped")
            for metric, sign in (("macro_f1", 1), ("accuracy", 1), ("log_loss", -1))
        ]

    def winner(means: dict[str, float]) -> str:
        """Return the winner, which is the same where the log loss is less by as much."""
        winners = set()
        for criterion, sign in (("macro_f1", 1), ("log_loss", -1)):
            records, needed = selection_records(
                scores(means),
                {name: {} for name in means},
                criterion=criterion,
                leak_gap=0.05,
                leak_accuracy=0.99,
            )
            assert needed == pytest.approx(sign * (max(means.values()) - 0.01))
            of_macro_f1 = needed if criterion == "macro_f1" else None
            assert {record["needed_macro_f1"] for record in records} == {of_macro_f1}
            winners |= {record["candidate"] for record in records if record["is_winner"]}
        (won,) = winners
        return str(won)

    assert winner({"simple": 0.52, "middle": 0.53, "intricate": 0.54}) == "middle"
    assert winner({"simple": 0.531, "middle": 0.53, "intricate": 0.54}) == "simple"
    assert winner({"simple": 0.5, "middle": 0.51, "intricate": 0.54}) == "intricate"
    assert winner({"simple": 0.54, "intricate": 0.54}) == "simple"
