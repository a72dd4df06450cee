"""From a raw column to a number or a code: what a model looks at."""
