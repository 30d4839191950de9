"""Arguments and results of any nesting: lists, tuples, dicts, NumPy arrays and Modules of numbers and Values.

A structure is walked block by block, a block being one number or one array; what a visitor returns for each block is
put back into the same nesting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from microgradnet.errors import NumberTypeError, ShapeError, shown
from microgradnet.number import as_float, is_array, is_real
from microgradnet.value import Value


@dataclass(frozen=True, slots=True)
class Block:
    """One number, or one array of numbers, in a structure.

    Arguments:
        elements: the numbers and Values, an array's in row-major order.
        shape: the array's shape; None for one number.
        name: where it stands, for example ``"weights[2]"``; indices count from 1.
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
    """Return the same structure with what ``visit`` returns in the place of each block.

    Arguments:
        tree: numbers and Values in lists, tuples, dicts, arrays and Modules; a Module counts as the dict of its
            parameters.
        visit: what to do with a block.
        name: what the whole is called.
        keep_modules: put Modules back as they are, after their parameters have been visited.

    Raises:
        NumberTypeError: something else stands in it; the message says where.
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
        visited = {
            key: visit(Block((value,), None, f"{name}[{key!r}]", owned=True)) for key, value in parameters.items()
        }
        return tree if keep_modules else visited
    wanted = "numbers and Values, in lists, tuples, dicts, arrays and Modules, are what derivatives are taken of and by"
    came = f"{shown(tree)} of type {type(tree).__name__}" + (f" as {name}" if name else "")
    raise NumberTypeError(wanted, came, 'Name the arguments that hold numbers, as in mg.grad(f, argnames="x").')


def blocks_of(tree: Any, name: str = "") -> list[Block]:
    """Return the blocks of a structure, in order."""
    blocks: list[Block] = []
    walk(tree, blocks.append, name)
    return blocks


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
    """Return the elements of a structure that has to be of the same form as another.

    Raises:
        ShapeError: it has another form; the message names the first place that differs.
    """
    found, wanted = blocks_of(tree), blocks_of(model)
    for have, want in zip(found, wanted, strict=False):
        if have.shape != want.shape or have.name != want.name:
            break
    else:
        if len(found) == len(wanted):
            return [element for block in found for element in block.elements]
        have, want = (found + wanted)[:1] * 2
    forms = [f"{len(blocks)} number{'s' * (len(blocks) != 1)} or arrays" for blocks in (wanted, found)]
    if have.shape != want.shape:
        forms = [f"shape {block.shape or 'of one number'} at {block.name or 'the top'}" for block in (want, have)]
    raise ShapeError(f"{what} has the form of what it belongs to, {forms[0]}", forms[1], "Nest both the same way.")


def _array_block(array: Any, name: str) -> Block:
    if array.dtype.kind == "O":
        elements = [each if isinstance(each, Value) else as_float(each) for each in array.flat]
    elif array.dtype.kind in "biuf":
        elements = array.astype(float).ravel().tolist()
    else:
        came = f"an array of {array.dtype}" + (f" as {name}" if name else "")
        raise NumberTypeError("an array of real numbers or Values", came, "Use .astype(float) if it fits.")
    return Block(tuple(elements), tuple(array.shape), name)


def _like(tree: Any, parts: list[Any]) -> Any:
    if isinstance(tree, list):
        return parts
    return type(tree)(*parts) if hasattr(tree, "_fields") else tuple(parts)  # a named tuple takes them one by one


def _parameters(tree: Any) -> dict[str, Value] | None:
    """Return the parameters of anything that has them, by name; None for what has none."""
    for method in ("named_parameters", "parameters"):
        if callable(getattr(tree, method, None)) and not isinstance(tree, type):
            found = getattr(tree, method)()
            if method == "named_parameters":
                return dict(found)
            return {value.label or f"parameter[{i}]": value for i, value in enumerate(found, 1)}
    return None
