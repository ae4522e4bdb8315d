"""Runs in the environment of the target Odoo: its upgrade_code on one folder, then our script.

Odoo's command line would rewrite every addons path, its own tree included; its function takes the
folder alone. Arguments: FOLDER FROM TO SCRIPT.
"""

import runpy
import sys

from odoo.cli import upgrade_code
from odoo.tools import parse_version


def main(folder, from_series, to_series, script):
    """Rewrite the files in `folder`."""
    # the scripts of the series we come from have been there when the source was written
    first = (*parse_version(from_series)[:-1], "*z")
    upgrade_code.migrate([folder], "**/*", first, parse_version(to_series))
    files = upgrade_code.FileManager([folder])
    runpy.run_path(script)["upgrade"](files)
    for file in files:
        if file.dirty:
            file.path.write_text(file.content, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
