from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_what_if import WhatIfCase

#: What an agent may be given.
POLICY = (
    *("provider_id", "mode", "reuse", "reuse_ttl_h", "reuse_scope", "keep_messages"),
    *("quality_required", "tool_policy", "vendor_cache", "holdout_share"),
)


@tagged("post_install", "-at_install", "every_series")
class TestApply(WhatIfCase):
    """Applying gives agents what was asked, and undoing puts each field back as it was, whatever
    somebody did in between."""

    def _policy(self, agent):
        return {name: agent._plain(name) for name in POLICY}

    def _change(self, new, old=None, agent=None):
        line = {"new_provider_id": new.id, "old_provider_id": old and old.id,
                "agent_id": (agent or self.seller).id}  # fmt: skip
        return {"change_ids": [(0, 0, line)]}

    def test_undo_puts_every_field_back_of_every_agent(self):
        self.seller.write({"reuse": "same_question", "reuse_ttl_h": 7, "reuse_scope": "user"})
        self.helper.write({"mode": "smart_router", "keep_messages": 30})
        both = self.seller + self.helper
        before = [self._policy(agent) for agent in both]
        cases = (
            {"router": "on", "reuse": "exact", "reuse_ttl_h": 3, "reuse_scope": "company",
             "keep_messages": 12},
            {"only_provider_ids": [(6, 0, self.cheap.ids)], "reuse": "off"},
            {"change_ids": [(0, 0, {"new_provider_id": self.cheap.id})], "keep_messages": 4},
        )  # fmt: skip
        for values in cases:
            with self.subTest(values=values):
                what_if = self._ask(agent_ids=[(6, 0, both.ids)], **values)
                what_if.action_apply()
                self.assertEqual(what_if.applied_ids.agent_id, both)
                for agent in both:
                    if values.get("router") == "on":
                        self.assertEqual(agent.mode, "smart_router")
                        self.assertEqual((agent.reuse, agent.reuse_ttl_h), ("exact", 3))
                        self.assertEqual((agent.reuse_scope, agent.keep_messages), ("company", 12))
                    else:
                        self.assertEqual(agent.provider_id, self.cheap)
                        # what would be chosen all the same stays so
                        chosen = "passthrough" if agent == self.helper else False
                        self.assertEqual(agent.mode, chosen)
                what_if.action_undo()
                self.assertEqual([self._policy(agent) for agent in both], before)
                what_if.action_apply()  # and again
                what_if.action_undo()
                self.assertEqual([self._policy(agent) for agent in both], before)

    def test_the_next_call_follows_what_was_applied_and_the_one_after_undo_does_not(self):
        def ask(text):
            service = self.service.with_user(self.anna).with_company(self.company)
            return self._row(service.send_message(text, environment={"agent_type": "seller"}))

        self.seller.reuse_check_share = 0  # else some are asked all the same
        what_if = self._ask(**self._change(self.cheap), reuse="exact", reuse_ttl_h=1)
        self.assertEqual(ask("What is VAT?").provider_id, self.plain)
        what_if.action_apply()
        self.assertEqual(ask("What is VAT?").provider_id, self.cheap)
        self.assertEqual(ask("What is VAT?").kind, "cache")
        what_if.action_undo()
        row = ask("What is VAT?")
        self.assertEqual((row.provider_id, row.kind), (self.plain, "api"))

    def test_what_is_applied_is_what_holds_then_not_what_held_when_it_was_run(self):
        what_if = self._ask(**self._change(self.cheap, old=self.plain))
        self.seller.provider_id = self.tiered  # it is no call of Plain's any more
        self._fails(UserError, what_if.action_apply)
        self.assertEqual((self.seller.provider_id, what_if.is_applied), (self.tiered, False))
        self.seller.provider_id = self.plain
        what_if.action_apply()
        self.assertEqual(self.seller.provider_id, self.cheap)

    def test_a_provider_that_was_archived_since_is_given_to_nobody(self):
        what_if = self._ask(**self._change(self.cheap), reuse="off")
        self.seller.reuse = "exact"
        self.cheap.active = False
        self.assertIn("Cheap", str(self._fails(UserError, what_if.action_apply)))
        self.assertEqual((self.seller.provider_id, self.seller.reuse), (self.plain, "exact"))
        self.assertFalse(what_if.is_applied)

    def test_a_provider_that_leaves_the_choice_to_the_router_is_asked_all_the_same(self):
        self.cheap.write({"enable_cost_optimization": True, "auto_switch_provider": True})
        what_if = self._ask(**self._change(self.cheap))
        what_if.action_apply()
        self.assertEqual((self.seller.provider_id, self.seller.mode), (self.cheap, "passthrough"))
        what_if.action_undo()
        self.assertEqual((self.seller.provider_id, self.seller.mode), (self.plain, False))

    def test_one_on_top_of_another_is_undone_from_the_top(self):
        first = self._ask(**self._change(self.cheap), reuse="off")
        self.seller.reuse = "exact"
        first.action_apply()
        second = self._ask(**self._change(self.tiered))
        second.action_apply()
        self.assertIn("Provider", str(self._fails(UserError, first.action_undo)))
        self.assertEqual((self.seller.provider_id, self.seller.reuse), (self.tiered, "off"))
        second.action_undo()
        first.invalidate_recordset()
        first.action_undo()
        self.assertEqual((self.seller.provider_id, self.seller.reuse), (self.plain, "exact"))

    def test_what_was_put_back_by_hand_is_nobodys_question_and_other_fields_stay(self):
        what_if = self._ask(**self._change(self.cheap), reuse="off")
        self.seller.reuse = "exact"
        what_if.action_apply()
        self.seller.write({"provider_id": self.plain.id, "holdout_share": 7})
        what_if.action_undo()
        self.assertEqual((self.seller.provider_id, self.seller.reuse), (self.plain, "exact"))
        self.assertEqual(self.seller.holdout_share, 7)  # it was none of its fields

    def test_what_one_of_two_agents_was_changed_to_asks_before_either_is_undone(self):
        both = self.seller + self.helper
        what_if = self._ask(agent_ids=[(6, 0, both.ids)], reuse="off")
        both.reuse = "exact"
        what_if.action_apply()
        self.helper.reuse = "same_question"
        with self.assertRaises(UserError), self.env.cr.savepoint():
            what_if.action_undo()
        self.assertEqual(both.mapped("reuse"), ["off", "same_question"])
        what_if.action_undo_rest()
        self.assertEqual(both.mapped("reuse"), ["exact", "same_question"])

    def test_a_provider_or_an_agent_that_is_gone_since_is_no_obstacle(self):
        gone = self._provider("Gone", "gone-1")
        self.seller.write({"provider_id": gone.id, "reuse": "exact"})
        both = self.seller + self.helper
        what_if = self._ask(
            agent_ids=[(6, 0, both.ids)], reuse="off",
            change_ids=[(0, 0, {"new_provider_id": self.cheap.id})],
        )  # fmt: skip
        self.helper.reuse = "exact"
        what_if.action_apply()
        gone.unlink()
        self.helper.unlink()
        self.seller.active = False
        what_if.invalidate_recordset()
        what_if.action_undo()
        # there is nothing to put back for the one; the other is
        self.assertEqual((self.seller.provider_id, self.seller.reuse), (self.cheap, "exact"))
        self.assertFalse(what_if.is_applied)

    def test_who_may_not_write_agents_neither_applies_nor_undoes(self):
        what_if = self._ask(**self._change(self.cheap))
        rule = {
            "name": "Agents are somebody else's",
            "model_id": self.env.ref("ai_brain.model_ai_agent").id,
            "domain_force": "[(0, '=', 1)]",
            "perm_read": False,
        }
        hidden = self.env["ir.rule"].create(rule)
        self._fails(AccessError, what_if.action_apply)
        self.assertEqual(self.seller.provider_id, self.plain)
        hidden.unlink()
        what_if.action_apply()
        self.env["ir.rule"].create(rule)
        self._fails(AccessError, what_if.action_undo)
        self.assertEqual((self.seller.provider_id, what_if.is_applied), (self.cheap, True))
