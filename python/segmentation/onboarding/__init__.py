"""For newcomers: a data set to try the project on."""
