"""Whether `presets`, `effects` and `plugin_bridge` are Restyle's.

Package registries have other packages of such common names. If one of them was installed after
Restyle, its files have replaced ours; and a folder of such a name beside a script is found before
what is installed.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

PACKAGES = ("presets", "effects", "plugin_bridge")
#: Each of them says so in its ``__init__.py``. It is read, and not run: it may be anybody's.
MARK = b'__distribution__ = "restyle"'


class Stranger(NamedTuple):
    """A package in the place of one of ours.

    Attributes:
        name: of the package.
        place: where it is; None if there is nothing of that name.
    """

    name: str
    place: Path | None

    def __str__(self) -> str:
        """What is wrong, and what to do, in one line."""
        if self.place is None:
            return f"Restyle's package {self.name} is missing: {_again()}."
        found = f"{self.place} is not Restyle's package {self.name}"
        others = _other_distributions(self.name)
        if others:
            return f"{found} but that of {', '.join(others)}: {_again(*others)}."
        return f"{found}: rename it or run elsewhere, or else {_again()}."


def check() -> None:
    """Raise ImportError, which says what to do, if a package is not ours."""
    for name in PACKAGES:
        if stranger := find_stranger(name):
            raise ImportError(str(stranger), name=name)


def find_stranger(name: str) -> Stranger | None:
    """What is in the place of our package of that name; None if it is ours."""
    spec = find_spec(name)
    if spec is None:
        return Stranger(name, None)
    if spec.origin is None:  # a folder without an __init__.py
        return Stranger(name, Path(next(iter(spec.submodule_search_locations or ["?"]))))
    path = Path(spec.origin)
    return None if MARK in path.read_bytes() else Stranger(name, path)


def _other_distributions(name: str) -> list[str]:
    """The distributions beside ours that have installed a package of that name."""
    from importlib.metadata import packages_distributions  # loads half of the email package

    return sorted({*packages_distributions().get(name, [])} - {"restyle"})


def _again(*others: str) -> str:
    """How to get ours back."""
    first = f"pip uninstall {' '.join(others)}, then " if others else ""
    return f"{first}pip install --force-reinstall --no-deps {_source()}"


def _source() -> str:
    """What Restyle was installed from: a folder, if pip wrote that down (PEP 610)."""
    import json
    from importlib.metadata import PackageNotFoundError, distribution
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    try:
        written = distribution("restyle").read_text("direct_url.json")
    except PackageNotFoundError:
        written = None
    url = urlsplit(json.loads(written)["url"] if written else "")
    return url2pathname(url.path) if url.scheme == "file" else "restyle"
