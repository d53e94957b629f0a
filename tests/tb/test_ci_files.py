"""The examples of CI files: valid by the schemas of GitHub and GitLab, and calling targets that exist."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
import yaml

from tests.tb._project import REPO
from tests.tb.test_cov_export import readers as readers  # noqa: PLC0414 (a fixture)
from ulpwise.history.levels import LEVELS

FILES = {
    ".github/workflows/ci.yml": ["--builtin-schema", "vendor.github-workflows"],
    ".gitlab-ci.yml": ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"],
}


def check(path, schema, readers):
    line = [sys.executable, "-m", "check_jsonschema", *schema, str(path)]
    environment = {**os.environ, "PYTHONPATH": str(readers)}
    return subprocess.run(line, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("name", "schema"), FILES.items())
def test_the_file_fits_the_schema_of_its_service(name, schema, readers, tmp_path):
    done = check(REPO / name, schema, readers)
    assert done.returncode == 0, done.stdout + done.stderr
    broken = tmp_path / "broken.yml"
    broken.write_text((REPO / name).read_text().replace("cache:", "chache:").replace("runs-on:", "run-on:"))
    assert check(broken, schema, readers).returncode == 1


def texts(part):
    """Yield every text of a document."""
    if isinstance(part, dict):
        part = part.values()
    if isinstance(part, str):
        yield part
    elif not isinstance(part, (bool, int, float, type(None))):
        for item in part:
            yield from texts(item)


@pytest.mark.parametrize("name", FILES)
def test_what_it_calls_is_there(name):
    """Every make target, every level, and .ci/run."""
    found = list(texts(yaml.safe_load((REPO / name).read_text())))
    called = [match[1].split() for text in found if (match := re.match(r"make ((?:[a-z]+ ?)+)", text))]
    targets = {word for words in called for word in words}
    assert targets == {"regress", "coverage", "report"}
    assert targets <= set(re.findall(r"^([a-z-]+):.*## ", (REPO / "Makefile").read_text(), re.MULTILINE))
    assert ".ci/run" in found
    assert os.access(REPO / ".ci/run", os.X_OK)
    levels = {word for text in found if "LEVEL" not in text for word in re.findall(r"'?\b(smoke|nightly|full)\b", text)}
    assert "nightly" in levels <= LEVELS.keys()
