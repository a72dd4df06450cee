{#
  Text as a number, as people write numbers: with a point or a comma before decimals; blanks,
  apostrophes or the other mark between thousands; a sign of a currency; a minus at the end, or
  brackets, for negative numbers. Null where it is none. A column of numbers is read as it is.
  Models of other projects call this too: macros here are called by the name of their package.
  python/segmentation/onboarding/number_formats.py looks at columns by the same rules.
#}
{% macro read_marked_number(column, decimal_mark=".", type="decimal(18, 4)") -%}
    {%- set text = "cast(" ~ column ~ " as varchar)" -%}
    {%- set bare = segmentation.replace_matches(
        text, "[\\s\\x{00A0}\\x{202F}''’€$£¥]|EUR|USD|GBP|CHF|PLN|IDR|Rp|kr|zł", ""
    ) -%}
    {%- set between = "." if decimal_mark == "," else "," -%}
    {%- set digits = "([0-9]+|[0-9]{1,3}([" ~ between ~ "][0-9]{3})+)([" ~ decimal_mark
        ~ "][0-9]*)?([eE][-+]?[0-9]+)?" -%}
    {%- set written = "(" ~ digits ~ "|[" ~ decimal_mark ~ "][0-9]+)" -%}
    {%- set number = "replace(replace(" ~ bare ~ ", '" ~ between ~ "', ''), '" ~ decimal_mark
        ~ "', '.')" -%}
    case
        when {{ segmentation.matches(bare, "^[-+]?" ~ written ~ "$") }}
            then try_cast({{ number }} as {{ type }})
        when {{ segmentation.matches(bare, "^(" ~ written ~ "-|[(]" ~ written ~ "[)])$") }}
            then -try_cast(trim({{ number }}, '()-') as {{ type }})
    end
{%- endmacro %}
