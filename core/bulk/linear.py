"""The backward equations of a block re-associated: each adjoint times one factor that the forward pass knows.

Derived backward equations are linear in the adjoints. A chain ``((dc * i) * (1 - g * g))`` becomes ``(i * (1 - g * g))
* dc``, whose factor is computed for all time steps at once. What is not a product with a forward value or a sum of such
stays the operator it is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

import msgspec

from core.bulk.graph import Link
from core.operators.expression import INBOX, NUMBER, VARIABLE
from core.plan.nodes import AFFINE, LEAF, OPERATION, VIEW, Lowered, Map, Node, SendKey

RECEIVED = "received"  # a leaf: what later steps send to a variable, by its delay


class Term(msgspec.Struct, frozen=True, eq=False):
    """A forward value (None for 1) times something linear in the adjoints."""

    factor: Node | None
    base: Node


Form: TypeAlias = tuple[Term, ...]


class Linear:
    """The backward nodes of a block, re-associated.

    ``arriving`` are the variables whose inbox is given. What later steps send to a variable is told apart by
    ``delays``, by default those of the equations; without any it is taken to be in the inbox.
    """

    def __init__(
        self, lowered: Lowered, arriving: Collection[str], delays: Mapping[str, Sequence[int]] | None = None
    ) -> None:
        self._lowered, self._arriving = lowered, arriving
        self._delays = _delays_of(lowered) if delays is None else delays
        self._forms: dict[Node, Form] = {}
        self._settled: dict[Node, Node] = {}
        self._nodes: dict[tuple[object, ...], Node] = {}
        self._alive: dict[Node, bool] = {}
        self._late: dict[Node, bool] = {}
        self.sends = {key: self._sent(key, node) for key, node in lowered.sends.items()}

    def links(self) -> dict[Node, Link]:
        """What each leaf of what later steps sent reads."""
        return {
            self._received(name, delay): Link(self.sends[VARIABLE, name, delay], delay, name)
            for name, delays in self._delays.items()
            for delay in delays
        }

    def node(self, old: Node) -> Node:
        """What a node of the derived backward step has become; forward values stay what they are."""
        if not self._is_alive(old):
            return old
        if old not in self._settled:
            self._settled[old] = self._sum(self._form(old), old.shape)
        return self._settled[old]

    def _sent(self, key: SendKey, old: Node) -> Node:
        node = self.node(old)
        if node.kind in (LEAF, VIEW):  # a link reads what has rows of its own
            return self._made(OPERATION, ("identity", *key), (node,), node.shape)
        return node

    def _is_alive(self, node: Node) -> bool:
        """Whether an adjoint is in it."""
        if node not in self._alive:
            own = node.kind == LEAF and node.key[0] == INBOX
            self._alive[node] = own or any(self._is_alive(source) for source in node.sources)
        return self._alive[node]

    def _form(self, node: Node) -> Form:
        if node not in self._forms:
            self._forms[node] = self._formed(node)
        return self._forms[node]

    def _formed(self, node: Node) -> Form:
        if node.kind == LEAF:
            return self._inbox(node)
        if node.kind == AFFINE:
            maps = tuple(Map(m.parameter, m.transposed, m.columns, self.node(m.source)) for m in node.maps)
            return self._one(self._note((AFFINE, maps), Node(AFFINE, (AFFINE,), shape=node.shape, maps=maps)))
        if node.kind == VIEW or node.rank > 1 or any(arg.rank > 1 for arg in node.args):
            return self._as_it_is(node)
        return self._of_operation(node)

    def _of_operation(self, node: Node) -> Form:
        name, args = str(node.key[0]), node.args
        alive = [self._is_alive(arg) for arg in args]
        match name, alive:
            case "identity", _:
                return self._form(args[0])
            case "add", [True, True]:
                return (*self._form(args[0]), *self._form(args[1]))
            case "sub", [True, True]:
                return (*self._form(args[0]), *self._negative(self._form(args[1])))
            case "neg", _:
                return self._negative(self._form(args[0]))
            case "mul", [True, False] | [False, True]:
                linear, factor = args if alive[0] else args[::-1]
                return self._scaled(linear, factor)
            case "div", [True, False]:
                return self._scaled(args[0], self._made(OPERATION, ("div",), (self._number(1.0), args[1])))
            case "where", [False, *_]:
                return self._chosen(node)
        return self._as_it_is(node)

    def _inbox(self, leaf: Node) -> Form:
        name = str(leaf.key[1])
        given = [leaf] if name in self._arriving else []
        return tuple(Term(None, n) for n in [*given, *(self._received(name, d) for d in self._delays.get(name, []))])

    def _received(self, name: str, delay: int) -> Node:
        shape = self._lowered.variables[name].shape
        return self._note((RECEIVED, name, delay), Node(LEAF, (RECEIVED, name, delay), shape=shape))

    def _as_it_is(self, node: Node) -> Form:
        args = tuple(self.node(arg) for arg in node.args)
        return self._one(self._made(node.kind, node.key, args, node.shape))

    @staticmethod
    def _one(node: Node) -> Form:
        return (Term(None, node),)

    def _scaled(self, linear: Node, factor: Node) -> Form:
        """A forward value times something linear: one product, whatever it is made of."""
        form = self._form(linear)
        if len(form) > 1:
            form = self._one(self.node(linear))
        return tuple(Term(self._product(term.factor, factor), term.base) for term in form)

    def _product(self, first: Node | None, second: Node) -> Node:
        return second if first is None else self._made(OPERATION, ("mul",), (first, second))

    def _negative(self, form: Form) -> Form:
        return tuple(Term(self._minus(term.factor), term.base) for term in form)

    def _minus(self, factor: Node | None) -> Node:
        return self._number(-1.0) if factor is None else self._made(OPERATION, ("neg",), (factor,))

    def _chosen(self, node: Node) -> Form:
        """``where``: what is not chosen has the factor 0."""
        condition, *choices = node.args
        if any(not self._is_alive(c) and c.key != (NUMBER, 0.0) for c in choices):
            return self._as_it_is(node)
        forms = [() if not self._is_alive(choice) else self._form(choice) for choice in choices]
        forms = [self._one(self.node(c)) if len(f) > 1 else f for c, f in zip(choices, forms, strict=True)]
        if all(forms) and forms[0][0].base is forms[1][0].base:
            factors = [form[0].factor or self._number(1.0) for form in forms]
            return (Term(self._where(condition, factors[0], factors[1]), forms[0][0].base),)
        zero, terms = self._number(0.0), []
        for place, form in enumerate(forms):
            for term in form:
                factor = term.factor or self._number(1.0)
                arms = (factor, zero) if place == 0 else (zero, factor)
                terms.append(Term(self._where(condition, *arms), term.base))
        return tuple(terms)

    def _where(self, condition: Node, yes: Node, no: Node) -> Node:
        return self._made(OPERATION, ("where",), (condition, yes, no))

    def _sum(self, form: Form, shape: tuple[int, ...]) -> Node:
        """The node of a sum: first what is known of all steps, then what the recursion brings."""
        if not form:  # nothing arrives
            return self._made(OPERATION, ("zeros",), (self._number(0.0),), shape)
        nodes = [self._times(term) for term in form]
        nodes.sort(key=self._is_late)
        result = nodes[0]
        for node in nodes[1:]:
            result = self._made(OPERATION, ("add",), (result, node))
        return result

    def _is_late(self, node: Node) -> bool:
        """Whether it needs what a later step sent."""
        if node not in self._late:
            own = node.kind == LEAF and node.key[0] == RECEIVED
            self._late[node] = own or any(self._is_late(source) for source in node.sources)
        return self._late[node]

    def _times(self, term: Term) -> Node:
        return term.base if term.factor is None else self._made(OPERATION, ("mul",), (term.factor, term.base))

    def _number(self, value: float) -> Node:
        return self._note((NUMBER, value), Node(LEAF, (NUMBER, value)))

    def _made(
        self, kind: str, key: tuple[object, ...], args: tuple[Node, ...], shape: tuple[int, ...] | None = None
    ) -> Node:
        widest = shape or max((arg.shape for arg in args), key=lambda found: (len(found), found))
        return self._note((kind, key, args), Node(kind, key, args, widest))

    def _note(self, structure: tuple[object, ...], node: Node) -> Node:
        """The node of this structure that is there already, or this new one."""
        return self._nodes.setdefault(structure, node)


def _delays_of(lowered: Lowered) -> dict[str, list[int]]:
    """For each variable that later steps send to: how many steps later they stand."""
    found: dict[str, list[int]] = {}
    for kind, name, delay in lowered.sends:
        if kind == VARIABLE:
            found.setdefault(name, []).append(delay)
    return found
