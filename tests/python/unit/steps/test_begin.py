"""Every step keeps native libraries to one thread; importing the package changes nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from house import House
from threadpoolctl import threadpool_info


def test_a_fit_in_a_thread_of_its_own_keeps_to_one_native_thread(house: House) -> None:
    """Dbt runs models in threads, and a limit of OpenMP holds for the thread that set it."""

    def fitted() -> set[int]:
        house.fit()
        return {pool["num_threads"] for pool in threadpool_info()}

    with ThreadPoolExecutor(1) as executor:
        assert executor.submit(fitted).result() == {1}
