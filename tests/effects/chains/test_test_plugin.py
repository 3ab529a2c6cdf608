"""The plugins that tests build are what they say they are."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pedalboard
import pytest

RATE = 44100
RUN = """
import sys
import numpy as np
import pedalboard

plugin = pedalboard.VST3Plugin(sys.argv[1])
print("loaded", flush=True)
for n in map(int, sys.argv[2:]):
    plugin(np.zeros((2, n), np.float32), 44100)
    print(n, flush=True)
"""


def noise(n_channels: int = 2, n: int = 30_000) -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.4, 0.4, (n_channels, n)).astype(np.float32)


def run(bundle: Path, *lengths: int) -> subprocess.CompletedProcess[str]:
    """Load a plugin in a process of its own, and have it process clips of these lengths."""
    return subprocess.run(
        [sys.executable, "-c", RUN, str(bundle), *map(str, lengths)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_gain_and_mode_are_exact(plugin):
    effect = pedalboard.VST3Plugin(str(plugin()))
    np.testing.assert_array_equal(effect(noise(), RATE), noise())
    effect.gain, effect.mode = 1.5, "inverted"
    np.testing.assert_array_equal(effect(noise(), RATE), -1.5 * noise())
    effect.mode = "halved"
    np.testing.assert_array_equal(effect(noise(1), RATE), 0.75 * noise(1))


def test_it_delays_as_much_as_it_reports(plugin):
    effect = pedalboard.VST3Plugin(str(plugin(latency=100)))
    assert effect.reported_latency_samples == 100
    np.testing.assert_array_equal(effect(noise(), RATE), noise())
    effect.reset()
    first = effect(noise(), RATE, reset=False)  # without what would bring the rest out
    np.testing.assert_array_equal(first, noise()[:, :-100])


def test_a_tail_repeats_it_half_as_loud(plugin):
    click = np.zeros((2, 5000), np.float32)
    click[:, 10] = 1
    output = pedalboard.VST3Plugin(str(plugin(tail=1000)))(click, RATE)
    at = np.flatnonzero(output[0])
    np.testing.assert_array_equal(at, [10, 1010, 2010, 3010, 4010])
    np.testing.assert_array_equal(output[1, at], [1, 0.5, 0.25, 0.125, 0.0625])


@pytest.mark.parametrize(("channels", "other"), [(1, 2), (2, 1)])
def test_it_takes_as_many_channels_as_it_was_built_for(plugin, channels, other):
    effect = pedalboard.VST3Plugin(str(plugin(channels=channels)))
    np.testing.assert_array_equal(effect(noise(channels), RATE), noise(channels))
    with pytest.raises(ValueError, match=f"does not support {other}-channel output"):
        effect(noise(other), RATE)


@pytest.mark.parametrize("forgetful", [False, True])
def test_what_it_learned_is_in_its_state_alone(plugin, forgetful):
    bundle = str(plugin(forgetful=forgetful))
    effect = pedalboard.VST3Plugin(bundle)
    fresh = {name: it.raw_value for name, it in effect.parameters.items()}
    effect.learn = True
    effect(noise(), RATE)
    effect.learn = False
    assert {name: it.raw_value for name, it in effect.parameters.items()} == fresh
    learned = effect(noise(), RATE)
    assert np.abs(learned).max() < 0.2  # 0.4 times 0.4

    other = pedalboard.VST3Plugin(bundle)
    other.raw_state = effect.raw_state
    np.testing.assert_array_equal(other(noise(), RATE), noise() if forgetful else learned)
    assert (other.raw_state == effect.raw_state) is not forgetful


def test_a_file_can_hold_two_plugins(plugin):
    bundle = str(plugin("Pair", classes=2))
    assert pedalboard.VST3Plugin.get_plugin_names_for_file(bundle) == ["Pair", "Pair 2"]
    assert pedalboard.VST3Plugin(bundle, plugin_name="Pair 2").name == "Pair 2"


def test_a_crash_on_load_ends_the_process(plugin):
    done = run(plugin(crash="load"))
    assert (done.returncode, done.stdout) == (-signal.SIGSEGV, "")


def test_a_crash_in_the_middle_ends_the_process(plugin):
    done = run(plugin(crash="process", after=20_000), 20_000, 20_000, 20_001)
    assert (done.returncode, done.stdout) == (-signal.SIGSEGV, "loaded\n20000\n20000\n")


@pytest.mark.parametrize(("hang", "first_line"), [("load", ""), ("process", "loaded\n")])
def test_it_hangs_for_ever(plugin, hang, first_line):
    command = [sys.executable, "-c", RUN, str(plugin(hang=hang)), "1000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        if first_line:
            assert process.stdout.readline() == first_line
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        process.kill()
        assert process.stdout.read() == ""


def test_a_noisy_one_prints(plugin):
    done = run(plugin("Noisy", noise=True), 1000)
    assert done.returncode == 0
    assert "noise on stdout from Noisy" in done.stdout
    assert "noise on stderr from Noisy" in done.stderr
