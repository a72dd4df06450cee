"""The models of a mapping: SQL and yml as a person would have written them.

Each table of a source has a base model, one row for each row that was read, with the reason why it
cannot be used. Models in the shape of the contract read from these, and two more count the rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from segmentation.engine.sql import quoted, text_literal
from segmentation.onboarding.addresses import slug
from segmentation.onboarding.contract import KINDS, NEEDED, ContractTable, Kind, contract_tables
from segmentation.onboarding.date_formats import ISO, strptime_format
from segmentation.onboarding.jinja_text import as_plain_text
from segmentation.onboarding.mapping import ColumnReading, Condition, Mapping, TableMapping

_YES = "('1', 'true', 't', 'yes', 'y', 'ja', 'j', 'oui', 'si', 'sí', 'x')"
_AMOUNT = "decimal(18, 4)"
# Columns that refunds make negative.
_SIGNED = ("items", "revenue")


def base_model_name(mapping: Mapping, table: TableMapping) -> str:
    """Return the name of the model that reads a table."""
    return f"base_{mapping.name}__{table.model}"


def contract_model_name(mapping: Mapping, table: str) -> str:
    """Return the name of the model that is a table of the contract."""
    return f"stg_{mapping.name}__{table}"


def rows_read_name(mapping: Mapping) -> str:
    """Return the name of the model that counts the rows of each table."""
    return f"{mapping.name}_rows_read"


def rejected_rows_name(mapping: Mapping) -> str:
    """Return the name of the model that lists the rows that were left out."""
    return f"{mapping.name}_rejected_rows"


def tables_of(mapping: Mapping) -> list[ContractTable]:
    """Return the tables of the contract that a mapping gives."""
    categories = any("product_category" in table.columns for table in mapping.of("order_lines"))
    return contract_tables({str(table.holds) for table in mapping.tables}, categories)


def base_model(mapping: Mapping, table: TableMapping, *, header: str = "") -> str:
    """Return the SQL of the model that reads a table, one row for each row that was read."""
    kinds = _kinds(table)
    read = ["source_row", "malformed", "repeats_row"]
    for name, kind in kinds.items():
        reading = _reading(table, name)
        if kind not in ("id", "text"):
            read.append(f"{_as_text(reading.column)} as {name}_text")
        read += _as_column(_value(reading, kind, mapping.time_zone), name)
    read += _flags(table)
    final = ["source_row", *_final_columns(table, kinds), *_reason(table, kinds)]
    return f"""{header}-- Reads {_comment(table.source)}, one row for each row that it has.
with

source as (

    select * from {{{{ source({_name(mapping.name)}, {_name(table.model)}) }}}}

),

read_columns as (

    select
{_listed(read)}
    from source

)

select
{_listed(final, 4)}
from read_columns
"""


def contract_model(mapping: Mapping, table: ContractTable, *, header: str = "") -> str:
    """Return the SQL of a model in the shape of the contract."""
    sources = mapping.of(table.made_from)
    columns = _columns_of(sources)
    parts = []
    for source in sources:
        has = set(_kinds(source)) | ({"revenue"} if source.holds == "order_lines" else set())
        selected = [name if name in has else f"null as {name}" for name in columns]
        if table.made_from == "orders" and "order_id" not in has:
            selected = [
                f"concat({text_literal(source.model + '-')}, source_row) as order_id"
                if name == "null as order_id"
                else name
                for name in selected
            ]
        parts.append(
            f"    select\n{_listed(selected)}\n"
            f"    from {{{{ ref({_name(base_model_name(mapping, source))}) }}}}\n"
            "    where rejected_because is null"
        )
    rows = "accepted_" + {"order_lines": "lines", "campaign_contacts": "contacts"}.get(
        table.made_from, "rows"
    )
    union = "\n\n    union all\n\n".join(parts)
    return f"{header}with\n\n{rows} as (\n\n{union}\n\n)\n\n{_final(table, rows, columns)}"


def rejected_rows_model(mapping: Mapping, *, header: str = "") -> str:
    """Return the SQL of the list of rows that were left out, each with its reason."""
    parts = [
        f"select\n    {text_literal(table.model)} as source_table,\n    source_row,\n"
        "    rejected_because,\n    rejected_value\n"
        f"from {{{{ ref({_name(base_model_name(mapping, table))}) }}}}\n"
        "where rejected_because is not null"
        for table in mapping.tables
    ]
    return header + "\n\nunion all\n\n".join(parts) + "\n"


def rows_read_model(mapping: Mapping, *, header: str = "") -> str:
    """Return the SQL of the counts: read, accepted and rejected rows of each table."""
    parts = [
        f"select\n    {text_literal(table.model)} as source_table,\n    count(*) as rows_read,\n"
        "    count(*) filter (where rejected_because is null) as rows_accepted,\n"
        "    count(rejected_because) as rows_rejected\n"
        f"from {{{{ ref({_name(base_model_name(mapping, table))}) }}}}"
        for table in mapping.tables
    ]
    return header + "\n\nunion all\n\n".join(parts) + "\n"


def revenue_test(mapping: Mapping) -> str:
    """Return a data test: orders hold the revenue of all accepted lines, but for rounding."""
    lines = "\n    union all\n".join(
        f"    select revenue from {{{{ ref({_name(base_model_name(mapping, table))}) }}}}"
        " where rejected_because is null"
        for table in mapping.of("order_lines")
    )
    orders = contract_model_name(mapping, "orders")
    return f"""-- No revenue of an accepted line is lost on the way to orders.
with

lines as (

{lines}

)

select
    (select sum(revenue) from lines) as revenue_of_lines,
    sum(revenue) as revenue_of_orders
from {{{{ ref({_name(orders)}) }}}}
having abs(revenue_of_lines - revenue_of_orders) > 0.005 * count(*)
"""


def _kinds(table: TableMapping) -> dict[str, Kind]:
    """Return the columns that a base model has of its source, with their kinds."""
    known = KINDS[table.holds]
    kinds = {name: kind for name, kind in known.items() if name in table.columns}
    return kinds | {name: _further_kind(table, name) for name in table.further_columns}


def _further_kind(table: TableMapping, name: str) -> Kind:
    return "amount" if table.further_columns[name].decimal else "text"


def _reading(table: TableMapping, name: str) -> ColumnReading:
    return table.columns.get(name) or table.further_columns[name]


def _as_text(column: str) -> str:
    return f"cast({_quoted(column)} as varchar)"


def _as_column(value: str, name: str) -> list[str]:
    return [value if value == name else f"{value} as {name}"]


def _value(reading: ColumnReading, kind: Kind, time_zone: str | None) -> str:
    column = _quoted(reading.column)
    if kind in ("id", "text"):
        return f"nullif(trim({_as_text(reading.column)}), '')"
    if kind == "yes or no":
        return f"lower({_as_text(reading.column)}) in {_YES}"
    if kind == "whole number" and reading.dates:
        # A birth year: the year of a date.
        written = [strptime_format(name) for name in reading.dates if name != ISO]
        formats = ", ".join(text_literal(name) for name in written)
        text = _as_text(reading.column)
        days_written = [f"try_cast({column} as date)"] if ISO in reading.dates else []
        days_written += [f"cast(try_strptime({text}, [{formats}]) as date)"] if written else []
        days = days_written[0] if len(days_written) == 1 else f"coalesce({', '.join(days_written)})"
        return f"year({days})"
    if kind in ("whole number", "amount"):
        mark = f", {_name(reading.decimal)}" if reading.decimal else ""
        return f"{{{{ segmentation.read_marked_number({_jinja(quoted(reading.column))}{mark}) }}}}"
    moment = _moment(reading, column)
    if kind == "day":
        return f"cast({moment} as date)"
    if time_zone:
        # As the clock on the wall shows what is UTC in the source.
        return f"timezone({text_literal(time_zone)}, timezone('UTC', {moment}))"
    return moment


def _moment(reading: ColumnReading, column: str) -> str:
    if not reading.dates:
        return f"try_cast({column} as timestamp)"
    # A year of two digits is tried first: four would be read from two.
    written = sorted((f for f in reading.dates if f != ISO), key=lambda name: "yyyy" in name)
    moments = []
    if ISO in reading.dates:
        moments.append(f"{{{{ segmentation.read_timestamp({_jinja(quoted(reading.column))}) }}}}")
    if written:
        formats = ", ".join(text_literal(strptime_format(name)) for name in written)
        moments.append(f"try_strptime({column}, [{formats}])")
    return moments[0] if len(moments) == 1 else f"coalesce({', '.join(moments)})"


def _test(condition: Condition) -> str:
    text = f"lower({_as_text(condition.column)})"
    if condition.equals is not None:
        values = ", ".join(_literal(value.lower()) for value in condition.equals)
        return f"{text} in ({values})"
    if condition.begins_with is not None:
        return f"starts_with({text}, {_literal(condition.begins_with.lower())})"
    if condition.contains is not None:
        return f"contains({text}, {_literal(condition.contains.lower())})"
    if condition.is_empty:
        return f"nullif(trim({_as_text(condition.column)}), '') is null"
    mark = f", {_name(condition.decimal)}" if condition.decimal else ""
    number = f"segmentation.read_marked_number({_jinja(quoted(condition.column))}{mark})"
    return f"({{{{ {number} }}}}) < {condition.below:g}"


def _flags(table: TableMapping) -> list[str]:
    """Return a column for each name of conditions: whether one of that name is true."""
    tests: dict[str, list[str]] = {}
    for condition in dict.fromkeys([*table.reject, *table.negate]):
        tests.setdefault(_flag(condition), []).append(f"coalesce({_test(condition)}, false)")
    return [
        f"{each[0]} as {flag}" if len(each) == 1 else f"{_any(each)} as {flag}"
        for flag, each in tests.items()
    ]


def _any(tests: list[str]) -> str:
    return "(\n" + _indented("\nor ".join(tests)) + "\n)"


def _flag(condition: Condition) -> str:
    return f"is_{slug(condition.because)}"


def _final_columns(table: TableMapping, kinds: dict[str, Kind]) -> list[str]:
    columns = []
    negative = " or ".join(dict.fromkeys(_flag(condition) for condition in table.negate))
    for name in kinds:
        if negative and name in _SIGNED:
            columns.append(f"case when {negative} then -abs({name}) else {name} end as {name}")
        elif name != "unit_price":
            columns.append(name)
    if table.holds == "order_lines" and "revenue" not in kinds:
        product = "items * unit_price" if "items" in kinds else "unit_price"
        if negative:
            product = f"case when {negative} then -abs({product}) else {product} end"
        columns.append(f"try_cast({product} as {_AMOUNT}) as revenue")
    return columns


def _reason(table: TableMapping, kinds: dict[str, Kind]) -> list[str]:
    reasons = [("malformed is not null", "not a row of the table", "malformed")]
    if table.repeated_rows == "reject":
        reasons.append(
            (
                "repeats_row is not null",
                "repeats an earlier row",
                "concat('row ', repeats_row)",
            )
        )
    reasons += [
        (_flag(condition), condition.because, "cast(null as varchar)")
        for condition in dict.fromkeys(table.reject)
    ]
    needed = list(NEEDED[table.holds])
    if table.holds == "order_lines":
        needed += ["revenue"] if "revenue" in kinds else ["unit_price"]
        needed += ["items"] if "items" in kinds and "revenue" not in kinds else []
    for name, kind in kinds.items():
        raw = name if kind in ("id", "text") else f"{name}_text"
        if name in needed:
            reasons.append((f"{raw} is null", f"no {name}", "cast(null as varchar)"))
    for name, kind in kinds.items():
        if kind not in ("id", "text", "yes or no"):
            unread = f"{name} is null"
            unread += "" if name in needed else f" and {name}_text is not null"
            reasons.append((unread, f"cannot be read: {name}", f"{name}_text"))
    reasons = list(dict.fromkeys(reasons))
    because = "\n".join(f"when {test} then {_literal(name)}" for test, name, _ in reasons)
    shown = "\n".join(
        f"when {test} then {value}" for test, _, value in reasons if not value.startswith("cast(")
    )
    return [
        f"case\n{_indented(because)}\nend as rejected_because",
        f"case\n{_indented(shown)}\nend as rejected_value",
    ]


def _columns_of(tables: Sequence[TableMapping]) -> list[str]:
    """Return the columns of base models that are read together, in the order of the contract."""
    found: set[str] = set()
    further: dict[str, None] = {}
    for table in tables:
        found |= set(table.columns)
        further |= dict.fromkeys(table.further_columns)
        if table.holds in ("order_lines", "orders"):
            found |= {"revenue", "order_id"}
    known = [name for name in KINDS[tables[0].holds] if name in found and name != "unit_price"]
    return known + list(further)


def _final(table: ContractTable, rows: str, columns: list[str]) -> str:
    if table.name == table.made_from:
        selected = [_money(name, name) for name in columns]
        return f"select\n{_listed(selected, 4)}\nfrom {rows}\n"
    if table.name == "orders":
        selected = ["customer_id", "order_id", "min(ordered_at) as ordered_at"]
        selected += ["sum(items) as items"] if "items" in columns else []
        selected += [_money("sum(revenue)", "revenue")]
        selected += [_money("sum(discount)", "discount")] if "discount" in columns else []
        return f"select\n{_listed(selected, 4)}\nfrom {rows}\ngroup by customer_id, order_id\n"
    if table.name == "product_activity":
        selected = ["customer_id", "product_category", "cast(ordered_at as date) as bought_on"]
        selected += [_money("sum(revenue)", "revenue")]
        selected += [_money("sum(discount)", "discount")] if "discount" in columns else []
        return (
            f"select\n{_listed(selected, 4)}\nfrom {rows}\nwhere product_category is not null\n"
            "group by customer_id, product_category, bought_on\n"
        )
    received = "count(distinct campaign_id)" if "campaign_id" in columns else "count(*)"
    visits = "coalesce(sum(visits), 0)" if "visits" in columns else "count(*)"
    selected = [
        "customer_id",
        f"{received} as campaigns_received",
        "count(*) filter (where responded) as responses",
        f"{visits} as visits",
    ]
    # Later models no longer see the days.
    where = (
        "where sent_on <= cast('{{ var(\"as_of\") }}' as date)\n" if "sent_on" in columns else ""
    )
    return f"select\n{_listed(selected, 4)}\nfrom {rows}\n{where}group by customer_id\n"


def _money(value: str, name: str) -> str:
    if name in ("revenue", "discount", "income", "annual_spend"):
        return f"cast({value} as decimal(18, 2)) as {name}"
    return name


def _listed(items: Sequence[str], spaces: int = 8) -> str:
    return ",\n".join(_indented(item, spaces) for item in items)


def _indented(text: str, spaces: int = 4) -> str:
    return "\n".join(" " * spaces + line for line in text.split("\n"))


def _quoted(column: str) -> str:
    """Return a name of a column in SQL that dbt renders."""
    return str(as_plain_text(quoted(column)))


def _literal(text: str) -> str:
    """Return text in SQL that dbt renders."""
    return str(as_plain_text(text_literal(text)))


def _name(text: str | None) -> str:
    """Return text as a literal in Jinja."""
    return '"' + str(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _jinja(column: str) -> str:
    """Return a name of a column in SQL as a literal in Jinja."""
    return "'" + column.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _comment(text: str) -> str:
    return " ".join(text.replace("{", "(").replace("}", ")").split())
