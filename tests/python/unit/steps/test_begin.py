"""Every step keeps native libraries to one thread; importing the package changes nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from house import House
from threadpoolctl import threadpool_info, threadpool_limits


def test_a_fit_in_a_thread_of_its_own_keeps_to_one_native_thread(house: House) -> None:
    """Dbt runs models in threads, and a limit of OpenMP holds for the thread that set it."""

    def threads() -> set[int]:
        return {pool["num_threads"] for pool in threadpool_info()}

    def before_and_after() -> tuple[set[int], set[int]]:
        # Whatever the environment says.
        threadpool_limits(limits=2)
        before = threads()
        house.fit()
        return before, threads()

    with ThreadPoolExecutor(1) as executor:
        before, after = executor.submit(before_and_after).result()
    # What other tests limited in this process stays so.
    assert 2 in before
    assert after == {1}
