r"""One call of a user's function, recorded so that it can be differentiated, and the sweeps over its graph.

:class:`Call` records the function on variables of its own. Its arguments and results are structures: numbers and Values
in lists, tuples, dicts, NumPy arrays and Modules. The sweeps are the chain rule along :math:`y = f(x_1, x_2)`: backward
:math:`\bar x_i \mathrel{+}= \bar y\,\partial f/\partial x_i`, forward
:math:`\dot y = \sum_i \dot x_i\,\partial f/\partial x_i` (A. Griewank and A. Walther, *Evaluating Derivatives*,
2nd ed., sections 3.1 and 3.2). They give numbers, or new nodes that can be differentiated again.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from microgradnet.errors import ArgumentError, NumberTypeError, ShapeError, UnknownNameError, described, shown, type_of
from microgradnet.graph import Decisions, adjoints, dependents, leaves, topological, watching
from microgradnet.operation import Op, as_float, is_array, is_real
from microgradnet.ops import keep, keep_otherwise
from microgradnet.symbols import Formula, Symbol
from microgradnet.value import Constant, Value

Key = int | str  # an argument of a call: its position, or its keyword
Argnums = int | Sequence[int] | None
Argnames = str | Sequence[str] | None


# Sweeps over a recorded graph -----------------------------------------------------------------------------------------


def backward_numbers(y: Value, variables: Sequence[Value]) -> list[float]:
    """Return dy by each variable, with the partial derivatives that the nodes hold; 0.0 where y does not depend."""
    found = adjoints(y, among=dependents(topological(y), variables))
    return [found.get(variable, 0.0) for variable in variables]


def backward_values(y: Value, variables: Sequence[Value]) -> list[Value]:
    """Return dy by each variable as new Values, which can be differentiated again."""
    order = topological(y)
    varied = dependents(order, variables)
    found = adjoints(y, partials=lambda node: _partial_terms(node, varied), among=varied)
    return _as_values((found.get(variable, 0.0) for variable in variables), order)


def forward_numbers(ys: Sequence[Value], variables: Sequence[Value], seeds: Sequence[float]) -> list[float]:
    """Return the derivative of each y along the direction that the seeds give, with the partials that nodes hold."""
    order = topological(*ys)
    varied = dependents(order, variables)
    return _forward(order, ys, variables, seeds, varied, lambda node, place: node.partials[place])


def forward_values(ys: Sequence[Value], variables: Sequence[Value], seeds: Sequence[Any]) -> list[Value]:
    """Return the derivative of each y along a direction as new Values; the seeds are floats and Values."""
    order = topological(*ys)
    varied = dependents(order, variables)
    terms = [NodeTerm(seed) if isinstance(seed, Value) else seed for seed in seeds]
    tangents = _forward(order, ys, variables, terms, varied, lambda node, place: partial_term(node, place, varied))
    return _as_values(tangents, [*order, *(seed for seed in seeds if isinstance(seed, Value))])


def _forward(
    order: list[Value],
    ys: Sequence[Value],
    variables: Sequence[Value],
    seeds: Sequence[Any],
    varied: Container[Value],
    partial: Callable[[Value, int], Any],
) -> list[Any]:
    tangents: dict[Value, Any] = {}
    for variable, seed in zip(variables, seeds, strict=True):  # one parameter may be given in two places
        tangents[variable] = tangents[variable] + seed if variable in tangents else seed
    for node in order:
        if node in varied and node not in tangents:
            places = [place for place, operand in enumerate(node.inputs) if operand in varied]
            terms = [partial(node, place) * tangents[node.inputs[place]] for place in places]
            tangents[node] = terms[0] if len(terms) == 1 else terms[0] + terms[1]
    return [tangents.get(y, 0.0) for y in ys]


def _as_values(terms: Iterable[Any], before: Iterable[Value]) -> list[Value]:
    known = set(before)
    return [_as_value(term, known) for term in terms]


def _as_value(term: Any, known: Container[Value]) -> Value:
    """Return a term or a float as a Value that is new, given the nodes that existed before the sweep.

    A derivative can be a node that existed before, as that of ``a*b`` by ``a`` is ``b``. It is returned as ``b*1``:
    otherwise ``a.data -= g.data; b.data -= h.data`` would change ``h`` before it is used.
    """
    if not isinstance(term, NodeTerm):
        return Constant(term)
    return term.node * 1.0 if term.node in known else term.node


# Partial derivatives as nodes -----------------------------------------------------------------------------------------


class NodeTerm(Symbol):
    """A node as an operand of the table's derivative rules, where the derivative is to be a graph of its own.

    Operations on it record nodes, as those on a Value do, except where a symbol would be left out: ``1*x`` is ``x``,
    ``0*x`` is 0 and ``x**1`` is ``x``, so that the derivative of ``x**2`` is ``2*x``. It cannot be converted to a
    float: a rule that computed with floats would lose the dependence, and the next derivative would silently be 0.
    """

    def __init__(self, node: Value) -> None:
        super().__init__(node.label)
        self.node = node

    @staticmethod
    def _apply(op: Op, operands: tuple[Any, ...]) -> Any:
        """Record an operation, unless an operand is neutral or makes the result 0."""
        if op in (keep, keep_otherwise) and not isinstance(operands[0], NodeTerm):  # a gate with a constant condition
            return operands[1] if bool(operands[0]) is (op is keep) else 0.0
        simplified = Symbol._apply(op, operands)
        if not isinstance(simplified, Formula):
            return simplified
        return NodeTerm(op(*(operand.node if isinstance(operand, NodeTerm) else operand for operand in operands)))

    # A rule should choose with where; one that compares instead has chosen for the present numbers.

    def __eq__(self, other: object) -> bool:
        return bool(self.node == _number(other))

    def __lt__(self, other: Any) -> bool:
        return bool(self.node < _number(other))

    def __le__(self, other: Any) -> bool:
        return bool(self.node <= _number(other))

    def __gt__(self, other: Any) -> bool:
        return bool(self.node > _number(other))

    def __ge__(self, other: Any) -> bool:
        return bool(self.node >= _number(other))

    def __bool__(self) -> bool:
        return bool(self.node)

    __hash__ = object.__hash__


def _number(operand: Any) -> Any:
    return operand.node.data if isinstance(operand, NodeTerm) else operand


def partial_term(node: Value, place: int, varied: Container[Value]) -> Any:
    """Return the partial derivative of a node by the operand in this place: a term, or a float where it is constant.

    Arguments:
        node: a result of an operation.
        place: 0 or 1.
        varied: the nodes that depend on a variable; other constants enter the rule as plain floats.

    Raises:
        ArgumentError: the rule computes with floats, so that its result cannot be differentiated again.
        DomainError: the derivative is not a number here, or infinite.
    """
    operation = node.op
    if operation is None:
        raise ArgumentError("a partial derivative is one of a result", "a leaf", "Ask for that of a node above it.")
    operands = [
        operand.data if isinstance(operand, Constant) and operand not in varied else NodeTerm(operand)
        for operand in node.inputs
    ]
    try:
        return operation.partials[place](*operands, NodeTerm(node))
    except TypeError as error:
        expected = f"the derivative rules of {operation.name} use the table's operations, so that they work on Values"
        raise ArgumentError(expected, str(error), "Write mg.cos(x), say, in place of math.cos(x).") from error


def _partial_terms(node: Value, varied: Container[Value]) -> Iterator[Any]:
    for place, operand in enumerate(node.inputs):
        yield partial_term(node, place, varied) if operand in varied else None  # unused by the sweep


# Structures of numbers and Values -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Block:
    """One number, or one array of numbers, in a structure.

    Arguments:
        elements: the numbers and Values, an array's in row-major order.
        shape: the array's shape; None for one number.
        name: its place, for example ``"weights[2]"``; indices count from 1.
        owned: whether it is a parameter of a Module, which is varied in its place and not passed on as a copy.
    """

    elements: tuple[Any, ...]
    shape: tuple[int, ...] | None
    name: str
    owned: bool = False

    def element_names(self) -> list[str]:
        """Return a name for each element: ``x[1,2]`` for that in row 1, column 2 of ``x``."""
        if self.shape is None:
            return [self.name]
        import numpy

        return [f"{self.name}[{','.join(str(i + 1) for i in place)}]" for place in numpy.ndindex(self.shape)]


def walk(tree: Any, visit: Callable[[Block], Any], name: str = "", *, keep_modules: bool = False) -> Any:
    """Return the same structure with the result of ``visit`` in the place of each block.

    Arguments:
        tree: numbers and Values in lists, tuples, dicts, arrays and Modules; a Module counts as the dict of its
            parameters.
        visit: is called with each block.
        name: the name of the whole.
        keep_modules: put Modules back as they are, after their parameters have been visited.

    Raises:
        NumberTypeError: the structure holds anything else; the message says where.
    """
    if isinstance(tree, Value) or is_real(tree):
        return visit(Block((tree,), None, name))
    if is_array(tree):
        return visit(_array_block(tree, name))
    if isinstance(tree, Mapping):
        return {key: walk(part, visit, f"{name}[{key!r}]", keep_modules=keep_modules) for key, part in tree.items()}
    if isinstance(tree, (list, tuple)):
        parts = [walk(part, visit, f"{name}[{i}]", keep_modules=keep_modules) for i, part in enumerate(tree, 1)]
        return _like(tree, parts)
    parameters = _parameters(tree)
    if parameters is not None:
        named = ((key, f"{name}[{key!r}]", value) for key, value in parameters.items())
        visited = {key: visit(Block((value,), None, place, owned=True)) for key, place, value in named}
        return tree if keep_modules else visited
    expected = "derivatives are of and by numbers and Values, in lists, tuples, dicts, arrays and Modules"
    given = described(tree) + (f", as {name}" if name else "")
    advice = 'Choose the arguments that hold numbers, as in mg.grad(f, argnames="x").'
    raise NumberTypeError(expected, given, advice)


def blocks_of(tree: Any, name: str = "") -> list[Block]:
    """Return the blocks of a structure, in order."""
    blocks: list[Block] = []
    walk(tree, blocks.append, name)
    return blocks


def elements_of(tree: Any, name: str = "") -> list[Any]:
    """Return the numbers and Values of a structure, in order."""
    return [element for block in blocks_of(tree, name) for element in block.elements]


def shaped(shape: tuple[int, ...] | None, elements: Sequence[Any]) -> Any:
    """Return elements as an array of a shape; with None for the shape, the one element itself."""
    if shape is None:
        return elements[0]
    import numpy

    kind: Any = float if all(isinstance(element, float) for element in elements) else object
    array = numpy.empty(len(elements), kind)
    array[:] = elements
    return array.reshape(shape)


def refill(tree: Any, elements: Iterator[Any]) -> Any:
    """Return the structure with its elements replaced, in order."""
    return walk(tree, lambda block: shaped(block.shape, [next(elements) for _ in block.elements]))


def matching(tree: Any, model: Any, what: str) -> list[Any]:
    """Return the elements of a structure that must have the form of another.

    Raises:
        ShapeError: it has another form; the message names the first place that differs.
    """
    found, expected = blocks_of(tree), blocks_of(model)
    for have, want in zip(found, expected, strict=False):
        if have.shape != want.shape or have.name != want.name:
            break
    else:
        if len(found) == len(expected):
            return [element for block in found for element in block.elements]
        have, want = (found + expected)[:1] * 2
    forms = [f"{len(blocks)} number{'s' * (len(blocks) != 1)} or arrays" for blocks in (expected, found)]
    if have.shape != want.shape:
        forms = [f"shape {block.shape or 'of one number'} at {block.name or 'the top'}" for block in (want, have)]
    raise ShapeError(f"{what} has the form of the arguments, {forms[0]}", forms[1], "Nest both the same way.")


def _array_block(array: Any, name: str) -> Block:
    if array.dtype.kind == "O":
        elements = [each if isinstance(each, Value) else as_float(each) for each in array.flat]
    elif array.dtype.kind in "biuf":
        elements = array.astype(float).ravel().tolist()
    else:
        given = f"an array of {array.dtype}" + (f" as {name}" if name else "")
        expected = "an array argument or result holds real numbers or Values"
        raise NumberTypeError(expected, given, "Use .astype(float) if it fits.")
    return Block(tuple(elements), tuple(array.shape), name)


def _like(tree: Any, parts: list[Any]) -> Any:
    if isinstance(tree, list):
        return parts
    return type(tree)(*parts) if hasattr(tree, "_fields") else tuple(parts)  # a named tuple takes them one by one


def _parameters(tree: Any) -> dict[str, Value] | None:
    """Return the parameters of a Module, or of any object with parameters, by name; None for other objects."""
    for method in ("named_parameters", "parameters"):
        if callable(getattr(tree, method, None)) and not isinstance(tree, type):
            found = getattr(tree, method)()
            if method == "named_parameters":
                return dict(found)
            return {value.label or f"parameter[{i}]": value for i, value in enumerate(found, 1)}
    return None


# Which arguments of a call are varied ---------------------------------------------------------------------------------


def parameter_names(f: Callable[..., Any], count: int) -> list[str]:
    """Return the names of a function's first arguments; those of ``*xs`` are ``xs[1]``, ``xs[2]``, ..."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (ValueError, TypeError):  # a function written in C may not say
        parameters = []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [parameter.name for parameter in parameters if parameter.kind in kinds]
    rest = [parameter.name for parameter in parameters if parameter.kind is inspect.Parameter.VAR_POSITIONAL]
    many = rest[0] if rest else "argument"
    return [names[i] if i < len(names) else f"{many}[{i + 1 - len(names)}]" for i in range(count)]


def chosen(
    f: Callable[..., Any], argnums: Argnums, argnames: Argnames, arguments: Sequence[Any], keywords: Mapping[str, Any]
) -> list[Key]:
    """Return the arguments of this call to differentiate by: all positional ones where nothing is chosen.

    Raises:
        ArgumentError: there is no argument to differentiate by, or one is chosen twice.
        UnknownNameError: the call has no argument of this name or at this position.
    """
    if argnums is None and argnames is None:
        if arguments:
            return list(range(len(arguments)))
        given = "only keywords" if keywords else "no arguments"
        advice = 'Name it, as in mg.grad(f, argnames="x")(x=2.0).'
        raise ArgumentError("a derivative is by an argument", given, advice)
    names = parameter_names(f, len(arguments))
    keys = [_numbered(each, names, keywords) for each in _listed(argnums)]
    keys += [_named(each, names, keywords) for each in _listed(argnames)]
    if not keys or len({*keys}) < len(keys):
        given = f"argnums={shown(argnums)}, argnames={shown(argnames)}"
        raise ArgumentError("a derivative is by one or more different arguments", given, "Name each argument once.")
    return keys


def _numbered(number: Any, names: Sequence[str], keywords: Mapping[str, Any]) -> Key:
    count = len(names)
    if isinstance(number, int) and not isinstance(number, bool) and -count <= number < count:
        return number % count
    advice = f"The call has {_arguments(names, keywords)}. Positions count from 0"
    advice += f'; a name is argnames="{number}".' if isinstance(number, str) else ", as in Python."
    raise UnknownNameError("argnums holds positions of arguments", f"argnums={shown(number)}", advice)


def _named(name: Any, names: Sequence[str], keywords: Mapping[str, Any]) -> Key:
    if isinstance(name, str) and name in keywords:
        return name
    if isinstance(name, str) and name in names:
        return names.index(name)
    advice = f"The call has {_arguments(names, keywords)}."
    if isinstance(name, int):
        advice += f" A position is argnums={name}."
    raise UnknownNameError("argnames holds names of arguments", f"argnames={shown(name)}", advice)


def _listed(one_or_several: Any) -> list[Any]:
    if one_or_several is None:
        return []
    return list(one_or_several) if isinstance(one_or_several, (list, tuple, set, range)) else [one_or_several]


def _arguments(names: Sequence[str], keywords: Mapping[str, Any]) -> str:
    return ", ".join([*names, *keywords]) or "no arguments"


def sequence_of_arguments(primals: Any, caller: str) -> tuple[Any, ...]:
    """Return ``primals``, the tuple or list of a function's arguments, as a tuple.

    Raises:
        NumberTypeError: it is anything else, such as the one argument itself; a TypeError, as in ``jax.jvp``.
        ArgumentError: it is empty.
    """
    if not isinstance(primals, (tuple, list)):
        expected = f"{caller} needs the arguments of f in a tuple or list, as jax.jvp does"
        raise NumberTypeError(expected, described(primals), "For one argument: (x,).")
    if not primals:
        raise ArgumentError(f"{caller} needs at least one argument of f", "none", "For one argument: (x,).")
    return tuple(primals)


# One recorded call ----------------------------------------------------------------------------------------------------

_running: ContextVar[frozenset[int]] = ContextVar("running", default=frozenset())  # ids of the variables of outer calls


class Call:
    """A function's result on new leaves that take the places of its arguments.

    The new leaves keep one derivative apart from another around it: in ``d/dx (x * d/dy (x + y))`` at ``x = y``, the
    inner variable is not the outer one, although both are the same number (J. Siskind and B. Pearlmutter,
    *Perturbation Confusion and Referential Transparency*, 2005). When all sweeps are done, :meth:`finished` puts the
    caller's Values into the places of the leaves.

    Arguments:
        f: the function.
        argnums: the positions of the arguments to vary; see :func:`chosen`.
        argnames: their names.
        arguments: the positional arguments.
        keywords: the keyword arguments.

    Attributes:
        variables: the leaves for the elements of the varied arguments, in order.
        result: the result of f: numbers and Values in some structure.
        differentiable: whether derivatives are to be Values: some argument holds one, or the result depends on the
            variable of a derivative that is being taken around this one.
        single: whether one argument is varied and its derivative is not wrapped in a tuple.
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

        def call() -> Any:
            return f(*(given[place] for place in range(len(arguments))), **{name: given[name] for name in keywords})

        self._call: Callable[[], Any] | None = call  # until it is known to lose no number
        outer = _running.get()
        token = _running.set(outer | {id(variable) for variable in self.variables})
        try:
            self.result = call()
        finally:
            _running.reset(token)
        results = self._read_results()
        self.differentiable |= bool(outer) and any(id(leaf) in outer for result in results for leaf in leaves(result))

    def scalar(self, caller: str) -> Value | float:
        """Return the result of a function that has one number as its result.

        Raises:
            ShapeError: it has several; the message names jacobian.
        """
        if isinstance(self.result, Value) or is_real(self.result):
            return self.result if isinstance(self.result, Value) else as_float(self.result)
        count = len(elements_of(self.result))
        expected = f"{caller} needs a function with one number as its result"
        given = f"{shown(self.result)}, {type_of(self.result)} of {count}"
        advice = "Use mg.jacobian(f) for the derivatives of each, or return one of them or a sum."
        raise ShapeError(expected, given, advice)

    def derivatives(self, y: Value | float) -> list[Any]:
        """Return dy by each variable, backward: floats, or Values where this call is differentiable.

        Raises:
            NumberTypeError: y is a plain number, and f read ``.data`` of a Value that depends on a variable.
        """
        if not isinstance(y, Value):
            self._refuse_lost_number(y)
            return [Value(0.0) if self.differentiable else 0.0 for _ in self.variables]
        return (backward_values if self.differentiable else backward_numbers)(y, self.variables)

    def along(self, ys: Sequence[Any], seeds: Sequence[Any]) -> list[Any]:
        """Return the derivative of each y along the direction of the seeds, forward.

        Raises:
            NumberTypeError: as :meth:`derivatives`.
        """
        for y in ys:
            if not isinstance(y, Value):
                self._refuse_lost_number(y)
        nodes = [y if isinstance(y, Value) else Value(y) for y in ys]
        return (forward_values if self.differentiable else forward_numbers)(nodes, self.variables, seeds)

    def _refuse_lost_number(self, y: float) -> None:
        """Raise where a plain number that f returned may have been computed from ``.data``: its derivative is not 0.

        f is called again for that, as to watch each call would slow those whose results are Values.
        """
        if self._call is None:
            return
        decisions = Decisions()
        with watching(decisions):
            self._call()
        self._call = None
        read = list(decisions.reads)
        lost = dependents(topological(*read), self.variables)
        name = next((node.label or "a result" for node in read if node in lost), "")
        if name:
            expected = "a function to differentiate computes with the Values that it is given"
            advice = "Leave .data out; mg.detach(v) says that a number counts as a constant."
            raise NumberTypeError(expected, f"{shown(y)}, a plain number, after .data of {name} was read", advice)

    def shaped_like_arguments(self, elements: Sequence[Any]) -> Any:
        """Return one element for each variable in the structure of the varied arguments, a tuple for several."""
        source = iter(elements)
        return self._fill(lambda block: shaped(block.shape, [next(source) for _ in block.elements]))

    def rows(self, block: Block, numbers: Iterator[Any]) -> Any:
        """Return the derivatives of a block of results, as jacobian does: in the structure of the arguments.

        Arguments:
            block: one number or array of results.
            numbers: the derivatives by each variable, result by result.
        """
        rows = [[next(numbers) for _ in self.variables] for _ in block.elements]
        start = 0

        def fill(argument: Block) -> Any:
            nonlocal start
            stop = start + len(argument.elements)
            shapes = [shape for shape in (block.shape, argument.shape) if shape is not None]
            part = [number for row in rows for number in row[start:stop]]
            start = stop
            return shaped(sum(shapes, ()) if shapes else None, part)

        return self._fill(fill)

    def finished(self, numbers: Sequence[Any]) -> list[Any]:
        """Return numbers and Values of this call as its caller gets them.

        That is as floats, where the caller gave floats; else with the caller's Values in the places of the variables.
        It is called once, when all sweeps are done: afterwards no result depends on the variables.
        """
        if not self.differentiable:
            return [number.data if isinstance(number, Value) else number for number in numbers]
        roots = [number if isinstance(number, Value) else Value(number) for number in numbers]
        for node in topological(*roots):
            if any(id(operand) in self._stands_for for operand in node.inputs):
                left, right, *_ = (*(self._stands_for.get(id(operand), operand) for operand in node.inputs), None)
                node._restore(node._state(), left, right)
        return [self._stands_for.get(id(root), root) for root in roots]

    def _fill(self, fill: Callable[[Block], Any]) -> Any:
        parts = tuple(walk(each, fill) for each in self._given)
        return parts[0] if self.single else parts

    def _stand_in(self, block: Block) -> Any:
        """Return the leaves that f is given for a block, in its form."""
        if block.owned:
            self.variables += block.elements
            return None
        stand_ins: list[Any] = []
        for element, name in zip(block.elements, block.element_names(), strict=True):
            if isinstance(element, Value):
                leaf = Value(element._data, element.label or name)  # .data would tell a watcher that f reads it
                leaf.scope = element.scope
                self._stands_for[id(leaf)] = element
            else:
                leaf = Value(element, name)
            stand_ins.append(leaf)
        self.variables += stand_ins
        return shaped(block.shape, stand_ins)

    def _read_results(self) -> list[Value]:
        if self.result is None:
            given = "None"
            raise NumberTypeError("a function to differentiate returns a number", given, "Does it end with return?")
        return [element for element in elements_of(self.result, "result") if isinstance(element, Value)]


def _holds_value(tree: Any) -> bool:
    """Tell whether an argument holds Values; one that is not differentiated by may be of any type."""
    try:
        return any(isinstance(element, Value) for element in elements_of(tree))
    except NumberTypeError:
        return False
