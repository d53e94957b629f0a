"""Reads exported coverage back with tools that are not ours, and prints what they read as JSON.

Run by a test in a process of its own, with the readers on PYTHONPATH: `python _readback.py FOLDER`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def ucis(path: Path) -> dict[str, object]:
    """By pyucis: bins of cover groups by module/group/configuration, and counts of code coverage by module."""
    from ucis.cover_type_t import CoverTypeT  # noqa: PLC0415 (not installed where the tests are collected)
    from ucis.scope_type_t import ScopeTypeT  # noqa: PLC0415
    from ucis.xml import validate_ucis_xml  # noqa: PLC0415
    from ucis.xml.xml_reader import XmlReader  # noqa: PLC0415

    def counts(scope) -> list[list]:
        return [[item.getName(), item.getCoverData().data] for item in scope.coverItems(CoverTypeT.ALL)]

    def crossed(scope) -> list[str]:
        return [scope.getIthCrossedCoverpoint(i).getScopeName() for i in range(scope.getNumCrossedCoverpoints())]

    groups, code = [], []
    for instance in XmlReader().read(str(path)).scopes(ScopeTypeT.INSTANCE):
        module = instance.getScopeName()
        for kind in ("TOGGLE", "BLOCK", "BRANCH"):
            scopes = instance.scopes(getattr(ScopeTypeT, kind))
            code += [[module, kind, scope.getScopeName(), counts(scope)] for scope in scopes]
        for group in instance.scopes(ScopeTypeT.COVERGROUP):
            for config in group.scopes(ScopeTypeT.COVERINSTANCE):
                where = [module, config.getScopeName(), group.getScopeName()]
                for kind, parts in ((ScopeTypeT.COVERPOINT, lambda _: []), (ScopeTypeT.CROSS, crossed)):
                    groups += [
                        [*where, point.getScopeName(), point.getAtLeast(), counts(point), parts(point)]
                        for point in config.scopes(kind)
                    ]
    return {"valid": bool(validate_ucis_xml(str(path))), "groups": groups, "code": code}


def cobertura(path: Path) -> dict[str, object]:
    """By pycobertura: status of each line and share of branches by file; shares of lines and branches."""
    from pycobertura import Cobertura  # noqa: PLC0415

    report = Cobertura(str(path))
    files = {name: [report.line_statuses(name), report.branch_rate(name)] for name in report.files()}
    return {"files": files, "lines": report.line_rate(), "branches": report.branch_rate()}


def lcov(path: Path) -> str:
    """By lcov_cobertura: the tracefile as Cobertura XML."""
    from lcov_cobertura import LcovCobertura  # noqa: PLC0415

    return LcovCobertura(path.read_text()).convert()


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    found = {
        "ucis": ucis(folder / "ucis.xml"),
        "cobertura": cobertura(folder / "cobertura.xml"),
        "lcov": lcov(folder / "coverage.info"),
    }
    print(json.dumps(found))
