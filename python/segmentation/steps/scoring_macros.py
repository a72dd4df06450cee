"""Macros that score people who are in no table yet, as SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from segmentation.clustering.assign import assignments_query, columns_beside, scoring_rule
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.naming import NamedSegment
from segmentation.engine.base import Engine
from segmentation.engine.sql import Query, case, quoted, select, text_literal
from segmentation.features.absence import ABSENCE, RECENCY, USUAL_GAP, with_absence
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
    segments: Sequence[NamedSegment],
    words: Mapping[str, FeatureWords],
) -> dict[str, str]:
    """Return two DuckDB macros, as what stands after their name in ``create macro``.

    Parameters
    ----------
    engine : Engine
    model : SegmentationModel
    segments : sequence of NamedSegment
        Its clusters, then the states.
    words : mapping
        Feature to its words.

    Returns
    -------
    dict
        ``people_macro`` takes the name of a table, one row for each person; a column that the
        table lacks is missing for everybody. ``person_macro`` takes the features of one person by
        name; those that are left out are missing. Both take what today's conditions of states and
        of clusters look at. Absence is made of recency and the usual gap: of one person always, in
        a table where it is not given.
    """
    features = model.prepared_features
    rule = scoring_rule(model, segments)
    beside = columns_beside(engine, Query(), model, words)
    conditioned = [*rule.states.columns, *rule.promises.columns]
    numbers = dict.fromkeys([*model.known_numbers, *conditioned, *beside])
    has_absence = ABSENCE in numbers
    if has_absence:
        numbers |= dict.fromkeys([RECENCY, USUAL_GAP])
    kinds = [(name, "double") for name in numbers]
    kinds += [(category.name, "varchar") for category in features.categories]
    columns = [("customer_id", "varchar"), *kinds]
    nulls = [f"cast(null as {kind}) as {quoted(name)}" for name, kind in columns]
    # A column that the table lacks comes from the second select, which has no rows.
    people = Query().step(
        "people_with_every_feature",
        f"select * from query_table(people)\nunion all by name\n{select(nulls, '', where='false')}",
    )
    if has_absence:
        people = with_absence(people, is_given=True)
    # A parameter hides a column of its name in every step: one that is made is no parameter.
    asked = [(name, kind) for name, kind in kinds if not (has_absence and name == ABSENCE)]
    given = [f"cast({quoted(name)} as {kind}) as {quoted(name)}" for name, kind in asked]
    person = Query().step("person", select([nulls[0], *given], ""))
    if has_absence:
        person = with_absence(person, is_given=False)
    parameters = ", ".join(f"{quoted(name)} := null" for name, _ in asked)
    of_people = _named(engine, people, model, segments, words)
    of_person = _named(engine, person, model, segments, words)
    return {
        "people_macro": f"(people) as table\n{of_people}",
        "person_macro": f"({parameters}) as table\n{of_person}",
    }


def refusing_macros(segmentation: str, features: Sequence[str]) -> dict[str, str]:
    """Return macros that replace :func:`scoring_macros` if there is no model.

    Parameters
    ----------
    segmentation : str
    features : sequence of str
        Arguments of the macro for one person, so that its error says that there is no model, not
        that there is no such feature.

    Returns
    -------
    dict
        As :func:`scoring_macros`; each macro raises an error that says so.
    """
    message = (
        f"This warehouse has no model of the segmentation {segmentation!r}, because the last "
        f"build had no customers to fit one to. Build a data set that knows the features: "
        f"{', '.join(features)}."
    )
    columns = [f"null as {name}" for name in _COLUMNS]
    refusal = select(columns, "", where=f"error({text_literal(message)}) is not null")
    parameters = ", ".join(f"{quoted(name)} := null" for name in features)
    return {
        "people_macro": f"(people) as table\n{refusal}",
        "person_macro": f"({parameters}) as table\n{refusal}",
    }


def _named(
    engine: Engine,
    people: Query,
    model: SegmentationModel,
    segments: Sequence[NamedSegment],
    words: Mapping[str, FeatureWords],
) -> Query:
    slugs = [(str(s.segment_id), text_literal(s.segment_slug)) for s in segments]
    written = [(str(s.segment_id), text_literal(s.segment_name)) for s in segments]
    made = {
        "segment_slug": case(slugs, "'noise'", of="segment_id"),
        "segment_name": case(written, "'Noise'", of="segment_id"),
        "runner_up_slug": case(slugs, of="runner_up_id"),
    }
    assignments = assignments_query(engine, people, model, segments, words)
    return assignments.step(
        "named_segments",
        select(
            [f"{made[name]} as {name}" if name in made else name for name in _COLUMNS],
            assignments.result,
        ),
    )
