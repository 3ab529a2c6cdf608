"""Parts of the work in several threads: the order, errors and settings of one."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from effects.running.cores import blas_in_one_thread, cores, in_threads, using


def blas_threads() -> set[int]:
    np.ones((2, 2)) @ np.ones((2, 2))
    return {it["num_threads"] for it in threadpool_info() if it["user_api"] == "blas"}


@pytest.mark.parametrize("threads", [1, 2, 3, None])
def test_results_come_in_the_order_of_the_items(threads):
    def slowly(number: int) -> int:
        time.sleep(0.001 * (number % 3))
        return number**2

    with using(threads):
        assert list(in_threads(slowly, range(30))) == [it**2 for it in range(30)]


def test_parts_run_at_the_same_time():
    meet = threading.Barrier(3, timeout=10)
    with using(3):
        assert sorted(in_threads(lambda _: meet.wait(), range(3))) == [0, 1, 2]


def test_without_a_pool_the_caller_does_the_work():
    here = threading.current_thread()
    assert set(in_threads(lambda _: threading.current_thread(), range(3))) == {here}


def test_a_part_of_the_work_is_not_divided_again():
    def part(_: int) -> bool:
        here = threading.current_thread()
        return set(in_threads(lambda _: threading.current_thread(), range(3))) == {here}

    with using(2):
        assert all(in_threads(part, range(4)))


def test_few_items_are_begun_before_the_first_result_is_taken():
    taken = []

    def items():
        for number in range(100):
            taken.append(number)
            yield number

    with using(2):
        results = in_threads(lambda it: it, items())
        next(results)
        assert len(taken) <= 5
        results.close()


def test_what_a_part_raises_comes_out_and_no_part_goes_on():
    at_work, ended = [], []

    def part(number: int) -> None:
        at_work.append(number)
        if number == 3:
            raise ValueError("three")
        time.sleep(0.01)
        ended.append(number)

    with using(2), pytest.raises(ValueError, match="three"):
        list(in_threads(part, range(100)))
    assert sorted(ended) == sorted(set(at_work) - {3})
    assert len(at_work) < 20


def test_no_thread_is_left_after_the_call():
    with using(2):
        list(in_threads(lambda it: it, range(10)))
    assert not [it for it in threading.enumerate() if it.name.startswith("restyle-part")]


def test_blas_has_one_thread_while_any_call_lasts_and_its_own_again_after_the_last():
    before = blas_threads()
    first, second = blas_in_one_thread(), blas_in_one_thread()
    first.__enter__()
    second.__enter__()
    assert blas_threads() == {1}
    first.__exit__(None, None, None)
    assert blas_threads() == {1}
    second.__exit__(None, None, None)
    assert blas_threads() == before


@pytest.mark.parametrize("first_ends_first", [True, False])
def test_blas_has_its_own_threads_again_whichever_call_ends_last_and_lives_on(first_ends_first):
    before, calls = blas_threads(), [blas_in_one_thread(), blas_in_one_thread()]
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as two:
        threads = list(zip((one, two), calls, strict=True))
        for thread, call in threads:
            thread.submit(call.__enter__).result()
        for thread, call in threads if first_ends_first else reversed(threads):
            assert blas_threads() == {1}
            thread.submit(call.__exit__, None, None, None).result()
        assert blas_threads() == before
        with blas_in_one_thread():  # neither of those that are alive
            assert blas_threads() == {1}
        assert blas_threads() == before


def test_there_is_at_least_one_core():
    assert cores() >= 1
