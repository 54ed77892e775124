"""The settings of a control: params.yaml with some values changed, and whether two are alike."""

from collections.abc import Mapping
from typing import Any

UNTOUCHED = ("track", "compare")
"""Sections of params.yaml that do not change what is trained and tested."""


def merged(base: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the values of `override`, mappings merged key by key; keys keep their order."""
    changed = dict(base)
    for key, value in override.items():
        both = isinstance(value, Mapping) and isinstance(base.get(key), Mapping)
        changed[key] = merged(base[key], value) if both else value
    return changed


def same_settings(now: Mapping[str, Any], then: Mapping[str, Any]) -> bool:
    """Whether two contents of params.yaml train and test the architectures of `then` alike.

    Architectures that `then` lacks do not matter, nor inputs that only they read.
    """
    ran = then.get("architectures", {})
    return _settings_of(ran, now) == _settings_of(ran, then)


def _settings_of(ran: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in params.items() if key not in UNTOUCHED}
    for section in ("architectures", "inputs"):
        kept[section] = {kind: params.get(section, {}).get(kind, {}) for kind in ran}
    for kind, group in kept["architectures"].items():
        kept["architectures"][kind] = {name: group[name] for name in group if name in ran[kind]}
    return kept
