"""What the house rules of ./sam lint complain of, and what they let pass."""

import doctest

import pytest
from sam import house, house_imports, house_tree, ui

DOOR = '"""Budgets: what may be spent.\nAnd what was.\nIt uses: base, price.\n"""\n'
SLICE = """
from odoo import models

class {name}(models.AbstractModel):
    _inherit = "ai.service"

    def {method}(self):
        {body}
"""


@pytest.fixture
def lay(tmp_path):
    """Lay files into an addons' folder; what the rules say of it."""
    for addon in ("ai_brain", "ai_sam_cost_dashboard"):
        (tmp_path / addon).mkdir()
        (tmp_path / addon / "__manifest__.py").write_text("{}\n")

    def lay(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return [str(complaint) for complaint in house.complaints(tmp_path)]

    return lay


@pytest.mark.parametrize("module", [house, house_imports, house_tree])
def test_examples_of_the_docstrings(module):
    result = doctest.testmod(module)
    assert result.attempted
    assert result.failed == 0


def test_a_flat_tree_and_an_empty_one_are_fine(lay):
    assert lay({}) == []
    flat = {
        "ai_brain/engine/price.py": "from decimal import Decimal\n",
        "ai_brain/engine/budget.py": "from .price import Decimal\n",
        "ai_brain/models/ai_service.py": "from odoo import models\n\nfrom ..engine import budget\n",
    }
    assert lay(flat) == []


# a method is defined once


def two_slices(method, body, other=None):
    return {
        "ai_brain/models/a.py": SLICE.format(name="A", method=method, body=body),
        "ai_brain/wizards/b.py": SLICE.format(name="B", method=method, body=other or body),
    }


def test_a_method_of_a_model_that_two_classes_define_names_both_places(lay):
    assert lay(two_slices("_reserve", "return super()._reserve()")) == [
        "ai_brain/wizards/b.py:7: _reserve of ai.service is defined at ai_brain/models/a.py:7 too: "
        "make one method of them."
    ]


@pytest.mark.parametrize("method", ["init", "create", "write", "copy", "unlink"])
def test_hooks_of_the_orm_may_be_defined_in_each_class_that_calls_super(lay, method):
    assert lay(two_slices(method, f"return super().{method}()")) == []


def test_a_hook_of_the_orm_that_does_not_call_super_is_named(lay):
    assert lay(two_slices("create", "return super().create()", "return None")) == [
        "ai_brain/wizards/b.py:7: create of ai.service is defined at ai_brain/models/a.py:7 too: "
        "call super() in each."
    ]


@pytest.mark.parametrize("method", ["copy_data", "default_get", "fields_get", "_auto_init"])
def test_other_methods_of_the_orm_are_defined_once(lay, method):
    assert len(lay(two_slices(method, f"return super().{method}()"))) == 1


@pytest.mark.parametrize(
    ("head", "model"),
    [
        ('_name = "ai.service"', "ai.service"),
        ('_inherit = ["ai.service", "mail.thread"]', "ai.service"),
        ('_name = "ai.service"\n    _inherit = ["ai.service", "mail.thread"]', "ai.service"),
        ("_inherit = MODEL", "ai.service"),
        ('_name = "ai.agent"\n    _inherit = "ai.service"', None),
        ('_inherit = "ai.agent"', None),
        ("_register = False", None),
    ],
)
def test_which_model_a_class_belongs_to(lay, head, model):
    files = two_slices("_reserve", "return None")
    text = files["ai_brain/wizards/b.py"].replace('_inherit = "ai.service"', head)
    files["ai_brain/wizards/b.py"] = 'MODEL = "ai.service"\n' + text
    found = lay(files)
    assert len(found) == (1 if model else 0)
    assert all(f"of {model} is" in text for text in found)


def test_a_model_s_name_that_cannot_be_read_is_no_way_around(lay):
    text = "class A:\n    _inherit = name_of()\n\n    def _reserve(self):\n        pass\n"
    assert lay({"ai_brain/models/a.py": text}) == [
        "ai_brain/models/a.py:1: _inherit of A cannot be read: write the model's name there."
    ]


def test_methods_of_tests_and_of_the_other_addon_are_their_own(lay):
    files = two_slices("_reserve", "return super()._reserve()")
    text = files.pop("ai_brain/wizards/b.py")
    files["ai_brain/tests/common.py"] = text
    files["ai_sam_cost_dashboard/models/ai_service.py"] = text
    assert lay(files) == []


# imports run one way


@pytest.mark.parametrize(
    ("file", "line", "why"),
    [
        ("ai_brain/engine/a.py", "import odoo", "standard library and phonenumbers, pytz"),
        ("ai_brain/engine/a.py", "from odoo import models", "standard library"),
        ("ai_brain/engine/a.py", "import numpy as np", "standard library"),
        ("ai_brain/engine/a.py", "from ..providers import base", "ai_brain/engine:"),
        ("ai_brain/engine/a.py", "def f():\n    from ..models import b", "ai_brain/engine:"),
        ("ai_brain/engine/a.py", "from .. import exceptions", "ai_brain/engine:"),
        ("ai_brain/providers/a.py", "from odoo.tools import SQL", "requests, urllib3"),
        ("ai_brain/providers/a.py", "from ..models import b", "ai_brain/providers:"),
        ("ai_brain/models/a.py", "from ..controllers import b", "ai_brain/exceptions"),
        ("ai_brain/models/a.py", "from ..tests.common import b", "ai_brain/exceptions"),
        (
            "ai_brain/hooks.py",
            "from odoo.addons.ai_sam_cost_dashboard import a",
            "import only ai_brain:",
        ),
        (
            "ai_sam_cost_dashboard/models/a.py",
            "from odoo.addons.ai_brain.models.b import c",
            "ai_brain/engine",
        ),
        (
            "ai_sam_cost_dashboard/tests/test_a.py",
            "from odoo.addons.ai_brain.models import b",
            "ai_brain/tests:",
        ),
        (
            "ai_sam_cost_dashboard/models/a.py",
            "from odoo.addons.ai_brain.tests.common import new_provider",
            "ai_brain/engine",
        ),
    ],
)
def test_an_import_against_the_floors(lay, file, line, why):
    (complaint,) = lay(
        {
            "ai_brain/models/b.py": "c = 1\n",
            "ai_brain/providers/base.py": "",
            "ai_brain/exceptions.py": "",
            "ai_sam_cost_dashboard/__init__.py": "",
            file: line + "\n",
        }
    )
    assert complaint.startswith(f"{file}:{line.count(chr(10)) + 1}: imports ")
    assert why in complaint


def test_imports_down_the_floors_are_fine(lay):
    files = {
        "ai_brain/__init__.py": "from . import models\n",
        "ai_brain/exceptions.py": "",
        "ai_brain/engine/price.py": "import json\n\nimport tiktoken\n",
        "ai_brain/engine/tests/test_price.py": "import pytest\nfrom engine import price\n",
        "ai_brain/providers/http.py": "import requests\n\nfrom ..engine import price\n",
        "ai_brain/models/__init__.py": "from . import ai_service\n",
        "ai_brain/models/ai_service.py": (
            "from psycopg2.extras import Json\nfrom odoo import models\n"
            "from .. import exceptions\nfrom ..engine.price import json\n"
            "from ..providers import http\n"
        ),
        "ai_brain/controllers/main.py": "from ..models import ai_service\n",
        "ai_brain/tests/common.py": "from ..models import ai_service\n",
        "ai_sam_cost_dashboard/models/a.py": "from odoo.addons.ai_brain.engine import price\n",
        "ai_sam_cost_dashboard/tests/common.py": "from odoo.addons.ai_brain.tests import common\n",
    }
    assert lay(files) == []


def rooms(**imports):
    """Engine rooms with one module each, which imports what is given; and a README."""
    names = [room for room in house.LINES["ai_brain/engine"] if room in imports]
    files = {f"ai_brain/engine/{room}/__init__.py": "" for room in imports}
    files |= {f"ai_brain/engine/{room}/rules.py": line for room, line in imports.items()}
    return {**files, "README.md": f"# Rooms\n\nengine: {' → '.join(names)}\n"}


def test_a_room_imports_what_comes_before_it_and_what_lies_at_the_root(lay):
    files = rooms(price="from .. import lazy", budget="from ..price.rules import lazy")
    files |= {
        "ai_brain/engine/lazy.py": "import re\n",
        "ai_brain/engine/data/words.txt": "",
        "ai_brain/engine/budget/forecast.py": "from .rules import lazy\n",
    }
    assert lay(files) == []


def test_a_room_that_imports_a_later_one(lay):
    (complaint,) = lay(rooms(price="\nfrom ..budget import rules", budget=""))
    assert complaint.startswith(
        "ai_brain/engine/price/rules.py:2: price imports budget, which comes after it in the line "
        "of ai_brain/engine. "
    )


def test_rooms_in_a_circle_are_named(lay):
    (complaint,) = lay(
        rooms(
            price="from ..choice import rules",
            budget="from ..price import rules",
            choice="\nfrom ..budget import rules",
        )
    )
    assert "a circle: price → choice → budget → price" in complaint
    assert "(ai_brain/engine/budget/rules.py:1)" in complaint


def test_a_module_at_the_root_imports_no_room(lay):
    files = rooms(price="") | {"ai_brain/engine/sentence.py": "from .price.rules import usd\n"}
    (complaint,) = lay(files)
    assert complaint.startswith("ai_brain/engine/sentence.py:1: a module at the root of ")


def test_a_room_that_the_line_does_not_name(lay):
    files = rooms(price="") | {"ai_brain/engine/attic/old.py": ""}
    (complaint,) = lay(files)
    assert complaint.startswith("ai_brain/engine/attic/old.py:1: the line of ai_brain/engine in ")


def test_modules_of_one_room_in_a_circle_are_named(lay):
    files = rooms(budget="def f():\n    from . import period\n")
    files["ai_brain/engine/budget/period.py"] = "from .rules import f\n"
    (complaint,) = lay(files)
    assert complaint.startswith(
        "ai_brain/engine/budget/period.py:1: a circle of imports: ai_brain.engine.budget.period → "
        "ai_brain.engine.budget.rules → ai_brain.engine.budget.period."
    )


def test_a_package_and_its_own_module_in_a_circle_are_named(lay):
    files = {
        "ai_brain/providers/__init__.py": "from .http import get\nlimit = 3\n",
        "ai_brain/providers/http.py": "from . import limit\n",
    }
    (complaint,) = lay(files)
    assert "ai_brain.providers → ai_brain.providers.http → ai_brain.providers" in complaint


# rooms of the models floor


def models(init, *names, readme=None):
    files = {f"ai_brain/models/{name}/__init__.py": DOOR for name in names}
    line = [room for room in house.LINES["ai_brain/models"] if room in names]
    files["README.md"] = readme or " → ".join(f"`{room}`" for room in line)
    return {**files, "ai_brain/models/__init__.py": init}


def test_the_floor_s_own_init_imports_the_rooms_along_the_line(lay):
    names = ("base", "price", "ledger")
    assert lay(models("from . import base, price\nfrom . import ledger\n", *names)) == []
    (complaint,) = lay(models("from . import ledger\nfrom . import price\n", *names))
    assert complaint == (
        "ai_brain/models/__init__.py:2: imports price after ledger: import along the line."
    )


@pytest.mark.parametrize("door", ["", "from . import a\n", '"""Budgets."""\n'])
def test_a_room_of_the_models_says_in_three_lines_what_it_is_for(lay, door):
    files = models("", "base", "price")
    files |= {"ai_brain/models/price/__init__.py": door, "ai_brain/models/price/a.py": ""}
    (complaint,) = lay(files)
    assert complaint.startswith("ai_brain/models/price/__init__.py:1: open with a docstring of ")


def test_a_room_that_uses_another_than_it_says(lay):
    files = models("", "base", "price", "ledger", "budget")
    files["ai_brain/models/budget/a.py"] = "from ..price import b\n\nfrom ..ledger import c\n"
    assert lay(files) == [
        "ai_brain/models/budget/a.py:3: imports ledger, which ai_brain/models/budget/__init__.py "
        "does not say that it uses. Say so, or do without."
    ]


@pytest.mark.parametrize(
    ("readme", "good"),
    [
        ("| rooms | base → price → ledger |", True),
        ("**`base` → `price` → `ledger` → `budget`**: budget is to come", True),
        ("models → providers → engine\n\nbase → price → ledger", True),
        ("base → ledger → price", False),
        ("base → price", False),
        ("base → price → ledger → attic", False),
        ("base → price →\nledger", False),
        ("base, price, ledger", False),
    ],
)
def test_the_readme_draws_the_same_line(lay, readme, good):
    found = lay(models("", "base", "price", "ledger", readme=readme))
    assert not found if good else len(found) == 1
    assert all("Write on one line: base → price → ledger" in text for text in found)


# files


def test_a_long_file_is_named_and_a_long_test_is_not(lay):
    long, enough = "x = 1\n" * 501, "x = 1\n" * 500
    found = lay(
        {
            "ai_brain/models/a.py": long,
            "ai_brain/models/b.py": enough,
            "ai_brain/tests/test_a.py": long,
            "tools/sam/c.py": long,
            "build/19.0/d.py": long,
        }
    )
    assert found == [
        f"{path}:500: has 501 lines, 500 at most: split it by concern."
        for path in ("ai_brain/models/a.py", "tools/sam/c.py")
    ]


def test_a_file_that_is_no_python_is_a_failure_with_its_place(lay):
    with pytest.raises(ui.Failure, match=r"ai_brain/models/a\.py:1: no Python"):
        lay({"ai_brain/models/a.py": "def:\n"})
