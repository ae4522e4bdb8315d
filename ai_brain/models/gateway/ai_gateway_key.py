from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import sql

from ...engine.gateway import keys
from . import key_secret

MOST_PER_MINUTE = 100_000
MOST_AT_ONCE = 1000
#: Whose a key is cannot change once it is in somebody's hands.
FIXED = {"user_id", "company_id"}
#: What nobody enters.
NOTED = {"shown", "issued_at", "revoked_at", "last_used_at"}


class AiGatewayKey(models.Model):
    """A key with which another program calls models as one of the users.

    The key itself is shown once and kept nowhere; of its digest the ORM knows nothing.
    """

    _name = "ai.gateway.key"
    _description = "AI Endpoint Key"
    _inherit = ["ai.audited.thread"]
    _order = "revoked_at desc, name, id"
    _check_company_auto = True

    _audit_too = ("issued_at", "revoked_at", "shown")

    name = fields.Char(required=True, tracking=True, help="What or who uses it.")
    user_id = fields.Many2one(
        "res.users",
        "Calls As",
        required=True,
        default=lambda self: self.env.user,
        tracking=True,
        ondelete="cascade",
        index=True,
        domain=[("share", "=", False)],
        help="The person whose rights, language and budgets its calls have.",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        tracking=True,
        ondelete="cascade",
        index=True,
        help="The company that pays its calls.",
    )
    may_call = fields.Boolean(
        "Call Models", default=True, tracking=True, help="It may ask models, which costs money."
    )
    may_read_figures = fields.Boolean(
        "Read Costs", tracking=True, help="It may read the cost figures that its person may see."
    )
    may_read_metrics = fields.Boolean(
        "Read Metrics", tracking=True, help="It may read the figures for monitoring."
    )
    agent_id = fields.Many2one(
        "ai.agent",
        "Spends As",
        check_company=True,
        tracking=True,
        ondelete="restrict",
        help="Every call of this key is that agent's: it follows its policy and counts in its "
        "budgets.",
    )
    agent_ids = fields.Many2many(
        "ai.agent",
        string="Agents",
        ondelete="restrict",
        check_company=True,
        help="The agents that its calls may name, and must name one of. Empty: any, or none.",
    )
    provider_ids = fields.Many2many(
        "ai.service.provider",
        string="Providers",
        ondelete="restrict",
        check_company=True,
        domain="[('task_type', '=', 'chat')]",
        help="The providers that may answer its calls. Empty: all that its person may use.",
    )
    per_minute = fields.Integer(
        "Requests a Minute",
        default=300,
        tracking=True,
        help="More are told to come back in the next minute. 0: any number.",
    )
    at_once = fields.Integer(
        "Calls at Once",
        default=32,
        tracking=True,
        help="More are told to wait for one that is under way. 0: any number.",
    )
    expires_at = fields.Datetime(
        "Works Until", tracking=True, help="Refused from then on. Empty: until it is revoked."
    )
    shown = fields.Char(
        "Begins With", readonly=True, copy=False, help="The beginning of the key, to know it by."
    )
    issued_at = fields.Datetime(
        "Shown On", readonly=True, copy=False, help="When the key was made and shown."
    )
    revoked_at = fields.Datetime(
        "Revoked On", readonly=True, copy=False, tracking=True, help="Refused from then on."
    )
    last_used_at = fields.Datetime(
        "Last Used", readonly=True, copy=False, help="Within ten minutes of its last request."
    )
    state = fields.Selection(
        [
            ("draft", "No key yet"),
            ("live", "Works"),
            ("expired", "Expired"),
            ("revoked", "Revoked"),
        ],
        compute="_compute_state",
        help="Whether requests with it are answered.",
    )

    def init(self):
        # The digest lives in a column that the ORM does not know: nobody reads, searches, exports,
        # copies or imports it.
        if not sql.column_exists(self.env.cr, self._table, key_secret.COLUMN):
            sql.create_column(self.env.cr, self._table, key_secret.COLUMN, "varchar")
        self.env.cr.execute(
            "CREATE UNIQUE INDEX IF NOT EXISTS ai_gateway_key_digest_unique"
            " ON ai_gateway_key (secret_digest) WHERE secret_digest IS NOT NULL"
        )
        self.env.cr.execute(key_secret.FUNCTION)

    @api.model
    def _drop_functions(self):
        self.env.cr.execute(key_secret.DROP_FUNCTION)

    @api.depends("issued_at", "revoked_at", "expires_at")
    def _compute_state(self):
        issued, now = key_secret.issued_ids(self.env.cr, self._origin.ids), fields.Datetime.now()
        for key in self:
            if key.revoked_at:
                key.state = "revoked"
            elif key._origin.id not in issued:
                key.state = "draft"
            elif key.expires_at and key.expires_at <= now:
                key.state = "expired"
            else:
                key.state = "live"

    # ------------------------------------------------------------------
    # Entering
    # ------------------------------------------------------------------

    @api.constrains("per_minute", "at_once")
    def _check_limits(self):
        for key in self:
            if not 0 <= key.per_minute <= MOST_PER_MINUTE or not 0 <= key.at_once <= MOST_AT_ONCE:
                raise ValidationError(
                    self.env._(
                        "A key makes 100,000 requests a minute and 1,000 calls at once at most; 0 "
                        "sets no limit."
                    )
                )

    @api.constrains("user_id", "company_id")
    def _check_user(self):
        for key in self:
            user = key.user_id.sudo()
            if not user._is_internal():
                raise ValidationError(self.env._("Only internal users can call AI models."))
            if key.company_id not in user.company_ids:
                raise ValidationError(
                    self.env._(
                        "“%(user)s” does not work for %(company)s.",
                        user=user.name,
                        company=key.company_id.name,
                    )
                )
            # by the person: Odoo 19 checks constraints as superuser
            asker = self.env.user
            may_do_all = asker.id == SUPERUSER_ID or asker.has_group("base.group_system")
            if user.has_group("base.group_system") and not may_do_all:
                raise AccessError(
                    self.env._("A key that calls as an administrator is made by one.")
                )

    @api.constrains("agent_id", "agent_ids")
    def _check_agents(self):
        for key in self:
            if key.agent_id and key.agent_ids:
                raise ValidationError(
                    self.env._(
                        "“%s” spends as one agent, so there is no list of agents to choose from. "
                        "Leave one of the two empty.",
                        key.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_noted(vals)
        # who makes one for somebody else need not have an address to write to him from
        keys_made = super(AiGatewayKey, self.with_context(mail_auto_subscribe_no_notify=True))
        return keys_made.create(vals_list).with_env(self.env)

    def write(self, vals):
        self._check_noted(vals)
        if FIXED & set(vals) and any(key.issued_at for key in self):
            raise UserError(
                self.env._(
                    "A key that was shown goes on calling as the same person for the same company. "
                    "Revoke it and make another."
                )
            )
        return super().write(vals)

    def _check_noted(self, vals):
        if NOTED & set(vals) and not self.env.su:
            raise UserError(
                self.env._("When a key was shown, used or revoked is noted, and never entered.")
            )

    # ------------------------------------------------------------------
    # A key's life
    # ------------------------------------------------------------------

    def _issue__key(self):
        """Make the key, or another one in its place, and return it: it is shown this once.

        Its name is one that neither RPC nor ``safe_eval`` (templates, server actions) calls: the
        only door is a controller of its own.

        :return: the key, a str
        :raise UserError: it was revoked
        """
        self.ensure_one()
        self.check_access("write")
        self._check_user()
        if self.revoked_at:
            raise UserError(self.env._("This key was revoked. Make another one."))
        made = keys.make()
        self.sudo().write({"shown": made.shown, "issued_at": fields.Datetime.now()})
        self.flush_recordset()
        key_secret.store(self.env.cr, self.id, made.digest)
        self.invalidate_recordset(["state"])
        return made.secret

    def action_revoke(self):
        """Refuse these keys from now on, for ever; one's own, or as a manager."""
        self.check_access("read")
        others = self.filtered(lambda key: key.user_id != self.env.user)
        if others:
            others.check_access("write")
        for key in self.sudo().filtered(lambda key: not key.revoked_at):
            key.revoked_at = fields.Datetime.now()
            key.flush_recordset()
            key_secret.store(self.env.cr, key.id, None)
        self.invalidate_recordset(["state", "revoked_at"])
        return True
