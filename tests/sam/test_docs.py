"""The documentation says what is there: commands, menus, buttons, links, pictures and code."""

import ast
import importlib.util
import re

import pytest
from sam import cli

from tests.pages import PAGES, ROOT, blocks, commands

MENU = re.compile(r'<menuitem\s[^>]*?id="(\w+)"\s+name="([^"]+)"(?:[^>]*?parent="(\w+)")?')


def _prose(page):
    """The page in one line a paragraph, without its code."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.S | re.M)
    return re.sub(r"(?<!\n)\n(?![\n|#-])", " ", re.sub(r"`[^`]*`", "", text))


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
    for language, code in blocks(page):
        if language == "python":
            ast.parse(code)
    for line in commands(page):
        program, *words = line.split()
        if program == "./sam" and words and words[0] != "COMMAND":
            cli._parser().parse_args(words)  # leaves with SystemExit for what is not there


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
    assert {" ".join(name.split()) for name in said} <= labels, page.name


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


def _pictures_of(page):
    """The pictures that a page shows, as paths in the repository."""
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text) + re.findall(
        r'<img[^>]*? src="([^"]+)"', text
    )
    return {(page.parent / name).resolve().relative_to(ROOT).as_posix() for name in named}


@pytest.fixture(scope="module")
def made():
    """The pictures that ./sam pictures makes."""
    spec = importlib.util.spec_from_file_location("pictures", ROOT / "tools" / "pictures.py")
    pictures = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pictures)
    return {*pictures.PICTURES}


def test_every_picture_is_made_by_the_repository_and_shown(made):
    """Those of the pages and of the addons' own page in Odoo: none missing, none for nobody."""
    pages = [*PAGES, *ROOT.glob("*/readme/*.md"), *ROOT.glob("*/static/description/index.html")]
    assert len(pages) > len(PAGES) + 2
    assert set().union(*map(_pictures_of, pages)) == made
    assert {name for name in made if not (ROOT / name).is_file()} == set()


def test_every_picture_file_is_one_of_them_or_drawn_by_hand(made):
    """By hand: the addons' icons, which Odoo finds by their names, and the vendors' marks, which
    the cards of providers show by their format."""
    kept = {
        path.relative_to(ROOT).as_posix()
        for folder in (ROOT / "docs", *ROOT.glob("ai_*"), ROOT / "scaffold")
        for path in folder.rglob("*")
        if path.suffix in (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp")
    }
    drawn = kept - made
    icons = {name for name in drawn if re.fullmatch(r"ai_\w+/static/description/icon\.\w+", name)}
    shown = (ROOT / "ai_sam_cost_dashboard/views/price_provider.xml").read_text(encoding="utf-8")
    formats = re.search(r't-set="format"\s+t-value="([^"]+)"', shown)[1]
    marks = {
        f"ai_sam_cost_dashboard/static/src/img/format_{name}.svg"
        for name in re.findall(r"'(\w+)'", formats)
    }
    assert "format_{{format}}.svg" in shown
    assert drawn - icons == marks
