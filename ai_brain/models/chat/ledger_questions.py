from contextlib import closing, contextmanager

from odoo import models

from ...engine.base.closing import maybe_closed
from ...engine.chat import ledger_tools
from ...exceptions import InvalidCallError


class AiConversation(models.Model):
    """Questions that are answered from the ledger: the model looks up, and answers then."""

    _inherit = "ai.conversation"

    def _reads_ledger(self):
        if not self.company_id.sudo().ai_ledger_tools:
            return False
        try:
            asked = self.provider_id or self._default_provider()
        except InvalidCallError:
            return False  # nobody can be asked, which the call says
        # who takes no tools answers without the ledger
        return asked.sudo().supports_tools

    def _calls_at_most(self):
        """Return how many calls one answer may take."""
        return ledger_tools.MOST_CALLS if self._reads_ledger() else 1

    def _asked_with(self):
        """Return the options of a question's calls."""
        # what was true when it was kept is not what the ledger says now
        return {"tools": ledger_tools.TOOLS, "no_cache": True} if self._reads_ledger() else {}

    def _instructed(self, messages):
        if not self._reads_ledger():
            return messages
        return [{"role": "system", "content": ledger_tools.INSTRUCTIONS}, *messages]

    def _stream(self, messages, refresh=False):
        """Ask, look up what the model asks for, and ask again, until it answers: a generator of
        what ``stream_message`` yields, whose result is that of all calls together.

        Each call is one of the agent ``ask_ai`` with a row of its own. The last that is allowed
        may look nothing up any more. The caller's cursor may be closed after the first.
        """
        options = self._asked_with()
        if not options:
            yield from self._ask(messages, refresh)
            return
        thread = self._instructed(messages)
        looked, results, company_id = ledger_tools.Looked(), [], self.company_id.id
        for n in range(1, ledger_tools.MOST_CALLS + 1):
            is_last = n == ledger_tools.MOST_CALLS or looked.is_full
            chosen = {"tool_choice": "none"} if is_last else {}
            if results and results[-1]["content"]:
                yield {"type": "delta", "text": "\n\n"}
            with (
                self._to_ask() as asking,
                closing(asking._ask(thread, refresh, **options, **chosen)) as stream,
            ):
                for event in stream:
                    if event["type"] == "delta":
                        yield event
                    else:
                        results.append(event["result"])
            calls = [] if is_last else results[-1]["tool_calls"]
            if not calls:
                break
            thread = [*thread, *self._looked_up(results[-1], calls, looked, company_id)]
        yield {"type": "done", "result": _together(results, looked)}

    @contextmanager
    def _to_ask(self):
        """This record with a cursor to ask on: one of its own where the caller's was given back
        during the call before, and given back in its turn."""
        if not self.env.cr.closed:
            yield self
            return
        with maybe_closed(self.env.registry.cursor()) as cr:
            yield self.with_env(self.env(cr=cr))

    def _looked_up(self, result, calls, looked, company_id):
        """Return the messages that go on after calls of tools: what was asked, and each result."""
        said = [{"role": "assistant", "content": result["content"] or "", "tool_calls": calls}]
        tools = self.env["ai.ledger.tools"]
        for call in calls:
            if looked.is_full:
                text = "No more can be looked up for this question. Answer with what is known."
            else:
                text = tools._look_up(call["name"], call["arguments"], looked, company_id)
            said.append({"role": "tool", "tool_call_id": call["id"], "content": text})
        return said


def _together(results, looked):
    """Return the result of several calls as that of one: what they cost is added up."""
    last = results[-1]
    if len(results) == 1:
        return last
    usage = {
        name: sum(one["usage"][name] for one in results if name in one["usage"])
        for name in last["usage"]
    }
    content = "\n\n".join(one["content"] for one in results if one["content"])
    return {
        **last,
        "content": content,
        "usage": usage,
        "sources": looked.cited(content),
        "usage_ids": [one["token_usage_id"] for one in results if one["token_usage_id"]],
        "state": "done" if all(one["state"] == "done" for one in results) else "uncertain",
        **{
            name: sum(one[name] for one in results)
            for name in ("cost_usd", "baseline_cost_usd", "saved_usd", "latency_ms")
        },
    }
