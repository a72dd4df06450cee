"""From columns of a table to what a model looks at."""
