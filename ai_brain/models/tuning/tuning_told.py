import logging

from odoo import models

_logger = logging.getLogger(__name__)


class AiTuningJob(models.Model):
    """Tell who had a training sent what became of it: hours later he looks at something else."""

    _inherit = "ai.tuning.job"

    def _tell_sender(self, state, told):
        """Notify him, in his language. No trouble with mail keeps a training from its end.

        :param state: that the training is in now
        :param told: what there is to say, a sentence or None
        """
        person = self.sender_id.filtered("active")
        sender = person and self.company_id._ai_sender()
        if not sender:
            return
        here = self.with_context(lang=person.lang or self.env.lang)
        label = dict(here._fields["state"]._description_selection(here.env))[state]
        title = here.env._("Fine-tuning “%(name)s”: %(state)s", name=self.name, state=label)
        if state == "ready":  # back to its examples
            title = here.env._("Fine-tuning “%s” was not sent", self.name)
        try:
            with self.env.cr.savepoint():
                here.env["mail.thread"].sudo().message_notify(
                    partner_ids=person.partner_id.ids,
                    subject=title,
                    email_from=sender,
                    body=told or title,
                    model=self._name,
                    res_id=self.id,
                )
        except Exception:
            _logger.exception("AI training %s: its end was not told.", self.id)
