import ast
from pathlib import Path

from odoo.modules.module import get_module_path
from odoo.tests import tagged

from ..common import AiCase


@tagged("post_install", "-at_install")
class TestCallers(AiCase):
    """What our own callers send is told to the rules."""

    def test_every_caller_that_we_ship_passes_its_context_as_blocks(self):
        """Chats send the thread and no context; a caller that sends more says so in blocks."""
        found = {}
        for addon in ("ai_brain", "ai_sam_cost_dashboard"):
            for path in Path(get_module_path(addon)).rglob("*.py"):
                if "tests" in path.parts:
                    continue
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in (
                        "send_message",
                        "stream_message",
                    ):
                        found[path.name] = "context_blocks" in ast.unparse(node)
        without = {name for name, blocks in found.items() if not blocks}
        chats = {"ai_conversation.py", "text_generator.py", "calls.py"}  # the last is the demo
        self.assertEqual(without, chats, "these send a conversation, and no context")
        conversation = self.env["ai.conversation"].create({"name": "Due"})
        _start, messages = conversation._open_exchange("What is due today?", [])
        self.assertEqual(messages, [{"role": "user", "content": "What is due today?"}])
