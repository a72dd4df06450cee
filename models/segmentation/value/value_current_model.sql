{{ current_model("value") }}
