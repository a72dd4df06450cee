"""Agreement of the segments that two models give to the same customers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segmentation.clustering.customer_segments import segments_query
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.naming import NamingInputs
from segmentation.engine.base import Engine
from segmentation.engine.sql import quoted


@dataclass(frozen=True)
class Agreement:
    """Agreement of the segments that two models give to the same customers.

    Attributes
    ----------
    customers : int
    kept : int
        Customers whose segment has the same slug.
    adjusted_rand_index : float
        1 for the same groups, whatever their names; near 0 for unrelated groups.
    """

    customers: int
    kept: int
    adjusted_rand_index: float

    @property
    def kept_share(self) -> float:
        """The share of customers who keep their segment; 1 without customers."""
        return self.kept / self.customers if self.customers else 1.0


def counted_moves(
    engine: Engine,
    table: str,
    models: tuple[SegmentationModel, SegmentationModel],
    naming: NamingInputs,
    key: str = "customer_id",
) -> list[tuple[str, str, int]]:
    """Return how many customers have each pair of segments by two models.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item with all customers.
    models : (SegmentationModel, SegmentationModel)
    naming : NamingInputs
        Names of the segments in this build.
    key : str
        Column that identifies a row.

    Returns
    -------
    list of (slug by the first, slug by the second, number of customers)
        Most customers first.
    """
    ones, others = (segments_query(engine, table, model, naming, key) for model in models)
    counted = engine.rows(
        "select ones.segment_slug, others.segment_slug, count(*) as customers "
        f"from {ones.from_item} as ones inner join {others.from_item} as others "
        f"on ones.{quoted(key)} = others.{quoted(key)} "
        "group by ones.segment_slug, others.segment_slug order by 3 desc, 1, 2"
    )
    return [(one, other, int(customers)) for one, other, customers in counted]


def agreement_of(counts: Sequence[tuple[str, str, int]]) -> Agreement:
    """Return how two segmentations of the same customers agree.

    Parameters
    ----------
    counts : sequence of (slug by one, slug by the other, number of customers)
        A row for each pair of slugs.

    Notes
    -----
    The adjusted Rand index is that of Hubert and Arabie (1985). Pairs are counted in whole numbers.
    """
    customers = sum(count for _, _, count in counts)
    kept = sum(count for one, other, count in counts if one == other)
    by_one: dict[str, int] = {}
    by_other: dict[str, int] = {}
    for one, other, count in counts:
        by_one[one] = by_one.get(one, 0) + count
        by_other[other] = by_other.get(other, 0) + count
    together = sum(_pairs(count) for _, _, count in counts)
    in_one, in_other = (sum(map(_pairs, sizes.values())) for sizes in (by_one, by_other))
    everything = _pairs(customers)
    # In units of 1 / everything, so that nothing is rounded before the last division.
    expected = in_one * in_other
    index = together * everything - expected
    most = (in_one + in_other) * everything / 2 - expected
    return Agreement(customers, kept, float(index / most) if most else 1.0)


def _pairs(customers: int) -> int:
    return customers * (customers - 1) // 2
