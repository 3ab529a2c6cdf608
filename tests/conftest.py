"""Shared fixtures. ``pytest --slow`` also runs the tests that take long.

``pytest --benchmark`` also asserts how long things may take: on a busy machine that would fail for
no fault of the code.
"""

import gc
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from support import plugins

from effects.running import float_mode


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run the slow tests")
    parser.addoption("--benchmark", action="store_true", help="also assert times: see `within`")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow"):
        return
    skip = pytest.mark.skip(reason="slow; run with --slow")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Iterator[None]:
    """A plugin that a test loads by pedalboard alone does not change how later tests compute."""
    with float_mode.kept():
        return (yield)


@pytest.fixture
def within(request: pytest.FixtureRequest) -> Callable[[float], AbstractContextManager[None]]:
    """A block under ``within(0.1)`` may take 0.1 s; that is asserted with ``--benchmark`` alone."""

    @contextmanager
    def watch(most_seconds: float) -> Iterator[None]:
        started = time.monotonic()
        yield
        if request.config.getoption("--benchmark"):
            assert time.monotonic() - started < most_seconds

    return watch


@pytest.fixture(scope="session")
def session_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def own_cache_folder(session_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep out of the user's cache; tests and their subprocesses share one of their own."""
    monkeypatch.setenv("RESTYLE_CACHE_DIR", str(session_cache))


@pytest.fixture(autouse=True)
def no_sounds_in_memory() -> None:
    """What an earlier test had played is played again; only facts about its stem are known."""
    for module, name in (("known", "SOUNDS"), ("learn", "PLAYERS")):
        loaded = sys.modules.get(f"effects.engines.sampler.{module}")
        if loaded:
            getattr(loaded, name).clear()


@pytest.fixture(autouse=True)
def data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep out of the user's presets: each test, with its subprocesses, begins without any."""
    folder = tmp_path_factory.mktemp("data")
    monkeypatch.setenv("RESTYLE_DATA_DIR", str(folder))
    return folder


@pytest.fixture(autouse=True, scope="module")
def plugins_end_with_their_tests() -> Iterator[None]:
    """Some plugins print when they end: that is not to be in the middle of another's test."""
    yield
    loaded = Path("/proc/self/maps")  # they are in it as long as one of them lives
    if loaded.exists() and b".vst3/" in loaded.read_bytes():
        gc.collect()


@pytest.fixture
def fresh_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder of this test alone."""
    folder = tmp_path / "fresh-cache"
    monkeypatch.setenv("RESTYLE_CACHE_DIR", str(folder))
    return folder


@pytest.fixture
def one_torch_thread():
    """As the effect computes: steps this short gain nothing from more threads."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """``plugin("NAME", **options)``: a VST3 plugin in a folder of its own; `support.plugins.build`.

    It is built once for each name and options.
    """
    if plugins.missing():
        pytest.skip(plugins.missing())
    built: dict[object, Path] = {}

    def build(name: str = "Tester", **options: bool | float | str) -> Path:
        key = name, *sorted(options.items())
        if key not in built:
            built[key] = plugins.build(tmp_path_factory.mktemp("plugin"), name, **options)
        return built[key]

    return build
