from odoo.tests import tagged

from ...engine.ledger.tasks import SERVED
from ...exceptions import InvalidCallError
from ...models.call.call_scope import current_scope
from .common import TasksCase, by_time, heard, vectors, wav

#: Steps that serve what is no chat; every other is for conversations alone.
EVERYWHERE = {
    "ai.step.agent",
    "ai.step.attempt",
    "ai.step.evidence",
    "ai.step.gateway",
    "ai.step.live_notice",
    "ai.step.recommendation",
    "ai.step.task",
    "ai.step.tier",
}
#: Those that move a call to another model: a recording's text is a text, whoever writes it.
MOVING = {"ai.step.budget_switch", "ai.step.experiment"}


@tagged("post_install", "-at_install")
class TestTaskSteps(TasksCase):
    def test_what_is_made_for_conversations_serves_no_other_task(self):
        steps = {
            name: cls._tasks
            for name, cls in self.env.registry.items()
            if name.startswith("ai.step.") and cls._module != "ai_brain_probe"
        }
        for name, tasks in steps.items():
            if name in EVERYWHERE:
                self.assertEqual(tasks, SERVED, name)
            elif name in MOVING:
                self.assertEqual(tasks, ("chat", "voice_to_text"), name)
            else:
                self.assertEqual(tasks, ("chat",), name)
        self.assertLessEqual(EVERYWHERE | MOVING, set(steps))

    def test_an_agent_with_every_saving_changes_nothing_of_the_other_tasks(self):
        self.env["ai.agent"].create(
            {
                "name": "Saver",
                "code": "saver",
                "provider_id": self.provider.id,
                "efficient_provider_id": self.provider.id,
                "mode": "smart_router",
                "reuse": "exact",
                "max_tokens": 5,
                "apology": "Nobody is there.",
            }
        )
        where = {"agent_type": "saver"}
        self.vendor.script = [(200, vectors([1])), (200, vectors([2]))]
        first = self._embed("Hello", environment=where)
        current_scope(self.env.cr)._on_commit()
        second = self._embed("Hello", environment=where)
        self.assertEqual((first["vectors"], second["vectors"]), ([[1.0]], [[2.0]]))
        self.assertEqual({first["kind"], second["kind"]}, {"api"})
        self.assertEqual(first["provider_id"], self.vectors.id)
        self.vendor.script = [(200, heard("One.", by_time(1))), (200, heard("Two.", by_time(1)))]
        texts = []
        for _try in range(2):
            texts.append(self._hear(wav(1), environment=where)["content"])
            current_scope(self.env.cr)._on_commit()
        self.assertEqual(texts, ["One.", "Two."])
        row = self._row(first)
        self.assertEqual(row.agent_id.code, "saver")
        self.assertFalse(self.env["ai.answer"].search([]))

    def test_an_archived_provider_is_sent_nothing_as_all_are_in_a_neutralised_copy(self):
        (self.vectors | self.by_minute).active = False
        error = self._fails(InvalidCallError, self._embed, "Hello")
        self.assertIn("archived", str(error))
        error = self._fails(InvalidCallError, self._hear, wav(1))
        self.assertIn("archived", str(error))
        self.env["ai.service.provider"].search([]).active = False
        error = self._fails(InvalidCallError, self.service.embed, "Hello")
        self.assertIn("no provider for this task", str(error))
        self.assertEqual(self.vendor.requests, [])

    def test_an_agent_s_apology_is_no_vector(self):
        self.env["ai.agent"].create({"name": "Sorry", "code": "sorry", "apology": "Later."})
        self.vendor.script = [(400, {"error": {"message": "no"}})] * 2
        error = self._fails(Exception, self._embed, "Hello", environment={"agent_type": "sorry"})
        self.assertIn("did not answer", str(error))
        error = self._fails(Exception, self._hear, wav(1), environment={"agent_type": "sorry"})
        self.assertIn("did not answer", str(error))
