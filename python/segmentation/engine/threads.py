"""One thread for the native libraries under NumPy and scikit-learn.

Small fits spend their time waiting for one another's threads, twenty times over on a busy machine,
and sums would depend on how many threads there are.
"""


def limit_native_threads() -> None:
    """Keep BLAS and OpenMP to one thread from here on.

    The limit of BLAS holds for the process. That of OpenMP belongs to the thread that sets it, and
    dbt runs Python models in threads of its own: every step calls this first. It is never
    taken back, for limits that are taken back race where threads overlap.
    """
    # Loaded first: a limit reaches loaded libraries only.
    import numpy as np  # noqa: F401
    import sklearn.cluster  # noqa: F401
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1)
