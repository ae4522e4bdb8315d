"""One price of a provider for one unit and day, before a unique index demands it.

Only a search stood in the way of a second one, so two people who entered a price at the same time
(or an action and a person) could leave two. Which of them is right nobody can tell from the rows,
so nothing that any figure rests on may change:

- Of several prices the one with the lowest id stays: that is the one which 1.0.0 took for every
  call, so the next call costs what the last one did.
- The others are archived, with all their figures and under their own day. No call is priced by
  them any more; a row of the ledger or a reservation that was priced by one keeps pointing at it,
  and last month recomputed gives last month's figure.

Nothing is deleted, moved to another day or pointed elsewhere. The index covers active prices.
"""

import logging

from odoo.tools.sql import column_exists, create_column, table_exists

_logger = logging.getLogger("odoo.addons.ai_brain.migrations")


def migrate(cr, version):
    if not table_exists(cr, "ai_provider_price"):
        return
    if not column_exists(cr, "ai_provider_price", "active"):
        create_column(cr, "ai_provider_price", "active", "boolean")
        cr.execute("UPDATE ai_provider_price SET active = TRUE")
    cr.execute(
        """
        WITH ranked AS (
            SELECT id, first_value(id) OVER same AS kept
              FROM ai_provider_price
             WHERE active
            WINDOW same AS (PARTITION BY provider_id, unit, valid_from ORDER BY id)
        )
        UPDATE ai_provider_price p
           SET active = FALSE
          FROM ranked, ai_service_provider s
         WHERE ranked.id = p.id AND ranked.kept != p.id AND s.id = p.provider_id
        RETURNING p.id, ranked.kept, s.name, p.unit, p.valid_from,
                  (SELECT count(*) FROM ai_token_usage u WHERE u.price_id = p.id)
        """
    )
    for price, kept, provider, unit, day, calls in sorted(cr.fetchall()):
        _logger.info(
            "Price %s of “%s” (%s, from %s) is archived: price %s holds from the same day. "
            "%s calls were billed at the archived one and stay so.",
            *(price, provider, unit, day, kept, calls),
        )
