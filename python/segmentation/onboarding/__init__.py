"""How somebody begins: a data set to try everything on."""
