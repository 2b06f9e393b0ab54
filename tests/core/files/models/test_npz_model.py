"""``.npz`` as a model: PyTorch's and Gatewalk's names, and archives that lie."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from core.cell import Cell
from core.errors import FileError, ShapeError
from core.files.models import open_model
from core.language import read_cell
from core.network import build_network
from core.resources import resource_path


def own(cell: str, **extra: np.ndarray) -> dict[str, np.ndarray]:
    """Parameters of one layer under Gatewalk's names."""
    parameters = Cell(read_cell(cell), 2, 3).initial_parameters(4)
    return {**{f"param/l0/{name}": value for name, value in parameters.items()}, **extra}


def save(folder: Path, arrays: dict[str, np.ndarray]) -> Path:
    np.savez(folder / "m.npz", **arrays)
    return folder / "m.npz"


def test_the_shipped_weights_open_as_a_model() -> None:
    opened = open_model(resource_path("weights", "agreement.npz"), loss="cross-entropy")
    assert opened.found.startswith("Gatewalk's names: LSTM, softmax readout of 2, reads 51 numbers")


@pytest.mark.parametrize("cell", ["lstm", "lstm_peephole", "mgu", "lstm_projected"])
def test_a_cell_is_known_by_its_parameters(cell: str, tmp_path: Path) -> None:
    opened = open_model(save(tmp_path, own(cell)))
    assert opened.network.layers[0].cell.definition.name == read_cell(cell).name
    assert not opened.answers.asked


def test_cells_with_the_same_parameters_are_asked_for(tmp_path: Path) -> None:
    path = save(tmp_path, own("gru_takes_new"))
    assert open_model(path).answers.asked["cell"].choices == ("gru_reset_before", "gru_takes_new")
    assert (
        open_model(path, {"cell": "gru_takes_new"}).network.layers[0].cell.definition.name
        == read_cell("gru_takes_new").name
    )


def test_what_a_trace_writes_opens_as_the_model_it_was(tmp_path: Path) -> None:
    network = build_network(Cell(read_cell("lstm"), 2, 3), head="identity", loss="", outputs=2)
    arrays = {f"param/{path}": value for path, value in network.initial_parameters(3).items()}
    opened = open_model(save(tmp_path, {**arrays, "l0/h": np.zeros((5, 1, 3)), "input": np.zeros((5, 1, 2))}))
    assert set(opened.parameters) == set(network.parameter_shapes)
    assert opened.network.outputs == 2


WRONG = {
    "a parameter left out": (lambda a: a.pop("param/l0/b_z"), FileError, "No built-in cell has the parameters"),
    "no layers": (lambda a: (a.clear(), a.update({"param/head/V": np.zeros((2, 2))})), ShapeError, "are called l0, l1"),
    "another shape": (lambda a: a.update({"param/l0/U_z": np.zeros((3, 2))}), ShapeError, r"has shape \(3, 2\)"),
    "an embedding of another width": (
        lambda a: a.update({"param/embedding/E": np.zeros((5, 9))}), ShapeError, r"expected",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_parameters_that_make_no_network(case: str, tmp_path: Path) -> None:
    spoil, error, said = WRONG[case]
    arrays = own("gru")
    spoil(arrays)
    with pytest.raises(error, match=said):
        open_model(save(tmp_path, arrays))


def planted(
    folder: Path, content: bytes, compression: int = zipfile.ZIP_STORED, name: str = "weight_ih_l0.npy"
) -> Path:
    """An archive with one member that is not what it should be, beside an honest one."""
    honest = io.BytesIO()
    np.save(honest, np.zeros((16, 4)))
    with zipfile.ZipFile(folder / "bad.npz", "w", compression) as archive:
        member = zipfile.ZipInfo("x")
        member.filename, member.compress_type = name, compression
        archive.writestr(member, content)
        archive.writestr("weight_hh_l0.npy", honest.getvalue())
    return folder / "bad.npz"


def header(text: str, data: bytes = b"") -> bytes:
    raw = text.encode()
    return b"\x93NUMPY\x01\x00" + len(raw).to_bytes(2, "little") + raw + data


OBJECTS = io.BytesIO()
np.save(OBJECTS, np.array([{"a": 1}], dtype=object), allow_pickle=True)
BAD = {
    "no array": b"hello",
    "a huge shape": header("{'descr': '<f8', 'fortran_order': False, 'shape': (4000000, 4000000)}\n", bytes(64)),
    "a header that is code": header("{'descr': __import__('os').mkdir('planted'), 'shape': ()}\n"),
    "objects": OBJECTS.getvalue(),
    "another order of bytes": header("{'descr': '>f8', 'fortran_order': False, 'shape': (16, 3)}\n", bytes(16 * 3 * 8)),
    "texts": header("{'descr': '<U3', 'fortran_order': False, 'shape': (16, 3)}\n", bytes(16 * 3 * 12)),
    "cut off": header("{'descr': '<f8', 'fortran_order': False, 'shape': (16, 3)}\n", bytes(100)),
}


@pytest.mark.parametrize("case", BAD)
def test_members_that_lie_are_refused_before_memory_is_taken(case: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = planted(tmp_path, BAD[case])
    tracemalloc.start()
    with pytest.raises((FileError, ShapeError), match="bad"):
        open_model(path)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()
    assert not (tmp_path / "planted").exists()


def test_archives_that_unpack_to_much_more(tmp_path: Path) -> None:
    bomb = header("{'descr': '<f8', 'fortran_order': False, 'shape': (16, 1000000)}\n", bytes(128_000_000))
    with pytest.raises(FileError, match=r"would unpack to 128,\d+,\d+, expected at most 4 times its size"):
        open_model(planted(tmp_path, bomb, zipfile.ZIP_DEFLATED))


@pytest.mark.parametrize("name", ["../weight_ih_l0.npy", "/weight_ih_l0.npy", "C:/a.npy", "a/../../b.npy"])
def test_paths_that_leave_the_archive(name: str, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be accepted: its name"):
        open_model(planted(tmp_path, b"", name=name))


def test_archives_of_very_many_members(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bad.npz", "w") as archive:
        for number in range(4_001):
            archive.writestr(f"m{number}.npy", b"")
    with pytest.raises(FileError, match="4,001 members, expected at most 4,000"):
        open_model(tmp_path / "bad.npz")


def test_files_that_are_something_else(tmp_path: Path) -> None:
    for content, said in (
        (b"", "it is empty"),
        (b"\x93NUMPY", "begins with something else"),
        (b"PK\x03\x04", "cut off"),
    ):
        (tmp_path / "bad.npz").write_bytes(content)
        with pytest.raises(FileError, match=said):
            open_model(tmp_path / "bad.npz")
