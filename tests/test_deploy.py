"""The files for containers name what there is: no container engine is needed to know that."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from support.servers import RESTYLE

ROOT = Path(__file__).parents[1]
yaml = pytest.importorskip("yaml")


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())


@pytest.fixture(scope="module")
def serve_help():
    env = {**os.environ, "COLUMNS": "200", "TERM": "dumb"}
    command = [*RESTYLE, "serve", "--help"]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout


def options(words):
    return {word for word in words if word.startswith("--")}


def test_each_option_of_the_server_exists(compose, serve_help):
    command = compose["services"]["web"]["command"]
    assert command[0] == "serve"
    assert options(command) <= set(re.findall(r"--[a-z-]+", serve_help))


@pytest.mark.parametrize("service", ["scheduler", "worker"])
def test_each_option_of_dask_exists(compose, service):
    module = pytest.importorskip(f"distributed.cli.dask_{service}")
    known = {
        name for option in module.main.params for name in (*option.opts, *option.secondary_opts)
    }
    program, what, *rest = compose["services"][service]["entrypoint"]
    assert (program, what) == ("dask", service)
    assert options(rest) <= known


def test_whoever_is_named_in_an_address_is_a_service(compose):
    for name in ("web", "scheduler", "worker"):
        about = compose["services"][name]
        words = [*about["command"], *about.get("entrypoint", []), *about["environment"].values()]
        hosts = [re.match(r"(?:tcp|http|postgresql)://(?:\w+@)?(\w+)", word) for word in words]
        assert {host[1] for host in hosts if host} <= set(compose["services"])


def test_the_image_has_the_extras_and_the_torch_that_the_project_names():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    text = (ROOT / "deploy" / "Containerfile").read_text()
    (extras,) = re.findall(r'"\.\[(.*)\]"', text)
    assert set(extras.split(",")) <= set(project["optional-dependencies"])
    (torch,) = re.findall(r'"(torch.*?)"', text)
    assert torch in project["dependencies"]
    for name in re.findall(r"^COPY (?!--)(\S+)", text, re.MULTILINE):
        assert (ROOT / name).exists()
