"""Cell files: TOML around the equations. Reading one gives a ``CellDefinition`` or a LanguageError with its place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.errors import FileError, LanguageError
from core.language.declarations import UNITS, check_keys, check_use, declarations_of, text_of
from core.language.definition import CellDefinition, ParameterSpec
from core.language.delays import with_delays
from core.language.parser import assigned_names, parse_equations
from core.language.scope import Scope, unfixed
from core.language.source import Document, Source, bare_source, value_source
from core.operators import Size
from core.operators.expression import PARAMETER, leaves
from core.operators.shapes import Shape
from core.resources import resource_path

MAX_BYTES = 200_000  # of a cell file
_TEXTS = frozenset({"name", "source", "equations", "output"})
_TABLES = frozenset({"roles", "parameters", "constants", "sizes", "delays", "variables", "losses"})
_KEYS = _TEXTS | _TABLES | {"inputs"}
_TOML_LINE = re.compile(r"^[ \t]*(?:\w+[ \t]*=[ \t]*[\"']|\[[\w.\"' -]+\][ \t]*(?:#.*)?$)", re.MULTILINE)


def read_cell(name_or_path: str | Path, kind: str = "cells") -> CellDefinition:
    """The built-in cell of this name ("lstm"), or the cell in a file. Raises FileError, LanguageError.

    ``kind`` is the folder of built-in files to look in: "cells", "heads", "joins" or "embeddings".
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = resource_path(kind, f"{name_or_path}.toml")
    try:
        if not path.is_file():
            known = ", ".join(sorted(file.stem for file in resource_path(kind).glob("*.toml")))
            raise FileError(f"there is no file {name_or_path} and no built-in one of that name; built in are: {known}")
        if path.stat().st_size > MAX_BYTES:
            raise FileError(f"{path}: larger than {MAX_BYTES} bytes, which no cell file needs")
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"{name_or_path}: cannot be read as UTF-8 text ({error})") from None
    return _cell_of(text, str(path) if path.parent.parent != resource_path() else path.name)


def parse_cell(text: str, file: str = "") -> CellDefinition:
    """The cell that ``text`` describes: a whole TOML file, or bare equations. Raises LanguageError."""
    document = _document(text, file)
    if _TOML_LINE.search(document.text):
        return _toml_cell(document)
    return _definition({"name": "Own cell"}, bare_source(document), document)


def with_loss(head: CellDefinition, loss: str) -> CellDefinition:
    """The readout with the equation of one of its losses behind its own. Raises LanguageError for an unknown loss."""
    if loss not in head.losses:
        known = ", ".join(head.losses) or "none"
        message = f"the readout {head.name} has no loss {loss}; it has: {known}"
        raise _document(head.text, head.file).error(message, "losses")
    return with_delays(_readout_of(head.text, head.file, loss), head.named_delays)


@lru_cache(
    maxsize=64
)  # layers, networks and dialogs read the same few files again and again; a definition never changes
def _cell_of(text: str, file: str) -> CellDefinition:
    return _toml_cell(_document(text, file))


@lru_cache(maxsize=64)
def _readout_of(text: str, file: str, loss: str) -> CellDefinition:
    document = _document(text, file)
    table = _toml(document)
    equations = value_source(document, table["equations"], "equations")
    source = equations.joined(value_source(document, table["losses"][loss], "losses", loss))
    definition = _definition(table, source, document)
    return replace(definition, roles={**definition.roles, definition.variables[-1]: "loss"})


def _document(text: str, file: str) -> Document:
    if len(text) > MAX_BYTES:
        raise LanguageError(f"longer than {MAX_BYTES} characters, which no cell needs", file=file)
    return Document(text.replace("\r\n", "\n").replace("\r", "\n"), file)


def _toml_cell(document: Document) -> CellDefinition:
    table = _toml(document)
    equations = table.get("equations")
    if not isinstance(equations, str):
        raise document.error('expected equations = """ ... """ before the first [table]', "equations")
    return _definition(table, value_source(document, equations, "equations"), document)


def _toml(document: Document) -> dict[str, Any]:
    try:
        table = tomllib.loads(document.text)
    except ValueError as error:
        place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        line, column = (int(place[1]), int(place[2])) if place else document.place(len(document.text))
        message = f"this is not valid TOML: {str(error).split(' (at ')[0]}"
        raise LanguageError(message, file=document.file, line=line, column=column) from None
    except RecursionError:
        raise LanguageError("the file is nested too deeply", file=document.file) from None
    check_keys(table, _KEYS, "the file", document)
    return table


def _definition(table: Mapping[str, Any], source: Source, document: Document) -> CellDefinition:
    declared = declarations_of(table, document)
    scope = Scope(
        inputs=declared.input_shapes(),
        assigned=assigned_names(source),
        variables={name: shape for name, shape in declared.variables.items() if name not in declared.inputs},
        parameters={name: spec.shape for name, spec in declared.parameters.items()},
        delays=declared.delays,
    )
    equations = parse_equations(source, scope)
    if not equations:
        raise document.error("there is no equation; write for example: h = tanh(W @ x + U @ h[-1] + b)", "equations")
    check_use(declared, scope, document)
    output = text_of(table, "output", document) or "h"
    if output not in scope.done:
        raise document.error(
            f"no equation assigns {output}, which is what the next layer and the readout read; name the right variable "
            'with output = "..."',
            "output",
        )
    _fix_output(output, scope.variables[output], declared.named[UNITS], document)
    _check_sizes(scope, document)
    read = dict.fromkeys(leaf.name for e in equations for leaf in leaves(e.expression) if leaf.operator == PARAMETER)
    shapes = [(name, scope.parameters[name]) for name in read]
    return CellDefinition(
        name=text_of(table, "name", document) or Path(document.file).stem or "Own cell",
        equations=equations,
        parameters={name: declared.parameters.get(name) or ParameterSpec(name, shape) for name, shape in shapes},
        inputs=declared.inputs,
        output=output,
        source=text_of(table, "source", document),
        roles=declared.roles,
        sizes=declared.sizes,
        named_delays=declared.delays,
        losses=declared.losses,
        file=document.file,
        text=document.text,
    )


def _fix_output(output: str, shape: Shape, units: Size, document: Document) -> None:
    """An output whose size nothing else says has one number a unit."""
    if len(shape) != 1:
        raise document.error(f"the output must be a vector, but the equation of {output} gives a scalar", "output")
    if shape[0].is_open:
        shape[0].join(units)


def _check_sizes(scope: Scope, document: Document) -> None:
    parameters, variables = unfixed(scope.parameters), unfixed(scope.variables)
    if parameters or variables:
        name = (parameters or variables)[0]
        example = f'[parameters.{name}] shape = ["units"]' if parameters else f'[variables] {name} = "units"'
        if parameters and len(scope.parameters[name]) == 2:
            example = f'[parameters.{name}] shape = ["units", "inputs"]'
        names = ", ".join(parameters + variables)
        raise document.error(f"the size of {names} follows from nothing; declare it, for example {example}")
