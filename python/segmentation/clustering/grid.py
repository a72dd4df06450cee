"""Segments as dense regions of a grid, counted and joined in SQL."""

from __future__ import annotations

import numpy as np
import pandas as pd

from segmentation.engine.duckdb import open_in_memory
from segmentation.features.arrays import Codes
from segmentation.features.mixed_sample import MixedSample
from segmentation.scoring.prototypes import NOISE

# Intervals per number. A cell is dense when it holds more than this many times what each of the
# cells that anybody lies in would hold if all held as many.
INTERVALS = 4
DENSITY = 1.5


def grid_labels(sample: MixedSample) -> Codes:
    """Label rows by the connected dense cells that they lie in.

    The idea of CLIQUE (Agrawal et al., 1998, SIGMOD), in the full space: every number is cut into
    four intervals of equal length between its 1st and 99th percentile (the outer ones are open),
    every category is an interval of its own. Cells with more than one and a half times the mean
    number of rows of an occupied cell are dense; dense cells that share a face, or differ in one
    category alone, belong together.

    Parameters
    ----------
    sample : MixedSample

    Returns
    -------
    ndarray of shape (n_rows,)
        Segments from 0, largest first, of equal ones that with the lower cells first; rows outside
        of dense cells are -1, noise.
    """
    low, high = np.quantile(sample.numbers, (0.01, 0.99), axis=0)
    width = np.where(high > low, (high - low) / INTERVALS, 1.0)
    steps = np.clip(np.floor((sample.numbers - low) / width), 0, INTERVALS - 1).astype(np.int64)
    coordinates = np.hstack([steps, sample.codes.astype(np.int64)])
    names = [f"interval_{j}" for j in range(coordinates.shape[1])]
    frame = pd.DataFrame(coordinates, columns=names).assign(row=np.arange(len(coordinates)))
    with open_in_memory() as connection:
        connection.register("intervals", frame)
        labelled = connection.sql(_query(names, sample.numbers.shape[1])).df()
    labels = np.full(len(sample), NOISE)
    labels[labelled["row"].to_numpy()] = labelled["segment_id"].to_numpy()
    return labels


def _query(names: list[str], n_numbers: int) -> str:
    cell = ", ".join(names)
    # One step apart in one number and equal in all else, or one category apart.
    steps = [f"abs(here.{name} - there.{name})" for name in names[:n_numbers]]
    steps += [f"cast(here.{name} <> there.{name} as integer)" for name in names[n_numbers:]]
    return f"""
        with recursive
        cells as (
            select {cell}, count(*) as customers
            from intervals
            group by {cell}
        ),
        dense_cells as (
            select *, row_number() over (order by {cell}) as cell_id
            from cells
            where customers > {DENSITY} * (select avg(customers) from cells)
        ),
        neighbours as (
            select here.cell_id, there.cell_id as neighbour_id
            from dense_cells as here
            inner join dense_cells as there on {" + ".join(steps)} <= 1
        ),
        reached (cell_id, from_id) as (
            select cell_id, cell_id from dense_cells
            union
            select neighbours.neighbour_id, reached.from_id
            from reached
            inner join neighbours on reached.cell_id = neighbours.cell_id
        ),
        regions as (
            select cell_id, min(from_id) as region_id
            from reached
            group by cell_id
        ),
        sizes as (
            select
                regions.region_id,
                row_number() over (
                    order by sum(dense_cells.customers) desc, regions.region_id asc
                ) - 1 as segment_id
            from regions
            inner join dense_cells on regions.cell_id = dense_cells.cell_id
            group by regions.region_id
        )
        select intervals.row, sizes.segment_id
        from intervals
        inner join dense_cells using ({cell})
        inner join regions on dense_cells.cell_id = regions.cell_id
        inner join sizes on regions.region_id = sizes.region_id
    """
