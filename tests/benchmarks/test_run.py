"""The run copes with what is not installed, with engines that fail, and with processes that end."""

import json
from dataclasses import replace

import pytest

from benchmarks import __main__ as command
from benchmarks import processes as processes_module
from benchmarks import report, rounds
from benchmarks.engines import ENGINES, Engine
from benchmarks.processes import EngineError, Processes
from benchmarks.program import Phase, programs
from benchmarks.programs import chain
from benchmarks.rounds import run
from benchmarks.worker import Worker, sample

ABSENT = Engine("absent", "a peer", module="no_such_library", distribution="no-such-library")


def silent(text: str) -> None:
    """Say nothing."""


@pytest.mark.slow
def test_a_peer_that_is_not_installed_is_left_out_and_named():
    program = replace(chain.PROGRAM, engines=[ABSENT, ENGINES["floats"], ENGINES["textbook"]])
    with Processes() as processes:
        results = run(program, processes, size=5, rounds=2, seconds=0.0, say=silent)
    assert results.missing == {"absent": "not installed"}
    assert len(results.series("floats", "forward")) == len(results.series("textbook", "forward + backward")) == 2
    assert results.series("floats", "forward + backward") == []
    assert results.disagreements() == {}
    assert results.spread("textbook", "forward", "wall").median > 0.0


@pytest.mark.slow
def test_an_engine_whose_program_fails_says_why_and_the_run_goes_on():
    stranger = Engine("stranger", "an engine that this program does not know")
    program = replace(chain.PROGRAM, engines=[stranger, ENGINES["floats"]])
    with Processes() as processes:
        results = run(program, processes, size=5, rounds=1, seconds=0.0, say=silent)
    assert list(results.missing) == ["stranger"]
    assert results.series("floats", "forward")


def test_a_process_that_has_ended_is_noticed_and_started_again():
    with Processes() as processes:
        first = processes[ENGINES["floats"]]
        first._process.kill()
        first._process.wait()
        with pytest.raises(EngineError, match="process ended"):
            first.ask(do="forget")
        assert processes[ENGINES["floats"]].ask(do="forget") == {}


@pytest.mark.slow
def test_an_engine_that_gives_no_answer_is_ended_and_named(monkeypatch):
    with Processes() as processes:
        processes[ENGINES["floats"]].ask(do="forget")
        monkeypatch.setattr(processes_module, "LONGEST_ANSWER", 0.05)
        with pytest.raises(EngineError, match=r"no answer in 0\.05 s"):
            processes[ENGINES["floats"]].ask(do="prepare", program="b", size=10_000_000)
        monkeypatch.undo()
        assert processes[ENGINES["floats"]].ask(do="forget") == {}


@pytest.mark.slow
def test_rounds_end_when_they_have_taken_long_enough_and_the_results_say_so(monkeypatch):
    monkeypatch.setattr(rounds, "LONGEST", 0.0)
    program = replace(chain.PROGRAM, engines=[ENGINES["floats"]])
    with Processes() as processes:
        results = run(program, processes, size=5, rounds=9, seconds=0.0, say=silent)
    assert results.is_short
    assert results.rounds == len(results.series("floats", "forward")) == rounds.FEWEST_ROUNDS
    assert "In 3 rounds, as more would take too long." in report.section(results)


@pytest.mark.slow
def test_a_step_that_is_very_slow_beside_ours_gets_two_rounds(monkeypatch):
    monkeypatch.setattr(rounds, "SLOW", 0.0)
    program = replace(chain.PROGRAM, engines=[ENGINES["floats"]])
    with Processes() as processes:
        results = run(program, processes, size=5, rounds=4, seconds=0.0, say=silent)
    assert len(results.series("floats", "forward")) == rounds.ROUNDS_OF_SLOW


@pytest.mark.slow
def test_a_worker_answers_with_an_error_and_lives_on():
    worker = Worker("floats")
    assert "nothing is prepared" in worker.answer({"do": "sample", "step": "forward", "calls": 1})["error"]
    assert "error" in worker.answer({"do": "prepare", "program": "no such program", "size": 1})
    assert worker.answer({"do": "prepare", "program": "b", "size": 5})["steps"] == ["forward"]
    answer = worker.answer({"do": "sample", "step": "forward", "calls": 3})
    assert set(json.loads(json.dumps(answer))) == {"cpu", "wall"}


@pytest.mark.slow
def test_the_other_mode_is_unavailable_in_one_process():
    errors = [
        Worker(mode).answer({"do": "prepare", "program": "b", "size": 5}).get("error") for mode in ("compiled", "plain")
    ]
    assert sum(error is not None for error in errors) == 1
    assert "no such mode" in next(error for error in errors if error)


@pytest.mark.slow
def test_a_step_that_reads_a_figure_is_not_timed():
    assert sample(Phase("memory", unit="bytes"), lambda: {"bytes": 5.0}, 100) == {"bytes": 5.0}
    assert sample(Phase("import", timed_by_itself=True), lambda: {"cpu": 1.0}, 100) == {"cpu": 1.0}


def test_the_command_runs_a_part_and_writes_the_report(tmp_path, monkeypatch, capsys):
    part = replace(chain.PROGRAM, engines=[ABSENT, ENGINES["floats"]])
    monkeypatch.setattr(command, "programs", lambda: {"b": part, "c": programs()["c"]})
    assert command.main(["--quick", "--only", "b", "--rounds", "1", "--output", str(tmp_path)]) == 0
    text = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert text == capsys.readouterr().out.removesuffix("\n")
    assert "- a peer: not installed." in text


@pytest.mark.slow
def test_a_program_that_fails_leaves_the_others_their_results(tmp_path, monkeypatch, capsys):
    part = replace(chain.PROGRAM, engines=[ENGINES["floats"]])
    broken = replace(part, letter="a", engines=[replace(ENGINES["floats"], module="..nothing")])  # find_spec raises
    monkeypatch.setattr(command, "programs", lambda: {"a": broken, "b": part})
    assert command.main(["--quick", "--only", "a,b", "--rounds", "1", "--output", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "- (a) bare Python floats: the program failed with " in text
    assert "| bare Python floats | " in text


def test_the_command_refuses_what_it_does_not_know(capsys):
    for arguments in (["--only", "a,?"], ["--rounds", "0"]):
        with pytest.raises(SystemExit):
            command.main(arguments)
    assert "there is no ?" in capsys.readouterr().err
