"""Runs before every change of version: an update must not take over another addon's tables."""

from odoo import SUPERUSER_ID, api

from odoo.addons.ai_brain.hooks import check_other_addon_in_database


def migrate(cr, version):
    check_other_addon_in_database(api.Environment(cr, SUPERUSER_ID, {}))
