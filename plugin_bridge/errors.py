"""Exceptions, and names of files, as one line for people."""

from __future__ import annotations

import re

# C++'s own, as pedalboard and onnxruntime pass them on (two compilers); torch's; of an import.
_OUT_OF_MEMORY = ("bad_alloc", "bad allocation", "can't allocate memory", "failed to map segment")
_MISSING = re.compile(  # as the GNU C library says it
    r"(?P<name>lib[\w.+-]+)\.so\.(?P<number>\d+)[\d.]*: cannot open shared object file"
)
MAX_CHARACTERS = 500  # of a line that goes into a datagram, a log or a status page; not searched


def explain(error: Exception) -> str:
    """What went wrong with a command, on one line."""
    if hasattr(error, "format_message"):  # a usage error, of typer or of click
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "restyle"
        said = error.format_message().removesuffix(".")
        text = f"{said}{'' if said.endswith('?') else '.'} Try '{path} --help'."
    elif isinstance(error, OSError) and error.strerror:
        text = _of_system(error)
    elif library := _missing_library(error):
        text = library
    elif _is_out_of_memory(error):
        text = "out of memory: restyle a shorter part, or close other programs"
    elif isinstance(error, (ValueError, OSError)):
        text = str(error)
    else:
        text = f"unexpected {type(error).__name__}: {error} (RESTYLE_DEBUG=1 shows where)"
    return shown(" ".join(text.split()))


def explain_job(error: Exception) -> str:
    """What went wrong with a job, in a sentence for a client, perhaps on another machine."""
    if _is_out_of_memory(error):
        return "Out of memory: split the stem, or close other programs."
    if isinstance(error, OSError) and error.strerror:
        return shown(f"{_of_system(error)}.", MAX_CHARACTERS)
    if isinstance(error, (ValueError, OSError)):
        return one_line(error)
    return f"{type(error).__name__}: {one_line(error)}"


def explain_stored(error: Exception) -> str:
    """As `explain_job`, for a client that must not learn where this server keeps its files."""
    if isinstance(error, OSError) and error.strerror and not _is_out_of_memory(error):
        return "The server's storage does not answer, or is full: try again later."
    return explain_job(error)


def shown(text: object, most_characters: int | None = None) -> str:
    r"""A path or a text on one line, with escapes for what a terminal would obey or could not show.

    Controls of the writing direction are among these: they can make one name look like another.
    What is too long is cut in the middle: names stand there, and the remedy at the end.

    >>> print(shown("a\x1b[2J.wav"))
    a\x1b[2J.wav
    """
    line = "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in str(text)
    )
    if most_characters is None or len(line) <= most_characters:
        return line
    end = most_characters // 2
    return f"{line[: most_characters - end - 1]}…{line[-end:]}"


def one_line(error: BaseException) -> str:
    """The exception's own message, on one line of bounded length."""
    return shown(" ".join(str(error).split()) or type(error).__name__, MAX_CHARACTERS)


def _missing_library(error: Exception) -> str:
    """What to say if a library of the system is missing; empty if it is something else.

    Pedalboard's wheel, for example, needs libatomic.so.1, which small systems come without.
    """
    found = _MISSING.match(str(error)) if isinstance(error, ImportError) else None
    if found is None:
        return ""
    # A package has the library's name, and its number with a dash only after a digit (Debian's
    # policy, 8.1).
    name = found["name"] + ("-" if found["name"][-1].isdigit() else "") + found["number"]
    return (
        f"the system's library {found[0].split(':')[0]} is missing: on Debian and Ubuntu, "
        f"apt install {name}"
    )


def _is_out_of_memory(error: Exception) -> bool:
    """Whether memory ran out: libraries in C++ have words of their own for that."""
    if isinstance(error, (MemoryError, ValueError, OSError)):
        return isinstance(error, MemoryError)
    return any(words in str(error) for words in _OUT_OF_MEMORY)


def _of_system(error: OSError) -> str:
    """The system's message, after the name of the file that it is about."""
    name = f"{error.filename}: " if error.filename else ""
    return f"{name}{error.strerror}"
