"""What an exception says to people: one line for a command, one for a job, and a code."""

import errno

import pytest

from plugin_bridge.errors import explain, explain_job, explain_stored, shown
from plugin_bridge.jobs.refusal import CODES, Refusal, code_of

CASES = {
    "a refusal": (
        Refusal("too_long", "a\nb\x1b[2J.wav lasts 2 h."),
        "a\\nb\\x1b[2J.wav lasts 2 h.",
        ("too_long", "a\\nb\\x1b[2J.wav lasts 2 h."),
    ),
    "a value": (ValueError("It is\n broken."), "It is broken.", ("unreadable", "It is broken.")),
    "a full disk": (
        OSError(errno.ENOSPC, "No space left on device", "/r/out.wav"),
        "/r/out.wav: No space left on device",
        ("disk_full", "/r/out.wav: No space left on device."),
    ),
    "a missing file": (
        FileNotFoundError(errno.ENOENT, "No such file or directory", "in.wav"),
        "in.wav: No such file or directory",
        ("not_found", "in.wav: No such file or directory."),
    ),
    "a read-only folder": (
        PermissionError(errno.EACCES, "Permission denied"),
        "Permission denied",
        ("out_not_writable", "Permission denied."),
    ),
    "a system error without a number": (
        OSError("It is\nodd"),
        "It is odd",
        ("unreadable", "It is odd"),
    ),
    "no memory": (
        MemoryError(),
        "out of memory: restyle a shorter part, or close other programs",
        ("unreadable", "Out of memory: split the stem, or close other programs."),
    ),
    "a fault of ours": (
        KeyError("x"),
        "unexpected KeyError: 'x' (RESTYLE_DEBUG=1 shows where)",
        ("internal", "KeyError: 'x'"),
    ),
}


@pytest.mark.parametrize(("error", "command", "job"), CASES.values(), ids=CASES)
def test_an_error_is_one_line_that_says_what_is_wrong(error, command, job):
    assert explain(error) == command
    assert (code_of(error), explain_job(error)) == job
    assert code_of(error) in CODES


def test_a_client_does_not_learn_where_the_server_keeps_its_files():
    away = OSError(errno.EIO, "The bucket cannot be used: check AWS_ENDPOINT_URL", "s3://bucket/a")
    assert explain_stored(away) == (
        "The server's storage does not answer, or is full: try again later."
    )


def test_what_a_job_says_is_of_bounded_length():
    """The middle is left out: names stand there, and the remedy at the end."""
    said = explain_job(ValueError(f"in.wav is bad: {'x' * 1000}. Export it again."))
    assert len(said) == 500
    assert said.startswith("in.wav is bad: x")
    assert said.endswith("x. Export it again.")


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("std::bad_alloc"),
        RuntimeError("bad allocation"),
        RuntimeError("[enforce] DefaultCPUAllocator: can't allocate memory: 9"),
        type("RuntimeException", (Exception,), {})("[ONNXRuntimeError] : Concat: std::bad_alloc"),
        ImportError("a.so: failed to map segment from shared object"),
    ],
)
def test_memory_that_runs_out_in_libraries_is_said_as_such(error):
    assert explain(error).startswith("out of memory: ")
    assert explain_job(error).startswith("Out of memory: ")


NAMES = ["a\x1b[2J.wav", "a\nb.wav", "a\u202egpj.wav", "a\udcff.wav", "a\x00", "a\x9b31m"]


@pytest.mark.parametrize("name", NAMES)
def test_no_name_reaches_a_terminal_raw(name):
    assert shown(name).isprintable()
    assert shown(name).isascii()
    for error in (ValueError(f"{name} is broken."), FileNotFoundError(2, "No such file", name)):
        assert explain(error).isprintable()
        assert explain_job(error).isprintable()


def test_names_in_any_language_are_shown_as_they_are():
    assert shown("Klänge/音 [1] (ñ).wav") == "Klänge/音 [1] (ñ).wav"


@pytest.mark.parametrize(
    ("library", "package"),
    [
        ("libatomic.so.1", "libatomic1"),
        ("libpng16.so.16", "libpng16-16"),
        ("libstdc++.so.6.0.30", "libstdc++6"),
    ],
)
def test_a_library_that_the_system_lacks_is_named_with_its_package(library, package):
    error = ImportError(f"{library}: cannot open shared object file: No such file or directory")
    text = f"the system's library {library} is missing: on Debian and Ubuntu, apt install {package}"
    assert explain(error) == text
    assert "unexpected ImportError: no such thing" in explain(ImportError("no such thing"))
