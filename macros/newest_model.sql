{#
  Which fitted model is current, of each data set and variant in a model table: the only place that
  says so, but for fits, which come before it (python/segmentation/registry/current.py, newest_first
  and champion_of; a test compares the two).

  It is the champion with the largest number, unless people decided otherwise: a version that
  seeds/model_promotions.csv pins is current, and one that it promotes is current until a champion is
  fitted after the decision. A challenger is current only where it is promoted or pinned.

  The version contains the number too, so that a row in which one of them was changed keeps its place;
  no fit gives numbers above a million. A row that lost its data set or variant counts for all of them,
  and a row that lost `became` counts as a champion. If its number is the largest, it is the current
  one, so that no earlier model takes its place unnoticed. The step that applies it finds that its
  digest does not match its values.
#}
{% macro newest_model(segmentation, models, run_settings, promotions) -%}
with

models as (

    select
        dataset,
        variant,
        model_number,
        model_version,
        fitted_at,
        as_of,
        coalesce(became, 'champion') = 'challenger' as is_challenger,
        cast(
            nullif(regexp_extract(model_version, '-([0-9]{1,9})-', 1), '') as bigint
        ) as number_in_version
    from {{ models }}

),

promotions as (

    select
        dataset,
        nullif(variant, '') as variant,
        model_version,
        action,
        -- A day counts to its end.
        cast(decided_on as timestamp)
        + case when length(trim(decided_on)) <= 10 then interval '1' day else interval '0' day end
            as decided_before
    from {{ promotions }}
    where segmentation = {{ segmentation }}

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

numbered_models as (

    select
        data_sets.dataset,
        data_sets.variant,
        models.model_number,
        models.model_version,
        models.fitted_at,
        models.as_of,
        models.is_challenger,
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

),

-- Decisions about versions that are not stored have no effect.
decisions as (

    select distinct
        numbered_models.dataset,
        numbered_models.variant,
        promotions.model_version,
        promotions.action,
        promotions.decided_before
    from numbered_models
    inner join promotions
        on
            numbered_models.dataset = promotions.dataset
            and numbered_models.variant = coalesce(promotions.variant, numbered_models.variant)
            and numbered_models.model_version = promotions.model_version

),

chosen_models as (

    select
        numbered_models.*,
        case
            when numbered_models.model_version = decisions.model_version
                then case when decisions.action = 'pin' then 'pinned' else 'promoted' end
            when numbered_models.is_challenger then null
            when decisions.action = 'pin' then null
            when numbered_models.fitted_at <= decisions.decided_before then null
            else 'newest champion'
        end as chosen_by
    from numbered_models
    left join decisions
        on
            numbered_models.dataset = decisions.dataset
            and numbered_models.variant = decisions.variant

),

ranked_models as (

    select
        *,
        row_number() over (
            partition by
                dataset,
                variant
            order by
                -- After a decision a later champion comes first, then what was decided.
                case when chosen_by = 'newest champion' then 0 else 1 end asc,
                newest_first asc
        ) as champion_first
    from chosen_models
    where chosen_by is not null

)

select
    {{ segmentation }} as segmentation,
    champions.dataset,
    champions.variant,
    champions.model_number,
    champions.model_version,
    champions.fitted_at,
    champions.as_of,
    champions.chosen_by,
    newest_fits.model_number as newest_number,
    newest_fits.model_version as newest_version,
    champions.newest_first > 1 as has_later_fits
from ranked_models as champions
inner join numbered_models as newest_fits
    on
        champions.dataset = newest_fits.dataset
        and champions.variant = newest_fits.variant
where
    champions.champion_first = 1
    and newest_fits.newest_first = 1
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
        in_any_file(ref("model_promotions")),
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
    chosen_by,
    newest_number,
    newest_version,
    has_later_fits,
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
