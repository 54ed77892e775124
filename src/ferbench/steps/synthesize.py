"""The embedded data: a synthetic Cohn-Kanade, in the archives and formats of the real release."""

import multiprocessing
import signal
import zipfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from ferbench.config.schema import Params
from ferbench.data.formats import MARKER
from ferbench.data.formats.cohn_kanade import EMOTIONS
from ferbench.io.files import publish
from ferbench.results.layout import SYNTHESIZE
from ferbench.synthetic.sequence import RenderedSequence, sequences

NOTICE = """\
SYNTHETIC DATA

No person was photographed for these archives. They were made by `ferbench synthesize` from the CC0
head of MakeHuman and have the layout of the extended Cohn-Kanade release, of which they contain
nothing. What a classifier does here tells nothing about its accuracy on people.
"""


def synthesize(params: Params, *, to: Path, workers: int = 1) -> None:
    """Write the synthetic Cohn-Kanade: people, expressions, archives.

    Each archive holds a file SYNTHETIC.txt that says what it is. Nothing is left behind when the
    run is interrupted.

    Args:
        params: people, expressions, camera.
        to: folder to write the four archives into.
        workers: processes at once; the same bytes for any number.
    """
    with publish(to, *SYNTHESIZE) as folder, ExitStack() as stack:
        archives = [stack.enter_context(zipfile.ZipFile(folder / name, "w")) for name in SYNTHESIZE]
        points, facs, emotions, frames = archives
        for archive in archives:
            _add(archive, MARKER, NOTICE)
        make = partial(sequences, params.synthesize)
        people = stack.enter_context(_ordered(make, params.synthesize.people.count, workers))
        for subject, performed in enumerate(people, start=1):
            for number, sequence in enumerate(performed, start=1):
                stem = f"S{subject:03d}/{number:03d}/S{subject:03d}_{number:03d}"
                both = zip(sequence.frames, sequence.landmarks, strict=True)
                for k, (png, shape) in enumerate(both, start=1):
                    _add(frames, f"cohn-kanade-images/{stem}_{k:08d}.png", png)
                    _add(points, f"Landmarks/{stem}_{k:08d}_landmarks.txt", _rows(shape))
                last = f"{stem}_{len(sequence.frames):08d}"
                code = EMOTIONS.index(sequence.label)
                _add(emotions, f"Emotion/{last}_emotion.txt", _rows([[code]]))
                _add(facs, f"FACS/{last}_facs.txt", _rows(sequence.facs))


def _rows(values: Iterable[Iterable[float]]) -> str:
    """Numbers as the release writes them."""
    return "".join("".join(f"   {float(x):.7e}" for x in row) + "\n" for row in values)


def _add(archive: zipfile.ZipFile, name: str, content: str | bytes) -> None:
    """Add a file; neither the clock, the umask nor the system is in the bytes."""
    info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    info.create_system = 3  # Unix, wherever this runs
    info.external_attr = 0o644 << 16
    packed = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
    archive.writestr(info, content, compress_type=packed)


@contextmanager
def _ordered(
    make: Callable[[int], list[RenderedSequence]], subjects: int, workers: int
) -> Iterator[Iterator[list[RenderedSequence]]]:
    """What `make` returns for each subject, in order, a few subjects ahead and no more."""
    if workers == 1:
        yield map(make, range(1, subjects + 1))
        return
    context = multiprocessing.get_context("spawn")
    others = set(multiprocessing.active_children())
    # Interruptions are the parent's to handle.
    pool = ProcessPoolExecutor(workers, context, signal.signal, (signal.SIGINT, signal.SIG_IGN))

    def results() -> Iterator[list[RenderedSequence]]:
        waiting: deque[Future[list[RenderedSequence]]] = deque()
        for subject in range(1, subjects + 1):
            waiting.append(pool.submit(make, subject))
            if len(waiting) > workers + 1:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    try:
        yield results()
    except BaseException:  # do not wait for what nobody will use
        for worker in set(multiprocessing.active_children()) - others:
            worker.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
