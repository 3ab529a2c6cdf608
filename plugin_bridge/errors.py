"""Exceptions as one line for people."""

from __future__ import annotations

MAX_CHARACTERS = 500  # of a line that goes into a datagram, a log or a status page; not searched


def explain(error: Exception) -> str:
    """What went wrong with a command, on one line."""
    if hasattr(error, "format_message"):  # a usage error, of typer or of click
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "restyle"
        text = f"{error.format_message().rstrip('.')}. Try '{path} --help'."
    elif isinstance(error, OSError) and error.strerror:
        text = _of_system(error)
    elif isinstance(error, MemoryError):
        text = "out of memory: restyle a shorter part, or close other programs"
    elif isinstance(error, (ValueError, OSError)):
        text = str(error)
    else:
        text = f"unexpected {type(error).__name__}: {error} (RESTYLE_DEBUG=1 shows where)"
    return " ".join(text.split())


def explain_job(error: Exception) -> str:
    """What went wrong with a job, in a sentence for a client, perhaps on another machine."""
    if isinstance(error, MemoryError):
        return "Out of memory: split the stem, or close other programs."
    if isinstance(error, OSError) and error.strerror:
        return shown(f"{_of_system(error)}.")
    if isinstance(error, (ValueError, OSError)):
        return one_line(error)
    return f"{type(error).__name__}: {one_line(error)}"


def one_line(error: BaseException) -> str:
    """The exception's own message, on one line of bounded length."""
    text = _escaped(" ".join(str(error).split()) or type(error).__name__)
    return text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + "…"


def shown(text: str, most_characters: int = MAX_CHARACTERS) -> str:
    """``text`` on one line of bounded length, which a terminal can show as it is.

    What is too long is cut in the middle: names stand there, and the remedy at the end.
    """
    text, end = _escaped(text), most_characters // 2
    if len(text) <= most_characters:
        return text
    return f"{text[: most_characters - end - 1]}…{text[-end:]}"


def _escaped(text: str) -> str:
    """``text`` with what a terminal would obey, or could not show, as in a string of Python's."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text
    )


def _of_system(error: OSError) -> str:
    """The system's message, after the name of the file that it is about."""
    name = f"{error.filename}: " if error.filename else ""
    return f"{name}{error.strerror}"
