"""Pages from the templates beside this file, by Jinja2; text in them is escaped."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

LOOK = Path(__file__).parent / "look"  # styles and scripts that `serve --web` gives out, too


def render(template: str, *, package: str = __package__, **values: object) -> str:
    """The page that ``template`` makes of ``values``; if it needs another, an error is raised.

    Args:
        template: the name of its file.
        package: the template lies in the folder ``templates`` of this package. What it includes may
            lie in that of ``plugin_bridge.reports``.
        values: by name.
    """
    return _environment(package).get_template(template).render(values)


def look(name: str) -> Markup:
    """The text of a file of `LOOK`, to stand in a page: a page in a folder is then one file."""
    return Markup((LOOK / name).read_text(encoding="utf-8"))


@cache
def _environment(package: str) -> Environment:
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader(__package__)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["look"] = look
    return environment
