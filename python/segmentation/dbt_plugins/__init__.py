"""dbt-duckdb plugins: sources that lie outside the warehouse."""
