"""Names the segments that prospects can join."""

from segmentation.steps.name_prospects import name_prospect_segments
from segmentation.steps.step_tables import ModelTables


def model(dbt, session):
    tables = ModelTables(
        features=dbt.ref("int_prospect_features"),
        models=dbt.ref("prospects_model"),
        current_model=dbt.ref("prospects_current_model"),
        run_settings=dbt.ref("int_run_settings"),
    )
    value_segments = dbt.ref("value_segments")
    playbook = dbt.ref("segment_playbook")
    return name_prospect_segments(
        session,
        tables=tables,
        value_segments=value_segments,
        playbook=playbook,
    )
