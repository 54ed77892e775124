"""Where the runs that are written now come from."""

import subprocess

from ferbench import determinism


def provenance() -> dict[str, str]:
    """Tags: the commit, whether anything but results differs from it, and the machine."""
    but_results = ["--", ".", ":!results", ":!dvc.lock"]
    commit, changed = _git("rev-parse", "HEAD"), _git("status", "--porcelain", *but_results)
    return {
        "mlflow.source.name": "ferbench track",
        "mlflow.source.git.commit": commit or "unknown",
        "machine": determinism.machine(),
        "git.dirty": "unknown" if commit is None or changed is None else str(bool(changed)).lower(),
    }


def _git(*command: str) -> str | None:
    """What git prints; None where there is no repository, or no git."""
    try:
        ended = subprocess.run(["git", *command], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return ended.stdout.strip()
