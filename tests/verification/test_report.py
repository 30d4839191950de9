"""Reports: findings as plain text, as a table of rich and as HTML."""

import io
from html.parser import HTMLParser

import pytest

from microgradnet.verification.report import Finding, Report, Verdict


def finding(name="z1", printed="0.77", verdict=Verdict.ROUNDED, explanation="to 2 decimals", **options):
    return Finding(name, options.pop("quantity", "z1[1]"), printed, 0.7712, "0.7712", verdict, explanation, **options)


@pytest.fixture
def report():
    findings = [
        finding(),
        finding("dE/dw", "-0.5", Verdict.WRONG, "it is 0.5; the sign may be lost", quantity="dE/dw"),
        finding("w+", "0.19", Verdict.WRONG, "it is 0.21", expected=Verdict.WRONG, reason="as the source says"),
        finding("E", "0.3", Verdict.ROUNDED, "to 1 decimal", expected=Verdict.TRUNCATED),
    ]
    return Report(findings, title="A lesson", notes="\nSome notes.\n")


def test_plain_text_is_aligned_and_ends_in_a_summary(report):
    expected = """\
A lesson
quantity    printed   exact  verdict
----------  -------  ------  -----------------------------------------------
z1 = z1[1]     0.77  0.7712  ✓ rounded: to 2 decimals
dE/dw          -0.5  0.7712  ✗ wrong: it is 0.5; the sign may be lost
w+ = z1[1]     0.19  0.7712  ✗ wrong: it is 0.21 (known: as the source says)
E = z1[1]       0.3  0.7712  ✓ rounded: to 1 decimal (expected: truncated)
4 claims: 2 rounded, 2 wrong. 2 not as expected.

Some notes."""
    assert str(report) == expected


def test_long_explanations_are_wrapped_under_their_column():
    report = Report([finding(explanation="word " * 40)])
    lines = str(report).splitlines()
    assert max(map(len, lines)) <= 118
    column = lines[2].index("✓")
    assert all(line.startswith(" " * column) for line in lines[3:-2])


def test_is_a_sequence_of_findings(report):
    assert len(report) == 4
    assert [one.name for one in report] == ["z1", "dE/dw", "w+", "E"]
    assert report[0].printed == "0.77"


def test_what_is_expected_decides(report):
    assert [one.as_expected for one in report] == [True, False, True, False]
    assert not report.as_expected
    assert Report([report[0], report[2]]).as_expected
    assert Report([report[0], report[2]]).summary == "2 claims: 1 rounded, 1 wrong. All as expected."
    assert Report([report[0]]).summary == "1 claim: 1 rounded."
    assert Report([report[1]]).summary == "1 claim: 1 wrong."
    assert Report([]).summary == "0 claims: none to check."


def test_counts_by_verdict_in_the_order_of_the_verdicts(report):
    assert report.counts() == {Verdict.ROUNDED: 2, Verdict.WRONG: 2}
    assert [*report.counts()] == [Verdict.ROUNDED, Verdict.WRONG]


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_table_shows_every_figure_whole_at_any_width(report, width):
    shown = report.text(width)
    for text in ("A lesson", "-0.5", "0.7712", "✓", "✗"):
        assert text in shown


def test_text_that_strangers_write_does_not_reach_the_terminal_raw():
    report = Report([finding(name="\x1b[2Jx", explanation="\x1b]0;owned\x07")], title="\x1b[31m", notes="a\x1b[8m\n\nb")
    assert "\x1b" not in str(report) + report.text(80) + report._repr_html_()
    assert r"\x1b[2Jx" in str(report)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "latin-1"])
def test_a_report_prints_on_a_terminal_that_lacks_the_marks(report, encoding, monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr("sys.stdout", stream)
    print(report)
    stream.flush()
    assert b"0.7712" in stream.buffer.getvalue()


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.tags, self.text = [], set(), []

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_html_is_well_formed_and_escaped_and_rows_are_tinted_by_their_verdict():
    attack = "<script>alert('1')</script>&"
    one = finding(attack, attack, Verdict.WRONG, attack, quantity=attack, expected=Verdict.WRONG, reason=attack)
    html = Report([one, finding()], title=attack, notes=attack)._repr_html_()
    reader = Reader()
    reader.feed(html)
    assert reader.open == []
    assert reader.tags == {"div", "table", "caption", "thead", "tbody", "tr", "th", "td", "p"}
    assert "".join(reader.text).count(attack) >= 5
    assert html.count("background:rgba") == 2  # translucent: readable on light and on dark pages


def test_repr_is_short(report):
    assert repr(report) == "<Report 4 claims: 2 rounded, 2 wrong. 2 not as expected.>"


def test_a_report_is_true_only_if_every_figure_is_as_expected(report):
    assert not report
    assert not Report([])
    assert not Report([finding(), finding(verdict=Verdict.WRONG)])
    assert Report([finding(), finding(verdict=Verdict.TRUNCATED)])
    assert Report([finding(verdict=Verdict.WRONG, expected=Verdict.WRONG)])
