"""The shop of docs/your_data.md: files as shops export them, from a seed.

Two files of invoice lines and a workbook of customers. They have what real exports have: a byte
order mark, semicolons, decimal commas, two ways to write dates, headers that nobody tidied, lines
twice, cancellations, refunds, a test customer, cells that are empty, and a line that was cut off.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from openpyxl import Workbook

SEED = 20240630
CUSTOMERS = 260
TEST_CUSTOMER = 1000 + CUSTOMERS
LAST_DAY = dt.date(2024, 6, 30)
GROUPS = ("Tee", "Kaffee", "Geschirr", "Süßes")

HEADER = "Rechnungs-Nr. ;Kunden Nr;  Datum;Artikel;Warengruppe;Menge;Einzelpreis (EUR);Status\n"


@dataclass
class Planted:
    """What was put into the files, counted: read by the test that looks for it again."""

    lines: dict[str, int] = field(default_factory=lambda: {"2023": 0, "2024": 0})
    repeated: int = 0
    cancelled: int = 0
    without_customer: int = 0
    cut_off: int = 0
    refunds: int = 0


def write_shop(folder: Path, seed: int = SEED) -> Planted:
    """Write rechnungen_2023.csv, rechnungen_2024.csv and kunden.xlsx; return what is in them."""
    random = np.random.default_rng(seed)
    planted = Planted()
    lines: dict[str, list[str]] = {"2023": [], "2024": []}
    for number, (customer, day) in enumerate(_purchases(random), start=1):
        year = str(day.year)
        for line in _invoice(random, number, customer, day, planted):
            lines[year].append(line)
            if random.random() < 0.004 and "storniert" not in line and ";;" not in line:
                lines[year].append(line)
                planted.repeated += 1
    lines["2024"].append("R90001;1004;30.06.2024;Kann")
    planted.cut_off += 1
    folder.mkdir(parents=True, exist_ok=True)
    for year, mark in (("2023", "\ufeff"), ("2024", "")):
        text = mark + HEADER + "\n".join(lines[year]) + "\n"
        (folder / f"rechnungen_{year}.csv").write_bytes(
            text.replace("\n", "\r\n").encode("utf-8" if mark else "cp1252")
        )
        planted.lines[year] = len(lines[year])
    _write_customers(random, folder / "kunden.xlsx")
    return planted


def _purchases(random: np.random.Generator) -> list[tuple[int, dt.date]]:
    """Return who came when: some often, some seldom, some no more."""
    days = []
    for customer in range(1000, 1000 + CUSTOMERS):
        often, last = random.choice([12, 30, 75]), int(random.choice([3, 15, 60, 220]))
        day = LAST_DAY - dt.timedelta(days=last + int(random.integers(0, 20)))
        while day >= dt.date(2023, 1, 2) and len(days) < 10_000:
            days.append((customer, day))
            day -= dt.timedelta(days=1 + int(random.exponential(often)))
    days += [(TEST_CUSTOMER, dt.date(2024, 1, 2)), (TEST_CUSTOMER, dt.date(2024, 2, 20))]
    days.append((1000, LAST_DAY))
    return sorted(set(days), key=lambda pair: (pair[1], pair[0]))


def _invoice(
    random: np.random.Generator, number: int, customer: int, day: dt.date, planted: Planted
) -> list[str]:
    is_test = customer == TEST_CUSTOMER
    # The till of 2024 writes another date on the invoices of the web shop.
    is_web = day.year == 2024 and number % 3 == 0
    date = day.isoformat() if is_web else f"{day:%d.%m.%Y}"
    is_refund = not is_test and random.random() < 0.02
    is_cancelled = not is_test and not is_refund and random.random() < 0.015
    lines = []
    for item in range(int(random.integers(1, 4))):
        who = "" if not is_test and random.random() < 0.03 else str(customer)
        group = "" if random.random() < 0.03 else str(random.choice(GROUPS))
        price = float(random.lognormal(2.4 + 0.3 * (customer % 3), 0.6))
        amount = f"{price:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")
        quantity = int(random.integers(1, 6)) * (-1 if is_refund else 1)
        status = "storniert" if is_cancelled else "bezahlt"
        lines.append(
            f'R{number:05d};{who};{date};"Artikel {item + 1}; {group or "?"}";{group};'
            f"{quantity};{amount};{status}"
        )
        planted.cancelled += is_cancelled
        planted.without_customer += not who and not is_cancelled
        planted.refunds += is_refund and bool(who)
    return lines


def _write_customers(random: np.random.Generator, path: Path) -> None:
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = "Kunden"
    sheet.append(["Kundenliste, Stand 30.06.2024"])
    sheet.append([])
    sheet.append(["Kunden-Nr.", "Name", "E-Mail", "Geschlecht", "Geburtsjahr", "Ort", "Kunde seit"])
    for customer in range(1000, 1000 + CUSTOMERS):
        born = None if random.random() < 0.03 else int(random.integers(1940, 2004))
        sex = (
            None
            if random.random() < 0.03
            else str(random.choice(["w", "m", "d"], p=[0.5, 0.45, 0.05]))
        )
        town = str(random.choice(["Kiel", "Lübeck", "Flensburg"]))
        since = dt.datetime(2022, 1, 1) + dt.timedelta(days=int(random.integers(0, 360)))
        sheet.append(
            [customer, f"Kundin {customer}", f"k{customer}@post.example", sex, born, town, since]
        )
    sheet.append([TEST_CUSTOMER, "Test Kasse", "kasse@laden.example", None, None, None, None])
    workbook.save(path)
