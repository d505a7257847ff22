# SPDX-License-Identifier: Apache-2.0
"""The APIs of this project, declared by the modules of this package."""

from importlib import import_module
from pkgutil import iter_modules

from app.apis.api import Api, Version


def _apis() -> tuple[Api, ...]:
    """The APIs that the modules declare, in the order of TM Forum's numbers; those without one come last."""
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
    apis = {value for module in modules for value in vars(module).values() if isinstance(value, Api)}
    return tuple(sorted(apis, key=lambda api: (not api.number, api.number, api.name)))


APIS = _apis()

__all__ = ["APIS", "Api", "Version"]
