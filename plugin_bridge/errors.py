"""What an exception says to people: one line."""

from __future__ import annotations


def explain(error: Exception) -> str:
    """What went wrong, on one line."""
    if hasattr(error, "format_message"):  # a usage error of typer's, or of click's before it
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "restyle"
        text = f"{error.format_message().rstrip('.')}. Try '{path} --help'."
    elif isinstance(error, OSError) and error.strerror:
        name = f"{error.filename}: " if error.filename else ""
        text = f"{name}{error.strerror}"
    elif isinstance(error, MemoryError):
        text = "out of memory: restyle a shorter part, or close other programs"
    elif isinstance(error, (ValueError, OSError)):
        text = str(error)
    else:
        text = f"unexpected {type(error).__name__}: {error} (RESTYLE_DEBUG=1 shows where)"
    return " ".join(text.split())
