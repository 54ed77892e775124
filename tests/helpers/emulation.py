"""Other processors than this machine's own: emulated, or imitated.

qemu computes what a processor without AVX-512 computes, and says that it is of either maker.
Versions before 10 compute an LSTM wrongly.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ferbench import determinism
from projects import ended

EMULATED = {
    "Haswell": "Haswell,vendor=GenuineIntel",
    "Skylake": "Skylake-Client,vendor=GenuineIntel",
    "Cascade Lake": "Cascadelake-Server,vendor=GenuineIntel",
    "Milan": "EPYC-Milan,vendor=AuthenticAMD",
    "Genoa": "EPYC-Genoa,vendor=AuthenticAMD",
}
"""What qemu takes for each processor."""
ONE_OF_EACH_MAKER = ("Haswell", "Milan")
OLDEST = 10
"""Version of qemu."""

OF_INTEL = """\
int mkl_serv_intel_cpu_true(void) { return 1; }
int mkl_serv_intel_cpu(void) { return 1; }
int mkl_serv_cpuiszen(void) { return 0; }
"""
"""Makes MKL believe that the processor is Intel's, whatever it is."""


def qemu() -> str:
    """Its path; AssertionError that says where to get it."""
    path = shutil.which("qemu-x86_64")
    said = subprocess.run([path, "--version"], capture_output=True, text=True) if path else None
    found = re.search(r"version (\d+)", said.stdout) if said else None
    assert path, "no qemu-x86_64: .ci/qemu brings it (Debian's package is qemu-user)"
    assert found, f"{path} does not say its version"
    assert int(found[1]) >= OLDEST, f"{path} is older than {OLDEST}: use .ci/qemu"
    return path


def run(processor: str, *arguments: str | Path, **options: Any) -> str:
    """What `python <arguments>` prints on an emulated processor; `options` are those of `_run`."""
    return _run([qemu(), "-cpu", EMULATED[processor], sys.executable, *arguments], **options)


def run_here(*arguments: str | Path, **options: Any) -> str:
    """The same on this machine's processor."""
    return _run([sys.executable, *arguments], **options)


def without_switches(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment in which ferbench was never imported."""
    set_here = {*determinism.CHOICES, *determinism.ALWAYS}
    return {name: value for name, value in environment.items() if name not in set_here}


def as_intel(folder: Path) -> dict[str, str]:
    """Environment in which MKL takes the processor for Intel's; gcc writes into `folder`."""
    (folder / "intel.c").write_text(OF_INTEL)
    assert shutil.which("gcc"), "no gcc: apt-get install gcc"
    library, source = str(folder / "intel.so"), str(folder / "intel.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source], check=True)
    return {"LD_PRELOAD": str(folder / "intel.so")}


def _run(command: list[Any], given: str = "", cwd: Any = None, environment: Any = None) -> str:
    """Without the switches of this process: the program has to set its own."""
    clean = without_switches(os.environ) | {"MLFLOW_DISABLE_TELEMETRY": "true"}
    clean.pop("MLFLOW_TRACKING_URI", None)
    ran = ended(*command, input=given, cwd=cwd, env=clean | (environment or {}))
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-4000:]
    return ran.stdout
