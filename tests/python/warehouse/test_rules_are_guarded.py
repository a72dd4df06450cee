"""A broken rule of staging or features turns a test red: tests that cannot fail are none."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from builds import QUICK, Warehouse, project_copy

pytestmark = pytest.mark.long

BREAKS = [
    pytest.param(
        "models/staging/sample/stg_sample__campaign_activity.sql",
        "<= {{ as_of() }}",
        "< {{ as_of() }}",
        "contacts_are_summed_up_to_as_of",
        id="contacts sent on the day itself are lost",
    ),
    pytest.param(
        "models/intermediate/customers/int_customer_activity.sql",
        "coalesce(revenue, 0) < 0 as is_refund",
        "false as is_refund",
        "what_counts_as_a_purchase",
        id="refunds count as purchases",
    ),
    pytest.param(
        "models/intermediate/customers/int_customer_activity.sql",
        ">= {{ window_start() }}",
        "> {{ window_start() }}",
        "the_window_and_what_lies_before",
        id="the first day of the window is lost",
    ),
    pytest.param(
        "models/intermediate/customers/int_customer_lrfm.sql",
        '"last_purchase_on", as_of()',
        '"first_purchase_on", as_of()',
        "length_and_recency_in_days",
        id="recency runs from the first purchase",
    ),
    pytest.param(
        "models/intermediate/customers/int_customer_conversion.sql",
        "case when visits > 0 then cast(responses as double) / visits end",
        "case when visits > 0 then cast(responses as double) / visits else 0 end",
        "no_visits_no_rate",
        id="no visits become a rate of zero",
    ),
    pytest.param(
        "models/intermediate/customers/int_customer_rfm_scores.sql",
        "rank() over (order by monetary asc)",
        "row_number() over (order by monetary asc)",
        "fifths_and_ties",
        id="ties are cut",
    ),
    pytest.param(
        "models/intermediate/customers/int_customers.sql",
        "worked_out_ages.age_in_years <= age_groups.max_age",
        "worked_out_ages.age_in_years < age_groups.max_age",
        "ages_and_the_edges_of_their_groups",
        id="the upper edge of an age group is lost",
    ),
    pytest.param(
        "models/intermediate/customers/int_customer_value_per_year.sql",
        "coalesce(activity_per_year.revenue_per_year, customers.annual_spend)",
        "coalesce(customers.annual_spend, activity_per_year.revenue_per_year)",
        "a_year_of_the_same_and_what_the_record_states",
        id="a stated spend goes before revenue",
    ),
    pytest.param(
        "models/intermediate/customers/int_profile_states.sql",
        "or residence_type is not null",
        "or false",
        "who_is_known_by_more_than_the_spending",
        id="who is known by the residence alone has no profile",
    ),
    pytest.param(
        "models/marts/data_quality/rpt_unknown_values.sql",
        "and counted_values.value = known_values.contract_value",
        "and lower(counted_values.value) = lower(known_values.contract_value)",
        "what_the_seed_does_not_know",
        id="values of another case count as known",
    ),
    pytest.param(
        "models/intermediate/customers/int_value_states.sql",
        '(select count(*) from {{ ref("int_checked_orders") }})',
        '(select count(*) from {{ ref("int_checked_orders") }} where rejected_because is null)',
        "who_bought_and_why_the_others_have_no_value",
        id="rejected orders make a data set one without purchases",
    ),
    pytest.param(
        "models/intermediate/customers/int_prospect_states.sql",
        "tenure_days >= {{ early_days() }} - 1",
        "tenure_days >= {{ early_days() }}",
        "edges_of_tenure",
        id="a beginning that ends on the day itself is not whole",
    ),
    pytest.param(
        "models/intermediate/features/int_prospect_features.sql",
        "orders.ordered_on < {{ dbt.dateadd",
        "orders.ordered_on <= {{ dbt.dateadd",
        "nothing_after_the_early_days",
        id="day 31 leaks into the first days",
    ),
    pytest.param(
        "models/intermediate/features/int_later_sales.sql",
        "age_days >= {{ early_days() }}",
        "age_days > {{ early_days() }}",
        "between_the_first_days_and_the_horizon",
        id="day 31 belongs to nothing",
    ),
    pytest.param(
        "models/intermediate/features/int_features_at_age.sql",
        "where orders.ordered_on <= customers_at_age.reached_on",
        "where orders.ordered_on < customers_at_age.reached_on",
        "as_of_the_day_of_that_age",
        id="the day of the age itself is not seen",
    ),
    pytest.param(
        "models/intermediate/customers/int_prospect_horizon.sql",
        "when first_customers > 2 * typical_customers\n",
        "when first_customers > 3 * typical_customers\n",
        "a_first_month_of_old_customers",
        id="old customers of the first month are learned from",
    ),
    pytest.param(
        "models/marts/prospects/rpt_prospect_distribution.sql",
        "order by forecast.expected_customers desc, segments.segment_slug asc",
        "order by forecast.expected_customers desc, segments.segment_slug desc",
        "counts_shares_and_ranks",
        id="equally large segments are ranked the other way round",
    ),
    pytest.param(
        "models/marts/data_quality/rpt_shared_identities.sql",
        "where labelled_rows > 1",
        "where labelled_rows > 0",
        "identities_and_twins",
        id="who looks like nobody else has a twin",
    ),
    pytest.param(
        "models/marts/prospects/fct_prospect_probabilities.sql",
        "segments.segment_id + 1",
        "segments.segment_id",
        "each_segment_has_its_place_in_the_list",
        id="probabilities are those of the segment before",
    ),
    pytest.param(
        "models/intermediate/customers/int_purchase_days.sql",
        "and coalesce(revenue, 0) >= 0",
        "and true",
        "days_with_a_purchase_and_the_gaps_between_them",
        id="a refund is a purchase day",
    ),
    pytest.param(
        "models/marts/segments/rpt_segment_value.sql",
        "from refunds_without_purchase",
        "from refunds_without_purchase where false",
        "refunds_to_customers_who_never_bought",
        id="refunds to customers who never bought are lost",
    ),
    pytest.param(
        "models/marts/segments/dim_segments.sql",
        "when 3 * coalesce(expected_loss, 0) >= loss_of_all",
        "when 3 * coalesce(expected_loss, 0) > loss_of_all",
        "priority_by_expected_loss",
        id="exactly a third of the expected loss is not urgent",
    ),
    pytest.param(
        "models/marts/models/rpt_expected_loss_backtest.sql",
        "over (order by losses.expected_loss desc",
        "over (order by losses.run_rate desc",
        "the_largest_customers_are_not_those_who_lose_most",
        id="the back-test ranks by run rate",
    ),
    pytest.param(
        "models/marts/segments/fct_customer_measures.sql",
        "coalesce(activity.revenue, refunds_without_purchase.revenue, 0)",
        "coalesce(activity.revenue, 0)",
        "everybody_stands_in_one_row",
        id="metrics leave out refunds to customers who never bought",
    ),
]


@pytest.fixture(scope="module")
def output(sample: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what dbt says of each guard while the rule that it guards is broken.

    Rules of different models are broken together: a unit test reads nothing but the SQL of its own
    model and rows that it brings itself.
    """
    folder = tmp_path_factory.mktemp("broken")
    warehouse = sample.copy(folder)
    warehouse.project = project_copy(folder / "project")
    outputs: dict[str, str] = {}
    for breaks in runs():
        guards = [guard for *_, guard in breaks]
        with broken(warehouse.project, breaks):
            done = warehouse.dbt("test", "--select", *guards, dataset="sample", **QUICK)
        assert done.returncode != 0
        outputs |= dict.fromkeys(guards, done.stdout)
    return outputs


def runs() -> list[list[tuple[Any, ...]]]:
    """Divide the breaks: in each run one rule of a model is broken."""
    divided: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    earlier: Counter[str] = Counter()
    for breaking in BREAKS:
        path, *_ = breaking.values
        divided[earlier[path]].append(tuple(breaking.values))
        earlier[path] += 1
    return list(divided.values())


@contextmanager
def broken(project: Path, breaks: list[tuple[Any, ...]]) -> Iterator[None]:
    """Break rules of different models, and mend them."""
    texts = {}
    for path, rule, broken_rule, _ in breaks:
        text = (project / path).read_text()
        assert text.count(rule) == 1
        texts[path] = text
        (project / path).write_text(text.replace(rule, broken_rule))
    yield
    for path, text in texts.items():
        (project / path).write_text(text)


@pytest.mark.parametrize(
    ("path", "guard"),
    [pytest.param(breaking.values[0], breaking.values[-1], id=breaking.id) for breaking in BREAKS],
)
def test_a_broken_rule_turns_its_test_red(output: dict[str, str], path: str, guard: str) -> None:
    assert f"FAIL 1 {Path(path).stem}::{guard}" in output[guard], output[guard][-3000:]
