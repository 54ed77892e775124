"""The command line: it explains itself, and what is wrong is one line and exit code 1."""

import runpy
import sys
from pathlib import Path

import pytest
import yaml

from ferbench.cli import parser
from ferbench.cli.steps import described
from ferbench.results.layout import STEPS
from projects import FERBENCH, ended
from releases import files, write_archives


def failed(*arguments):
    """The one line it ends with."""
    done = ended(FERBENCH, *arguments)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    assert len([line for line in lines if line.startswith("ferbench: ")]) == 1
    return lines[-1]


@pytest.mark.parametrize("word", STEPS)
def test_help_explains_every_folder(word, capsys):
    with pytest.raises(SystemExit, match="0"):
        parser().parse_args([word, "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    said, options = described(word)
    assert said in shown
    assert options["to"]["type"] is Path
    for name, settings in options.items():
        assert f"--{name} {'FOLDER' if settings['type'] is Path else ''}" in shown
        meaning = settings["help"].removesuffix(" (default: %(default)s)")
        assert meaning
        assert meaning in shown


def test_help_of_all_says_what_it_is_for(capsys):
    with pytest.raises(SystemExit, match="0"):
        parser().parse_args(["--help"])
    shown = capsys.readouterr().out
    assert "Compare sequence classifiers for facial expression" in shown
    assert all(f"\n    {word} " in shown for word in [*STEPS, "predict", "export", "verify"])


def test_importing_the_command_line_imports_no_step():
    done = ended(sys.executable, "-c", "import ferbench.cli, sys; print(*sys.modules)", check=True)
    assert not {"torch", "cv2", "numpy", "sklearn", "mlflow"} & set(done.stdout.split())


@pytest.fixture
def bad(tmp_path):
    """A params.yaml with one change, and every path of a step in an empty folder."""

    def make(word, change):
        content = yaml.safe_load(Path("params.yaml").read_text())
        change(content)
        (tmp_path / "params.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
        _, options = described(word)
        given = {"fold": 0, "architecture": "lstm", "workers": 1}
        arguments = []
        for option in options:
            arguments += [f"--{option}", given.get(option, tmp_path / "out" / option)]
        return ["--params", tmp_path / "params.yaml", word, *arguments]

    return make


@pytest.mark.parametrize("word", STEPS)
def test_an_unknown_parameter_stops_every_step(bad, tmp_path, word):
    arguments = bad(word, lambda content: content["split"].update(kk=1))
    assert f"{tmp_path}/params.yaml:" in (line := failed(*arguments))
    assert "split.kk: no such key (found 1)" in line
    assert not (tmp_path / "out").exists()


def test_unknown_architecture_and_fold(bad, tmp_path):
    nothing = bad("train", lambda _: None)
    line = failed(*nothing, "--architecture", "none")
    assert "params.yaml: architectures: no 'none', only rnn" in line
    for word in ("split", "baseline", "train"):
        nothing = bad(word, lambda _: None)
        assert "params.yaml: folds: no 7, only [0, 1, 2, 3, 4]" in failed(*nothing, "--fold", 7)
    assert not (tmp_path / "out").exists()


def test_missing_release_and_broken_archive(bad, tmp_path):
    arguments = bad("preprocess", lambda _: None)
    line = failed(*arguments)
    assert f"dataset.path: no folder {tmp_path}/out/release: request Cohn-Kanade" in line
    release = write_archives(tmp_path / "out" / "release", files(people=2))
    broken = release / "extended-cohn-kanade-images.zip"
    broken.write_bytes(broken.read_bytes()[:1000])
    assert f"{broken}: cannot be read as a zip archive" in failed(*arguments)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["release"]


def test_fewer_subjects_than_folds(tmp_path):
    release = write_archives(tmp_path / "release", files(people=3))
    made = tmp_path / "made"
    assert ended(FERBENCH, "preprocess", "--release", release, "--to", made).returncode == 0
    line = failed("split", "--fold", 0, "--data", made, "--to", tmp_path / "split")
    said = "split.k: 5 parts need at least 5 subjects, found 3"
    assert line == f"ferbench: {made / 'sequences.csv'}: {said}"
    assert not (tmp_path / "split").exists()


@pytest.mark.parametrize("command", ["verify", "audit", "ui"])
def test_numbers_are_not_taken_by_what_would_not_read_them(command, tmp_path):
    done = ended(FERBENCH, "--params", tmp_path / "other.yaml", command)
    assert done.returncode == 2
    assert "--params is for steps" in done.stderr


def test_what_is_timed_by_itself_is_a_command(tmp_path):
    """`make speed` would say so only after a whole run."""
    parts = runpy.run_path("benchmarks/speed.py")["parts"]
    for command in parts(tmp_path, tmp_path).values():
        program, *arguments = command.split()
        assert program == "ferbench"
        parser().parse_args(arguments)
