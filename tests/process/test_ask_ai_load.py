"""Chats on a slow vendor: the server answers everything else, a person has four at once."""

import threading
import time

import requests

from tests.vendor.faults import marker

from .processes import wait_for

SLOW = "Tell me of the stock. " + marker(hold="stock")


class Browser:
    """A person with a session of the web client."""

    def __init__(self, world, login):
        self.rpc = world.rpc(login)
        self.url = f"http://127.0.0.1:{world.server.port}"
        self.headers = {"Cookie": self.rpc.cookie}
        page = requests.get(self.url + "/odoo", headers=self.headers, timeout=60).text
        self.token = page.split('csrf_token: "')[1].split('"')[0]
        chat = self.rpc("ai.conversation", "start_chat", "Load", world.providers["loop-o-small"])
        self.chat = chat["id"]

    def ask(self, text):
        """(status, body) of a question."""
        answer = requests.post(
            self.url + "/ai_costs/ask",
            headers=self.headers,
            data={"conversation_id": self.chat, "text": text, "csrf_token": self.token},
            timeout=60,
        )
        return answer.status_code, answer.text


def at_once(function, times):
    """The results of so many calls at once, as they come, and their threads. They begin one after
    another: Odoo itself answers 500 where more requests begin than it has connections."""
    found = []
    threads = [threading.Thread(target=lambda: found.append(function())) for _ in range(times)]
    for thread in threads:
        thread.start()
        time.sleep(0.03)
    return found, threads


def test_a_person_has_four_chats_at_once(world):
    person = Browser(world, "user")
    answers, threads = at_once(lambda: person.ask(SLOW), 12)
    wait_for(lambda: len(answers) == 8)
    assert world.vendor.wait("stock", 4) == 4
    world.vendor.release("stock")
    for thread in threads:
        thread.join(60)
    assert sorted(status for status, _body in answers) == [200] * 4 + [429] * 8
    refused = next(body for status, body in answers if status == 429)
    assert "4 questions under way" in refused
    assert all('"end"' in body for status, body in answers if status == 200)
    assert person.ask("And now? " + marker(delay=0))[0] == 200
    assert world.database.text("SELECT count(*) FROM ai_conversation_slot") == "0"


def test_chats_that_wait_hold_no_connection(make_world):
    with make_world(db_maxconn=30) as world:
        world.rpc()("res.company", "write", [1], {"ai_chats_at_once": 24, "ai_person_usd": 0})
        people = [Browser(world, login) for login in ("user", "other", "manager")]
        begun = []
        for person in people * 3:
            begun.append(at_once(lambda who=person: who.ask(SLOW), 8))
            assert world.vendor.wait("stock", 8 * len(begun)) == 8 * len(begun)
        for _number in range(5):
            assert requests.get(people[0].url + "/web/health", timeout=10).status_code == 200
            assert people[0].rpc("res.users", "search_count", [])
        assert world.reservations()[0] == 72, "they were to be under way all the time"
        world.vendor.release("stock")
        for answers, threads in begun:
            for thread in threads:
                thread.join(60)
            assert [status for status, _body in answers] == [200] * 8


def test_a_place_of_a_dead_server_is_free_after_the_provider_s_time(make_world):
    with make_world() as world:
        rpc = world.rpc()
        rpc("ai.service.provider", "write", list(world.providers.values()), {"timeout_s": 8})
        rpc("res.company", "write", [1], {"ai_budget_wait_s": 0})
        person = Browser(world, "user")
        _found, threads = at_once(lambda: _quiet(person.ask, SLOW), 4)
        assert world.vendor.wait("stock", 4) == 4
        assert _places(world) == (4, 4)
        world.server.kill()
        for thread in threads:
            thread.join(30)
        ((seconds,),) = world.database.rows(
            "SELECT extract(epoch FROM max(expires_at) - now() AT TIME ZONE 'UTC')::float8"
            " FROM ai_conversation_slot"
        )
        assert seconds < 8 + 8 + 5, "two providers' time, and the margin"
        world.server.start()
        again = Browser(world, "user")
        answers = []
        while _places(world)[1]:
            answers.append((again.ask("Hello?")[0], _places(world)[1]))
            time.sleep(0.2)
        assert {status for status, taken in answers if taken} == {429}, answers
        assert again.ask("Hello?")[0] == 200


def _places(world):
    """(places taken, those whose time is not over) of everybody."""
    return world.database.rows(
        "SELECT count(*), count(*) FILTER (WHERE expires_at > now() AT TIME ZONE 'UTC')"
        " FROM ai_conversation_slot"
    )[0]


def test_a_database_that_gives_no_place_is_said_to_be_busy(make_world):
    """Eight wait for the table on all the connections that a process has for the ledger, until
    they give up; the rest find no connection."""
    with make_world() as world:
        person = Browser(world, "user")
        with world.database.connection() as other, other.cursor() as cr:
            cr.execute("BEGIN")
            cr.execute("LOCK TABLE ai_conversation_slot")
            answers, threads = at_once(lambda: person.ask("Hello?"), 12)
            for thread in threads:
                thread.join(60)
        assert [status for status, _body in answers] == [503] * 12, answers
        assert all("The server is busy; nothing was sent." in body for _status, body in answers)
        assert world.vendor.log() == []
        assert person.ask("Hello?")[0] == 200


def _quiet(function, *args):
    try:
        return function(*args)
    except requests.RequestException:
        return None
