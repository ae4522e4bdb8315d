"""The documentation says what is there: commands, menus, buttons, links, pictures and code."""

import ast
import importlib.util
import re
import textwrap

import pytest
from sam import cli
from sam.paths import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MENU = re.compile(r'<menuitem\s[^>]*?id="(\w+)"\s+name="([^"]+)"(?:[^>]*?parent="(\w+)")?')


def _prose(page):
    """The page in one line a paragraph, without its code."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.S | re.M)
    return re.sub(r"(?<!\n)\n(?![\n|#-])", " ", re.sub(r"`[^`]*`", "", text))


def _blocks(page):
    """(language, code) of the page's code blocks."""
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"^ *```(\w*)\n(.*?)^ *```", text, re.S | re.M)
    return [(language, textwrap.dedent(code)) for language, code in found]


@pytest.fixture(scope="module")
def labels():
    """Every text of a screen: what is translated."""
    found = set()
    for addon in ("ai_brain", "ai_sam_cost_dashboard"):
        template = (ROOT / addon / "i18n" / f"{addon}.pot").read_text(encoding="utf-8")
        for entry in re.findall(r'^msgid ((?:".*"\n)+)', template, re.M):
            found.add("".join(map(ast.literal_eval, entry.splitlines())).replace("%%", "%"))
    return found | {"New", "Settings"}  # Odoo's own


@pytest.fixture(scope="module")
def menus():
    """Names of the entries below each entry, by its path of names."""
    text = (ROOT / "ai_sam_cost_dashboard/views/menus.xml").read_text(encoding="utf-8")
    entries = {key: (name, parent) for key, name, parent in MENU.findall(text)}

    def path(key):
        name, parent = entries[key]
        return (*path(parent), name) if parent else (name,)

    return {path(key) for key in entries}


def test_each_task_has_a_page_that_the_readme_names():
    tasks = {"first-day", "budgets", "spend-less", "endpoint", "monitoring", "troubleshooting"}
    pages = {page.stem for page in PAGES[1:]}
    assert tasks <= pages
    readme = PAGES[0].read_text(encoding="utf-8")
    assert {page for page in pages if f"(docs/{page}.md)" not in readme} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_are_there(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_code_can_be_read(page):
    for language, code in _blocks(page):
        if language == "python":
            ast.parse(code)
        for line in code.splitlines():
            words = line.partition("#")[0].split()
            if words[:1] == ["./sam"] and "<" not in words:
                cli._parser().parse_args(words[1:])  # leaves with SystemExit for what is not there


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_menus_lead_where_it_says(page, menus, labels):
    for path in re.findall(r"AI Costs(?: ▸ \*?[A-Z][^▸.,:;|()*\n]*\*?)+", _prose(page)):
        names = [name.strip().strip("*") for name in path.split("▸")]
        while len(names) > 1:
            known = {entry[: len(names)] for entry in menus if len(entry) >= len(names)}
            # the sentence goes on behind the last name
            if any(
                tuple(names[:-1]) == entry[:-1] and names[-1].startswith(entry[-1])
                for entry in known
            ):
                break
            last = names.pop()
            assert any(last.startswith(label) for label in labels if len(label) > 2), (
                f"{page.name}: {path}"
            )
        assert len(names) > 1, f"{page.name}: {path}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_buttons_and_fields_are_called_so(page, labels):
    said = re.findall(r"(?<![*\w])\*([A-Z][^*\n]+)\*(?![*\w])", _prose(page))
    assert not {name for name in said if name not in labels}, page.name


def test_the_errors_of_troubleshooting_are_raised():
    text = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    there = (ROOT / "ai_brain/exceptions.py").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+Error)`", text)) - {
        "AccessError",
        "UserError",
        "ValidationError",
    }  # Odoo has these
    assert len(named) >= 7
    for name in named:
        assert f"class {name}(" in there, name


def test_every_picture_is_made_by_the_repository():
    spec = importlib.util.spec_from_file_location("pictures", ROOT / "tools" / "pictures.py")
    pictures = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pictures)
    shown = {
        (page.parent / target).resolve().relative_to(ROOT).as_posix()
        for page in PAGES
        for target in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
    }
    assert shown <= {*pictures.PICTURES}
    kept = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.png")}
    assert kept <= shown
