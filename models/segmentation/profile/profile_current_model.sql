{{ current_model("profile") }}
