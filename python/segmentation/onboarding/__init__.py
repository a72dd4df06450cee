"""From a newcomer's own files and tables to a dbt project that segments their customers.

``segmentation init`` reads sources, looks at their columns, proposes what each is in the data
contract and why, asks what it cannot know, and writes a small mapping file and staging models.
"""
