"""A fit beside an earlier classifier, for the same people."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from segmentation.classification.classifier import SegmentClassifier
from segmentation.classification.rivals import log_loss_gains
from segmentation.features.arrays import Matrix


class Stored(SegmentClassifier):
    """An earlier classifier that says what its rows say."""

    def probabilities(self, rows: pd.DataFrame) -> Matrix:  # type: ignore[override]
        return rows.to_numpy(np.float64)


def test_a_gain_is_the_logarithm_of_what_the_actual_segment_was_given() -> None:
    # A segment may be called `actual`, and the earlier one does not know `c`.
    out_of_fold = pd.DataFrame(
        [["actual", 0.5, 0.3, 0.2], ["b", 0.5, 0.3, 0.2], ["c", 0.5, 0.3, 0.2]]
    )
    out_of_fold.columns = ["actual", "actual", "b", "c"]
    earlier = Stored("", ("b before", "actual"), (), 1.0, (), None)  # type: ignore[arg-type]
    rows = pd.DataFrame([[0.75, 0.25], [0.6, 0.4], [0.5, 0.5]])
    found = log_loss_gains(out_of_fold, rows, earlier, ["b", "actual"])
    expected = np.log([0.5 / 0.25, 0.3 / 0.6, 0.2 / 1e-9])
    assert found == pytest.approx(expected)
