"""Modules that are found by their name in params.yaml."""

from importlib import import_module
from types import ModuleType


def plugin(package: str, name: str, what: str) -> ModuleType:
    """The module `name` of `package`, whose modules are each a `what`.

    ValueError if there is no such module, or it imports a package that is not installed.
    """
    module = f"{package}.{name}"
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise ValueError(f"{what} {name} needs {error.name}: {error}") from error
        file = f"src/{module.replace('.', '/')}.py"
        raise ValueError(f"no {what} {name!r}: expected {file}") from error
