"""The switches: that they are set, that nothing goes past them, and what they promise."""

import os
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import threadpoolctl
import torch

import emulation
import engines
from checksums import DAG, PRIMITIVES, differing, of_dag, of_folder
from ferbench import determinism
from numerics import calls, functions, roots, uses
from projects import FERBENCH, call, ended

SOURCES = sorted((engines.ROOT / "src/ferbench").rglob("*.py"))
OWNER = engines.ROOT / "src/ferbench/determinism.py"
PROGRAMS = [*SOURCES, *(engines.ROOT / "tools").glob("*.py")]
PROGRAMS += (engines.ROOT / "benchmarks").glob("*.py")

EXACT = {
    "cv2": "TriangleRasterizeSettings VideoCapture",
    "numpy": "allclose argwhere array_equal bincount broadcast_to concatenate diag divmod empty "
    "errstate fill_diagonal flatnonzero frombuffer isfinite isin ix_ load maximum "
    "maximum.accumulate minimum nan_to_num ndenumerate ones ones_like repeat searchsorted split "
    "stack take unique where zeros_like lib.format.dtype_to_descr "
    "lib.format.write_array_header_1_0 lib.stride_tricks.sliding_window_view",
    "math": "ceil comb gcd isfinite",
    "torch": "Generator bincount cat cuda.is_available finfo nn.ModuleList ones stack tensor "
    "nn.utils.rnn.pad_sequence nn.utils.rnn.pad_packed_sequence utils.data.DataLoader "
    "set_num_threads use_deterministic_algorithms",
    # Of strings and files as well as of arrays: a text does not tell which.
    "": "__init__ absolute add all any argmax clamp_min clip cpu double flatten float gather "
    "index isfinite item max min numel partition round shape split squeeze unflatten unsqueeze "
    "values",
}
"""Functions that round nothing: they copy, compare, count or choose."""
ELSEWHERE = {
    "torch.onnx.export": "what it writes is compared by test_processors.py",
    "torch.optim.AdamW": "called through determinism.optimiser",
    "cv2.dnn.readNetFromTFLite": "called through FaceMesh",
}

BANNED = {
    r"(torch|)\.(sqrt|a(rc)?(tan|sin|cos))_?": "MKL's, which has other code for AVX-512",
    r"torch\.pow|torch\.float_power": "takes the same square root for an exponent of 0.5",
    r"torch\.optim\.(?!Optimizer$).+": "the optimiser is that of determinism.optimiser",
    r"torch\.linalg\..+|torch\.(svd|qr|lstsq|cholesky|inverse)": "LAPACK of MKL, in no probe",
    r"torch\.cdist": "takes the same square root",
    r"torch\.compile|torch\.jit\..+": "makes code for the processor it runs on",
    r"torch\.set_num_threads|torch\.use_deterministic_algorithms": "determinism.settle does that",
    r"cv2\.setNumThreads|cv2\.ipp\..+": "determinism sets that",
}
"""What varies, or what `ferbench.determinism` alone may do, and why."""

HOSTILE = {
    "MKL_DOMAIN_NUM_THREADS": "MKL_DOMAIN_ALL=2",
    "NPY_ENABLE_CPU_FEATURES": "AVX2",
    "OMP_THREAD_LIMIT": "1",
    "OPENBLAS_L2_SIZE": "262144",
    "OPENCV_CPU_DISABLE": "AVX2,FP16",
    "OPENCV_DNN_BACKEND_DEFAULT": "5",
    "PL_TRAINER_LIMIT_TRAIN_BATCHES": "1",
    "PL_TRAINER_MAX_STEPS": "1",
    "TORCH_LINEAR_FLATTEN_3D": "1",
}
"""Variables that a user may have set, and that would change a result or break a run."""

outside = f"outside the promise: {'; '.join(determinism.MACHINE)}"
inside = pytest.mark.skipif(bool(determinism.MACHINE), reason=outside)


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = emulation.without_switches(os.environ)
    return ended(sys.executable, "-c", code, env=clean | environment)


@inside
def test_libraries_are_in_the_state_that_the_switches_ask_for() -> None:
    assert determinism.OUTSIDE == ()
    assert torch.backends.cpu.get_cpu_capability() == "AVX2"
    assert not cv2.ipp.useIPP()
    assert cv2.getNumThreads() == 1
    numpy_features = np._core._multiarray_umath.__cpu_features__  # type: ignore[attr-defined]
    assert not numpy_features["X86_V4"]
    blas = [one for one in threadpoolctl.threadpool_info() if one["internal_api"] == "openblas"]
    assert blas
    assert {(one["architecture"], one["num_threads"]) for one in blas} == {("Haswell", 1)}


@inside
@pytest.mark.parametrize("name", [*determinism.CHOICES, *determinism.ALWAYS, *HOSTILE])
def test_what_the_environment_says_is_overruled(name: str) -> None:
    wanted = {**determinism.CHOICES, **determinism.ALWAYS}.get(name)
    said = python(f"import ferbench, os; print(os.environ.get({name!r}))", **{name: "1024"})
    assert said.stdout.strip() == str(wanted)


@inside
@pytest.mark.parametrize("library", determinism.READERS)
def test_a_library_that_came_first_is_named_once(library: str) -> None:
    code = f"import {library}, ferbench.determinism as d; d.notice(); d.notice()"
    said = re.findall("^ferbench: .*$", python(code).stderr, re.MULTILINE)
    assert len(said) == 1
    assert f"{library} was imported before ferbench" in said[0]
    switches = {**determinism.CHOICES, **determinism.ALWAYS}
    assert "ferbench: " not in python(code, **switches).stderr
    assert "ferbench: " in python(code, **switches, OMP_DYNAMIC="true").stderr


def test_another_kind_of_machine_is_named_and_left_alone() -> None:
    code = (
        "import platform; platform.machine = lambda: 'aarch64'\n"
        "import os, ferbench.determinism as d\n"
        "print(d.OUTSIDE[0], [name for name in d.CHOICES if name in os.environ])\n"
        "d.notice()"
    )
    said = python(code)
    assert said.stdout.strip() == "the processor is aarch64, not x86-64 []"
    assert "the processor is aarch64, not x86-64" in said.stderr


def test_a_processor_without_avx2_is_named(tmp_path: Path) -> None:
    listed = tmp_path / "cpuinfo"
    listed.write_text("model name\t: Old\nflags\t\t: sse2 avx fma\n\nmodel name\t: New\n")
    assert determinism.processor(listed) == ("Old", {"sse2", "avx", "fma"})
    assert determinism.processor(tmp_path / "none") == ("", set())
    (why,) = determinism.unlike({"fma", "f16c", "bmi1", "bmi2", "movbe", "abm"})
    assert "lacks avx2" in why
    (why,) = determinism.unlike(set())
    assert "not known: there is no /proc/cpuinfo" in why


def test_a_command_says_so_and_goes_on() -> None:
    odd = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F"}
    plain = ended(FERBENCH, "audit", check=True)
    ran = ended(FERBENCH, "audit", env=os.environ | odd, check=True)
    assert "GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512F changes functions" in ran.stderr
    assert ran.stdout == plain.stdout
    code = "import os, ferbench.determinism as d; print(d.CHOICES.items() <= os.environ.items())"
    assert python(code, **odd).stdout == "True\n"  # all else is still set


def test_a_gpu_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    determinism.notice(determinism.GPU)
    determinism.notice(determinism.GPU)
    assert capsys.readouterr().err.count("a GPU rounds differently") == 1


@pytest.mark.parametrize("architecture", ["lstm", "cnn"])
def test_a_user_s_environment_changes_no_fit(architecture: str, project: Path, tmp_path: Path):
    jobs = engines.snakemake_jobs(project)
    (command,) = (job for job in jobs if f"--architecture {architecture} --fold 0" in job)
    command = command.replace("results/train/", f"{tmp_path}/")
    (tmp_path / architecture / "fold-0").mkdir(parents=True)
    hostile = (f"{name}={value}" for name, value in HOSTILE.items())
    # not the ferbench that takes notes
    call(project, "env", *hostile, str(FERBENCH), *command.split()[1:])
    made, expected = tmp_path / architecture, project / "results/train" / architecture
    assert differing(of_folder(made / "fold-0"), of_folder(expected / "fold-0")) == []


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_nothing_that_varies_is_called(path: Path) -> None:
    if path == OWNER:
        return
    for name in uses(path) | calls(path):
        assert not [why for pattern, why in BANNED.items() if re.fullmatch(pattern, name)], name
    assert not roots(path), "of a tensor that is torch.sqrt; elsewhere write np.sqrt"


@pytest.mark.parametrize("code", [
    "import torch\ntorch.sqrt(x)", "from torch import sqrt\nsqrt(x)", "(x + 1).sqrt()",
    "import torch as t\nt.atan(x)", "import torch\nf = torch.sqrt", "from torch.optim import SGD",
    "import torch\ntorch.optim.Adam(p)", "import torch\ntorch.compile(net)",
    "y = x ** 0.5", "y = x**1.5", "x **= 0.50", "y = pow(x, 0.5)", "y = x.atan()",
])  # fmt: skip
def test_what_varies_is_seen(code: str, tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(code)
    with pytest.raises(AssertionError):
        test_nothing_that_varies_is_called(tmp_path / "code.py")


def test_every_program_sets_the_switches_before_anything_computes() -> None:
    """Sources by being in the package; the others must import it first."""
    computing = [path for path in PROGRAMS if path not in SOURCES and uses(path)]
    assert computing
    for path in computing:
        before = path.read_text().partition("import ferbench.determinism\n")
        assert before[1]
        early = r"^(import|from) (cv2|matplotlib|numpy|onnx|pytorch|scipy|sklearn|torch)"
        assert not re.search(early, before[0], re.MULTILINE)


def unprobed(paths: list[Path]) -> set[str]:
    exact = {f"{library}.{name}" for library, names in EXACT.items() for name in names.split()}
    probe = engines.ROOT / "tests/helpers/probe.py"
    called = set().union(*map(calls, paths), functions(set().union(*map(uses, paths))))
    return called - calls(probe) - uses(probe) - exact - ELSEWHERE.keys()


def test_every_function_that_a_step_calls_is_probed() -> None:
    said = "call it in tests/helpers/probe.py, or say in EXACT that it is exact"
    assert unprobed(SOURCES) == set(), said


def test_a_function_that_is_not_probed_is_seen(tmp_path: Path) -> None:
    code = "import numpy as np\nfrom scipy import fft\nnp.cbrt(fft.fft(x).prod() ** 2)\nnp.exp(x)"
    (tmp_path / "code.py").write_text(code)
    assert unprobed([tmp_path / "code.py"]) == {"numpy.cbrt", "scipy.fft.fft", ".prod"}


@inside
def test_every_function_gives_the_committed_bytes() -> None:
    """This machine's own line of the proof; `make processors` adds emulated ones."""
    probe = engines.ROOT / "tests/helpers/probe.py"
    said = ended(sys.executable, probe, check=True).stdout
    assert differing(said, PRIMITIVES.read_text()) == []


@inside
def test_every_step_gives_the_committed_bytes(project: Path) -> None:
    assert differing(of_dag(project / "results"), DAG.read_text()) == []


def test_no_result_names_the_machine(project: Path) -> None:
    words = {*determinism.machine().split(", ")[:2], determinism.processor()[0]} - {""}
    files = [path for path in (project / "results").rglob("*") if path.is_file()]
    assert files
    assert [path for path in files for word in words if word.encode() in path.read_bytes()] == []
