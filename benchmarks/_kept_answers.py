"""What kept answers cost the database, and how often a stream of questions finds one.

Ratios of one run, in units of one ORM create and commit of a ledger row:

- a look-up that misses at 10^5 and 10^6 kept answers, p95 at most 1 ms; with the question's key and
  the scope's digest, all that the step adds to a call, at most .3 of a create
- a call that a kept answer serves, at most 3 creates
- bytes of a kept answer besides the text of question and answer, indexes included, at most 400
"""

import hashlib
import time

import _bench

QUESTION = "How many pallets of model number %s are there in the warehouse in Hamburg?"
ANSWER = "There are 48 pallets in row 7 and 12 more at the gate. " * 6
MISS_MS, MISS_CREATES, HIT_CREATES, BYTES = 1.0, 0.3, 3.0, 400
PEOPLE, GROUPS = 200, 20

FILL = """
INSERT INTO ai_answer (company_id, agent_id, user_id, provider_id, model_name, question, answer,
                       usage, created_at, token_usage_id, hits, saved_usd,
                       scope_hash, scope_rest, key_hash, text_hash)
SELECT a.company_id, a.agent_id, a.user_id, a.provider_id, a.model_name,
       replace(%(question)s, '%%s', n::text), %(answer)s, a.usage, a.created_at, n, 0, 0,
       hashtextextended((n %% %(people)s)::text, 1), hashtextextended((n %% %(people)s)::text, 2),
       hashtextextended(n::text, 3), hashtextextended(n::text, 4)
  FROM generate_series(%(first)s, %(last)s) n, ai_answer a WHERE a.id = %(like)s
"""


class Work:
    """The things to time; each runs once."""

    def __init__(self, registry, provider_id):
        self.registry, self.provider_id, self.row, self.number = registry, provider_id, None, 0

    def send(self, text, **options):
        with _bench.environment(self.registry) as env:
            return env["ai.service"].send_message(
                text, config=self.provider_id, environment={"agent_type": "bench_reuse"}, **options
            )

    def hit(self):
        found = self.send(QUESTION % 0)
        if found["kind"] != "cache":
            raise SystemExit(f"no hit: {found['kind']}")

    def create(self):
        from odoo.models import BaseModel

        with _bench.environment(self.registry) as env:
            BaseModel.create(env["ai.token.usage"], [dict(self.row)])

    def misses(self, times):
        """Milliseconds of calls that find nothing: all that the step does, the claim on the
        question included, and the look-up."""
        found = []
        with _bench.environment(self.registry) as env:
            service, step = env["ai.service"], env["ai.step.kept_answer"]
            claims = env["ai.answer.claim"]
            tags = {"agent_type": "bench_reuse"}
            for _time in range(times):
                self.number -= 1
                call = service._check(QUESTION % self.number, self.provider_id, tags, {})
                for _done in env["ai.step"]._run("_open", call):
                    pass
                start = time.perf_counter()
                if step._answer(call):
                    raise SystemExit("a miss was a hit")
                added = time.perf_counter() - start
                asked = call.memory[step._name]
                start = time.perf_counter()
                if claims._look(call.apart, asked)[1]:
                    raise SystemExit("a miss was a hit")
                found.append((added * 1000, (time.perf_counter() - start) * 1000))
                claims._free(call.apart, asked.token)
        return found


def measure(sizes, times):
    """Fill a database with kept answers and time it; the exit status."""
    registry, _name = _bench.open_registry()
    _bench.print_facts(registry)
    limits = _bench.Limits()
    with _bench.environment(registry) as env:
        provider = env["ai.service.provider"].create(
            {"name": "Sandbox", "api_format": "sandbox", "model_name": "sandbox"}
        )
        env["ai.provider.price"].create(
            {
                "provider_id": provider.id,
                "input_usd": 1,
                "output_usd": 2,
                "valid_from": "2020-01-01",
            }
        )
        env["ai.agent"].search([("code", "=", "bench_reuse")]).active = False
        agent = env["ai.agent"].create(
            {
                "name": "Bench",
                "code": "bench_reuse",
                "reuse": "same_question",
                "reuse_check_share": 0,
                "reuse_ttl_h": 8760,
            }
        )
        agent_id = agent.id
    work = Work(registry, provider.id)
    work.send(QUESTION % 0)
    from bench_pipeline import row_of

    with _bench.environment(registry) as env:
        work.row = row_of(env)
        like = env["ai.answer"].search([("agent_id", "=", agent_id)], limit=1).id
    filled = 0
    for size in sizes:
        filled = fill(registry, like, filled, size)
        measure_at(work, size, times, limits)
    with _bench.environment(registry) as env:
        env.cr.execute("DELETE FROM ai_answer WHERE agent_id = %s", (agent_id,))
    return limits.finish()


def fill(registry, like, filled, size):
    for first in range(filled + 1, size + 1, 50_000):
        last = min(size, first + 49_999)
        values = {"first": first, "last": last, "like": like, "people": PEOPLE}
        with _bench.environment(registry) as env:
            env.cr.execute(FILL, {**values, "question": QUESTION, "answer": ANSWER})
    with registry.cursor() as cr:
        cr._cnx.autocommit = True
        cr.execute("VACUUM ANALYZE ai_answer")
    return size


def measure_at(work, size, times, limits):
    print(f"\n{size:,} kept answers, {times} samples, ms")
    for function in (work.hit, work.create):
        _bench.clock(function, 3)
    work.misses(3)
    samples = {"step": [], "look-up": [], "hit": [], "create": []}
    for _round in range(5):
        # in turn, so that a slower minute of the machine touches all three
        for step, look_up in work.misses(times // 5):
            samples["step"].append(step)
            samples["look-up"].append(look_up)
        samples["hit"] += _bench.clock(work.hit, times // 5)
        samples["create"] += _bench.clock(work.create, times // 5)
    for name, found in samples.items():
        print(f"  {name:7} p50 {_bench.p50(found):7.3f}   p95 {_bench.p95(found):7.3f}")
    unit = _bench.p50(samples["create"])
    limits.check("look-up that misses, p95", _bench.p95(samples["look-up"]), MISS_MS, " ms")
    limits.check("step of a miss p50, in creates", _bench.p50(samples["step"]) / unit, MISS_CREATES)
    limits.check("hit p50, in creates", _bench.p50(samples["hit"]) / unit, HIT_CREATES)
    with work.registry.cursor() as cr:
        cr.execute(
            "SELECT pg_total_relation_size('ai_answer')::float / count(*),"
            " avg(octet_length(question) + octet_length(answer))::float FROM ai_answer"
        )
        whole, text = cr.fetchone()
        cr.execute("SELECT pg_column_size(answer) FROM ai_answer ORDER BY id DESC LIMIT 1")
        stored = cr.fetchone()[0]
    print(f"  bytes: {whole:.0f} a row, of which text {text:.0f} (an answer stored in {stored})")
    limits.check("bytes besides the texts", whole - text, BYTES)


# ----------------------------------------------------------------------
# How often a stream finds an answer
# ----------------------------------------------------------------------


def hit_rates(name, questions):
    """Print the share of a stream of questions, in their order, that a kept answer would serve,
    with default settings and no temperature, by scope and kind.

    Who asks is drawn by the question's number: 200 people in 20 groups of one company.
    """
    from engine.reuse.asked import key_of
    from engine.reuse.pointing import points_elsewhere

    seen, hits, refused = set(), {}, 0
    for number, text in enumerate(questions):
        drawn = hashlib.blake2b(str(number).encode(), digest_size=4).digest()
        person = int.from_bytes(drawn, "big") % PEOPLE
        if points_elsewhere(text):
            refused += 1
            continue
        for kind, key in (("exact", text), ("same_question", key_of(text))):
            for scope, whose in (("user", person), ("group", person % GROUPS), ("company", 0)):
                entry = kind, scope, whose, key
                hits[kind, scope] = hits.get((kind, scope), 0) + (entry in seen)
                seen.add(entry)
    total = len(questions) or 1
    print(f"\n{name}: {len(questions)} questions, {refused / total:.1%} point elsewhere")
    for kind in ("exact", "same_question"):
        rates = "  ".join(
            f"{scope} {hits.get((kind, scope), 0) / total:.2%}"
            for scope in ("user", "group", "company")
        )
        print(f"  {kind:14} {rates}")
