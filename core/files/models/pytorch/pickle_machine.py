"""What a pickle written by PyTorch says, without running any of it.

A pickle is a program. Python's own reader would import what it names and call it; this one knows the dozen things that
files of weights are made of, tensors, storages, ordered dictionaries and plain values, and refuses at the first name
that is none of them. Nothing is imported and nothing is called. ``pickletools`` cuts the program into its operations.
"""

from __future__ import annotations

import pickletools
import struct
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import IO, Any, Protocol, cast

from core.files.models.pytorch.pickle_values import BUILDERS, STORAGES, Name, Storage, Unreadable, items_of, set_item

MOST_OPERATIONS = 200_000  # some 3,000 tensors; read in a quarter of a second


_MARK = object()
_CONSTANTS: Mapping[str, Any] = MappingProxyType({"NONE": None, "NEWTRUE": True, "NEWFALSE": False})
_LITERALS = frozenset(
    ["INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "UNICODE", "BINUNICODE"]
    + ["SHORT_BINUNICODE", "BINUNICODE8", "STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES"]
)
_DAMAGE = (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, RecursionError, struct.error)


class Stream(Protocol):
    """What a pickle is read from."""

    def read(self, count: int, /) -> bytes:
        """At most so many bytes."""

    def readline(self) -> bytes:
        """The rest of a line."""

    def tell(self) -> int:
        """Where it stands."""


@dataclass(frozen=True, eq=False)
class Pickled:
    """The value of a pickle, and all storages it names, by key."""

    value: Any
    storages: Mapping[str, Storage]


def read_pickle(stream: Stream) -> Pickled:
    """The next pickle in the stream, which then stands behind it. Raises Unreadable."""
    try:
        machine = _Machine()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of texts with odd escapes, in damaged files
            return Pickled(machine.run(stream), machine.storages)
    except _DAMAGE:
        raise Unreadable("its pickle is damaged or cut off") from None


class _Machine:
    """The stack machine of pickles, with the operations that PyTorch's files use."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.storages: dict[str, Storage] = {}

    def run(self, stream: Stream) -> Any:
        for number, (operation, argument, _) in enumerate(pickletools.genops(cast(IO[bytes], stream))):
            if number > MOST_OPERATIONS:
                raise Unreadable(
                    f"its pickle has more than {MOST_OPERATIONS:,} operations, which no recurrent model needs"
                )
            if operation.name == "STOP":
                break
            self.step(operation.name, argument)
        (result,) = self.stack
        return result

    def step(self, name: str, argument: Any) -> None:
        """One operation."""
        if name in _LITERALS:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name])
        else:
            method = getattr(self, f"do_{name.lower()}", None)
            if method is None:
                raise Unreadable(f"its pickle uses {name}, which files of weights do not need")
            method(argument)

    def since_mark(self) -> list[Any]:
        """Everything above the last mark, taken off with it."""
        at = len(self.stack) - 1
        while self.stack[at] is not _MARK:
            at -= 1
            if at < 0:
                raise IndexError
        values = self.stack[at + 1 :]
        del self.stack[at:]
        return values

    def do_proto(self, _: Any) -> None:
        """The protocol's number says nothing that the operations do not."""

    do_frame = do_proto

    def do_mark(self, _: Any) -> None:
        self.stack.append(_MARK)

    def do_pop(self, _: Any) -> None:
        self.stack.pop()

    def do_pop_mark(self, _: Any) -> None:
        self.since_mark()

    # names, calls and state

    def do_global(self, argument: str) -> None:
        self._push_name(*argument.split(" ", 1))

    def do_stack_global(self, _: Any) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self._push_name(module, name)

    def _push_name(self, module: str, name: str) -> None:
        found = Name(module, name)
        if found not in BUILDERS and not (module == "torch" and name in STORAGES):
            raise Unreadable(_unknown(found))
        self.stack.append(found)

    def do_reduce(self, _: Any) -> None:
        arguments, name = self.stack.pop(), self.stack.pop()
        if type(name) is not Name or name not in BUILDERS or type(arguments) is not tuple:
            raise Unreadable(f"its pickle calls {str(name)[:60]}, which is no tensor and no dictionary")
        self.stack.append(BUILDERS[name](*arguments))

    def do_build(self, _: Any) -> None:
        self.stack.pop()  # attributes of a dictionary, such as the versions of modules
        if type(self.stack[-1]) is not dict:
            raise Unreadable("its pickle sets attributes of something that is no dictionary")

    def do_binpersid(self, _: Any) -> None:
        tag, kind, key, _place, count, *_view = items_of(self.stack.pop())
        is_storage = type(kind) is Name and kind.module == "torch" and kind.name in STORAGES
        if tag != "storage" or not is_storage or type(key) is not str or type(count) is not int or count < 0:
            raise Unreadable("a storage in it is not described as PyTorch does")
        storage = Storage(STORAGES[kind.name], key, count)
        if self.storages.setdefault(key, storage) != storage:
            raise Unreadable("a storage in it is described in two ways")
        self.stack.append(storage)

    # containers

    def do_empty_tuple(self, _: Any) -> None:
        self.stack.append(())

    def do_tuple(self, _: Any) -> None:
        self.stack.append(tuple(self.since_mark()))

    def do_tuple1(self, _: Any) -> None:
        self._tuple(1)

    def do_tuple2(self, _: Any) -> None:
        self._tuple(2)

    def do_tuple3(self, _: Any) -> None:
        self._tuple(3)

    def _tuple(self, count: int) -> None:
        values = tuple(self.stack[-count:])
        if len(values) != count:
            raise IndexError
        self.stack[-count:] = [values]

    def do_empty_list(self, _: Any) -> None:
        self.stack.append([])

    def do_append(self, _: Any) -> None:
        value = self.stack.pop()
        items_of(self.stack[-1], list).append(value)

    def do_appends(self, _: Any) -> None:
        values = self.since_mark()
        items_of(self.stack[-1], list).extend(values)

    def do_list(self, _: Any) -> None:
        self.stack.append(self.since_mark())

    def do_empty_dict(self, _: Any) -> None:
        self.stack.append({})

    def do_setitem(self, _: Any) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        set_item(self.stack[-1], key, value)

    def do_setitems(self, _: Any) -> None:
        self._set_items(self.since_mark())

    def _set_items(self, values: list[Any]) -> None:
        for key, value in zip(values[::2], values[1::2], strict=True):
            set_item(self.stack[-1], key, value)

    def do_dict(self, _: Any) -> None:
        values = self.since_mark()
        self.stack.append({})
        self._set_items(values)

    # memo

    def do_put(self, argument: Any) -> None:
        self.memo[int(argument)] = self.stack[-1]

    do_binput = do_long_binput = do_put

    def do_memoize(self, _: Any) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def do_get(self, argument: Any) -> None:
        self.stack.append(self.memo[int(argument)])

    do_binget = do_long_binget = do_get


def _unknown(name: Name) -> str:
    shown = str(name)[:80]
    if name.module.startswith("torch.nn.") or not name.module.startswith(("torch", "collections", "numpy")):
        return (
            f"it holds {shown}, which is no tensor: it may be a whole model, or ask for something to be run. Nothing "
            "was. Where you trust it, load it in PyTorch and save torch.save(model.state_dict(), name)"
        )
    return (
        f"it holds {shown}, which is not read here; only tensors and dictionaries of them are. Load it in PyTorch and "
        "save torch.save(model.state_dict(), name)"
    )
