#!/usr/bin/env python3
"""Install Restyle into the folder .venv beside this file, and try it.

    python3 start.py           install it
    python3 start.py demo      ... and make restyle-demo, a folder with a page that plays sounds
    python3 start.py test      ... and run the tests

It needs Python 3.11 and nothing else: no pip, no activated environment. Systems that do not let pip
install into their own Python (PEP 668) have no objection to a folder like .venv.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

OLDEST = (3, 11)
HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(HERE, ".venv")
PROGRAMS = os.path.join(FOLDER, "Scripts" if os.name == "nt" else "bin")
PYTHON = os.path.join(PROGRAMS, "python")
RESTYLE = os.path.join(PROGRAMS, "restyle")
PIP_AT = "https://pypi.org/pypi/pip/json"  # PyPI's JSON API
TIMEOUT_SECONDS = 60  # by guess
TORCH_CPU = "https://download.pytorch.org/whl/cpu"  # as pytorch.org/get-started says


def main():
    """Do what the command line says; the exit code."""
    if sys.version_info < OLDEST:
        version = "%d.%d" % sys.version_info[:2]  # noqa: UP031 - for the Pythons that get here
        return _wrong("Restyle needs Python 3.11 or newer, and this is " + version)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cpu", action="store_true", help="take torch without CUDA")
    parser.add_argument("way", nargs="?", choices=["demo", "test"], help="what to try")
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="what demo or pytest is to get")
    asked = parser.parse_args()
    try:
        _install(cpu=asked.cpu, tests=asked.way == "test")
    except subprocess.CalledProcessError:
        return _wrong("the installation ended; what is above says why. Run it again to go on.")
    except (OSError, ValueError) as error:
        return _wrong(f"the installation ended: {error}. Run it again to go on.")
    if asked.way == "demo":
        return subprocess.call([RESTYLE, "demo", *asked.rest])
    if asked.way == "test":
        return subprocess.call([os.path.join(PROGRAMS, "pytest"), *asked.rest], cwd=HERE)
    print(f"\nRestyle is installed. Try  {RESTYLE} demo")
    return 0


def _install(*, cpu, tests):
    """Have .venv, pip in it, and Restyle with what it needs."""
    if not os.path.exists(os.path.join(FOLDER, "pyvenv.cfg")):
        import venv

        venv.create(FOLDER, symlinks=os.name != "nt")
    if subprocess.call([PYTHON, "-c", "import pip"], stderr=subprocess.DEVNULL):
        _add_pip()
    if cpu:
        _pip("install", "--index-url", TORCH_CPU, _requirement("torch"))
    if tests:
        _pip("install", HERE + "[test]", os.path.join(HERE, "tests", "support"))
    else:
        _pip("install", HERE)


def _pip(*arguments):
    subprocess.run([PYTHON, "-m", "pip", *arguments], check=True)


def _add_pip():
    """Put pip into .venv: Python's own copy, or, where a system has taken that out, PyPI's."""
    if not subprocess.call([PYTHON, "-c", "import ensurepip"], stderr=subprocess.DEVNULL):
        subprocess.run([PYTHON, "-m", "ensurepip", "--default-pip"], check=True)
        return
    with tempfile.TemporaryDirectory() as folder:
        wheel = _fetch_pip(folder)
        # A wheel is a zip file, and pip runs from one.
        command = [PYTHON, os.path.join(wheel, "pip"), "install", "--no-index", wheel]
        subprocess.run(command, check=True)


def _fetch_pip(folder):
    """Fetch pip's wheel into the folder; its path. ValueError if it is not what PyPI says."""
    print("Fetching pip from PyPI: this Python comes without it.")
    with urllib.request.urlopen(PIP_AT, timeout=TIMEOUT_SECONDS) as reply:
        wheel = next(it for it in json.load(reply)["urls"] if it["packagetype"] == "bdist_wheel")
    url = urllib.parse.urljoin(PIP_AT, wheel["url"])
    with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as reply:
        data = reply.read()
    if hashlib.sha256(data).hexdigest() != wheel["digests"]["sha256"]:
        raise ValueError("the pip that came is not what PyPI says it is")
    path = os.path.join(folder, wheel["filename"])
    with open(path, "wb") as file:
        file.write(data)
    return path


def _requirement(name):
    """What pyproject.toml asks of a package, such as torch>=2.6."""
    import tomllib

    with open(os.path.join(HERE, "pyproject.toml"), "rb") as file:
        wanted = tomllib.load(file)["project"]["dependencies"]
    return next(it for it in wanted if it.startswith(name + ">"))


def _wrong(text):
    """Say what is wrong; the exit code."""
    print("start.py: " + text, file=sys.stderr)
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
