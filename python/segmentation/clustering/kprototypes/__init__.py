"""K-Prototypes: the estimator, and how it searches."""
