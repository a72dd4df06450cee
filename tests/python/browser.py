"""The page of `segmentation report` in headless Chromium: what a reader sees, hears and presses."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = os.environ.get("SEGMENTATION_CHROMIUM") or shutil.which("chromium")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")

TELEPHONE = 360
LARGEST = 1_000_000

# Tables whose columns do not all stand in the mart that they name.
BY_HAND = {
    "age-by-marital-status": """
        select marital_status, count(age) as customers_with_value, min(age) as minimum,
            quantile_cont(age, 0.25) as first_quartile, median(age) as median,
            quantile_cont(age, 0.75) as third_quartile, max(age) as maximum, avg(age) as mean
        from marts.dim_customers
        where age is not null and marital_status is not null
        group by marital_status
    """,
    "classifiers": """
        with whole as (
            select * replace (max(criterion) over () as criterion)
            from marts.rpt_classifier_metrics
            where segment is null and validation = 'grouped'
        )
        select candidate, max(mean) filter (metric = criterion) as mean,
            max(standard_error) filter (metric = criterion) as standard_error,
            max(mean) filter (metric = 'accuracy') as accuracy,
            max(mean) filter (metric = 'macro_f1') as macro_f1,
            max(mean) filter (metric = 'log_loss') as log_loss,
            bool_or(is_winner) as is_winner
        from whole group by candidate
    """,
    "forecast-states": """
        select group_name, customers, 1 - predicted / customers as predicted,
            1 - upper_predicted / customers as lower, 1 - lower_predicted / customers as upper,
            1 - actual / customers as actual, is_covered
        from marts.rpt_value_forecast_accuracy
        where measure = 'buyers' and grouped_by = 'state'
            and forecast_on = (select max(forecast_on) from marts.rpt_value_forecast_accuracy)
    """,
    "expected-value": """
        select s.segment_name, count(*) as customers,
            sum(f.probability_active::decimal(38, 9)) as active,
            sum(f.purchases_last_90_days) as last_purchases,
            sum(f.expected_purchases_90_days::decimal(38, 9)) as expected_purchases,
            sum(f.revenue_last_90_days) as last_revenue,
            sum(f.expected_revenue_90_days) as expected_revenue,
            sum(f.expected_revenue_365_days) as expected_revenue_of_year,
            sum(f.lifetime_value) as lifetime_value
        from marts.fct_customer_value_forecast as f
        left join marts.fct_customer_segments as s
            on s.customer_id = f.customer_id and s.segmentation = 'value'
        group by s.segment_name
    """,
    "still-customers": """
        with edges as (select range / 10.0 as lower_edge, (range + 1) / 10.0 as upper_edge
            from range(10))
        select lower_edge, upper_edge, count(customer_id) as customers,
            count(customer_id) / (select count(*) from marts.fct_customer_value_forecast) as share,
            sum(revenue_last_90_days) as last_revenue,
            sum(expected_revenue_90_days) as expected_revenue
        from edges left join marts.fct_customer_value_forecast
            on probability_active >= lower_edge
            and (probability_active < upper_edge or lower_edge = 0.9)
        group by all
    """,
    "value-sizes-over-time": """
        with moves as (from marts.fct_segment_migrations where segmentation = 'value'),
        ends as (
            select as_of, to_segment_slug as slug, customers from moves
            union all
            select previous_as_of, from_segment_slug, customers from moves
            where as_of = (select min(as_of) from moves)
        ),
        sizes as (
            select as_of, slug, sum(customers) as customers from ends
            where slug is not null group by all
        ),
        names as (
            select slug, segment_name from marts.dim_segments
            right join (select distinct slug from ends) on segment_slug = slug
                and segmentation = 'value'
        )
        select as_of, coalesce(segment_name, (
                select max(from_segment_name) from moves where from_segment_slug = sizes.slug
            )) as segment_name,
            customers::bigint as customers,
            customers / sum(customers) over (partition by as_of) as share
        from sizes left join names using (slug)
    """,
    "forecast-quarters": """
        select ours.*, simple.rmse as rmse_of_last_period,
            boosting.rmse as rmse_of_gradient_boosting
        from marts.rpt_value_forecast_accuracy as ours
        left join marts.rpt_value_forecast_accuracy as simple
            on simple.forecast_on = ours.forecast_on and simple.measure = ours.measure
            and simple.grouped_by = 'all' and simple.forecast_method = 'last period'
        left join marts.rpt_value_forecast_accuracy as boosting
            on boosting.forecast_on = ours.forecast_on and boosting.measure = ours.measure
            and boosting.grouped_by = 'all' and boosting.forecast_method = 'gradient boosting'
        where ours.grouped_by = 'all'
    """,
    **{
        f"{segmentation}-map": f"""
            select s.segment_name, s.customers, s.share, p.x, p.y
            from marts.rpt_segment_projection as p
            left join marts.dim_segments as s using (segmentation, segment_slug)
            where p.segmentation = '{segmentation}' and p.point_kind = 'centroid'
        """
        for segmentation in ("value", "profile")
    },
}


@dataclass
class Opened:
    """A page, and what the browser said and asked for since it was opened."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def open_tables(self) -> None:
        self.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser, and end it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def opened(browser: Browser, html: Path, width: int = 1280, scheme: Any = "light") -> Opened:
    """Open a page; scripts of the test run in it although it forbids scripts."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
    )
    found = Opened(context.new_page())
    found.page.on("console", lambda message: found.said.append(message.text))
    found.page.on("pageerror", lambda error: found.said.append(str(error)))
    found.page.on("request", lambda request: found.asked.append(request.url))
    found.page.goto(html.resolve().as_uri())
    return found


def assert_page_is_sound(html: Path, published: Path) -> None:
    """Check everything that a page promises, and its tables against the marts."""
    assert html.stat().st_size <= LARGEST
    with chromium() as browser:
        wide = opened(browser, html)
        assert_drawn(wide)
        assert_tables_equal_marts(wide.page, published)
        assert_keyboard_reaches_everything(wide.page)
        assert len(wide.page.pdf(format="A4")) > 10_000
        for scheme in ("light", "dark"):
            assert_accessible(opened(browser, html, TELEPHONE, scheme))


def assert_drawn(wide: Opened) -> None:
    """Every chart has a size, nothing failed, and nothing was asked from elsewhere."""
    assert wide.said == []
    assert [url for url in wide.asked if not url.startswith(("file:", "data:"))] == []
    figures = wide.page.locator("figure")
    assert figures.count() > 5
    for figure in figures.all():
        # What is drawn in each chart, in the units of the drawing: it is 360 wide.
        charts = figure.locator("svg").evaluate_all(
            """charts => charts.map(chart => {
                const box = chart.getBBox();
                return [box.width, box.height, chart.querySelectorAll('text').length];
            })"""
        )
        for width, height, texts in charts:
            assert width > 250
            assert height > 40
            assert texts > 2
        # A figure without a chart shows its table.
        assert charts or figure.locator("details[open] table").count() == 1
    assert_texts_have_room(wide.page)


# Texts of charts that are cut off, or that lie on another one. The box of what is written aslant is
# larger than the text; a name on a map is written twice.
MISPLACED = """() => {
    const found = [];
    const least = {cut: 1, across: 1, down: 4};
    for (const chart of document.querySelectorAll('figure svg')) {
        const name = chart.closest('figure').id;
        const box = chart.getBoundingClientRect();
        const texts = [...chart.querySelectorAll('text')].filter(text => {
            return text.textContent.trim() && text.getAttribute('opacity') !== '0';
        });
        const placed = texts.map(text => {
            const words = text.textContent;
            return {words, level: !/rotate/.test(text.getAttribute('transform')),
                ...text.getBoundingClientRect().toJSON()};
        });
        placed.forEach((one, place) => {
            const cut = Math.max(box.left - one.left, one.right - box.right,
                box.top - one.top, one.bottom - box.bottom);
            if (cut > least.cut) found.push(`${name}: ${one.words} is cut off`);
            for (const other of placed.slice(place + 1)) {
                const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
                const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
                if (one.level && other.level && one.words !== other.words
                    && across > least.across && down > least.down) {
                    found.push(`${name}: ${one.words} lies on ${other.words}`);
                }
            }
        });
    }
    return found;
}"""


def assert_texts_have_room(page: Page) -> None:
    """No text of a chart is cut off or lies on another, in the font that this machine has."""
    assert page.evaluate(MISPLACED) == []


def assert_accessible(found: Opened) -> None:
    """No rule of axe-core is broken and nothing is wider than a telephone, tables open or not."""
    for _ in range(2):
        width = found.page.evaluate("document.documentElement.scrollWidth")
        assert width <= TELEPHONE
        violations = Axe().run(found.page).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"][:200]) for v in violations] == []
        found.open_tables()


def assert_keyboard_reaches_everything(page: Page) -> None:
    """Check that Tab begins at the skip link and reaches links and tables, which Enter opens."""
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    reached = set()
    for _ in range(400):
        page.keyboard.press("Tab")
        tag = page.evaluate("document.activeElement.tagName")
        if tag == "BODY":
            break
        reached.add(page.evaluate("document.activeElement.outerHTML"))
        if tag == "SUMMARY" and not page.evaluate("document.activeElement.parentElement.open"):
            page.keyboard.press("Enter")
            assert page.evaluate("document.activeElement.parentElement.open")
    assert page.locator("details:not([open])").count() == 0
    links = set(page.eval_on_selector_all("nav a", "links => links.map(a => a.outerHTML)"))
    assert links
    assert links <= reached


def assert_tables_equal_marts(page: Page, published: Path) -> None:
    """Each row of each table stands in its mart, to the last digit, and none twice."""
    checked = 0
    with duckdb.connect(str(published), read_only=True) as connection:
        for figure in page.locator("figure").all():
            name = figure.get_attribute("id")
            mart = figure.locator(".source a").inner_text()
            table = figure.evaluate(
                """figure => ({
                    columns: [...figure.querySelectorAll('thead th')].map(h => h.dataset.column),
                    rows: [...figure.querySelectorAll('tbody tr')].map(
                        row => [...row.children].map(c => c.dataset.value ?? c.textContent)
                    ),
                })"""
            )
            query = BY_HAND.get(str(name), f"from marts.{mart}")
            columns = ", ".join(f'"{column}"' for column in table["columns"])
            rows = connection.sql(f"select {columns} from ({query})").df()
            there = {tuple(map(exact, row)) for row in rows.itertuples(index=False, name=None)}
            shown = [tuple(row) for row in table["rows"]]
            assert shown, name
            assert [row for row in shown if row not in there] == [], name
            assert len(set(shown)) == len(shown), name
            checked += 1
    assert checked == page.locator("table").count() > 5


def exact(value: Any) -> str:
    """Return a value as the page writes it for programs; empty where it is null."""
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return ""
    return repr(float(value)) if isinstance(value, float) else str(value)
