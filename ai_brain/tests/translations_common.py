"""What the tests of an addon's translations share."""

import re

import polib

from odoo.tests import TransactionCase
from odoo.tools import file_path
from odoo.tools.translate import TranslationModuleReader

LANGUAGES = ("de", "es", "fr")
PLACEHOLDER = re.compile(r"%\(\w+\)s|%[sd%]")
OURS = ("ai_brain", "ai_sam_cost_dashboard")


class TranslationsCase(TransactionCase):
    """Compares the terms that Odoo would export of ``addon`` with the files in its i18n folder."""

    addon = ""

    def _terms(self):
        """Return {term: where it stands} of the addon as it is installed."""
        # A file that cannot be read is logged and passed over, with all terms that follow in it.
        with self.assertNoLogs("odoo.tools.translate", "ERROR"):
            exported = list(TranslationModuleReader(self.env.cr, modules=[self.addon]))
        return {
            source: f"{' '.join(comments)} {kind}:{name}:{res_id}".strip()
            for module, kind, name, res_id, source, _value, comments in exported
            if module == self.addon and not self._is_of_odoo(kind, name, res_id)
        }

    def _is_of_odoo(self, kind, name, xmlid):
        """Is it the label of a field that Odoo defines and another series may call otherwise?"""
        if kind != "model" or not name.startswith("ir.model.fields,"):
            return False
        record = self.env.ref(xmlid if "." in xmlid else f"{self.addon}.{xmlid}")
        field = self.env[record.model]._fields[record.name]
        return field._module not in OURS

    def _file(self, name):
        return polib.pofile(file_path(f"{self.addon}/i18n/{name}"))

    def check_translated(self):
        terms = self._terms()
        self.assertGreater(len(terms), 100)
        for language in LANGUAGES:
            known = {entry.msgid: entry.msgstr for entry in self._file(f"{language}.po")}
            missing = {term: place for term, place in terms.items() if not known.get(term)}
            self.assertEqual(missing, {}, f"without a translation in {language}.po")
            for term, place in terms.items():
                if place.startswith("odoo-python"):
                    self.assertEqual(
                        sorted(PLACEHOLDER.findall(term)),
                        sorted(PLACEHOLDER.findall(known[term])),
                        f"{language}.po: {term}",
                    )

    def check_template(self):
        known = {entry.msgid for entry in self._file(f"{self.addon}.pot")}
        new = {term: place for term, place in self._terms().items() if term not in known}
        self.assertEqual(new, {}, "not in the .pot")
        for language in LANGUAGES:
            self.assertEqual({entry.msgid for entry in self._file(f"{language}.po")}, known)
