"""From a frame to a matrix."""

from __future__ import annotations

import numpy as np
import pandas as pd
from segmentation.classification.features import UNSEEN, as_matrix, learn_columns


def test_values_become_numbers() -> None:
    frame = pd.DataFrame(
        {
            "n": [1.0, None, np.inf, 7.0],
            "o": ["Low", "High", None, "?"],
            "c": ["b", "a", " ", "b"],
            "flag": [True, False, True, True],
        }
    )
    columns, dropped = learn_columns(frame, list(frame), {"o": ["Low", "High"]})
    assert not dropped
    assert [column.typical for column in columns] == [4.0, 1.0, 1.0, 1.0]
    expected = [[1, 1, 1, 1], [np.nan, 2, 0, 0], [np.nan, np.nan, np.nan, 1], [7, np.nan, 1, 1]]
    assert np.array_equal(as_matrix(frame, columns), expected, equal_nan=True)
    strange = as_matrix(pd.DataFrame({"c": ["new", "a"], "n": ["x", "5"]}), columns)
    assert strange[:, 2].tolist() == [UNSEEN, 0.0]
    assert np.array_equal(strange[:, 0], [np.nan, 5.0], equal_nan=True)
