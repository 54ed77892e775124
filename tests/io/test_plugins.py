"""Modules found by name: those that are there, those that are not, those that lack a package."""

import sys
from types import ModuleType

import pytest

from ferbench.data import formats
from ferbench.io.plugins import plugin
from ferbench.models import architectures, inputs


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of two modules, of which one imports what is not installed."""
    (tmp_path / "plugged").mkdir()
    for name, text in (("__init__", ""), ("fine", "X = 1"), ("lacking", "import no_such_thing")):
        (tmp_path / "plugged" / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield "plugged"
    for name in [name for name in sys.modules if name.startswith("plugged")]:
        del sys.modules[name]


def test_a_module_is_found(package):
    assert plugin(package, "fine", "thing").X == 1


def test_no_such_module(package):
    with pytest.raises(ValueError, match=r"^no thing 'other': expected src/plugged/other\.py$"):
        plugin(package, "other", "thing")


def test_a_package_that_is_not_installed(package):
    with pytest.raises(ValueError, match=r"^thing lacking needs no_such_thing: No module named"):
        plugin(package, "lacking", "thing")


@pytest.mark.parametrize("registry", [formats, architectures, inputs])
def test_every_registry_distinguishes_both(registry: ModuleType, monkeypatch, tmp_path):
    (tmp_path / "lacking.py").write_text("import no_such_thing")
    monkeypatch.setattr(registry, "__path__", [*registry.__path__, str(tmp_path)])
    with pytest.raises(ValueError, match=r" lacking needs no_such_thing"):
        registry.find("lacking")
    with pytest.raises(ValueError, match=r"no \w+ 'other': expected src/ferbench/.*/other\.py$"):
        registry.find("other")
