"""Where plugins are found, and where they must not be."""

from pathlib import Path

import pytest

from effects.chains import plugins
from effects.chains.plugins import MAX_DEPTH, MissingPlugin, PluginFolders, folders_of


@pytest.fixture(autouse=True)
def system(tmp_path, monkeypatch):
    """A system with one folder for plugins."""
    folder = tmp_path / "system"
    folder.mkdir()
    monkeypatch.setattr(plugins, "system_folders", lambda: [folder])
    return folder


def bundle(path):
    """A plugin as a folder, with a file of the same name in it, as some have it."""
    inside = path / "Contents" / path.name
    inside.parent.mkdir(parents=True)
    inside.write_bytes(b"")
    return path


def file(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def test_an_absolute_path_is_that_file_or_none(tmp_path):
    hall = file(tmp_path / "Hall.vst3")
    assert PluginFolders().find(str(hall)) == hall
    with pytest.raises(MissingPlugin, match=r"no plugin .*Nope\.vst3"):
        PluginFolders().find(str(tmp_path / "Nope.vst3"))


def test_a_path_with_folders_is_relative_to_the_chains(tmp_path):
    hall = bundle(tmp_path / "chains" / "mine" / "Hall.vst3")
    beside = tmp_path / "chains"
    assert PluginFolders().find("mine/Hall.vst3", beside).samefile(hall)
    with pytest.raises(MissingPlugin, match=r"in .*chains"):
        PluginFolders().find("other/Hall.vst3", beside)


def test_a_name_is_looked_for_in_the_folders_then_beside_then_in_the_system(tmp_path, system):
    in_system = bundle(system / "Hall.vst3")
    first, beside = tmp_path / "first", tmp_path / "chains"
    look = PluginFolders([first])
    assert look.find("Hall.vst3", beside) == in_system
    near = file(beside / "Hall.vst3")
    assert look.find("Hall.vst3", beside) == near
    given = bundle(first / "Hall.vst3")
    assert look.find("Hall.vst3", beside) == given
    assert PluginFolders().find("Hall.vst3") == in_system


def test_folders_of_vendors_are_looked_into_and_bundles_are_not(tmp_path, system):
    hall = bundle(system / "Vendor" / "Reverbs" / "Hall.vst3")
    assert PluginFolders().find("Hall.vst3") == hall
    bundle(system / "Other.vst3" / "Contents" / "Inner.vst3")
    with pytest.raises(MissingPlugin):
        PluginFolders().find("Inner.vst3")


def test_a_folder_that_is_no_bundle_is_no_plugin(tmp_path, system):
    (system / "Vendor").mkdir()
    with pytest.raises(MissingPlugin):
        PluginFolders().find("Vendor")


def test_the_search_ends(tmp_path, system, monkeypatch):
    deep = system.joinpath(*"abcdefgh"[: MAX_DEPTH + 1])
    file(deep / "Deep.vst3")
    (system / "loop").symlink_to(system)
    with pytest.raises(MissingPlugin):
        PluginFolders().find("Deep.vst3")
    monkeypatch.setattr(plugins, "MAX_ENTRIES", 3)
    for number in range(5):
        file(system / f"a{number}")
    file(system / "z.vst3")
    with pytest.raises(MissingPlugin):
        PluginFolders().find("z.vst3")


def test_names_are_taken_as_they_are_written(tmp_path, system):
    file(system / "Hall.vst3")
    with pytest.raises(MissingPlugin):
        PluginFolders().find("hall.VST3")


@pytest.mark.parametrize(
    "path",
    [
        "{out}/Hall.vst3",
        "../out/Hall.vst3",
        "..\\out\\Hall.vst3",
        "C:\\out\\Hall.vst3",
        "sub/../../out/Hall.vst3",
        "Hall.vst3",
    ],
)
def test_a_server_takes_plugins_by_name_from_its_folders_and_from_nowhere_else(tmp_path, path):
    out, given = tmp_path / "out", tmp_path / "given"
    file(out / "Hall.vst3")
    file(tmp_path / "system" / "Hall.vst3")
    given.mkdir()
    look = PluginFolders([given], only=True)
    path = path.replace("{out}", str(out))
    with pytest.raises(MissingPlugin, match=r"no plugin Hall\.vst3 in .*given: "):
        look.find(path, beside=out)
    allowed = file(given / "Hall.vst3")
    assert look.find(path, beside=out) == allowed


@pytest.mark.parametrize(
    "path", ["", ".", "..", "/", "../..", "\0", "a\0b", "x" * 5000, "\udcff", "a\nb", "\\", "../"]
)
@pytest.mark.parametrize("only", [False, True])
def test_what_is_no_name_is_missing_in_one_line(tmp_path, path, only):
    look = PluginFolders([tmp_path], only=only)
    if not only and path in (".", "..", "/", "../..", "../"):
        return  # folders that are there: they are no plugins, which loading them tells
    with pytest.raises(MissingPlugin) as caught:
        look.find(path, beside=tmp_path)
    assert str(caught.value).isprintable()
    assert "--plugins" in str(caught.value)


def test_a_missing_plugin_says_where_was_looked_and_what_to_do(tmp_path, system):
    with pytest.raises(MissingPlugin) as caught:
        PluginFolders([tmp_path / "mine"]).find("Hall.vst3", tmp_path / "chains")
    text = str(caught.value)
    assert text == (
        f"There is no plugin Hall.vst3 in {tmp_path / 'mine'}, {tmp_path / 'chains'}, {system}: "
        "install it, or name its folder with --plugins."
    )


def test_a_plugin_is_no_folder_of_plugins(tmp_path):
    for name in ("vst3", ".vst3", "Own.vst3"):
        (tmp_path / name).mkdir()
    right = [tmp_path / "vst3", tmp_path / ".vst3"]
    assert folders_of(right) == tuple(it.resolve() for it in right)
    with pytest.raises(ValueError, match=r"Own\.vst3 is itself a plugin: name the folder"):
        folders_of([tmp_path / "Own.vst3"])
    with pytest.raises(ValueError, match="There is no folder"):
        folders_of([tmp_path / "none"])


def test_every_system_has_its_folders(monkeypatch):
    monkeypatch.undo()
    homes = {"linux": ".vst3", "darwin": "Audio/Plug-Ins/VST3", "win32": "VST3"}
    for platform, end in homes.items():
        monkeypatch.setattr("sys.platform", platform)
        found = plugins.system_folders()
        assert all(isinstance(it, Path) for it in found)
        assert str(found[0]).endswith(end)


@pytest.mark.parametrize("path", ["/elsewhere/Hall.vst3", "plugins/Hall.vst3"])
def test_one_that_is_not_at_its_path_is_looked_for_in_the_folders_that_are_named(tmp_path, path):
    hall = file(tmp_path / "named" / "Hall.vst3")
    assert PluginFolders((tmp_path / "named",)).find(path, tmp_path) == hall
    with pytest.raises(MissingPlugin, match=r"no plugin .*Hall\.vst3"):
        PluginFolders().find(path, tmp_path)


@pytest.mark.parametrize("name", ["Hall", "hall.vst3", "Halls.vst3"])
def test_a_misspelt_name_is_answered_with_the_likely_one_but_not_by_servers(tmp_path, system, name):
    file(system / "Hall.vst3")
    with pytest.raises(MissingPlugin, match=r"did you mean Hall\.vst3\?"):
        PluginFolders().find(name)
    with pytest.raises(MissingPlugin) as told:
        PluginFolders((system,), only=True).find(name)
    assert "did you mean" not in str(told.value)
