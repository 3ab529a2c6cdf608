"""Import paths of version 0.1 go on working, and cost nothing until they are used."""

import importlib
import subprocess
import sys

import pytest

from effects.moved import MOVED

#: What README and docs of version 0.1 import, and what other engines were written with.
NAMES = {
    "effects.engines.base": ("Engine", "GramEngine"),
    "effects.engines.checkpoint": ("Layout", "load", "stamp", "digest"),
    "effects.engines.cnn14": ("Cnn14Engine",),
    "effects.engines.infinite": ("Infinite",),
    "effects.engines.network": ("Network",),
    "effects.engines.random_cnn_1d": ("RandomCNN1D",),
    "effects.engines.random_cnn_2d": ("RandomCNN2D",),
    "effects.engines.vgg19": ("VGG19Engine", "VGG19"),
    "effects.engines.vggish": ("VGGishEngine", "VGGish"),
}


def test_every_old_path_is_tried():
    assert NAMES.keys() == MOVED.keys()


@pytest.mark.parametrize(("old", "names"), NAMES.items(), ids=NAMES)
def test_an_old_path_has_the_objects_of_the_new_one(old, names):
    before, after = importlib.import_module(old), importlib.import_module(MOVED[old])
    assert before is after
    for name in names:
        assert getattr(before, name) is getattr(after, name)


def fresh(code):
    """What a new process prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_old_paths_work_in_a_new_process_whichever_name_comes_first():
    code = "\n".join(
        [
            *(
                f"from {old} import {names[0]} as n{k}"
                for k, (old, names) in enumerate(NAMES.items())
            ),
            "import sys",
            f"moved = {dict(MOVED)}",
            "assert all(sys.modules[old] is sys.modules[new] for old, new in moved.items())",
            "import effects.engines.vgg19 as old, effects.engines.gram.networks.vgg19 as new",
            "print(old is new, old.__name__)",
        ]
    )
    assert fresh(code) == ["True", "effects.engines.gram.networks.vgg19"]
    code = (
        "import effects.engines.gram.infinite as new, effects.engines.infinite as old;"
        "print(old is new)"
    )
    assert fresh(code) == ["True"]


def test_a_name_that_never_was_is_still_an_error():
    with pytest.raises(ModuleNotFoundError, match=r"effects\.engines\.vgg16"):
        importlib.import_module("effects.engines.vgg16")


def test_importing_effects_loads_neither_torch_nor_librosa():
    loaded = fresh("import sys, effects; print(*{'torch', 'librosa', 'scipy'} & {*sys.modules})")
    assert loaded == []
