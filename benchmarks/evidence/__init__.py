"""What the segments are worth, measured on the shops whose files can be had.

``python -m benchmarks.evidence`` builds warehouses with dbt, writes the figures to
``benchmarks/results/evidence.json`` and their tables into ``docs/evidence.md``.
"""
