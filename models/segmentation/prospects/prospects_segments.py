"""Names the segments that prospects can join."""

from segmentation.steps.name_prospects import name_prospect_segments


def model(dbt, session):
    features = dbt.ref("int_prospect_features")
    models = dbt.ref("prospects_model")
    current_model = dbt.ref("prospects_current_model")
    run_settings = dbt.ref("int_run_settings")
    value_segments = dbt.ref("value_segments")
    playbook = dbt.ref("segment_playbook")
    return name_prospect_segments(
        session,
        features=features,
        models=models,
        current_model=current_model,
        run_settings=run_settings,
        value_segments=value_segments,
        playbook=playbook,
    )
