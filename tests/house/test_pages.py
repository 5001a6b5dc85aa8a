"""The code of the docs runs, as it stands there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN_PAGE = ROOT / "tools" / "run_page.py"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "guides").glob("*.md"))]


def run_page(page: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(RUN_PAGE), str(page)]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_code_of_a_page_runs(page):
    finished = run_page(page)
    assert finished.returncode == 0, finished.stderr


@pytest.fixture
def page(tmp_path):
    def write(text: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "page.md").write_text(text, encoding="utf-8")
        return run_page(tmp_path / "page.md")

    return write


def test_blocks_run_in_order_and_share_their_names(page):
    text = "# T\n```python\na = 1\n```\ntext\n\n```python\nprint(a + 1)\n```\n"
    assert page(text).stdout == "2\n"


def test_blocks_may_await(page):
    text = "```python\nimport asyncio\nprint(await asyncio.sleep(0, 'awake'))\n```\n"
    assert page(text).stdout == "awake\n"


def test_blocks_of_a_list_lose_their_indentation(page):
    assert page("1. so\n\n   ```python\n   if True:\n       print(1)\n   ```\n").stdout == "1\n"


def test_what_a_comment_says_is_printed_must_be(page):
    text = "```python\nfor n in range(3):\n    print(n + 1)  # 2\nprint('a')  # a\n```\n"
    assert page(text).returncode == 0

    finished = page(text.replace("# 2", "# 7"))
    assert finished.returncode == 1
    assert "nothing printed is '7'; printed was '1\\n2\\n3\\na\\n'" in finished.stderr


def test_blocks_of_other_languages_do_not_run(page):
    assert page("```sh\nexit 1\n```\n```\nexit(1)\n```\n````text\n```python\n````\n").stdout == ""


def test_a_block_that_fails_fails_the_page_and_names_its_line(page):
    finished = page("# Title\n\n```python\na = 1\nb = a / 0\n```\n")
    assert finished.returncode == 1
    assert 'page.md", line 5' in finished.stderr
    assert "ZeroDivisionError" in finished.stderr


def test_a_warning_of_the_code_on_the_page_fails_it(page):
    text = "```python\nimport warnings\nwarnings.warn('old', DeprecationWarning)\n```\n"
    assert "DeprecationWarning: old" in page(text).stderr


def test_a_block_that_is_not_run_is_passed_over_and_the_next_is_not(page):
    text = (
        "<!-- not run: needs a server of yours -->\n"
        "```python\nprint(1)\n```\n\n```python\nprint(2)\n```\n"
    )
    assert page(text).stdout == "2\n"


def test_what_is_given_makes_files_but_no_names(page):
    text = (
        "<!-- given:\nfrom pathlib import Path\nPath('scan.txt').write_text('here')\nx = 1\n-->\n"
        "```python\nprint(open('scan.txt').read(), 'x' in globals())\n```\n"
    )
    assert page(text).stdout == "here False\n"


SERVED = """\
<!-- with: http_server -->
<!-- given:
from pathlib import Path
Path("www/a.txt").write_text("by the server")
-->
"""


@pytest.mark.parametrize("host", ["example.com", "pacs.example.com"])
def test_example_com_gives_the_files_of_the_page(page, host):
    code = f"import urllib.request as r\nprint(r.urlopen('http://{host}/a.txt').read().decode())"
    assert page(f"{SERVED}```python\n{code}\n```\n").stdout == "by the server\n"


def test_example_com_is_reached_through_aiohttp_too(page):
    code = (
        "import aiohttp\n"
        "async with aiohttp.request('GET', 'http://example.com/a.txt') as answer:\n"
        "    print(await answer.text())"
    )
    assert page(f"{SERVED}```python\n{code}\n```\n").stdout == "by the server\n"


def test_what_example_com_does_not_have_is_not_found(page):
    code = "import urllib.request as r\nr.urlopen('http://example.com/b.txt')"
    assert "HTTP Error 404: Not Found" in page(f"{SERVED}```python\n{code}\n```\n").stderr


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("http://example.net/a", "example.net: a page of the docs may only ask http://example.com"),
        ("https://example.com/a", "port 443 of example.com: only plain http is served"),
    ],
)
def test_no_other_address_is_reached(page, address, message):
    code = f"import urllib.request as r\nr.urlopen('{address}')"
    assert message in page(f"{SERVED}```python\n{code}\n```\n").stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("```py\n1\n```\n", "page.md:1: write ```python, not ```py"),
        ("```python\n1\n", "page.md:1: this block has no end"),
        ("<!-- with: ftp_server -->\n", "page.md:1: there is no 'ftp_server'"),
        ("<!-- not run: -->\n```python\n```\n", "page.md:1: 'not run' needs a reason"),
        ("<!-- not run: so -->\ntext\n", "page.md:2: 'not run' must stand right before a block"),
    ],
)
def test_a_page_that_is_written_wrong_is_refused(page, text, message):
    finished = page(text)
    assert finished.returncode == 1
    assert message in finished.stderr
