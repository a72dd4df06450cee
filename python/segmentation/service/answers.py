"""The answers of the service, for its description of itself."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from segmentation.service.customer_example import CUSTOMER_EXAMPLE


class Answer(BaseModel):
    """An object without further fields."""

    model_config = ConfigDict(extra="forbid")


class Versions(Answer):
    """Where an answer comes from: which run of dbt, and which models."""

    run_id: str = Field(description="Another one is another version of the data.")
    dataset: str
    as_of: str = Field(description="The day that everything is relative to.")
    model_versions: dict[str, str] = Field(description="Segmentation to its current model.")


class Health(Answer):
    """The service is there."""

    status: str


class Ready(Answer):
    """The service can answer."""

    status: str
    versions: Versions


class Metadata(Answer):
    """The data that are served."""

    run_number: int
    built_at: str
    variant: str
    lifetime_value_model_version: str | None = Field(
        description="Of the model behind value_forecast; null where there is none."
    )
    versions: Versions


class Segmentation(Answer):
    """A segmentation, and what its model looks at."""

    segmentation: str
    model_version: str | None = Field(description="Null where there is no model.")
    measure: str | None = Field(description="distance or probability.")
    numbers: list[str]
    categories: list[str]


class Segmentations(Answer):
    """All segmentations."""

    segmentations: list[Segmentation]
    versions: Versions


class Segment(Answer):
    """A segment, as dim_segments has it."""

    segment_slug: str
    segment_name: str
    customers: int
    share: float | None
    headline: str | None
    description: str | None
    strategy: str | None
    channel: str | None
    priority: str | None


class Segments(Answer):
    """The segments of a segmentation."""

    segmentation: str
    segments: list[Segment]
    versions: Versions


class CustomerSegment(Answer):
    """The segment of a customer in one segmentation, as fct_customer_segments has it."""

    segmentation: str
    segment_slug: str = Field(description="unassigned where the first reason says why not.")
    segment_name: str
    distance: float | None
    probability: float | None
    runner_up_slug: str | None
    margin: float | None
    reasons: list[str]
    model_version: str | None


class Horizon(Answer):
    """What is expected of a customer in so many days."""

    days: int = Field(description="After as_of: 30, 90, 180 or 365.")
    expected_purchases: float | None = Field(description="Days with a purchase.")
    lower_purchases: float | None
    upper_purchases: float | None
    expected_revenue: float | None = Field(description="Null where spends are unknown.")
    lower_revenue: float | None
    upper_revenue: float | None


class ValueForecast(Answer):
    """What is expected of a customer, as fct_customer_value_forecast has it."""

    probability_active: float = Field(description="Probability that the customer is one still.")
    horizons: list[Horizon] = Field(
        description="Intervals hold for nine in ten customers, not for sums of them."
    )
    lifetime_value: float | None = Field(
        description="Revenue expected in the lifetime_years after as_of, discounted."
    )
    expected_next_purchase_on: str | None = Field(
        description="The day by which the next purchase is as likely as not; null where there is"
        " more likely none within the lifetime."
    )
    is_new: bool
    forecast_by: str | None = Field(description="combined, or purchase model.")
    reasons: list[str]
    model_version: str


class Period(Answer):
    """A time in which a customer was in one segment, as fct_customer_segment_history has it."""

    segmentation: str
    segment_slug: str | None = Field(description="Null while the customer was not in the data.")
    segment_name: str | None = Field(description="What it was called when the period began.")
    valid_from: str = Field(description="An observed day: the move itself can be older.")
    valid_to: str | None = Field(
        description="The day on which the next period begins; null of the last one."
    )
    days: int = Field(description="Of the last period, to the last observed day.")
    entry: str = Field(
        description="How it began: first observed, joined, moved, renamed, left or returned."
    )
    moved_by: str | None = Field(description="What changed since the period before began.")
    is_new_model: bool | None = Field(
        description="Of a move: whether another model was current on the observed day before."
    )
    reasons: list[str] = Field(description="For the segment, on the day the period began.")
    model_version: str | None


class Customer(Answer):
    """The segments of a customer, today and before, and what is expected of them."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [CUSTOMER_EXAMPLE]})

    customer_id: str
    segments: list[CustomerSegment]
    value_forecast: ValueForecast | None = Field(
        description="Null where the customer never bought, or there is no forecast."
    )
    history: list[Period] | None = Field(
        description="By segmentation, the first period first; null where the file has no history."
    )
    versions: Versions


class ScoredPerson(Answer):
    """The segment of a person; distances of a clustering, probabilities of a classifier."""

    customer_id: str | None
    segment_id: int
    segment_slug: str
    segment_name: str
    distance: float | None = None
    probability: float | None = None
    runner_up_slug: str | None
    margin: float | None
    reasons: list[str]
    distances: dict[str, float] | None = None
    probabilities: dict[str, float] | None = None


class ScoredPeopleAnswer(Answer):
    """The segments of people, in the order of the request."""

    segmentation: str
    model_version: str
    people: list[ScoredPerson]
    versions: Versions


class FieldError(Answer):
    """What is wrong with a field."""

    field: str = Field(description="A JSON pointer.")
    message: str


class ProblemDetails(Answer):
    """An error, as RFC 9457 has it."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldError] | None = None


PERSON_SCHEMA: dict[str, Any] = {
    "type": "object",
    "minProperties": 1,
    "properties": {
        "customer_id": {
            "type": ["string", "null"],
            "maxLength": 200,
            "description": "Comes back with the answer.",
        }
    },
    "additionalProperties": {"type": ["number", "string", "null"]},
    "description": "Features by name, see GET /segmentations. What is left out, or null, is taken"
    " as a build takes what is missing; so is a category that the model does not know.",
}
PEOPLE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["people"],
    "additionalProperties": False,
    "properties": {
        "people": {"type": "array", "minItems": 1, "maxItems": 1000, "items": PERSON_SCHEMA}
    },
}
EXAMPLES: dict[str, Any] = {
    "one person": {
        "summary": "One person, for value",
        "value": {
            "people": [
                {
                    "customer_id": "new-1",
                    "length_days": 300,
                    "recency_days": 4,
                    "usual_gap_days": 7,
                    "frequency": 40,
                    "monetary": 2100.5,
                    "purchase_days": 38,
                    "tenure_days": 304,
                    "overdue_ratio": 0.5,
                }
            ]
        },
    },
    "two people": {
        "summary": "Two people, of whom little is known",
        "value": {"people": [{"recency_days": 200}, {"recency_days": 2, "monetary": None}]},
    },
}
