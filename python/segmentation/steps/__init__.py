"""What a dbt run calls: one function for each Python model, and the checks before a build."""
