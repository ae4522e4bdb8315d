from odoo import api, models


class AiService(models.AbstractModel):
    """What of an embedding or a recording cannot be sent, in words."""

    _inherit = "ai.service"

    @api.model
    def _task_refusals(self):
        """Return the sentences of what the jobs of this room refuse, by their codes."""
        return {
            "task_texts": self.env._("There is nothing to send: give a text or a list of texts."),
            "task_text": self.env._(
                "Text %(number)s is empty, or neither a text nor a list of token numbers."
            ),
            "task_texts_number": self.env._(
                "%(number)s texts are too many: %(limit)s can be sent at once."
            ),
            "task_text_length": self.env._(
                "Text %(number)s has %(tokens)s tokens, and “%(name)s” reads %(limit)s at most. "
                "Shorten it, or have it split (too_long='split', at the endpoint the header "
                "x-sam-too-long: split)."
            ),
            "task_all_length": self.env._(
                "The texts have %(tokens)s tokens together, and %(limit)s can be sent at once. "
                "Send them in several calls."
            ),
            "task_key_texts": self.env._(
                "With an idempotency key the answer is kept for a day, so %(limit)s texts can be "
                "sent at once. Send them in several calls, each with a key of its own, or without "
                "a key."
            ),
            "task_key_bytes": self.env._(
                "Your answers of the last 24 hours that are kept under idempotency keys have "
                "%(limit)s bytes by now. Send these texts without a key, or wait."
            ),
            "task_file_size": self.env._(
                "The recording has %(size)s bytes, and “%(name)s” takes %(limit)s at most. Cut it, "
                "or save it with fewer bits a second."
            ),
            "task_language": self.env._(
                "The %(key)s is written in the two letters of ISO 639-1, such as de or fr."
            ),
        }
