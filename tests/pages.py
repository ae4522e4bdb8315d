"""The pages of the documentation, and what they give to be typed."""

import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
#: What a command begins with.
PROGRAMS = ("./sam", "odoo-bin", "pip", "prometheus", "promtool", "grafana", "curl", "psql")


def blocks(page):
    """``[(language, code)]`` of a page's fenced blocks; "" where none is named."""
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"^ *```(\w*)\n(.*?)^ *```", text, re.S | re.M)
    return [(language, textwrap.dedent(code)) for language, code in found]


def code_blocks(page):
    """``[(language, code)]`` of those blocks that are no lines for a terminal."""
    return [(language, code) for language, code in blocks(page) if language]


def commands(page):
    """What a page gives for a terminal, without its comments: each line of such a block, those that
    end in a backslash joined, and each command within a sentence."""
    found = []
    for language, code in blocks(page):
        if not language:
            lines = code.replace("\\\n", " ").splitlines()
            found += [re.sub(r"\s+#\s.*", "", line) for line in lines]
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text(encoding="utf-8"), flags=re.S | re.M)
    found += [one for one in re.findall(r"`([^`]+)`", text) if one.split()[0] in PROGRAMS]
    return [" ".join(one.split()) for one in found if one.strip()]


def named_requests(page):
    """``[(method, path)]`` that a page's sentences name, GET where they name none."""
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"`(?:(GET|POST) )?(/(?:ai|api)/[-\w/.]+)`", text)
    return [(method or "GET", path) for method, path in found]
