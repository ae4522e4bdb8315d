"""Export the terms of both addons, and bring them into the German, French and Spanish files.

    ./sam shell < tools/export_terms.py
    odoo-bin shell -d DATABASE --no-http < tools/export_terms.py

Translations stay; terms that are gone go, and those that have none are named, to be translated in
the .po files. Take a database that was made of today's addons (`./sam demo --reset`): an upgrade
leaves mail templates and other data of noupdate as they were.
"""

import io

import polib

from odoo.tools import file_path
from odoo.tools.translate import trans_export

ADDONS = ("ai_brain", "ai_sam_cost_dashboard")
LANGUAGES = ("de", "es", "fr")
WIDTH = 78  # what Odoo's own export wraps at

missing = 0
for addon in ADDONS:
    buffer = io.BytesIO()
    trans_export(False, [addon], buffer, "po", env.cr)  # noqa: F821  the shell's environment
    template = polib.pofile(buffer.getvalue().decode(), wrapwidth=WIDTH)
    template.metadata.pop("Report-Msgid-Bugs-To", None)
    path = file_path(f"{addon}/i18n/{addon}.pot")
    template.save(path)
    dates = {name: template.metadata[name] for name in ("POT-Creation-Date", "PO-Revision-Date")}
    for language in LANGUAGES:
        translated = polib.pofile(file_path(f"{addon}/i18n/{language}.po"))
        known = {entry.msgid: entry.msgstr for entry in translated}
        new = polib.pofile(path, wrapwidth=WIDTH)
        new.header, new.metadata = translated.header, {**translated.metadata, **dates}
        for entry in new:
            entry.msgstr = known.get(entry.msgid, "")
            if not entry.msgstr:
                missing += 1
                print(f"{addon}/i18n/{language}.po: {entry.msgid!r}")
        new.save(file_path(f"{addon}/i18n/{language}.po"))
print(f"{missing} terms without a translation.")
raise SystemExit(1 if missing else 0)
