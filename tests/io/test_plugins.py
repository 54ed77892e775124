"""Modules found by name: those that are not there, and those that lack a package."""

import re
from types import ModuleType

import pytest

from ferbench.data import formats
from ferbench.models import architectures, inputs


@pytest.mark.parametrize(("registry", "what"), [
    (formats, "dataset.name: {} format"), (architectures, "{} architecture"), (inputs, "{} input")
])  # fmt: skip
def test_every_registry_distinguishes_both(registry: ModuleType, what, monkeypatch, tmp_path):
    (tmp_path / "lacking.py").write_text("import no_such_thing")
    monkeypatch.setattr(registry, "__path__", [*registry.__path__, str(tmp_path)])
    lacking = re.escape(what.replace("{} ", ""))
    with pytest.raises(ValueError, match=rf"^{lacking} lacking needs no_such_thing: No module"):
        registry.find("lacking")
    no, file = what.format("no"), f"src/{registry.__name__.replace('.', '/')}/other.py"
    with pytest.raises(ValueError, match=rf"^{re.escape(no)} 'other': expected {file}$"):
        registry.find("other")
