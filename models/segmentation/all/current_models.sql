{% for segmentation in fitted_models() -%}
    select
        segmentation,
        dataset,
        variant,
        model_number,
        model_version,
        fitted_at,
        as_of,
        chosen_by,
        newest_version,
        has_later_fits,
        dataset = {{ text_literal(dataset()) }}
        and variant = {{ text_literal(variant()) }} as is_of_this_build
    from {{ in_any_file(ref(segmentation ~ "_current_model")) }}
    {% if not loop.last -%}
        union all
    {% endif %}
{%- endfor %}
