"""Which tests a person asked for."""

import ast
import dataclasses
from pathlib import Path

from .paths import OWN_ADDONS, ROOT
from .ui import Failure

PARTS = ("engine", "upgrade", "addons", "process", "carry")
# what nothing named means; `carry` belongs to the newer of two series
ALL = ("engine", "upgrade", "addons", "process")
# what runs without Odoo and PostgreSQL
ENGINE = ("ai_brain/engine", "ai_brain/providers", "tests/engine", "tests/providers", "tests/sam")
BROWSER_CALLS = ("browser_js(", "start_tour(")


@dataclasses.dataclass
class Selection:
    """Paths for pytest and test tags for Odoo; a part that is not in `parts` does not run."""

    parts: list
    engine: list
    process: list
    tags: list
    words: list
    complete: bool = True  # the whole of Odoo's part: then every test file must have run
    mark: str = ""  # only process tests with this mark; of Odoo's, `tags` has it


def select(wanted, words=None, root: Path = ROOT) -> Selection:
    """Read the command line's parts and paths.

    :param wanted: names of parts, files or folders; empty means everything
    :param words: the text after -k: words of which a test's name must contain one
    :raises Failure: for a name that is neither a part nor a path
    """
    chosen = Selection([], [], [], [], [w for w in (words or "").split() if w != "or"])
    for name in wanted or ALL:
        if name == "browser":
            chosen.tags += [f"/{p.relative_to(root)}" for p in browser_files(root)]
            chosen.complete = False
        elif name in PARTS:
            chosen.parts.append(name)
        else:
            _add_path(chosen, name, root)
    if "engine" in chosen.parts and not chosen.engine:
        chosen.engine = [p for p in ENGINE if (root / p).exists()]
    if "process" in chosen.parts and not chosen.process:
        chosen.process = ["tests"]
    if "addons" in chosen.parts and not chosen.tags:
        chosen.tags = [f"/{name}" for name in OWN_ADDONS if (root / name / "tests").is_dir()]
    if chosen.tags and chosen.words:
        chosen.tags = _matching_tags(chosen.tags, chosen.words, root)
        chosen.complete = False
    needed = {"engine": chosen.engine, "addons": chosen.tags, "process": chosen.process}
    chosen.parts = [p for p in PARTS if needed.get(p) or (p not in needed and p in chosen.parts)]
    return chosen


def marked(chosen: Selection, mark) -> Selection:
    """The tests of a whole selection that carry a mark: pytest's of that name, or Odoo's tag.

    >>> marked(Selection([], [], [], ["/ai_brain"], []), "every_series").tags
    ['every_series/ai_brain']
    """
    tags = [f"{mark}{tag}" for tag in chosen.tags]
    return dataclasses.replace(chosen, mark=mark, tags=tags, complete=False)


def _add_path(chosen, name, root):
    file_name, _, rest = name.partition("::")
    path = Path(file_name).absolute()
    if not path.exists():
        path = root / file_name
    try:
        relative = str(path.resolve().relative_to(root))
    except ValueError:
        relative = ""
    if not relative or not path.exists():
        raise Failure(f"{name} is no part ({', '.join(PARTS)}, browser) and no path in here.")
    suffix = f"::{rest}" if rest else ""
    if any(relative == part or relative.startswith(part + "/") for part in ENGINE):
        chosen.engine.append(relative + suffix)
    elif relative.split("/")[0] in OWN_ADDONS:
        chosen.complete = False
        chosen.tags += _addon_tags(path.resolve(), relative, rest, root)
    else:
        chosen.process.append(relative + suffix)


def _addon_tags(path, relative, rest, root):
    addon, *below = relative.split("/")
    if path.suffix == ".py":
        yield f"/{relative}" + "".join(_odoo_suffix(rest))
    elif path.is_dir() and below[:1] == ["tests"] and len(below) > 1:
        # Odoo knows tags of modules and of files, none of folders
        for file in sorted(path.rglob("test_*.py")):
            yield f"/{file.relative_to(root)}"
    else:
        yield f"/{addon}"


def _odoo_suffix(rest):
    # pytest's file::Class::method is Odoo's /file.py:Class.method
    for mark, word in zip(":.", filter(None, rest.split("::"))):
        yield mark + word


def addon_test_files(root: Path = ROOT):
    """The test files of the addons that Odoo runs, in the folders of their rooms too."""
    for name in OWN_ADDONS:
        yield from sorted((root / name / "tests").rglob("test_*.py"))


def module_name(path: Path, root: Path = ROOT) -> str:
    """What Odoo calls the module of an addon's test file, in its log too.

    >>> module_name(ROOT / "ai_brain/tests/budget/test_alerts.py")
    'odoo.addons.ai_brain.tests.budget.test_alerts'
    """
    return ".".join(["odoo.addons", *path.relative_to(root).with_suffix("").parts])


def files_not_run(modules, root: Path = ROOT) -> list:
    """The addons' test files of which no test ran.

    :param modules: names of the modules of which one did
    """
    return [path for path in addon_test_files(root) if module_name(path, root) not in modules]


def browser_files(root: Path = ROOT):
    """Test files of the addons that start a browser."""
    for path in addon_test_files(root):
        text = path.read_text(encoding="utf-8")
        if any(call in text for call in BROWSER_CALLS):
            yield path


def _matching_tags(tags, words, root):
    """Narrow the tags to the tests whose room, file, class or method contains one of `words`."""
    found = []
    for path in addon_test_files(root):
        relative = f"/{path.relative_to(root)}"
        module = "/" + relative.split("/")[1]
        covering = [t for t in tags if t == module or t.partition(":")[0] == relative]
        if not covering:
            continue
        # as pytest has it: the folders below the tests count, the addon's own does not
        place = "/".join(path.relative_to(root).with_suffix("").parts[2:])
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.ClassDef):
                continue
            for method in node.body:
                name = getattr(method, "name", "")
                label = f"{place}::{node.name}::{name}".lower()
                if name.startswith("test") and any(word.lower() in label for word in words):
                    found.append(f"{relative}:{node.name}.{name}")
    return found
