"""Kept promises: no customer has the name of a cluster that the own figures contradict.

A cluster is named by its typical customer, and others lie around that one. A customer who misses
the condition of the name by more than a factor of :data:`CUSTOMER_SLACK` goes to the nearest of the
clusters whose conditions the own figures do not contradict. Where all are contradicted, the nearest
cluster stays.
"""

from __future__ import annotations

from collections.abc import Sequence

from segmentation.engine.sql import Query, call, case
from segmentation.playbook.conditions import ConditionsOfSegments

# By which factor a customer may miss what the name of a cluster promises of the typical customer.
CUSTOMER_SLACK = 2.0


class KeptPromises(ConditionsOfSegments):
    """What the names of clusters promise: conditions by the segment_id of the cluster."""

    def kept(self, assigned: Query, dissimilarities: Sequence[str]) -> Query:
        """Return a query that also has ``cluster_id``: the nearest cluster with a fitting name.

        Parameters
        ----------
        assigned : Query
            Its result has ``segment_id``, the nearest cluster, and the columns of the conditions.
        dissimilarities : sequence of str
            SQL for the dissimilarity to each cluster. Of equally near ones the first counts.
        """
        contradicted = {
            i: sql
            for i, condition in self.conditions.items()
            if (sql := condition.contradiction_sql(self.thresholds, CUSTOMER_SLACK)) != "false"
        }
        if not contradicted or len(dissimilarities) < 2:
            return assigned.adding("clusters_by_name", ["segment_id as cluster_id"])
        fitting = [
            case([(f"not contradicts_{i}", expression)]) if i in contradicted else expression
            for i, expression in enumerate(dissimilarities)
        ]
        # least() skips nulls, and is null where every name is contradicted.
        nearest = case(
            [(f"fitting_{i} = nearest_fitting", str(i)) for i in range(len(fitting))], "segment_id"
        )
        misfit = case(
            [(str(i), f"contradicts_{i}") for i in contradicted], "false", of="segment_id"
        )
        return (
            assigned.adding(
                "contradicted_names",
                [f"{sql} as contradicts_{i}" for i, sql in contradicted.items()],
            )
            .adding("fitting_clusters", [f"{sql} as fitting_{i}" for i, sql in enumerate(fitting)])
            .adding(
                "nearest_fitting_clusters",
                [
                    f"{call('least', [f'fitting_{i}' for i in range(len(fitting))])} "
                    "as nearest_fitting"
                ],
            )
            .adding(
                "clusters_by_name", [f"{case([(misfit, nearest)], 'segment_id')} as cluster_id"]
            )
        )
