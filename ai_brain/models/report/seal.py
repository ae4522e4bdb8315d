import logging
import time

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ...engine.report import period as analytics_period
from ...engine.report import seal
from ..ledger.ai_token_usage import CLEARABLE, MUTABLE

_logger = logging.getLogger(__name__)

#: A month is sealed so many days after its end at the earliest: a call's row bears the day on which
#: it was sent, and the answers of a vendor's batch may be fetched for 50 hours after that.
SEAL_AFTER_DAYS = 5
RUN_S = 120
#: So long a person waits for a comparison; the scheduled action does the rest.
VERIFY_S = 60
#: Columns that may change by design: notes (waste, ratings), texts that are cleared after their
#: time, and the person, who may be deleted. Everything else of a row is sealed.
NOT_SEALED = (*MUTABLE, *CLEARABLE)


class AiTokenAnalytics(models.Model):
    """The seal of a closed month: digests of its rows, kept beside its figures."""

    _inherit = "ai.token.analytics"

    sealed_at = fields.Datetime(
        "Sealed On", readonly=True, help="When the rows of the month were digested."
    )
    sealed_rows = fields.Integer("Rows Sealed", readonly=True, help="Rows of the ledger.")
    digest = fields.Char(
        readonly=True,
        help="SHA-256 over the month's rows, and over the digest of the month sealed before. Keep "
        "it outside this database, and it proves this month and all before it.",
    )
    digest_before = fields.Char(
        readonly=True, help="That of the month which was sealed before this one."
    )
    day_digests = fields.Json(
        readonly=True, help="Number and digest of the rows of each day: it tells where they differ."
    )
    sealed_columns = fields.Json(readonly=True, help="The columns of the ledger that are sealed.")
    verified_at = fields.Datetime("Verified On", readonly=True, help="When it was last compared.")
    seal_state = fields.Selection(
        [
            ("sealed", "Sealed"),
            ("agrees", "The ledger agrees"),
            ("differs", "The ledger differs"),
            ("chain", "The digest itself differs"),
            ("columns", "Cannot be compared"),
        ],
        "Seal",
        readonly=True,
        help="What the last comparison found.",
    )
    differing_days = fields.Json(
        readonly=True, help="Days that differ: day, rows sealed, rows found."
    )
    verifying = fields.Json(
        "Being Compared", readonly=True, help="Days that a comparison under way has digested."
    )

    # ------------------------------------------------------------------
    # Sealing
    # ------------------------------------------------------------------

    @api.model
    def _cron_seal(self, seconds=RUN_S):
        """Seal every month of every company that is closed, the oldest first.

        Each day's digest is kept as it is made, so a run that was cut goes on where it stopped,
        and of two servers at once one does a company and the other leaves it.
        """
        deadline = time.monotonic() + seconds
        service = self.env["ai.service"]
        for company_id in (
            self.env["res.company"].sudo().search([("id", "!=", False)], order="id").ids
        ):
            more = True
            while more:
                if time.monotonic() > deadline:
                    self.env.ref("ai_brain.ir_cron_seal")._trigger()
                    return
                try:
                    with service._own_cursor() as cr:
                        model = service._on(cr).env[self._name]
                        cr.execute(
                            "SELECT pg_try_advisory_xact_lock(hashtext('ai_brain.seal'), %s)",
                            (company_id,),
                        )
                        company = model.env["res.company"].browse(company_id)
                        more = cr.fetchone()[0] and model._seal_next(company, deadline)
                except Exception:
                    _logger.exception("The ledger of company %s was not sealed", company_id)
                    more = False
        self._go_on_verifying(deadline)

    @api.model
    def _seal_next(self, company, deadline):
        """As superuser: seal the company's next month, or as much of it as there is time for.

        :return: True if there may be more to do
        """
        month = self._month_to_seal(company)
        if not month:
            return False
        period = analytics_period.resolve("month", month, month)
        analysis = self._analysis_of(company, period)
        if not analysis:
            self.with_context(allowed_company_ids=company.ids)._analyze_period(
                company, period, [], with_users=False
            )
            analysis = self._analysis_of(company, period)
        if not analysis:  # the rows are not rolled up yet
            return False
        return analysis._seal(deadline)

    @api.model
    def _analysis_of(self, company, period):
        return self.search(
            [
                ("company_id", "=", company.id),
                ("user_id", "=", False),
                ("period_type", "=", "month"),
                ("period_start", "=", period.first),
            ]
        )

    @api.model
    def _month_to_seal(self, company):
        """Return the first day of the next month to seal, None if none is closed.

        Months are sealed one after another, as each names the one before; one that a call under
        way may still add to is waited for.
        """
        last = self._last_sealed(company)
        self.env.cr.execute(
            "SELECT min(local_date) FROM ai_token_usage WHERE company_id = %s AND local_date > %s",
            (company.id, last.period_end or fields.Date.to_date("1900-01-01")),
        )
        first = self.env.cr.fetchone()[0]
        if not first:
            return None
        month = first.replace(day=1)
        end = month + relativedelta(months=1, days=-1)
        if company._ai_local_date() <= fields.Date.add(end, days=SEAL_AFTER_DAYS):
            return None
        self.env.cr.execute(
            "SELECT 1 FROM ai_cost_reservation WHERE company_id = %s AND local_date <= %s LIMIT 1",
            (company.id, end),
        )
        return None if self.env.cr.fetchone() else month

    @api.model
    def _last_sealed(self, company, before=None):
        domain = [
            ("company_id", "=", company.id),
            ("user_id", "=", False),
            ("period_type", "=", "month"),
            ("sealed_at", "!=", False),
        ]
        if before:
            domain.append(("period_start", "<", before))
        return self.search(domain, order="period_start desc", limit=1)

    def _seal(self, deadline):
        columns = self.sealed_columns or self._columns_to_seal()
        days = dict(self.day_digests or {})
        for day in self._days():
            name = fields.Date.to_string(day)
            if name in days:
                continue
            days[name] = self._digest_of_day(day, columns)
            if time.monotonic() > deadline:
                break
        values = {"day_digests": days, "sealed_columns": columns}
        complete = len(days) == len(self._days())
        if complete:
            before = self._last_sealed(self.company_id, self.period_start)
            days = {day: found for day, found in days.items() if found["rows"]}
            values.update(
                day_digests=days,
                digest_before=before.digest,
                digest=self._digest_of(days, before.digest),
                sealed_rows=sum(found["rows"] for found in days.values()),
                sealed_at=fields.Datetime.now(),
                seal_state="sealed",
            )
        self.write(values)
        return complete

    def _days(self):
        return [
            fields.Date.add(self.period_start, days=n)
            for n in range((self.period_end - self.period_start).days + 1)
        ]

    def _digest_of(self, days, before):
        month = fields.Date.to_string(self.period_start)[:7]
        return seal.month_digest(self.company_id.id, month, days, before or None)

    @api.model
    def _columns_to_seal(self):
        self.env.cr.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'ai_token_usage'::regclass"
            " AND attnum > 0 AND NOT attisdropped AND attname != ALL(%s) ORDER BY attname",
            ([*NOT_SEALED],),
        )
        return [row[0] for row in self.env.cr.fetchall()]

    def _digest_of_day(self, day, columns):
        """Return ``{"rows", "digest"}`` of a day. PostgreSQL reads, writes and digests the rows, in
        its own text form of a row; 32 bytes of each are held at most."""
        # the text of a number or moment must not depend on who asks
        self.env.cr.execute("SET LOCAL extra_float_digits = 1; SET LOCAL datestyle = 'ISO, YMD'")
        self.env.cr.execute(
            SQL(
                """
                SELECT count(*), encode(sha256(COALESCE(
                           string_agg(made, ''::bytea ORDER BY id), ''::bytea)), 'hex')
                  FROM (SELECT id, sha256(convert_to(r::text, 'UTF8')) AS made
                          FROM (SELECT %s FROM ai_token_usage
                                 WHERE company_id = %s AND local_date = %s) r) rows
                """,
                SQL(", ").join(map(SQL.identifier, columns)),
                self.company_id.id,
                day,
            )
        )
        rows, digest = self.env.cr.fetchone()
        return {"rows": rows, "digest": digest}

    # ------------------------------------------------------------------
    # Verifying
    # ------------------------------------------------------------------

    def action_verify(self):
        """Digest the rows again, and say whether they are those that were sealed.

        The answer stands in ``seal_state``, the days that differ in ``differing_days``. What takes
        longer than a minute is left to the scheduled action.

        :return: True, or the client action of a notification that some of it is still under way
        :raise AccessError: the user is no manager of AI costs
        :raise UserError: the month is not sealed
        """
        self.check_access("read")
        if not self.env.user.has_group("ai_brain.group_ai_manager"):
            raise AccessError(self.env._("Managers of AI costs verify the ledger."))
        if not all(analysis.sealed_at for analysis in self):
            raise UserError(self.env._("Only a month that is sealed can be verified."))
        self.env.flush_all()
        deadline = time.monotonic() + VERIFY_S
        here = self.sudo()
        here.verifying = {"days": {}}  # anew, whatever was left of another comparison
        if all(analysis._verify(deadline) for analysis in here):
            return True
        here.env.ref("ai_brain.ir_cron_seal")._trigger()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "title": self.env._("Not verified yet"),
                "message": self.env._(
                    "There are many rows. The rest is verified in the background; open the month "
                    "again later to see what came of it."
                ),
            },
        }

    @api.model
    def _go_on_verifying(self, deadline):
        """As superuser: end the comparisons that took a person too long, a month a transaction."""
        service = self.env["ai.service"]
        for analysis_id in self.search([("verifying", "!=", False)], order="id").ids:
            if time.monotonic() > deadline:
                self.env.ref("ai_brain.ir_cron_seal")._trigger()
                return
            try:
                with service._own_cursor() as cr:
                    cr.execute(
                        "SELECT verifying IS NOT NULL FROM ai_token_analytics WHERE id = %s"
                        " FOR UPDATE SKIP LOCKED",
                        (analysis_id,),
                    )
                    if (cr.fetchone() or [False])[0]:
                        service._on(cr).env[self._name].browse(analysis_id)._verify(deadline)
            except Exception:
                _logger.exception("The sealed month %s was not verified", analysis_id)

    def _verify(self, deadline):
        """Digest the days that are left, and write the answer once none is.

        :return: True if it is complete
        """
        columns = self.sealed_columns
        found = dict(self.verifying["days"])
        comparable = set(columns) <= {*self._columns_to_seal()}
        for day in self._days() if comparable else ():
            name = fields.Date.to_string(day)
            if name in found:
                continue
            if time.monotonic() > deadline:
                self.verifying = {"days": found}
                return False
            found[name] = self._digest_of_day(day, columns)
        state, differing = self._compared(found) if comparable else ("columns", [])
        self.write(
            {
                "verifying": False,
                "seal_state": state,
                "differing_days": differing,
                "verified_at": fields.Datetime.now(),
            }
        )
        return True

    def _compared(self, found):
        """Return the ``seal_state`` and the days that differ."""
        found = {day: one for day, one in found.items() if one["rows"]}
        differing = seal.differing_days(self.day_digests, found)
        if differing:
            return "differs", [list(day) for day in differing]
        before = self._last_sealed(self.company_id, self.period_start)
        digest = self._digest_of(self.day_digests, self.digest_before)
        if digest != self.digest or (before.digest or False) != (self.digest_before or False):
            return "chain", []
        return "agrees", []
