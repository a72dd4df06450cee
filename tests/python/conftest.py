"""Set before SciPy is first imported: scikit-learn's array API check skips itself without it."""

import os

os.environ.setdefault("SCIPY_ARRAY_API", "1")
