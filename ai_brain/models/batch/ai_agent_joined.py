from odoo import api, fields, models
from odoo.tools import ormcache


class AiAgent(models.Model):
    _inherit = "ai.agent"

    joins_questions = fields.Boolean(
        "Like Questions in One Call",
        tracking=True,
        help="Where the vendor has no batch service, up to five short questions of one person that "
        "came within two seconds are asked in one call. It makes a third to a fifth of the calls "
        "and pays what is said before every question once; where that is short it saves calls "
        "and no money. An answer may be coloured by the questions beside it. What cannot be told "
        "apart is asked singly, and paid again. A question that is asked by itself is answered at "
        "once.",
    )

    @api.model
    @ormcache("agent_id")
    def _joins(self, agent_id):
        """Does an agent allow like questions in one call? Writing an agent clears the cache."""
        return self.sudo().browse(agent_id).joins_questions
