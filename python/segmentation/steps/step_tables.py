"""The tables that steps of a build read: relations, or names of tables."""

from __future__ import annotations

from dataclasses import dataclass

from segmentation.engine.base import Table


@dataclass(frozen=True)
class FitTables:
    """What the fit of a segmentation reads.

    Attributes
    ----------
    features
        The feature table, all customers.
    run_settings
        ``int_run_settings``.
    playbook, feature_words
        The two seeds that name segments.
    """

    features: Table
    run_settings: Table
    playbook: Table
    feature_words: Table


@dataclass(frozen=True)
class ModelTables:
    """What every step reads that applies the current model of a segmentation.

    Attributes
    ----------
    features
        The feature table, all customers.
    models
        The models fitted so far.
    current_model
        Which of them is current, and the settings of today.
    run_settings
        ``int_run_settings``.
    """

    features: Table
    models: Table
    current_model: Table
    run_settings: Table
