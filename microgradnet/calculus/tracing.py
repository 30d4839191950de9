"""One call of a user's function, recorded on variables of its own so that it can be differentiated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

from microgradnet.calculus.arguments import Argnames, Argnums, Key, chosen, parameter_names
from microgradnet.calculus.structure import Block, blocks_of, shaped, walk
from microgradnet.calculus.sweeps import backward_numbers, backward_values, forward_numbers, forward_values, ordered
from microgradnet.errors import NumberTypeError, ShapeError, shown
from microgradnet.graph import leaves
from microgradnet.number import as_float, is_real
from microgradnet.value import Value

_running: ContextVar[frozenset[int]] = ContextVar("running", default=frozenset())  # ids of the variables of outer calls


class Trace:
    """A function's result on new leaves that stand for its arguments.

    The new leaves keep one derivative apart from another around it: in ``d/dx (x * d/dy (x + y))`` at ``x = y``, the
    inner variable is not the outer one, although both are the same number (J. Siskind and B. Pearlmutter,
    *Perturbation Confusion and Referential Transparency*, 2005). When the derivatives have been recorded, the arguments
    take the leaves' places, so that no trace of this remains in the graph.

    Arguments:
        f: the function.
        argnums: the positions of the arguments to vary; see :func:`~microgradnet.calculus.arguments.chosen`.
        argnames: their names.
        arguments: its arguments in position.
        keywords: its arguments by keyword.

    Attributes:
        variables: the leaves that stand for the elements of the varied arguments, in order.
        result: what f returned: numbers and Values in some structure.
        differentiable: whether derivatives are to be Values: some argument holds one, or the result depends on the
            variable of a derivative that is being taken around this one.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        argnums: Argnums,
        argnames: Argnames,
        arguments: Sequence[Any],
        keywords: Mapping[str, Any],
    ) -> None:
        keys = chosen(f, argnums, argnames, arguments, keywords)
        told = [each for each in (argnums, argnames) if each is not None]
        self.single = len(keys) == 1 and all(isinstance(each, (int, str)) for each in told)
        self.variables: list[Value] = []
        self._stands_for: dict[int, Value] = {}
        names = parameter_names(f, len(arguments))
        given: dict[Key, Any] = dict(enumerate(arguments))
        given.update(keywords)
        self._given = [given[key] for key in keys]
        self.differentiable = any(map(_holds_value, given.values()))
        for key in keys:
            name = names[key] if isinstance(key, int) else key
            given[key] = walk(given[key], self._stand_in, name, keep_modules=True)
        outer = _running.get()
        token = _running.set(outer | {id(variable) for variable in self.variables})
        try:
            self.result = f(
                *(given[place] for place in range(len(arguments))), **{name: given[name] for name in keywords}
            )
        finally:
            _running.reset(token)
        self._results = self._read_results()
        self.differentiable = self.differentiable or any(
            id(leaf) in outer for result in self._results for leaf in (leaves(result) if outer else ())
        )

    def scalar(self, caller: str) -> Value | float:
        """Return the result of a function that has one number as its result.

        Raises:
            ShapeError: it has several; the message names jacobian.
        """
        if isinstance(self.result, Value) or is_real(self.result):
            return self.result if isinstance(self.result, Value) else as_float(self.result)
        count = sum(len(block.elements) for block in blocks_of(self.result))
        wanted = f"{caller} needs a function with one number as its result"
        came = f"{shown(self.result)}, a {type(self.result).__name__} of {count}"
        raise ShapeError(
            wanted, came, "Use mg.jacobian(f) for the derivatives of each, or return one of them or a sum."
        )

    def derivatives(self, y: Value | float) -> list[Any]:
        """Return dy by each variable, backward: floats, or Values where this call is differentiable."""
        if not isinstance(y, Value):
            return [Value(0.0) if self.differentiable else 0.0 for _ in self.variables]
        return (backward_values if self.differentiable else backward_numbers)(y, self.variables)

    def along(self, ys: Sequence[Any], seeds: Sequence[Any]) -> list[Any]:
        """Return the derivative of each y along the direction of the seeds, forward."""
        nodes = [y if isinstance(y, Value) else Value(y) for y in ys]
        return (forward_values if self.differentiable else forward_numbers)(nodes, self.variables, seeds)

    def shaped_like_arguments(self, elements: Sequence[Any]) -> Any:
        """Return one element for each variable in the structure of the varied arguments, a tuple for several."""
        source = iter(elements)
        parts = tuple(walk(each, lambda block: _taken(block, source)) for each in self._given)
        return parts[0] if self.single else parts

    def argument_blocks(self) -> list[Block]:
        """Return the blocks of the varied arguments, in the order of the variables."""
        return [block for each in self._given for block in blocks_of(each)]

    def fill_arguments(self, blocks: Sequence[Any]) -> Any:
        """Return one object for each block in the structure of the varied arguments."""
        source = iter(blocks)
        parts = tuple(walk(each, lambda _: next(source)) for each in self._given)
        return parts[0] if self.single else parts

    def finished(self, numbers: Sequence[Any]) -> list[Any]:
        """Return numbers and Values of this call as its caller gets them.

        That is as floats, where the caller gave floats; else with the caller's Values in the places of the variables.
        Call it once, when all sweeps are done: afterwards no result depends on the variables.
        """
        if not self.differentiable:
            return [number.data if isinstance(number, Value) else number for number in numbers]
        roots = [number if isinstance(number, Value) else Value(number) for number in numbers]
        for node in ordered(roots):
            if any(id(operand) in self._stands_for for operand in node.inputs):
                left, right, *_ = (*(self._stands_for.get(id(operand), operand) for operand in node.inputs), None)
                node._restore(node._state(), left, right)
        return [self._stands_for.get(id(root), root) for root in roots]

    def _stand_in(self, block: Block) -> Any:
        """Return the leaves that f is given for a block, in its form."""
        if block.owned:
            self.variables += block.elements
            return None
        leaves_: list[Any] = []
        for element, name in zip(block.elements, block.element_names(), strict=True):
            if isinstance(element, Value):
                leaf = Value(element.data, element.label or name)
                leaf.scope = element.scope
                self._stands_for[id(leaf)] = element
            else:
                leaf = Value(element, name)
            leaves_.append(leaf)
        self.variables += leaves_
        return shaped(block.shape, leaves_)

    def _read_results(self) -> list[Value]:
        if self.result is None:
            came = "None"
            raise NumberTypeError("a function to differentiate returns a number", came, "Does it end with return?")
        elements = [element for block in blocks_of(self.result, "result") for element in block.elements]
        return [element for element in elements if isinstance(element, Value)]


def _taken(block: Block, source: Iterator[Any]) -> Any:
    return shaped(block.shape, [next(source) for _ in block.elements])


def _holds_value(tree: Any) -> bool:
    """Tell whether an argument holds Values. Those that a derivative is not taken by may be of any type."""
    try:
        return any(isinstance(element, Value) for block in blocks_of(tree) for element in block.elements)
    except NumberTypeError:
        return False
