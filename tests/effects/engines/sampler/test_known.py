"""A stem is listened to once, and played once for all strengths: and sounds as if it were anew."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from support.samplers import BRIGHT, DARK, REED, SAW, strokes_of, tune
from support.sounds import melody

from effects import Cancelled, StyleTransfer
from effects.engines.sampler import drums, engine
from effects.engines.sampler import listen as ears
from effects.engines.sampler.forms import NUMBERS
from effects.engines.sampler.known import SOUNDS, Known, digest, knowing

RATE = 22_050
REEDS = (tune([(0.1 + 0.45 * n, 0.4, 57 + n) for n in range(7)], 3.5, RATE, REED), RATE)
OTHER = (tune([(0.1 + 0.45 * n, 0.4, 62 - n) for n in range(7)], 3.5, RATE, SAW), RATE)
BEATS = [(0.05 + 0.4 * n, (DARK, BRIGHT)[n % 2]) for n in range(5)]
TUNE = tune([(0.4, 0.35, 60), (0.9, 0.35, 64), (1.4, 0.6, 59)], 2.2, RATE, SAW)
MIX = np.vstack([TUNE, 0.7 * strokes_of(BEATS, 2.2, RATE)[: TUNE.size]]).astype(np.float32)


@pytest.fixture
def calls(monkeypatch, fresh_cache):
    """How often the stem was transcribed, followed, separated, and played."""
    counted = {}

    def count(module, name):
        original = getattr(module, name)

        def counting(*args, **kwargs):
            counted[name] = counted.get(name, 0) + 1
            return original(*args, **kwargs)

        monkeypatch.setattr(module, name, counting)
        counted[name] = 0

    count(ears, "transcribe")
    count(ears, "follow")
    count(drums, "percussive")
    count(engine, "account_for")
    return counted


def forget(monkeypatch, *, facts=False, folder=None):
    """As a new process; with ``facts``, also on disk."""
    SOUNDS.clear()
    monkeypatch.setattr("effects.running.cache.CACHES", {})
    if facts:
        for path in (folder / "stems").glob("*.npz"):
            path.unlink()


@pytest.mark.parametrize("stem", [TUNE[None], MIX], ids=["tune", "mix"])
def test_another_style_is_played_without_listening_and_sounds_as_if_heard_anew(
    stem, calls, fresh_cache, monkeypatch
):
    effect = StyleTransfer(style=REEDS)
    effect(stem, RATE)
    listened = dict(calls)
    effect.style = OTHER
    remembered = effect(stem, RATE)
    assert {**calls, "account_for": 1} == listened
    forget(monkeypatch, facts=True, folder=fresh_cache)
    np.testing.assert_array_equal(effect(stem, RATE), remembered)
    assert calls["transcribe"] == 2


def test_a_new_process_knows_the_notes_from_the_disk(calls, monkeypatch):
    effect = StyleTransfer(style=REEDS)
    first = effect(MIX, RATE)
    forget(monkeypatch)
    np.testing.assert_array_equal(effect(MIX, RATE), first)
    assert (calls["transcribe"], calls["follow"]) == (1, 1)
    assert calls["percussive"] == 2  # no sound is on the disk: the drums are kept in the output


def test_strengths_and_mixes_are_played_once_and_sound_as_if_played_anew(calls, monkeypatch):
    effect = StyleTransfer(style=REEDS)
    settings = [(1.0, 1.0), (0.5, 1.0), (0.5, 0.3), (1.0, 0.3), (1.0, 1.0)]
    outputs = []
    for effect.strength, effect.mix in settings:
        outputs.append((effect(MIX, RATE), effect.report))
    assert calls["account_for"] == 1
    for (effect.strength, effect.mix), (output, report) in zip(settings, outputs, strict=True):
        SOUNDS.clear()
        np.testing.assert_array_equal(effect(MIX, RATE), output)
        assert effect.report == report


def test_what_changes_the_performance_is_played_anew(calls):
    effect = StyleTransfer(style=REEDS)
    outputs = [effect(MIX, RATE)]
    for name, value in (("drums", "drop"), ("dynamics", 1.0), ("style", OTHER)):
        setattr(effect, name, value)
        outputs.append(effect(MIX, RATE))
    assert calls["account_for"] == 4
    assert len({it.tobytes() for it in outputs}) == 4


def test_the_caller_may_write_to_what_it_got(monkeypatch):
    effect = StyleTransfer(style=REEDS)
    first = effect(MIX, RATE)
    copy = first.copy()
    first[:] = 0
    np.testing.assert_array_equal(effect(MIX, RATE), copy)


def test_a_stem_that_differs_in_one_sample_or_its_rate_is_another(calls):
    effect = StyleTransfer(style=REEDS)
    effect(TUNE, RATE)
    changed = TUNE.copy()
    changed[1000] += 1e-4
    effect(changed, RATE)
    effect(TUNE, RATE + 1)
    assert calls["transcribe"] == 3


def test_what_was_heard_before_a_cancel_is_kept(calls, monkeypatch):
    def cancel(*args, **kwargs):
        raise Cancelled

    effect = StyleTransfer(style=REEDS)
    with monkeypatch.context() as patched:
        patched.setattr(engine, "level_of", cancel)
        with pytest.raises(Cancelled):
            effect(MIX, RATE)
    effect(MIX, RATE)
    assert calls["transcribe"] == 1


def test_damage_on_the_disk_only_costs_time(calls, fresh_cache, monkeypatch):
    effect = StyleTransfer(style=REEDS)
    first = effect(TUNE, RATE)
    (path,) = (fresh_cache / "stems").glob("*.npz")
    path.write_bytes(path.read_bytes()[:-100])
    forget(monkeypatch)
    np.testing.assert_array_equal(effect(TUNE, RATE), first)
    assert calls["transcribe"] == 2


def test_a_cache_that_cannot_be_written_only_costs_time(calls, tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("mine")
    monkeypatch.setenv("RESTYLE_CACHE_DIR", str(blocked))
    output = StyleTransfer(style=REEDS)(TUNE, RATE)
    assert output.shape == TUNE.shape
    assert blocked.read_text() == "mine"


def test_two_calls_at_once_listen_once(calls, fresh_cache):
    effects = [StyleTransfer(style=it) for it in (REEDS, OTHER)]
    for effect in effects:
        effect(TUNE[: RATE // 2], RATE)  # the styles are learnt
    calls.update(dict.fromkeys(calls, 0))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda effect: effect(MIX, RATE), effects))
    assert (calls["transcribe"], calls["follow"]) == (1, 1)


def test_who_waits_for_another_to_listen_goes_on_after_a_while_or_is_cancelled(fresh_cache):
    inside, leave = threading.Event(), threading.Event()

    def first():
        with knowing("stem", 100, lambda: None):
            inside.set()
            leave.wait(30)

    thread = threading.Thread(target=first)
    thread.start()
    try:
        assert inside.wait(10)
        with knowing("stem", 0.2, lambda: None) as known:
            assert known.facts == {}

        def cancel():
            raise Cancelled

        with pytest.raises(Cancelled), knowing("stem", 100, cancel):
            raise AssertionError("not cancelled")
    finally:
        leave.set()
        thread.join()


def test_facts_are_added_and_kept_even_if_the_work_fails(fresh_cache):
    def fail():
        with knowing("stem", 1, lambda: None) as known:
            assert known.fact("a", NUMBERS, lambda: (1.5,)) == (1.5,)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with knowing("stem", 1, lambda: None) as known:
        assert known.fact("a", NUMBERS, lambda: (2.5,)) == (1.5,)
        assert known.fact("b", NUMBERS, lambda: (3.5,)) == (3.5,)
    with knowing("stem", 1, lambda: None) as known:
        assert sorted(known.facts) == ["a", "b"]


def test_a_stem_without_a_digest_is_not_remembered():
    known = Known()
    assert known.sound("a", lambda: np.zeros(1), lambda it: it.nbytes) is not known.sound(
        "a", lambda: np.zeros(1), lambda it: it.nbytes
    )


def test_digests_tell_samples_shapes_and_rates_apart():
    stem = melody(0.1, RATE)
    others = [stem[:, :-1], stem.reshape(2, -1) if stem.size % 2 == 0 else stem[:, 1:], -stem]
    found = [digest(it, RATE) for it in [stem, *others]] + [digest(stem, RATE + 1)]
    assert len(set(found)) == len(found)
    assert digest(np.asfortranarray(np.vstack([stem, stem])), RATE) == digest(
        np.vstack([stem, stem]), RATE
    )


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_number_of_threads_changes_no_bit(threads, calls, fresh_cache, monkeypatch):
    expected = StyleTransfer(style=REEDS, threads=1)(MIX, RATE)
    forget(monkeypatch, facts=True, folder=fresh_cache)
    np.testing.assert_array_equal(StyleTransfer(style=REEDS, threads=threads)(MIX, RATE), expected)
