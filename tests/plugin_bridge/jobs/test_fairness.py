"""Whose job is next: owners take turns, however many jobs each has sent."""

from hypothesis import given
from hypothesis import strategies as st

from plugin_bridge.jobs.fairness import Turns
from plugin_bridge.jobs.job import Job


def jobs(owners, first=1):
    """A job for each letter, in the order of submission."""
    return [
        Job(f"{o}{n}", "", "restyle", {}, "", owner=o, number=n)
        for n, o in enumerate(owners, first)
    ]


def names(found):
    return "".join(job.owner for job in found)


def serve(turns, waiting, workers=1):
    """Do all jobs, one after the other with one worker; the owners in the order of their turns."""
    waiting, running, served = list(waiting), [], []
    while waiting:
        job = turns.order(waiting, running)[0]
        turns.note(job.owner)
        waiting.remove(job)
        running = [*running, job][-workers:] if workers > 1 else []
        served.append(job)
    return served


def test_one_owners_jobs_come_in_the_order_of_submission():
    mine = jobs("aaaa")
    assert Turns().order(mine, []) == mine
    assert serve(Turns(), mine) == mine


def test_a_newcomer_does_not_wait_for_anothers_thousand():
    waiting = jobs("a" * 1000 + "b")
    assert names(Turns().order(waiting, []))[:3] == "aba"
    turns = Turns()
    turns.note("a")  # has just had its turn
    assert names(turns.order(waiting, []))[:3] == "baa"


def test_two_owners_alternate_even_with_one_worker():
    assert names(serve(Turns(), jobs("aaaabbbb"))) == "abababab"


def test_whoever_has_most_running_comes_last():
    waiting = jobs("ab", first=10)
    assert names(Turns().order(waiting, jobs("aa"))) == "ba"


@given(st.text("abc", min_size=1, max_size=12), st.integers(1, 3))
def test_nobody_is_left_out_or_overtaken_by_an_own_later_job(owners, workers):
    waiting = jobs(owners)
    served = serve(Turns(), waiting, workers)
    assert sorted(job.id for job in served) == sorted(job.id for job in waiting)
    for owner in set(owners):
        numbers = [job.number for job in served if job.owner == owner]
        assert numbers == sorted(numbers)


@given(st.text("abc", min_size=1, max_size=12))
def test_no_owner_waits_longer_than_one_round(owners):
    served = names(serve(Turns(), jobs(owners)))
    for place, owner in enumerate(served):
        ahead = served[:place]
        others = {o for o in owners if o != owner}
        for other in others:  # nobody has had two more turns than one who still waits
            assert ahead.count(other) <= ahead.count(owner) + 1


def test_owners_without_jobs_are_forgotten():
    turns = Turns()
    for number in range(10):
        turns.note(f"owner-{number}")
    turns.forget(["owner-7"])
    assert list(turns._served) == ["owner-7"]
