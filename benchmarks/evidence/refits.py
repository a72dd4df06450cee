"""Names under other samples of the same customers, fitted with the library alone."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import yaml
from segmentation.clustering.assign import assignments_query
from segmentation.clustering.days_covered import in_proportion
from segmentation.clustering.fit import fit_model
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.naming import NamedSegment, NamingInputs
from segmentation.clustering.options import SegmentationOptions
from segmentation.clustering.segments_of_table import as_named_today, segments_of_table
from segmentation.engine.duckdb import DuckDBEngine
from segmentation.engine.threads import limit_native_threads
from segmentation.playbook.feature_words import FeatureWords, read_feature_words
from segmentation.playbook.playbook import read_playbook
from segmentation.registry.header import FitRequest
from segmentation.registry.run import Run
from sklearn.metrics import adjusted_rand_score

from benchmarks.evidence.builds import QUICK
from benchmarks.race import PROJECT

SEED = 20240229
RESAMPLES = 20
CONTAMINATED_SHARE = 0.005
# What the spend of a replaced customer is multiplied by.
CONTAMINATIONS = {"net refunders": -1.0, "1000 × spenders": 1000.0}

# Of customers whose day does not matter.
RUN = Run("evidence", "default", datetime.date(2025, 12, 31), 365)

SEEDS = PROJECT / "seeds"
MODEL_YML = PROJECT / "models" / "segmentation" / "value" / "value_model.yml"


@dataclass(frozen=True)
class NamedFit:
    """A model of the value segmentation, and what it says of a table of customers.

    Attributes
    ----------
    model : SegmentationModel
    naming : NamingInputs
    """

    model: SegmentationModel
    naming: NamingInputs

    def applied(
        self, features: pd.DataFrame, as_of: datetime.date | None = None
    ) -> tuple[pd.DataFrame, list[NamedSegment]]:
        """Name customers as a build does that has this model.

        Parameters
        ----------
        features : DataFrame
            The columns of ``int_value_features``.
        as_of : date, optional
            Their day, where it is not that of the fit.

        Returns
        -------
        DataFrame
            customer_id, segment_id, segment_slug, reason_1 to reason_3, in the order of `features`.
        list of NamedSegment
            As they are among these customers.
        """
        with _table_of(features) as connection:
            engine = DuckDBEngine(connection)
            day = as_of or self.model.as_of
            model = in_proportion(engine, "features", self.model, day)
            segments = segments_of_table(engine, "features", model, self.naming)
            query = assignments_query(engine, "features", model, segments, self.naming.words)
            found = engine.frame(query)
        slugs = {segment.segment_id: segment.segment_slug for segment in segments}
        found["segment_slug"] = found.segment_id.map(slugs)
        return found.set_index("customer_id").loc[features.customer_id].reset_index(), segments


@dataclass(frozen=True)
class Agreement:
    """How far names of resamples agree with those of all customers.

    Attributes
    ----------
    rand_p10 : float
        10th percentile, over resamples, of the adjusted Rand index.
    rand_mean : float
    same_name_p10 : float
        10th percentile of the share of customers with the same name.
    """

    rand_p10: float
    rand_mean: float
    same_name_p10: float


def spoken_words() -> Mapping[str, FeatureWords]:
    """Return the words of the seed ``feature_words``."""
    return read_feature_words(_seed("feature_words"))


def fit_names(
    features: pd.DataFrame,
    options: Mapping[str, Any] | None = None,
    *,
    run: Run = RUN,
    follows: NamedFit | None = None,
) -> NamedFit:
    """Fit the value segmentation to customers, with the project's settings and playbook.

    Native libraries keep to one thread from here on, as in a build.

    Parameters
    ----------
    features : DataFrame
        The columns of ``int_value_features``; at least one row.
    options : mapping, optional
        Laid over the project's settings.
    run : Run
        The day of the customers, and the window that their figures count.
    follows : NamedFit, optional
        The fit before, whose names go on.
    """
    limit_native_threads()
    (model_yml,) = yaml.safe_load(MODEL_YML.read_text())["models"]
    settings = model_yml["config"]["meta"]["settings"]
    overrides = {**QUICK["value_options"], **(options or {})}
    read = SegmentationOptions.from_mapping(settings, overrides)
    naming = NamingInputs(read_playbook(_seed("segment_playbook"), "value"), spoken_words(), read)
    request = FitRequest("value", run, "to measure it")
    with _table_of(features) as connection:
        engine = DuckDBEngine(connection)
        if follows:
            before = in_proportion(engine, "features", follows.model, run.as_of)
            earlier = as_named_today(engine, "features", before, naming)
            naming = dataclasses.replace(naming, earlier=earlier)
        model = fit_model(engine, "features", read, request, naming)
    if model is None:
        raise ValueError("There are no customers to fit.")
    return NamedFit(model, naming)


def bootstrap_agreement(features: pd.DataFrame, resamples: int = RESAMPLES) -> Agreement:
    """Fit to resamples of the customers, drawn with replacement, and compare names.

    Each model names all customers, as a build does that has this model.

    Parameters
    ----------
    features : DataFrame
        The columns of ``int_value_features``.
    resamples : int
    """
    random = np.random.default_rng(SEED)
    slugs = fit_names(features).applied(features)[0].segment_slug
    indices, shares = [], []
    for _ in range(resamples):
        drawn = features.iloc[random.integers(len(features), size=len(features))]
        drawn = drawn.assign(customer_id=[f"drawn {row}" for row in range(len(drawn))])
        again = fit_names(drawn).applied(features)[0].segment_slug
        indices.append(float(adjusted_rand_score(slugs, again)))
        shares.append(float((slugs == again).mean()))
    return Agreement(
        rand_p10=float(np.quantile(indices, 0.1)),
        rand_mean=float(np.mean(indices)),
        same_name_p10=float(np.quantile(shares, 0.1)),
    )


def contaminated(features: pd.DataFrame, kind: str) -> tuple[pd.DataFrame, pd.Series]:
    """Replace half a percent of the customers, chosen by chance, by others.

    Parameters
    ----------
    features : DataFrame
    kind : {"net refunders", "1000 × spenders"}
        Customers who gave back more than they spent: their spend becomes as much below zero. Or
        customers who spent 1,000 times as much.

    Returns
    -------
    DataFrame
        The customers, some of them replaced.
    Series of bool
        Who was not.
    """
    random = np.random.default_rng(SEED)
    count = max(round(CONTAMINATED_SHARE * len(features)), 1)
    replaced = np.zeros(len(features), dtype=bool)
    replaced[random.choice(len(features), size=count, replace=False)] = True
    # A spend of zero would stay what it is.
    spend = features.monetary.where(features.monetary > 0, features.monetary.median())
    other = features.assign(monetary=features.monetary.mask(replaced, CONTAMINATIONS[kind] * spend))
    return other, pd.Series(~replaced, index=features.index)


def changed_by_contamination(features: pd.DataFrame, kind: str) -> float:
    """Return which share of the customers who were not replaced change their names.

    Both models are fitted anew, one of them with the replaced customers.
    """
    other, is_kept = contaminated(features, kind)
    before = fit_names(features).applied(features)[0].segment_slug
    after = fit_names(other).applied(other)[0].segment_slug
    return float((before != after)[is_kept.to_numpy()].mean())


def _table_of(features: pd.DataFrame) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.register("frame", features)
    connection.execute("create table features as select * from frame")
    connection.unregister("frame")
    return connection


def _seed(name: str) -> list[dict[str, Any]]:
    """Read a seed as dbt does: what is empty is null."""
    path = SEEDS / f"{name}.csv"
    with duckdb.connect() as connection:
        found: list[dict[str, Any]] = (
            connection.sql(f"from read_csv('{path}', header = true)").to_arrow_table().to_pylist()
        )
        return found
