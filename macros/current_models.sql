{# What reports read of the models that the model current_models lists for this build. #}

{# Its rows of all_models: at most one for each segmentation. #}
{% macro current_models() -%}
    select *
    from {{ ref("all_models") }}
    where is_of_this_build
{%- endmacro %}

{# The row of prospects_model, with what only a classifier has; no row where none was fitted. #}
{% macro current_classifiers() -%}
    select classifiers.*
    from {{ ref("prospects_model") }} as classifiers
    inner join ({{ current_models() }}) as models
        on classifiers.model_version = models.model_version
    where models.segmentation = 'prospects'
{%- endmacro %}

{# The row of lifetime_value_model; none where there is no customer with an order. #}
{% macro current_lifetime_value_models() -%}
    select fits.*
    from {{ ref("lifetime_value_model") }} as fits
    inner join ({{ current_models() }}) as models
        on fits.model_version = models.model_version
    where models.segmentation = 'lifetime_value'
{%- endmacro %}
