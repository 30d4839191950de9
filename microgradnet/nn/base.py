"""``Module``: anything that holds parameters. It finds them in its attributes, names them, saves and loads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from os import PathLike
from types import MethodType
from typing import Any, NamedTuple

from microgradnet.errors import ArgumentError, UnknownNameError, shown, type_of
from microgradnet.nn import storage
from microgradnet.nn.reading import finite
from microgradnet.operation import is_array
from microgradnet.value import Constant, Value


class ClassOrInstance:
    """A method that is given whichever it was looked up on, the class or an instance."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.__doc__ = function.__doc__

    def __get__(self, instance: Any, owner: type[Any]) -> Callable[..., Any]:
        return MethodType(self.function, owner if instance is None else instance)


class Module:
    """The base of neurons, layers and networks, and of a user's own.

    Its parameters are the leaf Values in its attributes, directly or inside lists, tuples, dicts, NumPy arrays and
    other Modules. Attributes whose names begin with an underscore are not searched, nor are results of operations.
    A set of Values is refused, as it has no order.

    Example:
        >>> class Line(Module):
        ...     def __init__(self):
        ...         self.slope = Value(2.0)
        ...         self.shift = [Value(1.0), Value(3.0)]
        >>> Line().state_dict()
        {'slope': 2.0, 'shift[1]': 1.0, 'shift[2]': 3.0}
    """

    def parameters(self) -> list[Value]:
        """Return the parameters, in the order of the attributes; one that is shared stands where it is met first.

        Raises:
            ArgumentError: modules or lists hold each other in a circle, or a set holds Values.
        """
        return _collect(self)

    def named_parameters(self) -> dict[str, Value]:
        """Return the parameters by name, in the same order. Indices count from 1: ``"layers[1].w[2]"``.

        Raises:
            ArgumentError: two parameters have the same name; or as :meth:`parameters`.
        """
        named: dict[str, Value] = {}
        seen: set[int] = set()
        for group in self._groups():
            for name, parameter in zip(group.names(), group.parameters, strict=True):
                if id(parameter) in seen:
                    continue
                seen.add(id(parameter))
                if name in named:
                    raise ArgumentError("each parameter has a name of its own", f"{name!r} twice", "Rename one.")
                named[name] = parameter
        return named

    def zero_grad(self) -> None:
        """Set ``.grad`` of every parameter to 0.0, "not computed yet"."""
        for parameter in self.parameters():
            parameter.grad = 0.0
            parameter.has_grad = False

    def state_dict(self) -> dict[str, float]:
        """Return the parameters' numbers by name."""
        return {name: parameter.data for name, parameter in self.named_parameters().items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set the parameters to the numbers of :meth:`state_dict`. Nothing changes unless all of them fit.

        Raises:
            UnknownNameError: names are missing, or there are more than the model has.
            NumberTypeError, DomainError: an entry is not a real, finite number; the message names it.
        """
        named = self.named_parameters()
        if not isinstance(state, Mapping):
            given = f"{shown(state)} of type {type(state).__name__}"
            raise ArgumentError("a state is a dict from names to numbers", given, "Use what state_dict() returned.")
        missing = [name for name in named if name not in state]
        extra = [str(name) for name in state if name not in named]
        if missing or extra:
            parts = [f"{what} {_some(names)}" for what, names in (("without", missing), ("with", extra)) if names]
            expected = f"a state of exactly the {len(named)} parameters of this model"
            raise UnknownNameError(expected, f"one {' and '.join(parts)}", "Build the model with the same sizes.")
        numbers = {name: finite(state[name], f"state[{name!r}]") for name in named}
        for name, parameter in named.items():
            parameter.data = numbers[name]

    def save(self, path: str | PathLike[str]) -> None:
        """Write the model to a JSON file, whole or not at all: an older file stays until the new one is complete.

        Raises:
            DomainError: a parameter is not finite; the file is not touched.
            OSError: the folder can't be written to.
        """
        storage.write(path, type(self).__name__, self._contents())

    @ClassOrInstance
    def load(model_or_class: Any, path: str | PathLike[str]) -> Any:  # noqa: N805
        """Read what :meth:`save` wrote: ``MLP.load(path)`` builds a new model, ``model.load(path)`` fills this one.

        Arguments:
            path: the file.

        Returns:
            The model.

        Raises:
            ModelFileError: the file is truncated, foreign, of another shape, or holds a number that is not finite; the
                message names the place, and the model in memory is unchanged.
            ArgumentError: a class of the caller's own was asked to build a model; build it first, then load into it.
            OSError: the file can't be read.
        """
        is_class = isinstance(model_or_class, type)
        kind = model_or_class if is_class else type(model_or_class)
        if is_class and not hasattr(kind, "_build"):
            advice = f"Build one first, then call its load: model = {kind.__name__}(...); model.load(path)."
            raise ArgumentError("a model, as its class does not say how to build it from a file", kind.__name__, advice)
        with storage.reading(path, kind.__name__) as contents:
            if is_class:
                return kind._build(contents)
            model_or_class._fill(contents)
        return model_or_class

    def _contents(self) -> dict[str, Any]:
        """Return what a file says of this model beside its class."""
        return {"parameters": storage.finite_numbers(self.state_dict())}

    def _fill(self, contents: dict[str, Any]) -> None:
        """Take over the numbers of a file; raise before anything is changed."""
        storage.only_keys(contents, {"parameters"})
        self.load_state_dict(storage.plain_numbers(contents["parameters"]))

    def _name_of(self, path: str) -> str:
        """Return what the names of the parameters at this path begin with; those of networks are shorter."""
        return path

    def _groups(self, above: tuple[Any, ...] = ()) -> Iterator[ParameterGroup]:
        for attribute, held in _attributes(self):
            for path, keys, parameters in _grouped(attribute, held, (*above, self)):
                yield ParameterGroup(self._name_of(path), keys, parameters)


class ParameterGroup(NamedTuple):
    """Parameters that stand side by side in one container, or a single one.

    Attributes:
        path: what their names begin with, up to the opening bracket; of a single one the whole name.
        keys: their indices or keys in the container; None for a single one.
        parameters: the parameters.
    """

    path: str
    keys: Sequence[Any] | None
    parameters: Sequence[Value]

    def names(self, most: int | None = None) -> list[str]:
        """Return the name of each, or of the first so many."""
        return [self.path] if self.keys is None else [f"{self.path}{key!r}]" for key in self.keys[:most]]


def groups_of(module: Module, above: tuple[Any, ...] = ()) -> Iterator[ParameterGroup]:
    """Return the parameters of a module in the order of their names, of which each group makes only the beginning.

    A parameter that is shared comes more than once.

    Arguments:
        module: the module.
        above: the modules and containers that hold it, from the outermost to the innermost.

    Raises:
        ArgumentError: as :meth:`Module.parameters`.
    """
    if type(module).named_parameters is Module.named_parameters:
        return module._groups(above)
    return (ParameterGroup(name, None, [parameter]) for name, parameter in module.named_parameters().items())


def _is_parameter(held: Any) -> bool:
    return isinstance(held, Value) and held.op is None and not isinstance(held, Constant)


def _attributes(module: Module) -> list[tuple[str, Any]]:
    """Return the attributes that are searched for parameters."""
    return [(name, held) for name, held in vars(module).items() if not name.startswith("_")]


def _collect(module: Module) -> list[Value]:
    """Return the parameters below a module, each once. Nothing recurses, so that modules may be nested deeply."""
    found: dict[int, Value] = {}
    waiting = [(module, iter(_attributes(module)))]  # from the module down to the holder at hand, with what it has left
    holders: set[int] = {id(module)}  # those that are waiting
    while waiting:
        holder, entries = waiting[-1]
        for _, entry in entries:
            if isinstance(entry, Value):
                if _is_parameter(entry):
                    found.setdefault(id(entry), entry)
            elif inside := _inside(entry):
                if id(entry) in holders:
                    raise _circle(entry)
                holders.add(id(entry))
                waiting.append((entry, iter(inside)))
                break
        else:
            waiting.pop()
            holders.discard(id(holder))
    return list(found.values())


def _inside(held: Any) -> Iterable[tuple[Any, Any]]:
    """Return what a module or a container holds; of a module with ``parameters`` of its own, what they return."""
    if not isinstance(held, Module):
        return _entries(held)
    if type(held).parameters is Module.parameters:
        return _attributes(held)
    return list(enumerate(held.parameters()))


def _grouped(path: str, held: Any, above: tuple[Any, ...]) -> Iterator[ParameterGroup]:
    if any(held is holder for holder in above):
        raise _circle(held)
    if _is_parameter(held):
        yield ParameterGroup(path, None, [held])
    elif isinstance(held, Module):
        for inner, keys, parameters in groups_of(held, above):
            yield ParameterGroup(f"{path}.{inner}", keys, parameters)
    else:
        for of_parameters, entries in groupby(_entries(held), lambda entry: _is_parameter(entry[1])):
            if of_parameters:
                keys, parameters = zip(*entries, strict=True)
                yield ParameterGroup(f"{path}[", keys, parameters)
                continue
            for key, entry in entries:
                yield from _grouped(f"{path}[{key!r}]", entry, (*above, held))


def _entries(held: Any) -> Iterable[tuple[Any, Any]]:
    """Return what a container holds, with its index, which counts from 1, or its key; nothing for anything else.

    Raises:
        ArgumentError: it is a set of Values.
    """
    if isinstance(held, dict):
        return held.items()
    if isinstance(held, (list, tuple)):
        return enumerate(held, 1)
    if is_array(held) and held.dtype.hasobject:
        return enumerate(held.tolist(), 1) if held.ndim else [(1, held.item())]
    if isinstance(held, (set, frozenset)) and any(isinstance(entry, Value) for entry in held):
        raise ArgumentError("parameters in an order: a list, tuple, dict or array", "a set of Values", "Use a list.")
    return ()


def _some(names: list[str]) -> str:
    return ", ".join(names[:6]) + (f", ... ({len(names)} in all)" if len(names) > 6 else "")


def _circle(holder: Any) -> ArgumentError:
    given = f"a circle through {type_of(holder)}"
    advice = "Begin the attribute that leads back with an underscore: such attributes are not searched."
    return ArgumentError("modules and lists that don't hold themselves", given, advice)
