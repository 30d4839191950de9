import json
import os
import stat

import pytest

from microgradnet import MLP, Module, Value
from microgradnet.errors import ArgumentError, DomainError, ModelFileError

DELETE = object()


def network(seed=1):
    return MLP(2, [3, 2], activation="tanh", output="softmax", seed=seed)


class Line(Module):
    """A user's module, which no file can build."""

    def __init__(self):
        self.slope, self.shift = Value(2.0), [Value(1.0)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.json"


def document(path):
    network().save(path)
    return json.loads(path.read_text())


def test_a_network_comes_back_to_the_bit(path):
    mlp = network()
    mlp.parameters()[0].data = 0.1 + 0.2
    mlp.parameters()[1].data = 5e-324
    mlp.save(path)
    loaded = MLP.load(path)
    assert loaded.state_dict() == mlp.state_dict()
    assert repr(loaded) == repr(mlp)
    assert [a.data for a in loaded([1.0, 2.0])] == [a.data for a in mlp([1.0, 2.0])]
    assert loaded.parameters()[0].label == "w1[1,1]"


@pytest.mark.parametrize("biases", [None, [None, [0.5]]])
def test_layers_without_biases_come_back_without(path, biases):
    mlp = MLP.from_weights([[[1.0, 2.0]], [[3.0]]], biases, activation="sigmoid")
    mlp.save(path)
    assert MLP.load(path).state_dict() == mlp.state_dict()


def test_a_file_is_loaded_into_a_model_that_is_there(path):
    network(1).save(path)
    mlp = network(2)
    parameters = mlp.parameters()
    assert mlp.load(path) is mlp
    assert all(a is b for a, b in zip(mlp.parameters(), parameters, strict=True))  # an optimizer still holds them
    assert mlp.state_dict() == network(1).state_dict()


def test_a_users_module_is_saved_and_filled_but_not_built(path):
    line = Line()
    line.slope.data = 7.0
    line.save(path)
    other = Line()
    other.load(path)
    assert other.state_dict() == {"slope": 7.0, "shift[1]": 1.0}
    with pytest.raises(ArgumentError, match=r"model = Line\(\.\.\.\)"):
        Line.load(path)


def test_a_subclass_is_built_as_itself(path):
    class Net(MLP):
        pass

    Net(2, [1], seed=1).save(path)
    assert type(Net.load(path)) is Net
    with pytest.raises(ModelFileError, match="a saved MLP; got 'Net'"):
        MLP.load(path)


def test_parameters_that_a_subclass_adds_are_kept(path):
    class Scaled(MLP):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            self.scale = Value(1.0)

    model = Scaled(2, [1], seed=1)
    model.scale.data = 3.0
    model.save(path)
    assert Scaled.load(path).state_dict() == model.state_dict()
    other = Scaled(2, [1], seed=2)
    other.load(path)
    assert other.state_dict() == model.state_dict()


def test_every_truncation_is_an_error_and_changes_nothing(path):
    network(1).save(path)
    whole = path.read_bytes().rstrip()
    mlp = network(2)
    before = mlp.state_dict()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelFileError, match=r"model\.json: "):
            mlp.load(path)
    assert mlp.state_dict() == before


def test_every_flipped_byte_is_an_error_or_a_number(path):
    network(1).save(path)
    whole = bytearray(path.read_bytes())
    for place in range(len(whole)):
        for bit in (1, 16, 128):
            flipped = whole.copy()
            flipped[place] ^= bit
            path.write_bytes(flipped)
            mlp = network(2)
            before = mlp.state_dict()
            try:
                mlp.load(path)
            except ModelFileError:
                assert mlp.state_dict() == before
            else:
                assert json.loads(path.read_bytes())["weights"][0][0][0] == mlp.layers[0].neurons[0].w[0].data


def places(tree, path=()):
    yield path
    for key, entry in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield from places(entry, (*path, key))


def replaced(tree, path, entry):
    tree = json.loads(json.dumps(tree))
    holder = tree
    for key in path[:-1]:
        holder = holder[key]
    if entry is DELETE:
        del holder[path[-1]]
    else:
        holder[path[-1]] = entry
    return tree


@pytest.mark.parametrize(
    "entry",
    [DELETE, None, True, "1", [], {}, [[1.0]], float("nan"), float("inf"), 10**400, 2, -1],
    ids=["deleted", "null", "true", "string", "list", "object", "nested", "nan", "inf", "huge", "two", "minus one"],
)
def test_every_entry_of_another_type_is_an_error_or_a_number(path, entry):
    good = document(path)
    number_places = [place for place in places(good) if len(place) > 2 or (len(place) == 3 and place[0] == "biases")]
    for place in list(places(good))[1:]:
        path.write_text(json.dumps(replaced(good, place, entry)))
        mlp = network(2)
        before = mlp.state_dict()
        is_number = type(entry) is int and abs(entry) < 9 and place in number_places
        removes_biases = entry is None and len(place) == 2 and place[0] == "biases"
        if is_number and (len(place) == 4 or place[0] == "biases"):
            mlp.load(path)
            continue
        with pytest.raises(ModelFileError):
            mlp.load(path)
        assert mlp.state_dict() == before
        if not removes_biases:
            with pytest.raises(ModelFileError):
                MLP.load(path)


@pytest.mark.parametrize(
    ("place", "entry", "named"),
    [
        (("weights", 0, 1, 1), float("nan"), r"weights\[0\]\[1\]\[1\] is a finite number; got nan"),
        (("weights", 1, 0, 2), "0.5", r'weights\[1\]\[0\]\[2\] is a number; got "0.5"'),
        (("weights", 0, 1), [1.0], r"weights\[0\]\[1\] holds 2 weights"),
        (("biases", 1, 0), True, r"biases\[1\]\[0\] is a number; got true"),
        (("biases", 1), [1.0], r"biases\[1\] holds 2 numbers"),
        (("biases", 1), None, r"biases\[1\]: biases; got no biases"),
        (("activations", 0), "sigmoid", r"activations\[0\]: tanh; got sigmoid"),
        (("activations", 1), "swish", r'activations\[1\] is an operation; got "swish"'),
        (("activations",), ["tanh"], "activations is a list of 2 names"),
        (("version",), 2, "version 1 of the format; got 2"),
        (("version",), True, "version 1 of the format; got True"),
        (("format",), "keras", "a file of format 'microgradnet model'; got format 'keras'"),
        (("model",), "GPT", "a saved MLP; got 'GPT'"),
        (("colour",), "red", "'colour' besides"),
        (("weights",), DELETE, "no 'weights'"),
    ],
)
def test_an_error_names_the_place(path, place, entry, named):
    path.write_text(json.dumps(replaced(document(path), place, entry)))
    with pytest.raises(ModelFileError, match=rf"model\.json: .*{named}"):
        network().load(path)


@pytest.mark.parametrize(
    "raw",
    [b"", b"[]", b"3", b"null", b"\xff\xfe", b"\x80\x04K\x01.", b"[" * 100_000, b'{"format": 1' + b"0" * 5000 + b"}"],
    ids=["empty", "list", "number", "null", "utf-16", "pickle", "deep", "long integer"],
)
def test_files_of_others(path, raw):
    path.write_bytes(raw)
    with pytest.raises(ModelFileError):
        MLP.load(path)


def test_a_key_that_stands_twice(path):
    text = json.dumps(document(path))
    path.write_text(text[:-1] + ', "biases": [null, null]}')
    with pytest.raises(ModelFileError, match="'biases' twice"):
        MLP.load(path)


def test_another_size_is_refused(path):
    network().save(path)
    for other in (MLP(2, [4, 2]), MLP(3, [3, 2]), MLP(2, [3])):
        before = other.state_dict()
        with pytest.raises(ModelFileError, match="weights"):
            other.load(path)
        assert other.state_dict() == before


def test_a_network_with_nan_is_not_saved_over_a_good_one(path):
    mlp = network()
    mlp.save(path)
    before = path.read_bytes()
    mlp.parameters()[0].data = float("nan")
    with pytest.raises(DomainError, match=r"w1\[1,1\]"):
        mlp.save(path)
    assert path.read_bytes() == before


def test_a_callable_activation_is_not_saved(path):
    with pytest.raises(ArgumentError, match=r"layer 1.*with mg\.define"):
        MLP(1, [1, 1], activation=lambda z: z * z).save(path)
    assert not path.exists()


def test_an_interrupted_save_leaves_the_old_file_and_no_other(path, monkeypatch):
    network(1).save(path)
    before = path.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        network(2).save(path)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.skipif(os.name != "posix", reason="links and permissions of POSIX")
def test_a_link_stays_a_link_and_permissions_are_the_usual(path):
    link = path.with_name("latest.json")
    link.symlink_to(path)
    network().save(link)
    assert link.is_symlink()
    plain = path.with_name("plain")
    plain.write_text("")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
    assert MLP.load(str(link)).state_dict() == network().state_dict()


def test_a_file_that_is_not_there(path):
    with pytest.raises(FileNotFoundError):
        MLP.load(path)
