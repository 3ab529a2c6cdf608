"""Files of ``torch.save``: genuine ones give what torch reads; no other costs memory or time."""

import io
import pickle
import struct
import subprocess
import sys
import zipfile
from collections import Counter, OrderedDict

import numpy as np
import pytest
import torch

from effects.learned import saved
from effects.learned.saved import Damaged

ROW = {"_use_new_zipfile_serialization": False}  # the layout before PyTorch 1.6


def genuine():
    """What a file of weights may hold, and some of what a file of training holds beside them."""
    base = torch.arange(24.0)
    return {
        "model": OrderedDict(
            weight=base.reshape(4, 6),
            part=base[3:9],
            turned=base.reshape(4, 6).t(),
            parameter=torch.nn.Parameter(torch.ones(2)),
            expanded=torch.full((), 0.25).expand(100, 100),
            count=torch.tensor(7),
            empty=torch.zeros(0, 3),
            **{str(dtype)[6:]: torch.ones(3, dtype=dtype) for dtype in saved._DTYPES.values()},
        ),
        "epoch": 3,
        "rates": [0.1, (1, 2.5, None, True)],
        "big": 1 << 62,
        "noise": np.arange(3),
        "made": Counter("aab"),
        "shape": torch.Size([1, 2]),
    }


def file_of(value, tmp_path, **options):
    path = tmp_path / "a.pth"
    torch.save(value, path, **options)
    return path


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("layout", [{}, ROW], ids=["zip", "row"])
def test_genuine_files_give_what_torch_reads(tmp_path, layout, protocol):
    wanted = genuine()
    path = file_of(wanted, tmp_path, pickle_protocol=protocol, **layout)
    found = saved.read(str(path))
    assert list(found["model"]) == list(wanted["model"])
    for name, tensor in wanted["model"].items():
        assert found["model"][name].dtype == tensor.dtype
        assert torch.equal(found["model"][name], tensor)
    for name in ("epoch", "rates", "big"):
        assert found[name] == wanted[name]


@pytest.mark.parametrize("layout", [{}, ROW], ids=["zip", "row"])
def test_it_agrees_with_torch_load(tmp_path, layout):
    state = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4)).state_dict()
    path = file_of(state, tmp_path, **layout)
    wanted, found = torch.load(path, weights_only=True), saved.read(str(path))
    assert list(found) == list(wanted)
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)


def test_the_ordered_dicts_of_python_2_are_read():
    pairs = b"(lp0\n(lp1\nS'a'\naI1\naa(lp2\nS'b'\naI2\naa"  # [["a", 1], ["b", 2]]
    data = b"ccollections\nOrderedDict\n(" + pairs + b"tR."
    calls = {("collections", "OrderedDict"): saved._ordered}
    assert saved.pickled.read(io.BytesIO(data), calls) == {"a": 1, "b": 2}


# Hostile files


class Say:
    """Says in a pickle that something is to be called."""

    def __init__(self, call, *arguments):
        self.it = call, arguments

    def __reduce__(self):
        return self.it


def zipped(contents, storages=None):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a/data.pkl", contents)
        for key, data in (storages or {}).items():
            archive.writestr(f"a/data/{key}", data)
    return out.getvalue()


def rowed(contents, keys=b"\x80\x02].", rest=b""):
    info = {"protocol_version": 1001, "little_endian": True, "type_sizes": {}}
    facts = [pickle.dumps(it, 2) for it in (saved._MAGIC, 1001, info)]
    return b"".join(facts) + contents + keys + rest


def tensor_of(count, size, stride, name="FloatStorage"):
    """The pickle of a tensor in a storage of ``count`` numbers."""
    return (
        b"\x80\x02}X\x01\0\0\0wctorch._utils\n_rebuild_tensor_v2\n(("
        + b"X\x07\0\0\0storagectorch\n"
        + name.encode()
        + b"\nX\x01\0\0\0"
        + b"0"
        + b"X\x03\0\0\0cpu\x8a\x08"
        + struct.pack("<q", count)
        + b"tQK\0"
        + pickle.dumps(tuple(size), 2)[2:-1]
        + pickle.dumps(tuple(stride), 2)[2:-1]
        + b"\x89ccollections\nOrderedDict\n)RtRs."
    )


MANY = 3_000_000_000
NESTED = b"\x80\x02)q\0" + b"h\0\x86q\0" * 60  # each is a pair of the one before
HOSTILE = {
    "bytearray": zipped(pickle.dumps({"w": Say(bytearray, MANY)}, 2)),
    "bytearray, row": rowed(pickle.dumps({"w": Say(bytearray, MANY)}, 2)),
    "storage": zipped(tensor_of(MANY, [MANY], [1]), {"0": b"1234"}),
    "storage, row": rowed(
        tensor_of(MANY, [MANY], [1]), pickle.dumps(["0"], 2), struct.pack("<q", MANY)
    ),
    "negative storage": zipped(tensor_of(-1, [1], [1]), {"0": b"1234"}),
    "view beyond the storage": zipped(tensor_of(1, [1000, 1000], [1000, 1]), {"0": b"1234"}),
    "negative stride": zipped(tensor_of(1, [2], [-1]), {"0": b"1234"}),
    "no such storage": zipped(tensor_of(1, [1], [1])),
    "no such numbers": zipped(tensor_of(1, [1], [1], "ComplexFloatStorage"), {"0": bytes(8)}),
    "far memo": zipped(b"\x80\x02}r\xff\xff\xff\x7f."),
    "long text": zipped(b"\x80\x04\x8d" + struct.pack("<Q", 1 << 40) + b"a."),
    "long frame": zipped(b"\x80\x04\x95" + struct.pack("<Q", 1 << 40) + b"}."),
    "name that hashes for ever": zipped(b"\x80\x02}" + NESTED[2:] + b"K\1s."),
    "key that prints for ever": zipped(
        NESTED + b"0X\x07\0\0\0storageq\1ctorch\nFloatStorage\nq\2h\1h\2h\0\x87Q."
    ),
    "name of a module that prints for ever": zipped(NESTED + b"h\0\x93."),
    "no end": zipped(b"\x80\x02}"),
    "nothing on the stack": zipped(b"\x80\x02s."),
    "a dict copied again and again": zipped(
        b"\x80\x02ccollections\nOrderedDict\nq\0("
        + b"](K\1K\2e" * 9999
        + b"lq\1\x85q\2"
        + b"h\0h\2R" * 99_999
        + b"."
    ),
    "nothing but dicts": zipped(b"\x80\x02" + b"}" * 900_000 + b"."),
    "nothing but tensors": zipped(
        tensor_of(1, [1], [1])[:-1] + b"".join(b"h\0h\1R" for _ in range(9)) + b".", {"0": b"1234"}
    ),
    "compressed": zipped(b"}.")[:-1],
}

# Run in a process of its own, whose memory is limited to 500 MB more than it has.
LIMITED = """
import resource, sys
from effects.learned import saved
pages = int(open("/proc/self/statm").read().split()[0])
most = pages * resource.getpagesize() + 500_000_000
resource.setrlimit(resource.RLIMIT_AS, (most, most))
for path in sys.argv[1:]:
    try:
        found = saved.read(path)
    except MemoryError:
        print(path, "out of memory")
    except Exception as error:
        pass
print("all read")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory")
def test_no_hostile_file_costs_memory_or_time(tmp_path):
    paths = []
    for number, data in enumerate(HOSTILE.values()):
        paths.append(tmp_path / f"{number}.pth")
        paths[-1].write_bytes(data)
    command = [sys.executable, "-c", LIMITED, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("all read\n", "")


@pytest.mark.parametrize("name", ["bytearray", "bytearray, row"])
def test_what_a_file_wants_to_have_called_is_not(tmp_path, name):
    (tmp_path / "a.pth").write_bytes(HOSTILE[name])
    assert saved.read(str(tmp_path / "a.pth")) == {"w": saved.pickled.UNKNOWN}


@pytest.mark.parametrize(
    "name",
    ["storage", "storage, row", "negative storage", "no end", "name that hashes for ever"],
)
def test_damage_is_said(tmp_path, name):
    (tmp_path / "a.pth").write_bytes(HOSTILE[name])
    with pytest.raises(Damaged):
        saved.read(str(tmp_path / "a.pth"))


def mutants(data, count, seed):
    """Copies of ``data`` with a few bytes changed, taken out, doubled, or cut off."""
    random = np.random.default_rng(seed)
    for _ in range(count):
        it = bytearray(data)
        for _ in range(random.integers(1, 6)):
            at = int(random.integers(0, len(it) or 1))
            what, length = random.integers(0, 5), int(random.integers(1, 9))
            if what == 0:
                it[at : at + length] = random.bytes(length)
            elif what == 1:
                del it[at : at + length]
            elif what == 2:
                it[at:at] = it[at : at + length]
            elif what == 3:
                it[at : at + length] = random.choice([b"\xff", b"\x7f", b"\0"]) * length
            elif random.integers(0, 10) == 0:
                del it[at:]
        yield bytes(it)


def survive(folder, count, seed):
    """Read mutants of genuine files. Returns how many were read, and the errors by their names."""
    ends = Counter()
    for layout in ({}, ROW):
        weights = torch.arange(24.0).reshape(4, 6)
        few = {"model": OrderedDict(a=weights, b=weights.t(), c=torch.tensor(7)), "epoch": 3}
        data = file_of(few, folder, **layout).read_bytes()
        for mutant in mutants(data, count // 2, seed):
            (folder / "m.pth").write_bytes(mutant)
            try:
                saved.read(str(folder / "m.pth"))
                ends["read"] += 1
            except Exception as error:
                ends[type(error).__name__] += 1
    return ends


def test_two_thousand_mutants_end_in_a_value_or_an_error(tmp_path):
    ends = survive(tmp_path, 2000, seed=0)
    assert "MemoryError" not in ends
    assert ends["read"] > 100
    assert ends["Damaged"] > 100
