"""Text for people: labels, tables, encodings, and files that are written whole or not at all."""

import os
import stat
import subprocess
import sys
import threading
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import text
from microgradnet.text import TextTable, clean, clean_lines, encodable, shorten, write_whole

ANY = st.text(st.characters(), max_size=30)
EVIL = ["\x1b[31mred", "a\nb", "\x07", "\u202eevil", "\ud800", "\x9b31m", "\ufffe", "tab\there", "\x00"]


@given(ANY)
def test_clean_text_is_one_line_that_no_terminal_acts_on(label: str) -> None:
    cleaned = clean(label)
    assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in cleaned)
    assert len(cleaned.splitlines()) <= 1
    cleaned.encode("utf-8")  # no lone surrogate is left
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize("label", EVIL)
def test_control_characters_are_escaped_everywhere(label: str) -> None:
    table = TextTable([label], [[label]], title=label)
    for written in (clean(label), clean_lines(label), table.text(), table.markdown(), table.html(), text.latex(label)):
        assert not set(written) & {"\x1b", "\x07", "\u202e", "\ud800", "\x9b", "\ufffe", "\t", "\x00"}


def test_clean_keeps_what_people_write() -> None:
    assert clean("δ₁ שלום 权值 é") == "δ₁ שלום 权值 é"
    assert clean("\x1b[2J") == r"\x1b[2J"
    assert clean_lines("a\n  b\x1b\n") == "a\n  b\\x1b"
    assert clean("x" * 10**6, 10) == "x" * 9 + "…"


@given(ANY, st.integers(1, 20))
def test_short_text_is_at_most_as_long_as_asked(label: str, limit: int) -> None:
    assert len(shorten(label, limit)) <= max(limit, 2)
    assert shorten("cafe\u0301s", 5) == "caf…"  # not between the letter and its accent


# Encodings


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "latin-1", "utf-8"])
def test_any_text_can_be_printed_in_any_encoding(encoding: str, tmp_path: Path) -> None:
    with open(tmp_path / "out", "w", encoding=encoding) as stream:
        written = encodable("✓ ≈ ✗ ∂E/∂w ≤ 1.5² → δ₁ 权 é …\ud800", stream)
        stream.write(written)
    if encoding == "ascii":
        assert written == "+ ~ x dE/dw <= 1.5^2 -> delta1 ? e ...?"
    if encoding == "utf-8":
        assert written.startswith("✓ ≈ ✗ ∂E/∂w ≤ 1.5² → δ₁ 权 é …")


# Tables


class Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        self.rows[-1][-1] += data


@given(st.lists(st.tuples(ANY, ANY), max_size=4))
def test_html_cells_are_read_back(rows: list[tuple[str, str]]) -> None:
    parser = Cells()
    parser.feed(TextTable(["a", "b"], rows, align="lr").html())
    assert len(parser.rows) == len(rows) + 1
    assert all(len(row) == 2 for row in parser.rows)
    for row, found in zip(rows, parser.rows[1:], strict=True):
        assert [clean(cell) for cell in row] == [clean(cell) for cell in found]


@given(st.lists(st.tuples(ANY, ANY), max_size=4))
def test_markdown_has_one_line_per_row_and_its_bars_are_borders(rows: list[tuple[str, str]]) -> None:
    lines = TextTable(["a", "b"], rows).markdown().splitlines()
    assert len(lines) == len(rows) + 2
    for line in lines:
        bars = line.replace("\\\\", "").replace("\\|", "")
        assert bars.count("|") == 3


@given(st.lists(st.tuples(ANY, st.floats().map(repr), ANY), max_size=4), st.integers(40, 120))
def test_a_text_table_fits_and_loses_nothing(rows: list[tuple[str, str, str]], width: int) -> None:
    written = TextTable(["quantity", "printed", "verdict"], rows, align="lrl").text(width)
    assert max(map(text.display_width, written.splitlines())) <= width
    squeezed = "".join(written.split())
    for row in rows:
        assert all(row[1] in line for line in [written])  # a number is never broken
        for cell in (row[0], row[2]):
            for word in clean(cell).split():
                assert word[:1] in squeezed


def test_a_formula_is_broken_at_spaces_and_a_number_never() -> None:
    rows = [["w1", "a1*(1 - a1) + a2*(1 - a2) + a3*(1 - a3)", "exact"], ["w2", "0.123456789012345", "rounded"]]
    written = TextTable(["quantity", "printed", "verdict"], rows, align="lrl").text(40)
    assert max(map(len, written.splitlines())) <= 40
    assert "0.123456789012345" in written
    assert all(part in written for part in ("a1*(1", "a2*(1", "a3*(1"))


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_no_column_of_words_is_squeezed(width: int) -> None:
    row = [
        "E_total = E after step",
        "0.298371109",
        "0.29837110876",
        "≈ rounded: " + "and a long explanation follows " * 3,
    ]
    written = TextTable(["quantity", "printed", "exact", "verdict"], [row], align="lrrl").text(width)
    assert max(map(len, written.splitlines())) <= max(width, 44)  # numbers are not broken
    if width >= 60:
        assert row[0] in written
    assert "≈ rounded: and a" in written
    assert ("\n    ≈ rounded" in written) == (width <= 60)  # below its row


def test_wide_letters_are_aligned() -> None:
    lines = TextTable(["名", "n"], [["权值", "1"], ["w", "22"]], align="lr").text().splitlines()
    assert len({text.display_width(line) for line in lines}) == 1


def test_colours_mark_the_last_cell() -> None:
    table = TextTable(["a", "b"], [["x", "right"], ["y", "wrong"]], styles=["good", "bad"])
    assert "\x1b[32mright\x1b[0m" in table.text(colour=True)
    assert "\x1b" not in table.text()
    assert table.html().count("background") == 2


# Files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def test_a_new_file_has_the_permissions_of_the_umask_and_an_old_one_keeps_its_own(folder: Path) -> None:
    old_umask = os.umask(0o027)
    try:
        write_whole(folder / "new", "1")
    finally:
        os.umask(old_umask)
    assert stat.S_IMODE((folder / "new").stat().st_mode) == 0o640
    for mode in (0o600, 0o660, 0o755):
        (folder / "new").chmod(mode)
        write_whole(folder / "new", b"2")
        assert stat.S_IMODE((folder / "new").stat().st_mode) == mode
    assert [path.name for path in folder.iterdir()] == ["new"]


def test_a_link_stays_a_link(folder: Path) -> None:
    (folder / "real").write_text("old")
    (folder / "link").symlink_to("real")
    (folder / "dangling").symlink_to("later")
    write_whole(folder / "link", "new")
    write_whole(folder / "dangling", "new")
    assert (folder / "link").is_symlink()
    assert (folder / "real").read_text() == (folder / "later").read_text() == "new"


def test_a_read_only_file_is_refused_also_to_root(folder: Path) -> None:
    (folder / "kept").write_text("old")
    (folder / "kept").chmod(0o444)
    with pytest.raises(PermissionError, match="read-only"):
        write_whole(folder / "kept", "new")
    assert (folder / "kept").read_text() == "old"


def test_a_fifo_is_written_to_and_stays_one(folder: Path) -> None:
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()), daemon=True)
    reader.start()
    write_whole(pipe, "through")
    reader.join(timeout=30)
    assert got == [b"through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.skipif(not hasattr(os, "mknod") or os.geteuid() != 0, reason="only root makes devices")
def test_a_device_is_written_to_and_stays_one(folder: Path) -> None:
    null = folder / "null"
    try:
        os.mknod(null, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        null.write_bytes(b"")
    except OSError as error:
        pytest.skip(f"this machine makes no devices: {error}")
    write_whole(null, "x")
    assert stat.S_ISCHR(null.stat().st_mode)


@pytest.mark.parametrize("name", ["", "no/such/file", "x" * 300])
def test_an_impossible_path_is_an_error_that_names_it_and_leaves_nothing(folder: Path, name: str) -> None:
    with pytest.raises(OSError) as caught:  # noqa: PT011
        write_whole(folder / name, "1")
    assert name[:20] in str(caught.value)
    assert ".part" not in str(caught.value)
    assert list(folder.iterdir()) == []


def test_an_interrupted_write_leaves_the_old_file_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "kept").write_text("old")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for call in ("fsync", "replace", "chmod"):
        with monkeypatch.context() as patch:
            patch.setattr(os, call, interrupt)
            with pytest.raises(KeyboardInterrupt):
                write_whole(folder / "kept", "new")
    assert (folder / "kept").read_text() == "old"
    assert [path.name for path in folder.iterdir()] == ["kept"]


def test_what_a_killed_process_left_is_removed_later(folder: Path) -> None:
    code = "import os, sys; from microgradnet import text; os.fsync = lambda fd: os.kill(os.getpid(), 9); "
    subprocess.run([sys.executable, "-c", f"{code}text.write_whole(sys.argv[1], 'x')", str(folder / "f")], check=False)
    (left,) = folder.iterdir()
    write_whole(folder / "f", "1")
    assert left.exists()  # it may belong to a process that is still writing
    os.utime(left, (0, time.time() - 7200))
    write_whole(folder / "f", "2")
    assert [path.name for path in folder.iterdir()] == ["f"]


def test_many_threads_write_one_file(folder: Path) -> None:
    contents = [f"{number}" * 10_000 for number in range(10)]
    errors: list[BaseException] = []

    def write(content: str) -> None:
        try:
            for _ in range(20):
                write_whole(folder / "f", content)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=[content]) for content in contents]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        if (folder / "f").exists():
            assert (folder / "f").read_text() in contents
    assert errors == []
    assert [path.name for path in folder.iterdir()] == ["f"]
