"""Macros that score people who are in no table yet, as SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from segmentation.clustering.assign import assignments_query
from segmentation.clustering.model import SegmentationModel
from segmentation.engine.base import Engine
from segmentation.engine.sql import quoted, text_literal
from segmentation.playbook.feature_words import FeatureWords

# What a macro returns.
_COLUMNS = (
    "customer_id",
    "segment_id",
    "segment_slug",
    "segment_name",
    "distance",
    "runner_up_slug",
    "margin",
    "reason_1",
    "reason_2",
    "reason_3",
    "model_version",
)


def scoring_macros(
    engine: Engine,
    model: SegmentationModel,
    words: Mapping[str, FeatureWords],
    names: Sequence[tuple[int, str, str]],
) -> dict[str, str]:
    """Return two DuckDB macros, as what stands after their name in ``create macro``.

    Parameters
    ----------
    engine : Engine
    model : SegmentationModel
    words : mapping
        Feature to its words.
    names : sequence of (segment_id, slug, name)

    Returns
    -------
    dict
        ``people_macro`` takes the name of a table, one row for each person; a column that the
        table lacks is unknown for everybody. ``person_macro`` takes the features of one person
        by name; those that are left out are unknown.
    """
    features = model.prepared_features
    kinds = [(feature.name, "double") for feature in features.numbers]
    kinds += [(category.name, "varchar") for category in features.categories]
    nothing = ", ".join(
        f"cast(null as {kind}) as {quoted(name)}"
        for name, kind in [("customer_id", "varchar"), *kinds]
    )
    people = f"(select * from query_table(people) union all by name select {nothing} where false)"
    given = ", ".join(f"cast({quoted(name)} as {kind}) as {quoted(name)}" for name, kind in kinds)
    person = f"(select cast(null as varchar) as customer_id, {given})"
    parameters = ", ".join(f"{quoted(name)} := null" for name, _ in kinds)
    return {
        "people_macro": f"(people) as table {_named(engine, people, model, words, names)}",
        "person_macro": f"({parameters}) as table {_named(engine, person, model, words, names)}",
    }


def refusing_macros(segmentation: str, features: Sequence[str]) -> dict[str, str]:
    """Return what stands in for :func:`scoring_macros` where there is no model to score by.

    Parameters
    ----------
    segmentation : str
    features : sequence of str
        What one person could have been given: the macro takes them, to say that there is no model
        rather than that there is no such feature.

    Returns
    -------
    dict
        As :func:`scoring_macros`; each macro raises an error that says so.
    """
    message = (
        f"This warehouse has no model of the segmentation {segmentation!r}, for in the last build "
        f"there was nobody to fit one to. Build a data set that knows the features: "
        f"{', '.join(features)}."
    )
    columns = ", ".join(f"null as {name}" for name in _COLUMNS)
    refusal = f"select {columns} where error({text_literal(message)}) is not null"
    parameters = ", ".join(f"{quoted(name)} := null" for name in features)
    return {
        "people_macro": f"(people) as table {refusal}",
        "person_macro": f"({parameters}) as table {refusal}",
    }


def _named(
    engine: Engine,
    table: str,
    model: SegmentationModel,
    words: Mapping[str, FeatureWords],
    names: Sequence[tuple[int, str, str]],
) -> str:
    slugs = " ".join(f"when {i} then {text_literal(slug)}" for i, slug, _ in names)
    written = " ".join(f"when {i} then {text_literal(name)}" for i, _, name in names)
    return (
        "select customer_id, segment_id, "
        f"case segment_id {slugs} else 'noise' end as segment_slug, "
        f"case segment_id {written} else 'Noise' end as segment_name, distance, "
        f"case runner_up_id {slugs} end as runner_up_slug, margin, reason_1, reason_2, reason_3, "
        f"model_version from ({assignments_query(engine, table, model, words)})"
    )
