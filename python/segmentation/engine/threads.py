"""One thread for the native libraries under NumPy and scikit-learn.

Small fits spend their time waiting for one another's threads, twenty times over on a busy machine,
and sums would depend on how many threads there are.
"""


def limit_native_threads() -> None:
    """Keep BLAS and OpenMP to one thread from here on.

    The limit of BLAS holds for the process. That of OpenMP belongs to the thread that sets it, and
    dbt runs Python models in threads of its own: every step calls this first. It is never
    taken back, for limits that are taken back race where threads overlap.

    A limit reaches loaded libraries only. scikit-learn, with OpenMP, is not loaded here: see
    :func:`load_scikit_learn`.
    """
    # Loaded first, with its BLAS.
    import numpy as np  # noqa: F401
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1)


def load_scikit_learn() -> None:
    """Load scikit-learn with its OpenMP, which takes seconds, and keep it to one thread.

    What fits a model or applies a classifier calls this first; most steps of a build do neither.
    """
    import sklearn.cluster  # noqa: F401

    limit_native_threads()
