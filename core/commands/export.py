"""``python main.py export MODEL --out FILE``: a model for other programs, or its cell as a Python source."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from core.commands.model_options import add_answer_option, add_delay_option, choices_of, positive, whole
from core.errors import DataError, FileError
from core.files.cell_source import LIBRARIES, source_of
from core.files.models.saving import NAMES, SAVED_AS, names_for, save_model
from core.files.replacing import replacing
from core.models import HEADS, Model, inputs_in, is_model_file, is_snapshot, load_model
from core.tables import count
from core.tokens import shown

_SOURCE = ".py"
_INPUTS = 3  # of a cell that nothing fixes the inputs of


def add_arguments(parser: ArgumentParser) -> None:
    """What the command line may say."""
    parser.add_argument("model", metavar="MODEL", help="a model, a saved session, a built-in cell or a cell file")
    parser.add_argument("--out", required=True, metavar="FILE", help="file to write: .safetensors, .npz or .py")
    parser.add_argument(
        "--names", choices=NAMES, default="", help="names of the tensors (default: as in the file, else PyTorch's)"
    )
    parser.add_argument(
        "--as", choices=LIBRARIES, default="", dest="library", help="of a .py: for NumPy (default) or PyTorch"
    )
    parser.add_argument("--block", default="l0", metavar="BLOCK", help="of a .py: which block's cell (default: l0)")
    parser.add_argument("--inputs", type=positive, metavar="N", help="inputs of a cell that has no weights yet")
    parser.add_argument("--units", type=positive, metavar="N", help="units of such a cell")
    parser.add_argument("--seed", type=whole, metavar="S", help="seed of such a cell's numbers (default: 0)")
    parser.add_argument("--weights", default="", metavar="FILE", help=".npz of the parameters of a cell")
    parser.add_argument("--head", choices=HEADS, default="", help="readout of a cell (default: as in --weights)")
    add_delay_option(parser)
    add_answer_option(parser)


def run(arguments: Namespace) -> int:
    """Write the file and say what was written."""
    out = _checked(arguments)
    model = _model(arguments)
    if out.suffix.lower() == _SOURCE:
        said = _write_source(model, arguments, out)
    else:
        names = arguments.names or names_for(model.opened)
        words = save_model(out, model.network, model.parameters, names, model.opened)
        said = f"{count(len(model.parameters), 'parameter')} under {words}"
    if model.opened:
        print(f"found: {model.opened.found}")
    print(f"wrote {said} to {arguments.out}")
    return 0


def _checked(arguments: Namespace) -> Path:
    """The file to write. Raises FileError, and DataError for options that belong to another kind of file."""
    out = Path(arguments.out)
    suffix = out.suffix.lower()
    if suffix not in (*SAVED_AS, _SOURCE):
        raise FileError(f"{shown(arguments.out)}: the file to write must end in .safetensors, .npz or .py. Rename it.")
    if out.is_dir() or not out.parent.is_dir():
        raise FileError(f"{shown(arguments.out)} cannot be written: it is a folder, or in none. Choose another place.")
    for source in (arguments.model, arguments.weights):
        if source and out.exists() and Path(source).exists() and out.samefile(source):
            raise FileError(f"{shown(arguments.out)} is also read, and would be overwritten. Write to another file.")
    if arguments.names and suffix == _SOURCE:
        raise DataError("--names is for .safetensors and .npz; a source has the cell's own names. Leave it out.")
    if arguments.library and suffix != _SOURCE:
        raise DataError(f"--as is for a source, but the file ends in {suffix}. Name it .py, or leave --as out.")
    return out


def _model(arguments: Namespace) -> Model:
    choices = choices_of(arguments, "")
    known = is_snapshot(arguments.model) or is_model_file(arguments.model)
    if known and arguments.inputs:
        raise DataError(f"{shown(arguments.model)} has its own inputs. Leave --inputs out.")
    inputs = arguments.inputs or (inputs_in(arguments.model, arguments.weights) if arguments.weights else None)
    return load_model(arguments.model, choices, inputs=inputs or _INPUTS)


def _write_source(model: Model, arguments: Namespace, out: Path) -> str:
    """Writes the cell of a block as a source. Raises DataError for a block that is not there, FileError."""
    blocks = {block.name: block for block in model.network.blocks}
    if arguments.block not in blocks:
        raise DataError(
            f"There is no block {shown(arguments.block)}; the blocks are {', '.join(blocks)}. Name one of them."
        )
    cell = blocks[arguments.block].cell
    library = arguments.library or LIBRARIES[0]
    text = source_of(cell, library)
    try:
        with replacing(out.resolve()) as file:
            file.write(text.encode())
    except OSError as error:
        reason = error.strerror or str(error)
        raise FileError(f"{shown(arguments.out)} cannot be written: {reason}. Try another place.") from None
    kind = "a PyTorch module" if library == "torch" else "NumPy functions"
    return f"{cell.definition.name} as {kind}"
