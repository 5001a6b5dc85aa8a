"""tools/environment.sh stops early, and says why, where .venv cannot be made."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(shutil.which("sh") is None, reason="there is no POSIX shell here")


@pytest.fixture
def run(tmp_path):
    """Run a copy of the script in an empty tree: it must not touch the .venv of this one."""
    shutil.copytree(ROOT / "tools", tmp_path / "tree" / "tools")

    def run(python: Path, path: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [shutil.which("sh"), str(tmp_path / "tree" / "tools" / "environment.sh")],
            env={"PATH": path or os.environ["PATH"], "PYTHON": str(python)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def python_that(file: Path, answers: str) -> Path:
    """Write what answers ``-c CODE`` as some Python would: cases of the code, for the shell."""
    file.write_text(f"#!{shutil.which('sh')}\ncase $2 in\n{answers}\nesac\n")
    file.chmod(0o755)
    return file


def test_an_old_python_is_refused_by_its_version(run, tmp_path):
    old = python_that(tmp_path / "python", "*sys.exit*) exit 1 ;;\n*print*) echo Python 3.9.2 ;;")
    finished = run(old)
    assert finished.returncode == 1
    assert f"Python 3.11 or newer is needed; PYTHON={old} is Python 3.9.2" in finished.stderr
    assert not (tmp_path / "tree" / ".venv").exists()


def test_a_python_that_is_not_there_is_refused(run, tmp_path):
    finished = run(tmp_path / "nowhere")
    assert finished.returncode == 1
    assert "nowhere is not there" in finished.stderr


def test_without_ensurepip_and_apt_it_says_what_to_bring_in(run, tmp_path):
    # Only what the scripts call, so that no package manager of this machine is found.
    (tmp_path / "bin").mkdir()
    for tool in ("sh", "dirname"):
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool))
    bare = python_that(
        tmp_path / "python", "*ensurepip*) exit 1 ;;\n*sys.exit*) exit 0 ;;\n*print*) echo 3.11 ;;"
    )
    finished = run(bare, path=str(tmp_path / "bin"))
    assert finished.returncode == 1
    assert "not installing python3.11-venv: this is not Debian" in finished.stdout
    assert "it has no ensurepip. Bring in python3.11-venv" in finished.stderr
