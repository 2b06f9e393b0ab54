"""Files of torch.save, honest and planted: nothing in them is ever executed."""

from __future__ import annotations

import os
import pickle
import time
import tracemalloc
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from core.errors import FileError
from core.files.models.pytorch.torch_file import read_torch
from tests.core.files.models.making import Global, Rebuilt, Storage, pickled, save, tensor

FOLDER = Path(__file__).parents[4] / "data" / "model_files"


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    return tmp_path / "bad.pt"


NUMBERS = np.arange(12, dtype="<f4")


def test_views_of_a_storage_are_taken_as_pytorch_takes_them(bad: Path) -> None:
    storage = Storage("0", 12)
    tree = {
        "whole": tensor(storage, 0, (3, 4), (4, 1)),
        "turned": tensor(storage, 0, (4, 3), (1, 4)),
        "row": tensor(storage, 8, (4,), (1,)),
        "one": tensor(storage, 5, (), ()),
        "none": tensor(storage, 0, (0, 7), (7, 1)),
        "nested": {"step": 3, "inner": tensor(storage, 1, (2,), (5,))},
    }
    found = read_torch(save(bad, pickled(tree), {"0": NUMBERS.tobytes()}))
    whole = NUMBERS.reshape(3, 4)
    np.testing.assert_array_equal(found["whole"].load(), whole)
    np.testing.assert_array_equal(found["turned"].load(), whole.T)
    np.testing.assert_array_equal(found["row"].load(), whole[2])
    assert found["one"].load() == 5
    assert found["none"].load().shape == (0, 7)
    np.testing.assert_array_equal(found["nested"]["inner"].load(), [1, 6])


def test_tensors_that_are_the_same_numbers_are_one(bad: Path) -> None:
    storage = Storage("0", 12)
    names = {"emb.weight": 0, "out.weight": 0, "other.weight": 6}
    tree = {name: tensor(storage, first, (2, 3), (3, 1)) for name, first in names.items()}
    found = read_torch(save(bad, pickled(tree), {"0": NUMBERS.tobytes()}))
    assert found["emb.weight"] is found["out.weight"]
    assert found["emb.weight"] is not found["other.weight"]


def test_numbers_that_are_shown_over_and_over_are_refused(bad: Path) -> None:
    """Forty-eight bytes, as a tensor of 40 GB that no network reads but a saved copy would hold."""
    tree = {"x": tensor(Storage("0", 12), 0, (100_000, 100_000), (0, 0))}
    with pytest.raises(FileError, match=r"would hold 40,000,000,000 bytes, .* the same numbers"):
        read_torch(save(bad, pickled(tree), {"0": NUMBERS.tobytes()}))


def test_a_file_of_a_big_endian_machine(bad: Path) -> None:
    path = save(bad, pickled({"a": tensor(Storage("0", 12), 0, (12,), (1,))}), {"0": NUMBERS.astype(">f4").tobytes()})
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {**members, "m/byteorder": b"big"}.items():
            archive.writestr(name, data)
    np.testing.assert_array_equal(read_torch(path)["a"].load(), NUMBERS)


PLANTED = {
    "os.system": Rebuilt(Global("os", "system"), "touch planted"),
    "builtins.eval": Rebuilt(Global("builtins", "eval"), "open('planted', 'w')"),
    "builtins.getattr": Rebuilt(Global("builtins", "getattr"), "a", "b"),
    "torch.load": Rebuilt(Global("torch", "load"), "planted"),
    "torch._utils._rebuild_tensor_v9": Rebuilt(Global("torch._utils", "_rebuild_tensor_v9"), 1),
    "__main__.Net": Rebuilt(Global("__main__", "Net")),
    "torch.nn.modules.rnn.LSTM": Rebuilt(Global("torch.nn.modules.rnn", "LSTM")),
    "numpy.core.multiarray.scalar": Rebuilt(Global("numpy.core.multiarray", "scalar"), 1),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_pickle_that_calls_something_is_refused_and_nothing_runs(name: str, bad: Path, monkeypatch) -> None:
    monkeypatch.chdir(bad.parent)
    with pytest.raises(FileError) as caught:
        read_torch(save(bad, pickled({"a": PLANTED[name]})))
    assert f"it holds {name}, which is" in str(caught.value)
    assert "state_dict" in str(caught.value)
    assert not (bad.parent / "planted").exists()


def test_a_real_pickle_of_a_function_call_is_refused(bad: Path, monkeypatch) -> None:
    class Evil:
        def __reduce__(self) -> object:
            return os.mkdir, ("planted",)

    monkeypatch.chdir(bad.parent)
    for protocol in range(6):
        with pytest.raises(FileError, match=r"bad.pt”: it holds (posix|nt)\.mkdir"):
            read_torch(save(bad, pickle.dumps({"a": Evil()}, protocol)))
        bad.unlink()
    assert not (bad.parent / "planted").exists()


STORAGE = Storage("0", 12)
WRONG_PICKLES = {
    "beyond its storage": (tensor(STORAGE, 1, (3, 4), (4, 1)), "reaches to number 13 of a storage that has 12"),
    "a huge shape": (tensor(STORAGE, 0, (1 << 39, 1 << 39), (1, 1)), "reaches to number"),
    "a shape beyond sense": (tensor(STORAGE, 0, (1 << 60,), (0,)), "a shape or strides that cannot be"),
    "a negative stride": (tensor(STORAGE, 11, (2,), (-1,)), "a shape or strides that cannot be"),
    "a negative offset": (tensor(STORAGE, -1, (2,), (1,)), "not described as PyTorch does"),
    "no storage": (Rebuilt(Global("torch._utils", "_rebuild_tensor_v2"), 1, 0, (1,), (1,)), "not described as PyTorch"),
    "too few arguments": (Rebuilt(Global("torch._utils", "_rebuild_tensor_v2")), "damaged or cut off"),
    "a tensor as a name": ({tensor(STORAGE, 0, (1,), (1,)): 1}, "neither texts nor numbers"),
    "a key that hashes badly": ({(1 << 61) - 1: 1}, "neither texts nor numbers"),
    "an unknown storage": (tensor(Storage("0", 12, "QInt8Storage"), 0, (1,), (1,)), "it holds torch.QInt8Storage"),
    "two sizes of a storage": ({"a": tensor(STORAGE, 0, (1,), (1,)), "b": tensor(Storage("0", 3), 0, (1,), (1,))},
                               "described in two ways"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_PICKLES)
def test_what_no_file_of_weights_holds(case: str, bad: Path) -> None:
    value, said = WRONG_PICKLES[case]
    tree = value if isinstance(value, dict) else {"a": value}
    with pytest.raises(FileError) as caught:
        read_torch(save(bad, pickled(tree), {"0": NUMBERS.tobytes()}))
    assert said in str(caught.value)


def test_storages_that_are_missing_or_of_another_length(bad: Path) -> None:
    content = pickled({"a": tensor(STORAGE, 0, (1,), (1,))})
    with pytest.raises(FileError, match="numbers of the storage “0” are missing"):
        read_torch(save(bad, content))["a"].load()
    with pytest.raises(FileError, match="has 44 bytes, expected 48 for 12 numbers of float32"):
        read_torch(save(bad, content, {"0": bytes(44)}))["a"].load()


STREAMS = {
    "nothing": b"",
    "noise": b"\x00\x01\x02\x03",
    "cut off": pickled({"a": tensor(STORAGE, 0, (3, 4), (4, 1))})[:-30],
    "an empty stack": b"\x80\x02.",
    "no mark": b"\x80\x02}u.",
    "two values": b"\x80\x02}}.",
    "an unknown memo": b"\x80\x02h\x07.",
    "a far memo": b"\x80\x02}r\xff\xff\xff\x7f0h\x07.",  # a list of memos would be 16 GB long
    "a long text": b"\x80\x02X\xff\xff\xff\x7fabc.",
    "a long number": b"\x80\x02\x8b\xff\xff\xff\x7f\x01.",
    "a set": b"\x80\x04\x8f.",
    "an instance": b"\x80\x02(ios\nsystem\n.",
    "an object": b"\x80\x02(cos\nsystem\no.",
    "a persistent text": b"Pstorage\n.",
    "an odd escape": b"c\\d\nx\n.",
    "an extension": b"\x80\x02\x82\x01.",
    "a list in itself": b"\x80\x02]q\x00h\x00a.",
}


@pytest.mark.parametrize("case", STREAMS)
def test_damaged_pickles(case: str, bad: Path) -> None:
    with pytest.raises(FileError, match="“bad"):
        read_torch(save(bad, STREAMS[case]))


def test_a_dictionary_in_itself_ends(bad: Path) -> None:
    found = read_torch(save(bad, b"\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s."))
    assert found["a"] is found


def test_dictionaries_that_double_at_every_level_end(bad: Path) -> None:
    content = b"\x80\x02}q\x00"
    for level in range(60):
        content += b"0}" + bytes([0x71, level + 1]) + b"(" + b"X\x01\x00\x00\x00a" + bytes([0x68, level])
        content += b"X\x01\x00\x00\x00b" + bytes([0x68, level]) + b"u"
    started = time.thread_time()
    read_torch(save(bad, content + b"."))
    assert time.thread_time() - started < 1.0


@pytest.mark.parametrize("operation", [b"]", b"}", b"K\x01", b"\x8c\x00"], ids=["lists", "dicts", "numbers", "texts"])
def test_a_long_pickle_ends_soon_and_takes_little(operation: bytes, bad: Path) -> None:
    path = save(bad, b"\x80\x04(" + operation * 3_000_000 + b"l.")
    tracemalloc.start()
    started = time.thread_time()
    with pytest.raises(FileError, match=r"200,000 operations|its pickle takes"):
        read_torch(path)
    assert time.thread_time() - started < 5.0  # tracing is slow; a fifth of it without
    assert tracemalloc.get_traced_memory()[1] < 4 * path.stat().st_size + 30_000_000
    tracemalloc.stop()


def test_zips_that_cannot_be(bad: Path) -> None:
    content = pickled({"a": tensor(STORAGE, 0, (3, 4), (4, 1))})
    with zipfile.ZipFile(bad, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("m/data.pkl", content)
        archive.writestr("m/data/0", bytes(50_000_000))
    with pytest.raises(FileError, match=r"would unpack to 50,000,\d+, expected at most 4 times its size"):
        read_torch(bad)
    for name in ("../m/data.pkl", "/m/data.pkl", "C:/data.pkl", "m/../../data.pkl", "m\\data.pkl"):
        with zipfile.ZipFile(bad, "w") as archive:
            member = zipfile.ZipInfo("m/x")
            member.filename = name
            archive.writestr(member, content)
        with pytest.raises(FileError, match=r"cannot be accepted|no single data.pkl"):
            read_torch(bad)


def test_bytes_of_a_damaged_zip_are_not_quoted(bad: Path) -> None:
    whole = bytearray((FOLDER / "words.pt").read_bytes())
    entry = whole.index(b"PK\x03\x04")
    whole[entry + 26 : entry + 28] = (2000).to_bytes(2, "little")  # how long the name of the first member is
    for flags in (whole[entry + 7], 0):  # a name in UTF-8, and one that any bytes can be
        whole[entry + 7] = flags
        bad.write_bytes(whole)
        with pytest.raises(FileError, match="its header does not fit its entry") as caught:
            read_torch(bad)
        assert len(str(caught.value)) < 200


def test_files_that_are_cut_off_or_something_else(bad: Path) -> None:
    whole = (FOLDER / "words.pt").read_bytes()
    for size in range(0, len(whole), 97):
        bad.write_bytes(whole[:size])
        with pytest.raises(FileError, match="“bad"):
            read_torch(bad)
    bad.write_bytes(b"not a model at all")
    with pytest.raises(FileError, match=r"no file of torch.save.*begins with something else"):
        read_torch(bad)


def test_flipped_bytes_are_noticed_or_harmless(bad: Path) -> None:
    whole = bytearray((FOLDER / "words.pt").read_bytes())
    generator = np.random.default_rng(8)
    noticed = 0
    for place in generator.integers(0, len(whole), 300):
        damaged = whole.copy()
        damaged[place] ^= 0xFF
        bad.write_bytes(damaged)
        try:
            for tensor_ in read_torch(bad).values():
                tensor_.load()
        except FileError:
            noticed += 1
    assert noticed > 100  # the rest lies in padding and in what zips say twice


def test_legacy_files_that_are_damaged(bad: Path) -> None:
    whole = (FOLDER / "gru_legacy.pt").read_bytes()
    for size in range(20, len(whole), 41):
        bad.write_bytes(whole[:size])
        with pytest.raises(FileError, match="“bad"):
            read_torch(bad)


def test_a_legacy_file_that_says_to_be_huge_takes_no_memory(bad: Path) -> None:
    whole = (FOLDER / "gru_legacy.pt").read_bytes()
    place = whole.index(b"X\x0c\x00\x00\x00weight_ih_l0")
    bad.write_bytes(whole[: place + 1] + b"\xff\xff\xff\xfe" + whole[place + 5 :])
    tracemalloc.start()
    with pytest.raises(FileError, match="damaged or cut off"):
        read_torch(bad)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_a_single_tensor_is_no_model(bad: Path) -> None:
    with pytest.raises(FileError, match="holds a single tensor, expected a dictionary"):
        read_torch(save(bad, pickled(tensor(STORAGE, 0, (1,), (1,)))))
    with pytest.raises(FileError, match="holds a tuple"):
        read_torch(save(bad, pickle.dumps((1, 2), 2)))
    assert read_torch(save(bad, pickle.dumps(OrderedDict(a=1), 2))) == {"a": None}
