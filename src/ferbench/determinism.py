"""The switches that give the same bytes on every x86-64 processor with AVX2.

Numerical libraries choose their code by the processor they run on. Each choice rounds in its own
way, and training makes large differences of small ones. The switches fix these choices. They act
only if they are set before the libraries are imported, so `import ferbench` sets them before it
does anything else, and processes that it starts inherit them.

Where they cannot act, the run goes on, and `notice` says once why its bytes may differ. A result
never says anything of the machine.
"""

import os
import platform
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import Optimizer

CHOICES = {
    # numpy's exp, log, tan, power and others have kernels for AVX-512 that round differently, and
    # its unstable argsort puts equal numbers in another order.
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
    # OpenBLAS, the linear algebra of numpy and scipy, adds up in another order on each processor.
    "OPENBLAS_CORETYPE": "Haswell",
    # PyTorch's own kernels: sigmoid, and with it the gates of an LSTM.
    "ATEN_CPU_CAPABILITY": "avx2",
    # oneDNN, PyTorch's convolutions and the LSTM's backward pass.
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    # MKL, PyTorch's linear algebra, asks who made the processor. Of its values this is the only one
    # that gives the same on processors of different makers.
    "MKL_CBWR": "COMPATIBLE",
    # Intel's kernels in OpenCV (blur, resize) round unlike OpenCV's own, and by processor.
    "OPENCV_IPP": "disabled",
}
"""Which code a library runs, by environment variable."""
ALWAYS = {
    # Sums over several threads are added up in another order. PyTorch's number is train.threads.
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # Jobs run side by side; an OpenCV with threads of its own would only get in their way.
    "OPENCV_FOR_THREADS_NUM": "1",
    # On a GPU, PyTorch's deterministic algorithms ask for it.
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
}
REMOVED = re.compile(
    r"(ATEN|DNNL|MKL|NPY|OMP|ONEDNN|OPENBLAS|PL_TRAINER)_.*"
    r"|OPENCV_(CPU_DISABLE|DNN_.*|FORCE_DNN_ENGINE|IPP|OPENCL.*)"
    r"|TORCH_(LINEAR_FLATTEN_3D|MKLDNN_.*)"
)
"""Variables by which these libraries, and Lightning, would choose otherwise: other kernels, block
sizes or threads, fewer batches of training. What is not set here is taken away."""
READERS = {  # which library reads which variables when it is imported
    "numpy": ("NPY_DISABLE_CPU_FEATURES", "OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS"),
    "torch": (
        *("ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "MKL_CBWR"),
        *("OMP_NUM_THREADS", "MKL_NUM_THREADS"),
    ),
    "cv2": ("OPENCV_IPP", "OPENCV_FOR_THREADS_NUM"),
}
NEEDED = ("avx2", "fma", "f16c", "bmi1", "bmi2", "movbe", "abm")
"""What a processor must have, as Linux names it: x86-64-v3, AVX2 and what came with it."""
CPUINFO = Path("/proc/cpuinfo")


def processor(cpuinfo: Path = CPUINFO) -> tuple[str, set[str]]:
    """Name and features of the first processor that Linux lists; empty where it lists none."""
    try:
        text = cpuinfo.read_text(encoding="utf-8")
    except OSError:
        return "", set()
    fields = dict(re.findall(r"^(model name|flags)\s*: (.*)$", text.partition("\n\n")[0], re.M))
    return fields.get("model name", ""), set(fields.get("flags", "").split())


def machine() -> str:
    """What computes here, for logs and pages: Python, C library, processor. Never for results."""
    library = " ".join(platform.libc_ver()) or "another C library"
    name = processor()[0] or "unknown processor"
    return f"Python {platform.python_version()}, {library}, {platform.machine()}, {name}"


def unlike(features: set[str]) -> Iterator[str]:
    """Why the processor is none of those that give the same bytes."""
    if platform.machine() not in ("x86_64", "AMD64"):
        yield f"the processor is {platform.machine()}, not x86-64"
    elif not features:
        yield f"what the processor can do is not known: there is no {CPUINFO}"
    elif missing := [name for name in NEEDED if name not in features]:
        yield f"the processor lacks {', '.join(missing)}"


def _tuned(before: Mapping[str, str]) -> Iterator[str]:
    """Why the C library computes otherwise; it has read its variables before any program starts."""
    if "hwcaps" in (tunables := before.get("GLIBC_TUNABLES", "")):
        yield f"GLIBC_TUNABLES={tunables} changes functions of the C library; unset it"


def _late(modules: Iterable[str], before: Mapping[str, str]) -> Iterator[str]:
    """Libraries that were imported before ferbench, and without its switches."""
    wanted = CHOICES | ALWAYS
    other = any(REMOVED.fullmatch(name) and name not in wanted for name in before)
    for library in sorted(READERS.keys() & set(modules)):
        if other or any(before.get(name) != wanted[name] for name in READERS[library]):
            yield f"{library} was imported before ferbench; import ferbench first"


_before = dict(os.environ)
_unusual = tuple(unlike(processor()[1]))
for name in filter(REMOVED.fullmatch, _before):
    del os.environ[name]
os.environ.update(ALWAYS)
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")  # it would warn that IPP is off
if not _unusual:  # without AVX2, some of these would end in an illegal instruction
    os.environ.update(CHOICES)
MACHINE = (*_unusual, *_tuned(_before))
"""Why this machine may give other bytes; empty on every machine that gives the same."""
OUTSIDE = (*MACHINE, *_late(sys.modules, _before))
"""Why this process may give other bytes; empty where it gives the same."""
GPU = "train.accelerator is gpu, and a GPU rounds differently"
_said = set[str]()


def notice(*reasons: str) -> None:
    """Say once, on standard error, why bytes may differ: what is in OUTSIDE, and other reasons."""
    if new := [reason for reason in (*OUTSIDE, *reasons) if reason not in _said]:
        print(
            "ferbench: results here may differ in their bytes from those of other machines: "
            f"{'; '.join(new)}. docs/method.md, Determinism, says more.",
            file=sys.stderr,
            flush=True,
        )
    _said.update(new)


def settle(threads: int) -> None:
    """Make PyTorch deterministic.

    Args:
        threads: that it computes with; another number gives other bytes.
    """
    import torch

    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)


def optimiser(
    parameters: "Iterable[Tensor]", *, learning_rate: float, weight_decay: float
) -> "Optimizer":
    """AdamW (Loshchilov & Hutter 2019), fused.

    The unfused one takes square roots with `torch.sqrt`, which on a CPU is MKL's: not correctly
    rounded, and different from processor to processor under all of its settings.
    """
    from torch.optim import AdamW

    return AdamW(parameters, lr=learning_rate, weight_decay=weight_decay, fused=True)
