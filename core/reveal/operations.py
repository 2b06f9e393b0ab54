"""Live vectors of the data-flow diagram at the cursor: values forward, and backward what each node sent where."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from core.block import INPUT_PATH, TARGET_PATH
from core.diagram import Diagram, Node
from core.evaluate import Evaluator
from core.frame import OperationFrame, Phase
from core.language import Backward
from core.language.derive import order_of_operations
from core.network import Block
from core.operators import Expression
from core.operators.expression import INPUT, VARIABLE, operations
from core.reveal.moment import Moment

Array = NDArray[Any]
GIVEN = (INPUT_PATH, TARGET_PATH)


def operation_frames(moment: Moment, diagram: Diagram, block: Block, t: int) -> dict[int, OperationFrame]:
    """The diagram's numbers at step ``t``, by node number."""
    return _Live(moment, diagram, block, t).frames()


class _Live:
    def __init__(self, moment: Moment, diagram: Diagram, block: Block, t: int) -> None:
        self.moment, self.diagram, self.block, self.t = moment, diagram, block, t
        self.evaluator: Evaluator = moment.evaluator(block, t)
        self.forward_done = self._forward_done()
        self.backward_done = self._backward_done()

    def frames(self) -> dict[int, OperationFrame]:
        adjoints: dict[int, Array] = {}
        found = {}
        for node in reversed(self.diagram.nodes):
            sent = self._sent(node)
            for arg, vector in zip(node.args, sent, strict=True):
                if vector is not None:
                    adjoints[arg] = adjoints[arg] + vector if arg in adjoints else vector
            adjoint = self._variable_adjoint(node, adjoints.get(node.number))
            found[node.number] = OperationFrame(self._value(node), adjoint, sent, self._lit(node))
        return found

    def _position_here(self) -> bool:
        position = self.moment.position
        return position.t == self.t and position.block == self.block.name and bool(position.equation)

    def _lit(self, node: Node) -> bool:
        position = self.moment.position
        if not self._position_here() or node.kind != "operation":
            return False
        is_back = position.phase is Phase.BACKWARD
        forward = operations(self.block.cell.definition.equation(position.equation).expression)
        order = tuple(order_of_operations(self.block.backward(position.equation)) if is_back else forward)
        if not order:
            return node.variable == position.equation
        return order[min(position.operation, len(order) - 1)] in node.operations

    def _forward_done(self) -> set[Expression]:
        """The operations whose value is revealed at this step."""
        done: set[Expression] = set()
        for equation in self.block.cell.definition.equations:
            found = list(operations(equation.expression))
            if self.moment.is_reached(f"{self.block.name}/{equation.name}", self.t):
                done.update([equation.expression, *found])
        position = self.moment.position
        if self._position_here() and position.phase in (Phase.FORWARD, Phase.LOSS):
            current = self.block.cell.definition.equation(position.equation).expression
            done.update(list(operations(current))[: position.operation + 1])
        return done

    def _value(self, node: Node) -> Array | None:
        if not self._is_known(node):
            return None
        if node.variable:
            return self.moment.run.values(f"{self.block.name}/{node.variable}")[self.t, self.moment.sample]
        return self.moment.value(self.evaluator, node.expression)

    def _is_known(self, node: Node) -> bool:
        """Whether the walk has come so far; what other blocks or earlier steps give may be still to come too."""
        leaf = node.expression
        if node.kind == "operation":
            return leaf in self.forward_done
        if leaf.operator == VARIABLE:
            return self._is_read(leaf)
        if leaf.operator != INPUT:
            return True
        source = self.moment.run.network.read_by(self.block.name, leaf.name)
        return source in GIVEN or self.moment.is_reached(source, self.moment.time_read(source, self.t))

    def _is_read(self, leaf: Expression) -> bool:
        """Whether a variable of this block is revealed where it is read; initial values always are."""
        moment, earlier = self.moment, self.t - self.block.direction * leaf.delay
        begins = moment.step(self.block.name, self.t) - moment.first_step(self.block.name) < leaf.delay
        return begins or moment.is_reached(f"{self.block.name}/{leaf.name}", earlier)

    def _backward_done(self) -> dict[tuple[Expression, int], Expression]:
        """What operations have sent at this step: (operation, argument) -> expression of what was sent."""
        done: dict[tuple[Expression, int], Expression] = {}
        for name, count in self.moment.walked_back(self.block.name, self.t).items():
            backward: Backward = self.block.backward(name)
            walked = order_of_operations(backward) if count is None else order_of_operations(backward)[:count]
            for send in backward.sends:
                if send.operation in walked and send.expression is not None:
                    done[send.operation, send.argument] = send.expression
            root = backward.equation.expression
            if root.is_leaf and backward.contributions:
                done[root, 0] = backward.contributions[0].expression
        return done

    def _sent(self, node: Node) -> tuple[Array | None, ...]:
        """What the node has sent to each of its arguments."""
        return tuple(self._sent_to(node, read) for read in node.reads)

    def _sent_to(self, node: Node, read: Expression) -> Array | None:
        for operation in node.operations or (node.expression,):
            for index, arg in enumerate(operation.args or (operation,)):
                if arg is read and (operation, index) in self.backward_done:
                    return self.moment.value(self.evaluator, self.backward_done[operation, index])
        return None

    def _variable_adjoint(self, node: Node, inner: Array | None) -> Array | None:
        if node.variable:
            return self.moment.adjoint(f"{self.block.name}/{node.variable}", self.t)
        return inner
