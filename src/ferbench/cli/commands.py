"""`ferbench <command>` beside the steps: data, results, engines, and a trained model at work.

They read no params.yaml and work in any folder, but for verify, plan, adopt and ui, which are
of a project. A command's module is imported only when it is called.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from ferbench.cli.steps import PARAMS, positive


def check_data(given: argparse.Namespace) -> None:
    """say what a release holds, and what is missing or broken in it"""
    from ferbench.validation.check_data import check_data

    if not check_data(given.path, given.dataset, workers=given.workers):
        sys.exit(1)


def predict(given: argparse.Namespace) -> None:
    """use a trained model on videos, or on a stream of frames"""
    if bool(given.videos) == bool(given.stream):
        raise ValueError("predict: give it either videos or --stream SOURCE")
    if given.stream:
        if given.to or given.format:
            why = "--stream writes to standard output, without --to and --format"
            raise ValueError(f"predict: {why}")
        from ferbench.inference.live import live

        live(given.model, given.stream, given.seed)
    else:
        from ferbench.inference.predict import predict

        to, table = given.to or Path("predictions"), given.format or "csv"
        predict(given.model, given.videos, to=to, table=table, seed=given.seed)


def export(given: argparse.Namespace) -> None:
    """write a trained model as ONNX, checked against PyTorch"""
    from ferbench.inference.export import export

    export(given.model, given.folder, given.seed)


def audit(given: argparse.Namespace) -> None:
    """say what the numbers the paper prints can and cannot support, as Markdown"""
    from ferbench.paper.audit import audit

    print(audit(), end="")


def adopt(given: argparse.Namespace) -> None:
    """let the other engine record what this one has finished, without running anything"""
    from ferbench.verification import handoff

    {"snakemake": handoff.adopt_snakemake, "dvc": handoff.adopt_dvc}[given.engine]()


def verify(given: argparse.Namespace) -> None:
    """make fits again in a temporary place and hold the project's results against them"""
    from ferbench.verification.verify import verify

    outcome = verify(Path.cwd(), sample=None if given.all else given.sample, seed=given.seed)
    print(outcome)
    if outcome.problems:
        sys.exit(1)


def plan(given: argparse.Namespace) -> None:
    """say what a study of a certain size can find, and about how long it takes"""
    from ferbench.config.params import load
    from ferbench.evaluation.statistics.power import Size
    from ferbench.validation.study_plan import study_plan

    size = Size(given.subjects, given.sequences, given.seeds, given.repeats, given.k)
    if not 2 <= size.k <= size.subjects or min(size) <= 0 or not 0 < given.error < 100:
        raise ValueError("plan: two folds or more, as many subjects, and error rates from 0 to 100")
    said = study_plan(load(PARAMS), size, given.difference / 100, given.error / 100)
    print(said, end="")


def ui(given: argparse.Namespace) -> None:
    """serve MLflow's pages of the runs on 127.0.0.1, and print their address"""
    from ferbench.tracking.ui import ui

    ui()


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add every command of this module to the command line."""
    check = _command(commands, "check-data", check_data)
    check.add_argument("path", type=Path, help="folder of the release")
    check.add_argument("--dataset", default="cohn_kanade", help="format (default: %(default)s)")
    check.add_argument("--workers", type=positive, default=2, help="at once (default: %(default)s)")
    _command(commands, "audit", audit)
    adopted = _command(commands, "adopt", adopt)
    adopted.add_argument("engine", choices=("snakemake", "dvc"), help="whose results they are")
    again = _command(commands, "verify", verify)
    many = "draw so many, others each time (default: %(default)s)"
    again.add_argument("--sample", type=positive, default=2, metavar="FITS", help=many)
    again.add_argument("--seed", type=int, help="draw those that it drew before")
    again.add_argument("--all", action="store_true", help="make every fit again, and what follows")
    again.epilog = "Works in the project's folder. The exit code is 1 if anything does not hold."
    planned = _command(commands, "plan", plan)
    planned.add_argument("--subjects", type=positive, default=30, help="(default: %(default)s)")
    each = "of each subject (default: %(default)s)"
    planned.add_argument("--sequences", type=float, default=6, help=each)
    planned.add_argument("--seeds", type=positive, default=3, help="(default: %(default)s)")
    planned.add_argument("--repeats", type=positive, default=1, help="(default: %(default)s)")
    planned.add_argument("--k", type=positive, default=5, help="folds (default: %(default)s)")
    wanted = "to be found, points (default: %(default)s)"
    planned.add_argument("--difference", type=float, default=5, help=wanted)
    planned.add_argument("--error", type=float, default=25, help="rate, %% (default: %(default)s)")
    _command(commands, "ui", ui)
    model = "folder of the model: a fit of `ferbench train`, or what `ferbench export` wrote"
    use = _command(commands, "predict", predict)
    use.add_argument("model", type=Path, help=model)
    use.add_argument("videos", type=Path, nargs="*", help="video files or folders of pictures")
    one_seed = "use the fit of this seed alone (default: all seeds of the model decide together)"
    use.add_argument("--seed", type=int, help=one_seed)
    to = "folder for the tables and a picture a video (default: predictions)"
    use.add_argument("--to", type=Path, help=to)
    use.add_argument("--format", choices=("csv", "json"), help="of the tables (default: csv)")
    use.add_argument(
        "--stream",
        metavar="SOURCE",
        help="answer frame by frame on standard output, as CSV; the number of a camera, a path, a "
        "pipe, or - for standard input. A frame without a face is a row without an answer",
    )
    use.epilog = (
        "A video that cannot be used is named, the others are done, and the exit code is 1."
    )
    out = _command(commands, "export", export)
    out.add_argument("model", type=Path, help="folder of the model, a fit of `ferbench train`")
    out.add_argument("--seed", type=int, help=one_seed)
    out.add_argument("folder", type=Path, help="to write into: model.onnx and card.json")


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    call: Callable[[argparse.Namespace], None],
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=call.__doc__, description=call.__doc__)
    command.set_defaults(call=call)
    return command
