"""A program that calls the endpoint of a test's server."""

import json

import requests


class Caller:
    """It has a key of a user, made anew unless one is given."""

    def __init__(self, world, login="user", server=None, key=None, **values):
        self.world = world
        self.port = (server or world.server).port
        self.key_id, self.key = key or world.rpc()(
            "ai.brain.probe", "endpoint_key", login, **values
        )

    def at(self, server):
        """The same key at another server."""
        return Caller(self.world, server=server, key=(self.key_id, self.key))

    def ask(self, text, model="loop-o-small", path="chat/completions", **more):
        """The response to a question, whole or (``stream=True``) while it comes."""
        limit = {} if path == "chat/completions" else {"max_tokens": 100}
        return requests.post(
            f"http://127.0.0.1:{self.port}/ai/v1/{path}",
            headers={"Authorization": f"Bearer {self.key}"},
            json={"model": model, "messages": [{"role": "user", "content": text}], **limit, **more},
            timeout=120,
            stream=bool(more.get("stream")),
        )

    def told(self, *args, **more):
        """(status, error code or None) of a question, its stream read to the end."""
        response = self.ask(*args, **more)
        text = response.text
        if response.status_code != 200:
            return response.status_code, json.loads(text)["error"].get("code")
        return 200, None


def read(response):
    """The events of a stream, decoded; the text of comments and pings left out."""
    events = []
    for line in response.iter_lines():
        if line.startswith(b"data: {"):
            events.append(json.loads(line[6:]))
    return events


def places(world):
    """Calls under way of all keys, as the places count them."""
    return int(world.database.text("SELECT count(*) FROM ai_gateway_slot"))
