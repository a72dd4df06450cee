"""The seeds about segments and features, and the names and headlines made from them."""
