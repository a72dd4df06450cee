"""Groups that a split must not separate: rows of one person, and equal rows."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

import numpy as np
import pandas as pd

from segmentation.features.arrays import Matrix

Labels = np.ndarray[tuple[int], np.dtype[np.intp]]


def identity_codes(identities: Sequence[Hashable] | pd.Series) -> Labels:
    """Return a number per person, shape (n,); a row without an identity is a separate person."""
    codes, known = pd.factorize(pd.Series(identities, dtype=object))
    unknown = codes < 0
    codes[unknown] = len(known) + np.arange(unknown.sum())
    return codes


def row_codes(X: Matrix) -> Labels:
    """Return a number per distinct row of a matrix, shape (n,); NaN equals NaN."""
    if not X.shape[1]:
        return np.zeros(len(X), dtype=np.intp)
    canonical = np.ascontiguousarray(np.where(np.isnan(X), np.inf, X + 0.0))
    rows = canonical.view(f"V{canonical.shape[1] * canonical.itemsize}").ravel()
    codes: Labels = pd.factorize(pd.Series([row.tobytes() for row in rows], dtype=object))[0]
    return codes


def connected_groups(*relations: Labels) -> Labels:
    """Return the groups that several relations connect.

    Two rows are in one group if a chain of rows connects them in which each row shares a code of
    some relation with the next. Rows of one person belong together, equal rows belong together,
    and therefore all rows of people with an equal row belong together.

    Parameters
    ----------
    *relations : ndarray of shape (n,)
        Codes counted from 0.

    Returns
    -------
    ndarray of shape (n,)
        Groups counted from 0.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(relations[0])
    rows, nodes, offset = [], [], n
    for codes in relations:
        rows.append(np.arange(n))
        nodes.append(codes + offset)
        offset += int(codes.max(initial=-1)) + 1
    row, node = np.concatenate(rows), np.concatenate(nodes)
    graph = coo_array((np.ones(len(row), dtype=np.int8), (row, node)), shape=(offset, offset))
    groups: Labels = connected_components(graph, directed=False)[1][:n]
    return pd.factorize(groups)[0]


def shared_identities(identities: pd.Series, prospects: Iterable[Hashable]) -> np.ndarray:
    """Return which rows belong to people who are also prospects, shape (n,), boolean.

    Identities are compared as they are; a missing identity matches none.
    """
    found: np.ndarray = identities.isin(set(prospects)).to_numpy() & identities.notna().to_numpy()
    return found
