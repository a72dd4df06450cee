{#- Columns of the header that every fit has; and those of some kinds, null in the others. -#}
{%- set shared_columns = [
    "segmentation", "dataset", "variant", "model_number", "model_version", "previous_version",
    "fitted_at", "as_of", "lrfm_window_days", "fit_reason", "algorithm", "features_used",
    "features_dropped", "options", "fit_hash", "sample_fingerprint", "library_versions",
    "gates", "became",
] -%}
{%- set clustering_columns = [
    "k", "k_asked", "k_by_rule", "metrics", "k_scan", "knee_of_shorter_scan", "null_comparisons",
    "structure", "evidence", "comparison", "succession",
] -%}
{%- set learning_columns = ["labelled_customers", "horizon_days", "learned_from_day"] -%}
{%- set known = {
    "prospects": {
        "k": "k",
        "k_asked": "'as many as are known'",
        "labelled_customers": "labelled_customers",
        "horizon_days": "horizon_days",
        "learned_from_day": "learned_from_day",
    },
    "lifetime_value": {"labelled_customers": "customers"},
} -%}
{%- for segmentation in clusterings() -%}
    {%- do known.update({segmentation: dict(zip(clustering_columns, clustering_columns))}) -%}
{%- endfor -%}
{%- set columns_of = {} -%}
{%- for kind in fitted_models() -%}
    {%- set columns = shared_columns[:] -%}
    {%- for column in clustering_columns + learning_columns -%}
        {%- do columns.append(known[kind].get(column, "null") ~ " as " ~ column) -%}
    {%- endfor -%}
    {%- do columns_of.update({kind: columns}) -%}
{%- endfor -%}

with

{% for kind in fitted_models() %}
    {{ kind }}_models as (

        select *
        from {{ ref(kind ~ "_model") }}

    ),
{% endfor %}
unioned_models as (

    {% for kind in fitted_models() %}
        select {{ columns_of[kind] | join(", ") }}
        from {{ kind }}_models
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

current_models as (

    select
        segmentation,
        dataset,
        variant,
        model_number,
        model_version,
        chosen_by,
        is_of_this_build
    from {{ ref("current_models") }}

),

marked_models as (

    select
        unioned_models.*,
        current_models.model_version is not null as is_in_force,
        current_models.chosen_by,
        coalesce(current_models.is_of_this_build, false) as is_of_this_build
    from unioned_models
    left join current_models
        on
            unioned_models.segmentation = current_models.segmentation
            and unioned_models.dataset = current_models.dataset
            and unioned_models.variant = current_models.variant
            and unioned_models.model_number = current_models.model_number
            and unioned_models.model_version = current_models.model_version
    -- A damaged row that has lost what identifies it is no model; the log names it.
    where
        unioned_models.dataset is not null
        and unioned_models.variant is not null
        and unioned_models.model_number is not null
        and unioned_models.model_version is not null

)

select
    segmentation,
    dataset,
    variant,
    model_number,
    model_version,
    previous_version,
    is_in_force,
    chosen_by,
    is_of_this_build,
    coalesce(became, 'champion') as became,
    gates,
    fitted_at,
    as_of,
    lrfm_window_days,
    fit_reason,
    algorithm,
    k,
    k_asked,
    k_by_rule,
    features_used,
    features_dropped,
    metrics,
    options,
    fit_hash,
    sample_fingerprint,
    library_versions,
    k_scan,
    knee_of_shorter_scan,
    null_comparisons,
    structure,
    evidence,
    comparison,
    succession,
    labelled_customers,
    horizon_days,
    learned_from_day
from marked_models
