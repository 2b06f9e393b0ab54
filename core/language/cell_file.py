"""Cell files: TOML around the equations. Reading one gives a ``CellDefinition`` or a LanguageError with its place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.errors import FileError, LanguageError
from core.language.definition import CellDefinition, ParameterSpec
from core.language.parser import Scope, Source, assigned_names, parse_equations, unfixed
from core.operators import Size
from core.operators.shapes import Shape
from core.resources import resource_path

MAX_BYTES = 200_000
_KEYS = {"name", "source", "equations", "inputs", "output", "roles", "parameters", "constants", "sizes", "variables",
         "losses"}  # fmt: skip
_PARAMETER_KEYS = {"shape", "value", "init", "trainable", "range"}
_SIZE_NAMES = {"inputs", "units"}


def read_cell(name_or_path: str | Path, kind: str = "cells") -> CellDefinition:
    """The built-in cell of this name ("lstm"), or the cell in a file. Raises FileError, LanguageError.

    ``kind`` is the folder of built-in files to look in: "cells" or "heads".
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = resource_path(kind, f"{name_or_path}.toml")
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in resource_path(kind).glob("*.toml")))
        raise FileError(f"there is no file {name_or_path} and no built-in one of that name; built in are: {known}")
    if path.stat().st_size > MAX_BYTES:
        raise FileError(f"{path}: larger than {MAX_BYTES} bytes, which no cell file needs")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"{path}: cannot be read as UTF-8 text ({error})") from None
    return parse_cell(text, str(path) if path.parent.parent != resource_path() else path.name)


def parse_cell(text: str, file: str = "") -> CellDefinition:
    """The cell that ``text`` describes: a whole TOML file, or bare equations. Raises LanguageError."""
    text = text.replace("\r\n", "\n")
    if not re.search(r"^\s*equations\s*=\s*[\"']", text, re.MULTILINE) and "=" in text and '"""' not in text:
        return _definition({"name": "Own cell", "equations": text}, Source(text, file), text)
    table = _toml(text, file)
    equations = table.get("equations")
    if not isinstance(equations, str) or not equations.strip():
        raise LanguageError('expected equations = """ ... """ with at least one equation', file=file)
    return _definition(table, _locate(text, equations, file), text)


def with_loss(head: CellDefinition, loss: str) -> CellDefinition:
    """The readout with the equation of one of its losses behind its own. Raises LanguageError for an unknown loss."""
    if loss not in head.losses:
        known = ", ".join(head.losses) or "none"
        raise LanguageError(f"the readout {head.name} has no loss {loss}; it has: {known}", file=head.file)
    table = _toml(head.text, head.file)
    table["equations"] = f"{table['equations'].rstrip()}\n{head.losses[loss]}\n"
    definition = _definition(table, Source(table["equations"], head.file), head.text)
    return replace(definition, roles={**definition.roles, definition.variables[-1]: "loss"})


def _toml(text: str, file: str) -> dict[str, Any]:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        line, column = (int(place[1]), int(place[2])) if place else (0, 0)
        message = str(error).split(" (at ")[0]
        raise LanguageError(f"this is not valid TOML: {message}", file=file, line=line, column=column) from None
    except RecursionError:
        raise LanguageError("the file is nested too deeply", file=file) from None
    _only(table, _KEYS, "the file", file)
    return table


def _locate(text: str, equations: str, file: str) -> Source:
    """Where the equations begin in the file, so that errors can name its lines and columns."""
    found = re.search(r"^[ \t]*equations\s*=\s*(\"\"\"|'''|\"|')", text, re.MULTILINE)
    if not found:
        return Source(equations, file)
    line = text.count("\n", 0, found.end()) + 1
    column = found.end() - (text.rfind("\n", 0, found.end()) + 1) + 1
    if text[found.end() : found.end() + 1] == "\n":
        line, column = line + 1, 1
    body, indent = _dedent(equations)
    return Source(body, file, line, column + indent)


def _dedent(equations: str) -> tuple[str, int]:
    lines = equations.split("\n")
    indents = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
    indent = min(indents, default=0)
    return "\n".join(line[indent:] if line.strip() else "" for line in lines), indent


def _definition(table: Mapping[str, Any], source: Source, text: str) -> CellDefinition:
    file = source.file
    names = {size: Size(size) for size in (*_SIZE_NAMES, *_sizes(table, file))}
    inputs = _strings(table.get("inputs", ["x"]), "inputs", file)
    declared = _declared(table, names, file)
    scope = Scope(
        inputs={name: (names["inputs"] if index == 0 else Size(),) for index, name in enumerate(inputs)},
        assigned=assigned_names(source),
        variables=_variables(table, names, file),
        parameters={name: spec.shape for name, spec in declared.items()},
    )
    equations = parse_equations(source, scope)
    output = table.get("output", "h")
    if output not in scope.done:
        raise LanguageError(
            f"no equation assigns {output}, which is what the next layer and the readout read; "
            f'name the right variable with output = "..."',
            file=file,
        )
    _join_output(scope.variables[output], names["units"], table, file)
    _check_sizes(scope, file)
    return CellDefinition(
        name=_string(table, "name", file) or Path(file).stem or "Own cell",
        equations=equations,
        parameters={name: declared.get(name) or ParameterSpec(name, shape) for name, shape in scope.parameters.items()},
        inputs=inputs,
        output=output,
        source=_string(table, "source", file),
        roles=_roles(table, scope, file),
        sizes=_sizes(table, file),
        losses=_table(table, "losses", file),
        file=file,
        text=text,
    )


def _join_output(shape: Shape, units: Size, table: Mapping[str, Any], file: str) -> None:
    if len(shape) != 1:
        raise LanguageError("the output must be a vector, but its equation gives a scalar", file=file)
    if shape[0].label is None and not (table.get("variables")):
        shape[0].join(units)
    elif shape[0].label is None:
        shape[0].join(units)


def _check_sizes(scope: Scope, file: str) -> None:
    missing = unfixed(scope.parameters, scope.parameters) + unfixed(scope.variables, scope.variables)
    if missing:
        raise LanguageError(
            f"the size of {', '.join(missing)} follows from nothing; declare it, for example "
            f'[parameters.{missing[0]}] shape = ["units", "inputs"], or [variables] name = "units"',
            file=file,
        )


def _declared(table: Mapping[str, Any], names: Mapping[str, Size], file: str) -> dict[str, ParameterSpec]:
    """The parameters and constants that the file describes itself."""
    found = {}
    for name, entry in _table(table, "constants", file).items():
        entry = entry if isinstance(entry, dict) else {"value": entry, "trainable": False}
        _only(entry, _PARAMETER_KEYS, f"[constants] {name}", file)
        found[name] = _spec(name, {"trainable": False, **entry, "shape": []}, names, file)
    for name, entry in _table(table, "parameters", file).items():
        if not isinstance(entry, dict):
            entry = {"value": entry}
        _only(entry, _PARAMETER_KEYS, f"[parameters.{name}]", file)
        found[name] = _spec(name, entry, names, file)
    return found


def _spec(name: str, entry: Mapping[str, Any], names: Mapping[str, Size], file: str) -> ParameterSpec:
    if not name.isidentifier():
        raise LanguageError(f"{name!r} is not a name that an equation could use", file=file)
    if "shape" in entry:
        shape = tuple(_size(size, names, name, file) for size in entry["shape"])
    else:
        shape = (Size(), Size()) if name[0].isupper() else (Size(),)
    bounds, init = entry.get("range"), entry.get("init")
    if isinstance(init, str):
        init = {"name": init}
    if bounds is not None and not (isinstance(bounds, list) and len(bounds) == 2):
        raise LanguageError(f"the range of {name} must be [lowest, highest]", file=file)
    return ParameterSpec(
        name, shape, entry.get("value"), init, bool(entry.get("trainable", True)), tuple(bounds) if bounds else None
    )


def _size(size: object, names: Mapping[str, Size], where: str, file: str) -> Size:
    if type(size) is int and size > 0:
        return Size(size)
    if isinstance(size, str) and size in names:
        return names[size]
    known = ", ".join(names)
    raise LanguageError(f"{where}: expected a size, one of {known} or a positive number, got {size!r}", file=file)


def _sizes(table: Mapping[str, Any], file: str) -> dict[str, int]:
    sizes = _table(table, "sizes", file)
    for name, value in sizes.items():
        if type(value) is not int or value < 1 or name in _SIZE_NAMES:
            raise LanguageError(f"[sizes] {name}: expected a new name and a positive whole number", file=file)
    return sizes


def _variables(table: Mapping[str, Any], names: Mapping[str, Size], file: str) -> dict[str, Shape]:
    """Declared shapes of variables: [variables] c = "units"."""
    entries = _table(table, "variables", file)
    return {name: () if size == "scalar" else (_size(size, names, name, file),) for name, size in entries.items()}


def _roles(table: Mapping[str, Any], scope: Scope, file: str) -> dict[str, str]:
    roles = _table(table, "roles", file)
    for name in roles:
        if name not in scope.done:
            raise LanguageError(f"[roles] names {name}, which no equation assigns", file=file)
    return {name: str(role) for name, role in roles.items()}


def _table(table: Mapping[str, Any], key: str, file: str) -> dict[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise LanguageError(f"[{key}] must be a table of name = value", file=file)
    return value


def _string(table: Mapping[str, Any], key: str, file: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise LanguageError(f"{key} must be a text, got {value!r}", file=file)
    return value


def _strings(value: object, key: str, file: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(v, str) and v.isidentifier() for v in value):
        raise LanguageError(f"{key} must be a list of names, got {value!r}", file=file)
    return tuple(value)


def _only(table: Mapping[str, Any], known: set[str], where: str, file: str) -> None:
    for key in table:
        if key not in known:
            raise LanguageError(f"{where} has an unknown key {key}; known: {', '.join(sorted(known))}", file=file)
