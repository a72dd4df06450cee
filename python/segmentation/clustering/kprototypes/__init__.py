"""K-Prototypes: the estimator and its search."""
