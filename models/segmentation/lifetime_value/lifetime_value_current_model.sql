{{ current_model("lifetime_value") }}
