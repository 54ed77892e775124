"""Proof that other processors give the same bytes, and this one when MKL takes it for Intel's.

Each test says what it found in a table that stands at the end of `make processors`.
"""

import hashlib
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import emulation
import engines
from checksums import PRIMITIVES, differing, of_folder
from ferbench import determinism
from projects import few

outside = pytest.mark.skipif(bool(determinism.MACHINE), reason="; ".join(determinism.MACHINE))
pytestmark = [pytest.mark.processors, outside]

HELPERS = engines.ROOT / "tests/helpers"
PROBE, ALL_STEPS = HELPERS / "probe.py", HELPERS / "all_steps.py"
HERE, SPOOFED = "this machine", "MKL: Intel"
SHORT = 12
"""Digits of a checksum in the table."""
ALWAYS = ("MKL_CBWR", "OPENCV_IPP")
"""Switches that matter on every processor; the others turn AVX-512 off, or choose for it."""


@pytest.fixture
def proof(record_property: Callable[[str, object], None]) -> Callable[[str, str, str], None]:
    """Enter a checksum in the table: step, processor, bytes."""

    def enter(step: str, processor: str, content: str) -> None:
        digest = hashlib.sha256(content.encode()).hexdigest()[:SHORT]
        record_property("proof", (step, processor, digest))

    return enter


@pytest.mark.parametrize("processor", emulation.EMULATED)
def test_every_function(processor: str, proof: Any) -> None:
    said = emulation.run(processor, PROBE)
    proof("functions", processor, said)
    assert differing(said, PRIMITIVES.read_text()) == []


@pytest.mark.parametrize("vendor", [HERE, SPOOFED])
def test_every_function_here(vendor: str, tmp_path: Path, proof: Any) -> None:
    spoof = emulation.as_intel(tmp_path) if vendor == SPOOFED else {}
    said = emulation.run_here(PROBE, environment=spoof)
    proof("functions", vendor, said)
    assert differing(said, PRIMITIVES.read_text()) == []


@pytest.mark.parametrize("switch", determinism.CHOICES)
def test_a_switch_that_is_taken_away(switch: str) -> None:
    if switch not in ALWAYS and "avx512f" not in determinism.processor()[1]:
        pytest.skip("this processor has no AVX-512, so there is nothing to turn off")
    assert differing(emulation.run_here(PROBE, "--without", switch), PRIMITIVES.read_text())


def test_mkl_asks_who_made_the_processor(tmp_path: Path) -> None:
    """Without its switch even what it rounds on one processor depends on the maker's name."""
    without = (PROBE, "--without", "MKL_CBWR")
    ours = emulation.run_here(*without)
    as_intel = emulation.run_here(*without, environment=emulation.as_intel(tmp_path))
    if "AuthenticAMD" not in Path("/proc/cpuinfo").read_text():
        pytest.skip("this processor is Intel's already")
    assert differing(ours, as_intel)


@pytest.fixture(scope="module")
def video(project: Path, once: Callable[..., Path]) -> Path:
    """The frames of one sequence, as a folder of pictures."""

    def make(folder: Path) -> None:
        folder.mkdir()
        images = project / "results/synthesize/extended-cohn-kanade-images.zip"
        with zipfile.ZipFile(images) as archive:
            names = [name for name in archive.namelist() if name.endswith(".png")]
            first = Path(names[0]).parent
            for name in names:
                if Path(name).parent == first:
                    (folder / Path(name).name).write_bytes(archive.read(name))

    return once("video", make)


def uses_of_models(video: Path, fits: Path) -> list[str]:
    """Commands that use fits of either kind of input, and export one; they write to `models/`."""
    lstm, cnn, both = (fits / name / "fold-0" for name in ("lstm", "cnn", "cnn_lstm"))
    return [
        f"ferbench predict {lstm} {video} --to models/lstm",
        f"ferbench predict {cnn} {video} --to models/cnn",
        f"ferbench export {both} models/exported",
        f"ferbench predict models/exported {video} --to models/onnx",
    ]


@pytest.fixture(scope="module")
def here(project: Path, video: Path, once: Callable[..., Path]) -> Path:
    """The small benchmark of this machine, as Snakemake made it, and its models in use."""

    def make(root: Path) -> None:
        root.mkdir()
        shutil.copytree(project / "results", root / "results")
        commands = uses_of_models(video, root / "results/train")
        emulation.run_here(ALL_STEPS, given="\n".join(commands), cwd=root)

    return once("here", make)


@pytest.mark.parametrize("processor", [*emulation.ONE_OF_EACH_MAKER, SPOOFED])
def test_every_step(
    processor: str, project: Path, video: Path, here: Path, tmp_path: Path, proof: Any
) -> None:
    root = engines.copy(tmp_path / "project", few)
    order = engines.STEPS.index
    jobs = sorted(engines.snakemake_jobs(root), key=lambda command: order(command.split()[1]))
    commands = [command.replace("--workers 2", "--workers 1") for command in jobs]
    for job in engines.snakemake_jobs(root).values():
        for name in job.outputs:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
    commands += uses_of_models(video, root / "results/train")
    given = {"given": "\n".join(commands), "cwd": root}
    if processor == SPOOFED:
        emulation.run_here(ALL_STEPS, environment=emulation.as_intel(tmp_path), **given)
    else:
        emulation.run(processor, ALL_STEPS, **given)
    for step in [*(f"results/{step}" for step in engines.STEPS), "models"]:
        made, expected = (of_folder(where / step) for where in (root, here))
        name = "predict, export" if step == "models" else Path(step).name
        proof(name, HERE, expected)
        proof(name, processor, made)
        assert made
        assert differing(made, expected) == []
