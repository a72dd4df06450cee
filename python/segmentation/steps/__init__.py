"""What a dbt run calls, one module for each step."""
