"""What a cell file declares beside its equations: parameters, constants, sizes, variables, inputs, roles, losses."""

from __future__ import annotations

import keyword
import math
from collections.abc import Mapping
from typing import Any

import msgspec

from core.language.definition import ParameterSpec
from core.language.delays import delays_in
from core.language.scope import Scope, name_problem
from core.language.source import Document
from core.learning.initialisers import INITIALISERS, Rule
from core.operators import Size
from core.operators.shapes import Shape

INPUTS, UNITS = "inputs", "units"
_SCALAR = "scalar"
_PARAMETER_KEYS = frozenset({"shape", "value", "init", "trainable", "range"})
_CONSTANT_KEYS = _PARAMETER_KEYS - {"shape"}


class Declarations(msgspec.Struct, frozen=True, eq=False):
    """The tables of a cell file, checked as far as this is possible before its equations are read."""

    inputs: tuple[str, ...]
    sizes: Mapping[str, int]  # the extra ones
    delays: Mapping[str, int]  # the named ones
    named: Mapping[str, Size]  # every size by name
    parameters: Mapping[str, ParameterSpec]
    variables: Mapping[str, Shape]
    roles: Mapping[str, str]
    losses: Mapping[str, str]

    def input_shapes(self) -> dict[str, Shape]:
        """The first input has the width ``inputs``, the others what [variables] says or the equations need."""
        shapes = {name: self.variables.get(name, (Size(),)) for name in self.inputs}
        return {**shapes, self.inputs[0]: (self.named[INPUTS],)}


def declarations_of(table: Mapping[str, Any], document: Document) -> Declarations:
    """The declarations of a cell file. Raises LanguageError."""
    sizes = _sizes(table, document)
    named = {name: Size(name) for name in (INPUTS, UNITS, *sizes)}
    parameters = {**_constants(table, document), **_parameters(table, named, document)}
    inputs = _inputs(table, document)
    for name in parameters:
        if name in inputs:
            raise document.error(f"{name} is an input already; give the parameter another name", "parameters", name)
    variables = _variables(table, named, document)
    for name in inputs:
        if variables.get(name) == ():
            raise document.error(f"{name} is an input, which is always a vector", "variables", name)
    return Declarations(
        inputs,
        sizes,
        delays_in(table, document),
        named,
        parameters,
        variables,
        texts_of(table, "roles", document),
        texts_of(table, "losses", document),
    )


def check_use(declared: Declarations, scope: Scope, document: Document) -> None:
    """Refuse declarations of names that no equation has, which are misspelt. Raises LanguageError."""
    for name in declared.parameters:
        if name not in scope.read:
            raise document.error(f"{name} is declared, but no equation reads it; is it misspelt?", name)
    for name in declared.delays:
        _check_delay(name, declared, scope, document)
    for key, names in (("roles", declared.roles), ("variables", declared.variables)):
        for name in names:
            if name not in scope.done and name not in declared.inputs[1:]:
                raise document.error(f"[{key}] names {name}, which no equation assigns", key, name)


def _check_delay(name: str, declared: Declarations, scope: Scope, document: Document) -> None:
    _check_name(name, document, "delays", name)
    if name in scope.assigned or name in declared.inputs or name in declared.parameters or name in declared.sizes:
        raise document.error(f"{name} is something else already; give the delay another name", "delays", name)
    if name not in scope.read:
        raise document.error(f"no equation reads a value {name} steps back, as in h[-{name}]", "delays", name)


def table_of(table: Mapping[str, Any], key: str, document: Document) -> dict[str, Any]:
    """A table of the file, empty where there is none. Raises LanguageError."""
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise document.error(f"[{key}] must be a table of name = value", key)
    return value


def text_of(table: Mapping[str, Any], key: str, document: Document) -> str:
    """A text of the file, empty where there is none. Raises LanguageError."""
    value = table.get(key, "")
    if not isinstance(value, str):
        raise document.error(f"{key} must be a text, got {value!r}", key)
    return value


def texts_of(table: Mapping[str, Any], key: str, document: Document) -> dict[str, str]:
    """A table of texts. Raises LanguageError."""
    values = table_of(table, key, document)
    for name, value in values.items():
        if not isinstance(value, str):
            raise document.error(f"[{key}] {name} must be a text, got {value!r}", key, name)
    return values


def check_keys(table: Mapping[str, Any], known: frozenset[str], where: str, document: Document, *keys: str) -> None:
    """Refuse keys that mean nothing. Raises LanguageError."""
    for key in table:
        if key not in known:
            raise document.error(f"{where} has an unknown key {key}; known: {', '.join(sorted(known))}", *keys, key)


def _inputs(table: Mapping[str, Any], document: Document) -> tuple[str, ...]:
    value = table.get("inputs", ["x"])
    if not isinstance(value, list) or not value or len(set(map(str, value))) < len(value):
        raise document.error(f"inputs must be a list of different names, got {value!r}", "inputs")
    for name in value:
        _check_name(name, document, "inputs")
    return tuple(value)


def _check_name(name: object, document: Document, *keys: str) -> None:
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        raise document.error(f"{name!r} is not a name that an equation could use", *keys)
    if problem := name_problem(name):
        raise document.error(problem, *keys)


def _sizes(table: Mapping[str, Any], document: Document) -> dict[str, int]:
    sizes = table_of(table, "sizes", document)
    for name, value in sizes.items():
        if type(value) is not int or value < 1 or name in (INPUTS, UNITS, _SCALAR):
            raise document.error(f"[sizes] {name}: expected a new name and a positive whole number", "sizes", name)
    return sizes


def _variables(table: Mapping[str, Any], named: Mapping[str, Size], document: Document) -> dict[str, Shape]:
    entries = table_of(table, "variables", document)
    return {
        name: () if size == _SCALAR else (_size(size, named, document, "variables", name),)
        for name, size in entries.items()
    }


def _constants(table: Mapping[str, Any], document: Document) -> dict[str, ParameterSpec]:
    """Scalars with a value, which training leaves alone unless told otherwise."""
    found = {}
    for name, entry in table_of(table, "constants", document).items():
        entry = entry if isinstance(entry, dict) else {"value": entry}
        check_keys(entry, _CONSTANT_KEYS, f"[constants] {name}", document, "constants", name)
        if "value" not in entry and "init" not in entry:
            raise document.error(f"the constant {name} needs a value", "constants", name)
        found[name] = _spec(name, {"trainable": False, **entry, "shape": []}, {}, document, "constants")
    return found


def _parameters(table: Mapping[str, Any], named: Mapping[str, Size], document: Document) -> dict[str, ParameterSpec]:
    found = {}
    for name, entry in table_of(table, "parameters", document).items():
        entry = entry if isinstance(entry, dict) else {"value": entry}
        check_keys(entry, _PARAMETER_KEYS, f"[parameters.{name}]", document, "parameters", name)
        found[name] = _spec(name, entry, named, document, "parameters")
    return found


def _spec(
    name: str, entry: Mapping[str, Any], named: Mapping[str, Size], document: Document, kind: str
) -> ParameterSpec:
    _check_name(name, document, kind, name)
    trainable = entry.get("trainable", True)
    if not isinstance(trainable, bool):
        raise document.error(f"trainable of {name} must be true or false, got {trainable!r}", kind, name, "trainable")
    value, bounds = entry.get("value"), _range(name, entry, document, kind)
    if value is not None and not _is_numbers(value):
        raise document.error(f"the value of {name} must be a number or a list of numbers", kind, name)
    if bounds and value is not None and not all(bounds[0] <= number <= bounds[1] for number in _flat(value)):
        raise document.error(f"the value of {name} lies outside its range {list(bounds)}", kind, name)
    shape, init = _shape(name, entry, named, document, kind), _init(name, entry, document, kind)
    if init and INITIALISERS[init.name].inside and not bounds:
        raise document.error(f"{name} is drawn inside its range; declare one: range = [0, 1]", kind, name, "init")
    return ParameterSpec(name, shape, value, init, trainable, bounds)


def _shape(name: str, entry: Mapping[str, Any], named: Mapping[str, Size], document: Document, kind: str) -> Shape:
    if "shape" not in entry:
        return (Size(), Size()) if name[0].isupper() else (Size(),)
    sizes = entry["shape"]
    if not isinstance(sizes, list) or len(sizes) > 2:
        raise document.error(f'the shape of {name} must be [], ["units"] or ["units", "inputs"]', kind, name, "shape")
    return tuple(_size(size, named, document, kind, name, "shape") for size in sizes)


def _size(size: object, named: Mapping[str, Size], document: Document, *keys: str) -> Size:
    if type(size) is int and size > 0:
        return Size(size)
    if isinstance(size, str) and size in named:
        return named[size]
    raise document.error(f"expected a size, one of {', '.join(named)} or a positive number, got {size!r}", *keys)


def _range(name: str, entry: Mapping[str, Any], document: Document, kind: str) -> tuple[float, float] | None:
    bounds = entry.get("range")
    if bounds is None:
        return None
    if not isinstance(bounds, list) or len(bounds) != 2 or not _is_numbers(bounds) or not bounds[0] <= bounds[1]:
        raise document.error(f"the range of {name} must be [lowest, highest]", kind, name, "range")
    return float(bounds[0]), float(bounds[1])


def _init(name: str, entry: Mapping[str, Any], document: Document, kind: str) -> Rule | None:
    """The initialiser, written as its name or as {name = ..., value = ...}."""
    init = entry.get("init")
    if init is None:
        return None
    if "value" in entry:
        raise document.error(f"{name} has both a value and an initialiser; leave one out", kind, name, "init")
    options = {"name": init} if isinstance(init, str) else init
    if not isinstance(options, dict) or options.get("name") not in INITIALISERS:
        raise document.error(f"the initialiser of {name} must be one of: {', '.join(INITIALISERS)}", kind, name, "init")
    check_keys(options, frozenset({"name", "value"}), f"the initialiser of {name}", document, kind, name, "init")
    value = options.get("value")
    if isinstance(value, list) or not (value is None or _is_numbers(value)):
        raise document.error(f"the value of the initialiser of {name} must be a number", kind, name, "init")
    return Rule(options["name"], value)


def _is_numbers(value: object) -> bool:
    """Whether this is a finite number or a list of such, nested at most twice."""
    numbers = _flat(value)
    return bool(numbers) and all(
        isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number) for number in numbers
    )


def _flat(value: object) -> list[Any]:
    if not isinstance(value, list):
        return [value]
    return [number for entry in value for number in (entry if isinstance(entry, list) else [entry])]
