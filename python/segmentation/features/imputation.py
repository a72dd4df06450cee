"""Multiple imputation of missing values (MICE), used in fits only."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer


def impute_mice(frame: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Fill missing values by iterative imputation with gradient-boosted trees.

    Each feature with missing values is predicted from all others, in turns, until the predictions
    converge (van Buuren and Groothuis-Oudshoorn, 2011, "mice", Journal of Statistical Software
    45(3)).

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n_samples, n_features)
        NaN and infinities are missing. Each column has at least one finite value.
    seed : int
        Seed of the trees.

    Returns
    -------
    pandas.DataFrame of shape (n_samples, n_features)
        The same frame without missing values.
    """
    gaps = frame.where(np.isfinite(frame))
    if not gaps.isna().any(axis=None) or gaps.shape[1] < 2:
        return gaps.fillna(gaps.median())
    imputer = IterativeImputer(
        estimator=HistGradientBoostingRegressor(random_state=seed),
        initial_strategy="median",
        random_state=seed,
    )
    with warnings.catch_warnings():
        # Trees need not converge; ten rounds are the usual limit of the method.
        warnings.simplefilter("ignore", ConvergenceWarning)
        filled = imputer.fit_transform(gaps)
    return pd.DataFrame(filled, columns=frame.columns, index=frame.index)
