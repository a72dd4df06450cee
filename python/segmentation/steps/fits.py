"""The fits of a build, with the libraries that they need loaded where a model is fitted.

scikit-learn and what stands on it take seconds to load. A build that keeps its models does not fit,
and its steps do not wait for them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING

import pandas as pd

from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.naming import NamingInputs
from segmentation.clustering.options import SegmentationOptions
from segmentation.engine.base import Engine
from segmentation.engine.threads import load_scikit_learn
from segmentation.lifetime_value.model import LifetimeValueModel
from segmentation.lifetime_value.options import LifetimeValueOptions
from segmentation.registry.header import FitRequest

if TYPE_CHECKING:
    from segmentation.classification import ClassifierFit, ClassifierOptions


def fit_model(
    engine: Engine,
    table: str,
    options: SegmentationOptions,
    request: FitRequest,
    naming: NamingInputs | None = None,
    *,
    key: str = "customer_id",
) -> SegmentationModel | None:
    """Fit a segmentation in one native thread, see :func:`segmentation.clustering.fit.fit_model`.

    Parameters and result are those of that function.
    """
    load_scikit_learn()
    from segmentation.clustering import fit

    return fit.fit_model(engine, table, options, request, naming, key=key)


def fit_classifier(
    frame: pd.DataFrame,
    target: str,
    identities: str,
    options: ClassifierOptions,
    prospect_identities: Iterable[Hashable] = (),
) -> ClassifierFit:
    """Learn in one native thread which segment a person joins.

    Parameters and result are those of :func:`segmentation.classification.fit.fit_classifier`.
    """
    load_scikit_learn()
    from segmentation.classification import fit

    return fit.fit_classifier(frame, target, identities, options, prospect_identities)


def fit_lifetime_value(
    engine: Engine,
    customers: str,
    backtests: str,
    options: LifetimeValueOptions,
    request: FitRequest,
    fit_hash: str,
) -> LifetimeValueModel:
    """Fit lifetime value in one native thread.

    Parameters and result are those of :func:`segmentation.lifetime_value.learning.learn_model`.
    """
    load_scikit_learn()
    from segmentation.lifetime_value import learning

    return learning.learn_model(engine, customers, backtests, options, request, fit_hash)
