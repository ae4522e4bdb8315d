from odoo import fields, models


class AiAgent(models.Model):
    _inherit = "ai.agent"

    tool_policy = fields.Selection(
        [("all", "All that the call gives"), ("needed", "Only those that are needed")],
        "Tools",
        default="all",
        required=True,
        tracking=True,
        help="A tool that is sent costs its description with every call. “Only those that are "
        "needed” leaves out what shares no word and no meaning with the request: a third of the "
        "descriptions in our tests, and all of them in half of the requests that no tool fits. It "
        "can cost an answer: of the requests that needed a tool, 2 of 1,000 were sent without it, "
        "and up to 8 of 100 where they were worded quite unlike the tool. Describe tools in the "
        "words of those who ask. Nothing is left out where a tool is forced or running, or where "
        "the vendor's cache makes sending all of them cheaper.",
    )
