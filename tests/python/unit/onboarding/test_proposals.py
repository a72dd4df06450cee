"""From a source of each kind to a proposal, a mapping and the files of a project."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pyarrow as pa
import pytest
from openpyxl import Workbook
from postgres_server import running_server, server_programs
from segmentation.engine.duckdb import DuckDBEngine
from segmentation.onboarding.addresses import SourceAddress, address_of, table_name
from segmentation.onboarding.drafts import (
    answer,
    draft_of,
    finished,
    general_questions,
    open_question_text,
    table_questions,
    without_doubles,
)
from segmentation.onboarding.header_words import is_personal
from segmentation.onboarding.jinja_text import as_plain_text
from segmentation.onboarding.mapping import Mapping
from segmentation.onboarding.profiles import profile_table
from segmentation.onboarding.project_files import mapping_text, model_files
from segmentation.onboarding.proposals import propose_table
from segmentation.onboarding.reading import expand, read_source
from segmentation.onboarding.refusals import OnboardingError
from segmentation.onboarding.shared_ids import match_customers
from segmentation.onboarding.table_proposal import Question, TableProposal

TODAY = dt.date(2026, 1, 1)
ORDERS = [
    (number, f"K{number % 7}", f"2025-0{1 + number % 9}-1{number % 10} 10:00:00", 10.5 + number)
    for number in range(1, 41)
]
PEOPLE = [(f"K{number}", 1980 + number, "f" if number % 2 else "m") for number in range(7)]


class Onboarding:
    """What `segmentation init` does before it writes, answered by what it proposes."""

    def __init__(self, *sources: str) -> None:
        self.proposals: list[TableProposal] = []
        with duckdb.connect() as connection:
            for source in sources:
                for address in expand(address_of(source)):
                    rows = read_source(address)
                    profile = profile_table(connection, address, table_name(address), rows)
                    self.proposals.append(propose_table(profile))
            self.kept, self.left_out = without_doubles(self.proposals)
            self.matched = match_customers(DuckDBEngine(connection), self.kept)
            self.draft = draft_of("shop", self.kept)
            self.questions: list[Question] = []
            self.unanswered: list[Question] = []
            self._answer(table_questions(self.kept))
            engine = DuckDBEngine(connection)
            self._answer(general_questions(engine, self.draft, self.kept, TODAY))

    def _answer(self, questions: list[Question]) -> None:
        self.questions += questions
        for question in questions:
            if question.proposed is None:
                self.unanswered.append(question)
            else:
                answer(self.draft, question, question.proposed)

    def mapping(self, **answers: Any) -> Mapping:
        return finished(self.draft | answers)

    def readings(self) -> dict[str, dict[str, Any]]:
        return {proposal.profile.name: proposal.values["columns"] for proposal in self.proposals}


def check_a_shop(onboarding: Onboarding) -> None:
    """Two tables, orders and people, however they are kept."""
    assert {p.profile.name: p.holds for p in onboarding.kept} == {
        "orders": "orders",
        "people": "customers",
    }
    assert {name: r["column"] for name, r in onboarding.readings()["orders"].items()} == {
        "customer_id": "customer",
        "order_id": "order_id",
        "ordered_at": "ordered_at",
        "revenue": "total",
    }
    assert [question.path for question in onboarding.unanswered] == [("currency",)]
    mapping = onboarding.mapping(currency="EUR")
    assert mapping.as_of == dt.date(2025, 9, 18)
    files = model_files(mapping)
    assert "models/staging/shop/stg_shop__orders.sql" in files
    assert '"total"' in files["models/staging/shop/base/base_shop__orders.sql"]
    assert finished_again(mapping) == mapping


def finished_again(mapping: Mapping) -> Mapping:
    from segmentation.onboarding.mapping import mapping_of

    return mapping_of(mapping_text(mapping), "mapping.yml")


def test_a_sqlite_database(tmp_path: Path) -> None:
    path = tmp_path / "shop.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("create table orders (order_id, customer, ordered_at, total)")
        connection.executemany("insert into orders values (?, ?, ?, ?)", ORDERS)
        connection.execute("create table people (customer_id, birth_year, gender)")
        connection.executemany("insert into people values (?, ?, ?)", PEOPLE)
    connection.close()
    check_a_shop(Onboarding(str(path)))


def test_a_duckdb_database(tmp_path: Path) -> None:
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create table orders (order_id int, customer text, ordered_at timestamp,"
            " total decimal(9, 2))"
        )
        connection.executemany("insert into orders values (?, ?, ?, ?)", ORDERS)
        connection.execute("create schema crm")
        connection.execute(
            "create table crm.people (customer_id text, birth_year int, gender text)"
        )
        connection.executemany("insert into crm.people values (?, ?, ?)", PEOPLE)
    check_a_shop(Onboarding(str(path)))


def test_an_excel_workbook(tmp_path: Path) -> None:
    workbook = Workbook()
    orders = workbook.active
    orders.title = "orders"
    orders.append(["Our orders"])
    orders.append([])
    orders.append(["order_id", "customer", "ordered_at", "total"])
    for number, customer, at, total in ORDERS:
        orders.append([number, customer, dt.datetime.fromisoformat(at), total])
    people = workbook.create_sheet("people")
    people.append(["customer_id", "birth_year", "gender"])
    for person in PEOPLE:
        people.append(list(person))
    workbook.save(tmp_path / "shop.xlsx")
    check_a_shop(Onboarding(str(tmp_path / "shop.xlsx")))


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    programs = server_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server: initdb was not found")
    with running_server(programs) as url:
        yield url


@pytest.mark.long
def test_a_postgresql_database(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(postgres) as connection, connection.cursor() as cursor:
        cursor.execute("create schema sales")
        cursor.execute(
            "create table sales.orders (order_id int, customer text, ordered_at timestamp,"
            " total numeric(9, 2))"
        )
        for number, customer, at, total in ORDERS:
            cursor.execute(
                f"insert into sales.orders values ({number}, '{customer}', '{at}', {total})"
            )
        cursor.execute("create table people (customer_id text, birth_year int, gender text)")
        for person in PEOPLE:
            cursor.execute(f"insert into people values {person}")
        connection.commit()
    monkeypatch.setenv("SHOP_DATABASE", postgres)
    onboarding = Onboarding("env:SHOP_DATABASE")
    check_a_shop(onboarding)
    # The URL, which may hold a password, is written nowhere.
    assert "postgresql://" not in mapping_text(onboarding.mapping(currency="EUR"))
    with pytest.raises(
        OnboardingError, match=r"has no table or sheet 'none'\. It has: people, sales"
    ):
        read_source(address_of("env:SHOP_DATABASE#none"))


def test_a_password_is_not_written_down() -> None:
    with pytest.raises(OnboardingError, match="holds a password"):
        address_of("postgresql://shop:secret@host/shop#orders")


def test_a_variable_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_DATABASE", raising=False)
    with pytest.raises(OnboardingError, match=r"SHOP_DATABASE, .*, is not set"):
        expand(address_of("env:SHOP_DATABASE"))


def onboarding_of(tmp_path: Path, **files: str) -> Onboarding:
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text)
    return Onboarding(*(str(tmp_path / f"{name}.csv") for name in files))


def test_day_and_month_that_look_alike_are_not_guessed(tmp_path: Path) -> None:
    lines = "".join(f"{i},K{i % 3},0{1 + i % 9}/0{1 + i % 8}/2024,{i}.50\n" for i in range(30))
    found = onboarding_of(tmp_path, orders=f"order id,customer,date,amount\n{lines}")
    (question, *_) = found.unanswered
    assert question.path == ("tables", 0, "columns", "ordered_at", "dates", 0)
    assert "dd/mm/yyyy (reads every date) or mm/dd/yyyy" in open_question_text(question)
    with pytest.raises(OnboardingError, match="say which comes first, day or month"):
        found.mapping(currency="EUR", as_of="2024-09-09")
    answer(found.draft, question, "mm/dd/yyyy")
    assert found.mapping(currency="EUR", as_of="2024-09-09").tables[0].columns[
        "ordered_at"
    ].dates == ("mm/dd/yyyy",)


def test_dates_that_do_not_exist_are_counted_as_rejected(tmp_path: Path) -> None:
    rows = "".join(f"{i},K{i % 5},{1 + i % 28:02}.01.2024,{i}.5\n" for i in range(40))
    rows += "40,K1,31.02.2024,5.5\n41,K2,,6.5\n"
    found = onboarding_of(tmp_path, orders=f"order id,customer,date,amount\n{rows}")
    (choice,) = [c for c in found.proposals[0].choices if c.column == "ordered_at"]
    assert choice.reading["dates"] == ["dd.mm.yyyy"]
    assert choice.rejected == 2
    assert choice.reason.endswith("1 empty (2.4%); 1 cannot be read")


def test_everything_is_dated_as_of_the_last_day_with_data(tmp_path: Path) -> None:
    """The refund of a day is no purchase, and shows that the data reach that day."""
    rows = "".join(f"{i},K{i % 5},2025-01-{1 + i % 28:02},{i}.5\n" for i in range(40))
    rows += "40,K1,2025-02-01,-5.5\n41,K1,2026-02-01,5.5\n"
    found = onboarding_of(tmp_path, orders=f"order id,customer,date,amount\n{rows}")
    assert found.mapping(currency="EUR").as_of == dt.date(2025, 2, 1)
    assert (
        "Everything is dated relative to one day, as_of. The last row up to today is of 2025-02-01;"
        " rows that are dated after today: 1."
    ) in [question.text for question in found.questions]


def test_people_without_purchases_and_a_label(tmp_path: Path) -> None:
    rows = "".join(
        f"{i},{20 + i % 50},{'ABCD'[i % 4]},{'Male' if i % 2 else ''}\n" for i in range(80)
    )
    found = onboarding_of(tmp_path, people=f"ID,Age,Segmentation,Gender\n{rows}")
    assert found.proposals[0].holds == "customers"
    assert set(found.readings()["people"]) == {"customer_id", "age", "gender", "known_segment"}
    # Nothing says which day the data describe.
    assert {question.path for question in found.unanswered} == {("as_of",), ("currency",)}


def test_orders_without_a_number_of_an_order(tmp_path: Path) -> None:
    rows = "".join(f"K{i % 5},2024010{1 + i % 9},{i}.25\n" for i in range(40))
    found = onboarding_of(tmp_path, sales=f"customer,date,amount\n{rows}")
    assert found.proposals[0].holds == "orders"
    mapping = found.mapping(currency="EUR")
    sql = model_files(mapping)["models/staging/shop/stg_shop__orders.sql"]
    assert "concat('sales-', source_row) as order_id" in sql


def test_a_table_of_something_else_is_left_out_and_said(tmp_path: Path) -> None:
    found = onboarding_of(
        tmp_path,
        stores="store,city\n1,Kiel\n2,Bonn\n",
        people="customer id,age\n" + "".join(f"{i},{20 + i}\n" for i in range(30)),
    )
    assert found.left_out == ["stores is left out: no column names a customer."]


def test_totals_and_orders_say_the_same(tmp_path: Path) -> None:
    rows = "".join(f"{i},K{i % 9},2024-01-{1 + i % 28:02},{i}\n" for i in range(60))
    totals = "".join(f"K{i},2024-01-0{1 + i},4,{i * 100}\n" for i in range(9))
    found = onboarding_of(
        tmp_path,
        orders=f"order id,customer,date,amount\n{rows}",
        totals=f"customer,last order,orders,revenue\n{totals}",
    )
    assert [proposal.holds for proposal in found.kept] == ["orders"]
    assert "totals is left out" in found.left_out[0]


def test_statuses_tests_and_repeated_rows_are_asked_about(tmp_path: Path) -> None:
    rows = "".join(
        f"{i},K{i % 9},2024-01-{1 + i % 28:02},{i}.5,{'paid' if i % 20 else 'Refunded'},"
        f"p{i}@x.example\n"
        for i in range(1, 60)
    )
    rows += "3,K3,2024-01-04,3.5,paid,p3@x.example\n70,T,2024-01-05,1.5,paid,test@x.example\n"
    found = onboarding_of(tmp_path, orders=f"order id,customer,date,amount,status,email\n{rows}")
    table = found.mapping(currency="EUR").tables[0]
    assert table.repeated_rows == "reject"
    assert [(rule.column, rule.because) for rule in table.reject] == [
        ("email", "test or internal"),
        ("status", "refund"),
    ]


def test_every_line_of_a_text_file_is_a_row_or_malformed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(
        b'\xef\xbb\xbfA title\r\nid; Name ;;id\r\n1;"two\r\nlines";x;y\r\n2;b;c\r\n\r\n'
        b'3;c;d;e;f\r\n1;"two\r\nlines";x;y\r\n'
    )
    rows = read_source(SourceAddress("text", str(path)))
    assert rows.column_names[3:] == ["id", "Name", "column 3", "id 4"]
    assert rows.column("Name").to_pylist()[:2] == ["two\nlines", "two\nlines"]
    assert rows.column("repeats_row").to_pylist() == [None, 1, None, None]
    assert [text for text in rows.column("malformed").to_pylist() if text] == [
        "line 5: too few cells",
        "line 7: too many cells",
    ]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.csv", None, "There is no file"),
        ("empty.csv", b"", "is empty"),
        ("text.xlsx", b"no workbook", "cannot be read as an Excel workbook"),
        ("text.sqlite", b"no database" * 100, "is no SQLite database"),
        ("text.parquet", b"no file", "is no Parquet file"),
        ("text.duckdb", b"no database" * 1000, "cannot be read"),
        ("what.pdf", b"", "has no ending that says how to read it"),
    ],
)
def test_sources_that_cannot_be_read(
    tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(OnboardingError, match=said):
        [read_source(address) for address in expand(address_of(str(tmp_path / name)))]


def test_columns_that_differ_in_case_only(tmp_path: Path) -> None:
    import pyarrow.parquet

    path = tmp_path / "t.parquet"
    pyarrow.parquet.write_table(pa.table({"Id": [1], "id": [2]}), path)
    assert read_source(address_of(str(path))).column_names[3:] == ["Id", "id 2"]


def test_columns_that_are_called_like_those_that_reading_adds(tmp_path: Path) -> None:
    import pyarrow.parquet

    path = tmp_path / "t.parquet"
    pyarrow.parquet.write_table(pa.table({"source_row": [7, 7], "Malformed": ["x", "x"]}), path)
    rows = read_source(address_of(str(path)))
    assert rows.column_names[3:] == ["source_row of the source", "Malformed of the source"]
    assert rows.column("source_row").to_pylist() == [1, 2]
    assert rows.column("repeats_row").to_pylist() == [None, 1]


def test_a_table_without_rows(tmp_path: Path) -> None:
    found = onboarding_of(
        tmp_path,
        people="customer id,age\n" + "".join(f"{i},{20 + i}\n" for i in range(30)),
        orders="order id,customer,date,amount\n",
    )
    assert [proposal.holds for proposal in found.kept] == ["customers"]


def put(connection: duckdb.DuckDBPyConnection, people: list[tuple[str, str]]) -> None:
    connection.execute(
        "create table orders (order_id int, customer text, ordered_at timestamp,"
        " total decimal(9, 2))"
    )
    connection.executemany("insert into orders values (?, ?, ?, ?)", ORDERS)
    connection.execute('create table people ("E-mail" text, "Membership" text, "Nom" text)')
    connection.executemany("insert into people values (?, ?, 'x')", people)


def test_customers_are_named_by_the_ids_of_the_orders(tmp_path: Path) -> None:
    """Not by the column whose name fits best."""
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        put(connection, [(f"{number}@example.com", f"K{number}") for number in range(7)])
    onboarding = Onboarding(str(path))
    columns = onboarding.readings()["people"]
    assert columns["customer_id"] == {"column": "Membership"}
    (said,) = onboarding.matched
    assert "named by 'Membership', in which 100% of the ids of orders stand" in said


def test_ids_that_are_written_in_another_way_are_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        put(connection, [(f"{number}@example.com", f"00{number}") for number in range(7)])
    onboarding = Onboarding(str(path))
    question = onboarding.unanswered[0]
    assert question.path[-2:] == ("columns", "customer_id")
    assert "has 0% of the customers of orders" in question.text
    answer(onboarding.draft, question, "Membership")
    assert onboarding.draft["tables"][1]["columns"]["customer_id"] == {"column": "Membership"}


@pytest.mark.parametrize(
    ("header", "is_about_a_person"),
    [("Prénom", True), ("Nom de famille", True), ("E-mail", True), ("economy", False)],
)
def test_headers_about_people(header: str, is_about_a_person: bool) -> None:
    assert is_personal(header) == is_about_a_person


def test_a_birth_year_is_read_from_dates(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    rows = "\n".join(f"K{number};{13 + number}/01/19{60 + number}" for number in range(12))
    path.write_text(f"customer_id;Date de naissance\n{rows}\n", encoding="utf-8")
    onboarding = Onboarding(str(path))
    reading = onboarding.readings()["people"]["birth_year"]
    assert reading == {"column": "Date de naissance", "dates": ["dd/mm/yyyy"]}
    mapping = onboarding.mapping(currency="EUR", as_of=dt.date(2025, 1, 1))
    base = model_files(mapping)["models/staging/shop/base/base_shop__people.sql"]
    assert "year(cast(try_strptime(cast(\"Date de naissance\" as varchar), ['%d/%m/%Y'])" in base


@pytest.mark.parametrize("text", ["{{ run_query('x') }}", "{% raw %}", "{# x", "{{{%", "{", "a"])
def test_text_of_the_users_files_is_never_run(text: str) -> None:
    assert jinja2.Environment().from_string(as_plain_text(text)).render() == text


def test_headers_and_values_are_data(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    cell = "cancelled {{ run_query('create table pwned as select 1') }}"
    lines = [
        f'{n};K{n % 5};2025-01-{n:02d};{n}.5;"{cell if n < 4 else "paid"}"' for n in range(1, 29)
    ]
    path.write_text("\n".join(["order {#};customer;date {% raw %};total;state", *lines]))
    onboarding = Onboarding(str(path))
    mapping = onboarding.mapping(currency="EUR")
    rendered = 0
    for name, text in model_files(mapping).items():
        if "/base/" not in name or not name.endswith(".sql"):
            continue
        macros = {"read_marked_number": lambda *_: "1", "read_timestamp": lambda *_: "2"}
        sql = (
            jinja2.Environment()
            .from_string(text)
            .render(
                segmentation=macros,
                ref=str,
                source=lambda *_: "rows",
                config=lambda **_: "",
                run_query=lambda _: pytest.fail("a cell was run"),
            )
        )
        assert cell.replace("'", "''") in sql
        rendered += 1
    assert rendered == 1
