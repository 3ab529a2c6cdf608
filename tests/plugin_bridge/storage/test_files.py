"""Files by key, in a folder or a bucket: whole or not at all, and the same from both."""

import errno
import os
import pickle
import sys
import time

import pytest
from support.buckets import SECRET_KEY, buckets_or_skip

from plugin_bridge.storage.files import PICTURE, PREVIEW, Stored
from plugin_bridge.storage.opening import open_files

KEY = "jobs/0123456789abcdef.flac"


@pytest.fixture(scope="module")
def buckets():
    with buckets_or_skip() as server:
        yield server


@pytest.fixture
def bucket(buckets, monkeypatch):
    for name, value in buckets.env.items():
        monkeypatch.setenv(name, value)
    return buckets.new_bucket()


@pytest.fixture(params=["folder", "bucket", "bucket with prefix"])
def files(request, tmp_path):
    if request.param == "folder":
        return open_files(tmp_path / "data")
    bucket = request.getfixturevalue("bucket")
    return open_files(f"s3://{bucket}" + ("/a/prefix" if "prefix" in request.param else ""))


def put(files, key, content):
    with files.writing(key) as file:
        file.write(content)


def get(files, key, *places):
    return b"".join(files.read(key, *places))


@pytest.mark.parametrize("size", [0, 1, 300_000, 11_000_000])
def test_what_was_written_is_read(files, size):
    content = os.urandom(size)
    put(files, KEY, content)
    assert files.size(KEY) == size
    assert get(files, KEY) == content
    with files.open(KEY) as file:
        assert file.read() == content
        file.seek(size // 2)
        assert file.read() == content[size // 2 :]
        assert os.fstat(file.fileno()).st_size == size


def test_a_part_of_it_is_read(files):
    put(files, KEY, bytes(range(100)))
    assert get(files, KEY, 10) == bytes(range(10, 100))
    assert get(files, KEY, 10, 20) == bytes(range(10, 20))
    assert get(files, KEY, 90, 1000) == bytes(range(90, 100))
    assert get(files, KEY, 20, 20) == b""
    assert get(files, KEY, 100) == b""


def test_a_large_file_is_read_in_blocks_and_from_any_place(files):
    content = os.urandom(12_000_000)
    put(files, KEY, content)
    blocks = list(files.read(KEY, 1_000_000, 11_500_000))
    assert b"".join(blocks) == content[1_000_000:11_500_000]
    assert max(map(len, blocks)) <= 8_000_000


def fail_halfway(files):
    with files.writing(KEY) as file:
        file.write(b"half")
        raise KeyError


def test_what_is_not_finished_is_not_there(files):
    with pytest.raises(KeyError):
        fail_halfway(files)
    assert list(files.walk()) == []
    put(files, KEY, b"whole")
    with pytest.raises(KeyError):
        fail_halfway(files)
    assert get(files, KEY) == b"whole"


def test_a_file_can_be_looked_at_while_it_is_written(files):
    with files.writing(KEY) as file:
        file.write(b"header, and more")
        file.seek(0)
        assert file.read(6) == b"header"
    assert get(files, KEY) == b"header, and more"


def test_written_again_it_is_as_it_was(files):
    for _ in range(2):
        put(files, KEY, b"content")
    assert get(files, KEY) == b"content"
    assert len(list(files.walk())) == 1


def test_what_is_not_there_is_said(files):
    for call in (files.size, files.open, lambda key: list(files.read(key))):
        with pytest.raises(FileNotFoundError) as caught:
            call(KEY)
        assert caught.value.errno == errno.ENOENT
        assert str(caught.value.filename).endswith(KEY)


def test_all_files_are_found(files):
    put(files, KEY, b"result")
    put(files, "uploads/a.wav", b"stem")
    found = {it.key: it for it in files.walk()}
    assert {key: it.bytes for key, it in found.items()} == {KEY: 6, "uploads/a.wav": 4}
    assert all(isinstance(it, Stored) for it in found.values())
    assert all(abs(it.changed - time.time()) < 600 for it in found.values())


def test_with_a_file_goes_what_was_made_of_it(files):
    for key in (KEY, KEY + PREVIEW, KEY + PICTURE, "jobs/other.flac"):
        put(files, key, b"content")
    files.remove(KEY)
    assert [it.key for it in files.walk()] == ["jobs/other.flac"]
    files.remove(KEY)


def test_a_worker_gets_a_copy(files):
    put(files, KEY, b"content")
    sent = pickle.dumps(files)
    assert SECRET_KEY.encode() not in sent
    assert get(pickle.loads(sent), KEY) == b"content"


def test_a_folder_tells_how_much_room_is_left(tmp_path, bucket):
    assert open_files(tmp_path).free_bytes() > 0
    assert open_files(f"s3://{bucket}").free_bytes() is None


def test_two_prefixes_do_not_mix(bucket):
    one, other = open_files(f"s3://{bucket}/one"), open_files(f"s3://{bucket}/other/")
    put(one, KEY, b"content")
    assert list(other.walk()) == []
    assert open_files(f"s3://{bucket}").size(f"one/{KEY}") == 7


@pytest.mark.usefixtures("bucket")
def test_a_bucket_that_cannot_be_used_is_said_in_one_line():
    with pytest.raises(OSError, match=r"does not exist.*check its name.*s3://nowhere/p") as caught:
        open_files("s3://nowhere/p")
    assert "\n" not in str(caught.value)
    assert not isinstance(caught.value, FileNotFoundError)


def test_a_bucket_that_goes_away_is_no_file_that_is_missing(bucket, monkeypatch):
    monkeypatch.setattr("plugin_bridge.storage.s3.RETRIES", 0)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(OSError, match="AWS_ENDPOINT_URL") as caught:
        open_files(f"s3://{bucket}")
    assert caught.value.filename == f"s3://{bucket}"
    assert not isinstance(caught.value, FileNotFoundError)
    assert SECRET_KEY not in str(caught.value)


@pytest.mark.parametrize("place", ["s3://", "s3://Not A Bucket", "https://bucket", "gs://bucket/x"])
def test_other_addresses_are_refused(place):
    pytest.importorskip("obstore")
    with pytest.raises(ValueError, match="give s3://BUCKET/PREFIX"):
        open_files(place)


def test_without_obstore_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "plugin_bridge.storage.s3", None)
    with pytest.raises(ValueError, match=r"pip install 'restyle\[s3\]'"):
        open_files("s3://bucket")
