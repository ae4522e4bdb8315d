"""What an addon marks the methods with that may be called back with an answer."""

#: Attribute of a marked method.
_MARK = "_ai_callback"


def ai_callback(method):
    """Decorator: this method may be called with the answer of a request that waited.

    ::

        from odoo.addons.ai_brain.callbacks import ai_callback

        class Lead(models.Model):
            _inherit = "crm.lead"

            @ai_callback
            def _on_summary(self, request, answer):
                self.summary = answer["content"]

    It runs on the records that were given to ``submit``, as the user and in the company that
    submitted. ``answer`` is a dict; see ``ai.service.submit``.
    """
    setattr(method, _MARK, True)
    return method


def is_callback(cls, name):
    """Is ``name`` a method of the model's class that was marked, in whichever class of it?"""
    return callable(getattr(cls, name, None)) and any(
        getattr(vars(one).get(name), _MARK, False) for one in cls.__mro__
    )
