{#
  Which fitted model is current, of each data set and variant in a model table: the only place that
  says so, but for fits, which come before it (python/segmentation/registry/current.py,
  newest_first; a test compares the two).

  It is the row with the largest number. The number stands in the version too, so that a row in which
  one of them was changed keeps its place; numbers above a million were given by no fit. A row that
  lost its data set or variant may be of any: it is taken for the current one where its number is the
  largest, so that no earlier model takes its place unnoticed, and whatever would apply it finds that
  its digest is not that of its values.
#}
{% macro newest_model(segmentation, models, run_settings) -%}
with

models as (

    select
        dataset,
        variant,
        model_number,
        model_version,
        fitted_at,
        as_of,
        cast(
            nullif(regexp_extract(model_version, '-([0-9]{1,9})-', 1), '') as bigint
        ) as number_in_version
    from {{ models }}

),

data_sets as (

    select
        dataset,
        variant
    from models
    where
        dataset is not null
        and variant is not null
    union
    select
        dataset,
        variant
    from {{ run_settings }}

),

ranked_models as (

    select
        data_sets.dataset,
        data_sets.variant,
        models.model_number,
        models.model_version,
        models.fitted_at,
        models.as_of,
        row_number() over (
            partition by
                data_sets.dataset,
                data_sets.variant
            order by
                greatest(
                    case
                        when models.model_number between 0 and 1000000 then models.model_number
                        else 0
                    end,
                    case
                        when models.number_in_version <= 1000000 then models.number_in_version
                        else 0
                    end
                ) desc,
                -- Of equal numbers the one that was fitted last, of those the greatest version.
                models.fitted_at desc nulls last,
                models.model_version desc nulls last
        ) as newest_first
    from data_sets
    inner join models
        on
            data_sets.dataset = coalesce(models.dataset, data_sets.dataset)
            and data_sets.variant = coalesce(models.variant, data_sets.variant)

)

select
    {{ segmentation }} as segmentation,
    dataset,
    variant,
    model_number,
    model_version,
    fitted_at,
    as_of
from ranked_models
where newest_first = 1
{%- endmacro %}


{#
  The current models of a segmentation, with the settings of today's build: what is not fitted, such as
  the limits of names, is read from them. A view made of this is right as soon as a fit has ended, in
  whatever selection of models.
#}
{% macro current_model(segmentation) -%}
{#- There is no graph while dbt reads the project, and none in a unit test. -#}
{%- set fit = graph.get("nodes", {}).get("model.segmentation." ~ segmentation ~ "_model") -%}
with

current_models as (

    {{ newest_model(
        text_literal(segmentation),
        in_any_file(ref(segmentation ~ "_model")),
        in_any_file(ref("int_run_settings")),
    ) | indent(4) }}

)

select
    segmentation,
    dataset,
    variant,
    model_number,
    model_version,
    fitted_at,
    as_of,
    {{ text_literal(tojson(fit.config.meta.settings) if fit else "{}") }} as settings,
    {{ text_literal(fit.config.meta.overrides if fit else "{}") }} as overrides
from current_models
{%- endmacro %}

{#
  What a view reads, without its database where that is this file: the view is still right in a copy of
  the file under another name.
#}
{% macro in_any_file(relation) -%}
    {{- return(relation.include(database=relation.database != target.database)) -}}
{%- endmacro %}
