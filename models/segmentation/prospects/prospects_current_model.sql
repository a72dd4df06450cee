{{ current_model("prospects") }}
