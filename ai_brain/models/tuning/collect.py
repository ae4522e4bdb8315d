from collections import Counter

from markupsafe import Markup

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...engine.ledger.kinds import REUSED, sql_list
from ...engine.prompt.tokens import count_tokens
from ...engine.tuning import examples
from ...engine.waste import read_exchange
from .ai_tuning_example import SHOWN

# What masks (lists of phone numbers, of words) is imported where it is used: few workers need it.

#: Texts that are read at once, and calls that are looked at in all.
CHUNK = 200
#: Characters of all examples: they are masked in memory, and the file is made there.
MOST_CHARACTERS = 20_000_000
MOST_READ = 20_000
#: Names of the database that are read at once.
NAMES_READ = 20_000

#: Why a call does not qualify, as far as its row tells; the first that fits.
_REASON = f"""
    CASE WHEN u.state != 'done' THEN 'error'
         WHEN u.task_type != 'chat' THEN 'not_chat'
         WHEN u.kind IN {sql_list(REUSED)} THEN 'reused'
         WHEN u.kind NOT IN {sql_list(("api", "batch"))} THEN 'other'
         WHEN COALESCE(u.feedback_count, 0) = 0 THEN 'unrated'
         WHEN u.quality_score < %(threshold)s THEN 'low'
         WHEN u.finish_reason IN ('tool_calls', 'tool_use', 'function_call') THEN 'tools'
         WHEN u.finish_reason IS NOT NULL AND u.finish_reason NOT IN %(whole)s THEN 'cut'
         WHEN u.messages IS NULL OR COALESCE(u.answer_text, '') = '' THEN 'no_text'
    END
"""


class AiTuningJob(models.Model):
    """Find the calls that a model can learn from, mask them, and say why the others do not do."""

    _inherit = "ai.tuning.job"

    def action_collect(self):
        """Find the examples anew: count the agent's calls by what they are good for, and mask the
        best of those that qualify.

        Only calls that the current user may read are counted and taken.

        :raise UserError: the company keeps no text; the training was sent
        """
        self._check_may_change()
        for job in self:
            if job.state not in ("draft", "ready"):
                raise UserError(self.env._("“%s” was sent; copy it for another one.", job.name))
            job._check_text_kept()
            job._forget_examples()
            job._collect()

    def _check_text_kept(self):
        company = self.company_id.sudo()
        if company.ai_text_policy == "none":
            raise UserError(
                self.env._(
                    "“%(company)s” keeps no text of its calls, so there is nothing to learn from. "
                    "Let it keep texts (AI Costs ▸ Configuration ▸ Settings, Kept Text of AI "
                    "Calls), then set Kept Text of “%(agent)s” to the full text. Calls made from "
                    "then on qualify once they are rated.",
                    company=company.name,
                    agent=self.agent_id.name,
                )
            )

    @api.depends("agent_id.keep_text", "company_id.ai_text_policy", "reasons")
    @api.depends_context("lang")
    def _compute_text_hint(self):
        for job in self:
            policy = job.company_id.sudo().ai_text_policy
            full = policy == "full" or (policy != "none" and job.agent_id.keep_text == "full")
            job.text_hint = False
            if job.agent_id and policy == "none":
                job.text_hint = self.env._(
                    "The company keeps no text of its calls. Let it keep texts in the settings, "
                    "and set Kept Text of the agent to the full text."
                )
            elif job.agent_id and not full:
                job.text_hint = self.env._(
                    "Of this agent only excerpts are kept, which teach nothing. Set its Kept Text "
                    "to the full text; calls from then on qualify once they are rated."
                )

    @api.depends("reasons")
    @api.depends_context("lang")
    def _compute_reason_lines(self):
        told = {
            "error": self.env._("failed, or their outcome is uncertain"),
            "not_chat": self.env._("not chat"),
            "reused": self.env._("answered without a vendor (pattern, kept or shared answer)"),
            "other": self.env._("no answers of the agent (summaries, trials, apologies)"),
            "unrated": self.env._("not rated"),
            "low": self.env._("rated lower"),
            "cut": self.env._("cut before their end"),
            "no_text": self.env._("no full text kept"),
            "tools": self.env._("with tools"),
            "media": self.env._("with pictures, sound or files"),
            "shape": self.env._("not a question and its answer"),
            "long": self.env._("too long"),
            "twice": self.env._("the same question as a better-rated call"),
            "more": self.env._("more than the number wanted"),
        }
        for job in self:
            rows = Markup("").join(
                Markup("<tr><td class='text-end pe-2'>%s</td><td>%s</td></tr>")
                % (job.reasons[code], told[code])
                for code in examples.REASONS
                if (job.reasons or {}).get(code)
            )
            job.reason_lines = rows and Markup("<table>%s</table>") % rows

    def _forget_examples(self):
        """As superuser: no examples, so back to the choice of calls."""
        jobs = self.sudo()
        jobs._forget_exports()
        self.env["ai.tuning.example"].sudo().search([("job_id", "in", jobs.ids)]).unlink()
        jobs.write({"state": "draft", "calls_found": 0, "calls_fitting": 0, "reasons": False})

    def _usage_query(self):
        """Return the query of the agent's calls in the time, as far as the user may read them."""
        domain = [
            *self.agent_id._usage_domain(),
            ("company_id", "=", self.company_id.id),
            ("local_date", ">=", self.date_from),
            ("local_date", "<=", self.date_to),
            ("call_count", "=", 1),
        ]
        self.env["ai.token.usage"].check_access("read")
        query = self.env["ai.token.usage"]._search(domain)
        return query.select(SQL("%s.*", SQL.identifier(query.table)))

    def _collect(self):
        self.ensure_one()
        calls = self._usage_query()
        reason = SQL(_REASON, threshold=self.threshold, whole=tuple(examples.WHOLE))
        reasons = Counter(
            dict(
                self.env.execute_query(
                    SQL(
                        "SELECT %s AS reason, count(*) FROM (%s) u GROUP BY 1",
                        reason,
                        calls,
                    )
                )
            )
        )
        found, fitting = sum(reasons.values()), reasons.pop(None, 0)
        ids = [
            row[0]
            for row in self.env.execute_query(
                SQL(
                    "SELECT u.id FROM (%s) u WHERE (%s) IS NULL"
                    " ORDER BY u.quality_score DESC, u.id DESC LIMIT %s",
                    calls,
                    reason,
                    MOST_READ,
                )
            )
        ]
        taken, looked_at = self._take(ids, reasons)
        if fitting > looked_at:
            reasons["more"] += fitting - looked_at
        self._make_examples(taken)
        self.sudo().write(
            {
                "state": "ready" if taken else "draft",
                "calls_found": found,
                "calls_fitting": len(taken),
                "reasons": dict(reasons),
                "error": False,
            }
        )

    def _take(self, ids, reasons):
        """Return (``[(id, rating, messages)]`` of the best calls, how many were looked at); what
        their texts rule out is counted in ``reasons``."""
        taken, seen, looked_at, size = [], set(), 0, 0
        for start in range(0, len(ids), CHUNK):
            if len(taken) >= self.number:
                break
            rows = self.env.execute_query(
                SQL(
                    "SELECT u.id, u.quality_score, u.messages, u.answer_text FROM ai_token_usage u"
                    " WHERE u.id IN %s ORDER BY u.quality_score DESC, u.id DESC",
                    tuple(ids[start : start + CHUNK]),
                )
            )
            for number, rating, stored, answer in rows:
                if len(taken) >= self.number:
                    break
                looked_at += 1
                messages, reason = examples.read(read_exchange(stored)[0], answer)
                if not reason:
                    known = examples.fingerprint(messages)
                    reason = "twice" if known in seen else None
                    seen.add(known)
                if reason:
                    reasons[reason] += 1
                else:
                    size += sum(len(message["content"]) for message in messages)
                    self._check_size(size)
                    taken.append((number, rating, messages))
        return taken, looked_at

    def _check_size(self, size):
        if size > MOST_CHARACTERS:
            raise UserError(
                self.env._(
                    "The examples would have more than %s million characters. Choose a shorter "
                    "time or fewer examples.",
                    MOST_CHARACTERS // 1_000_000,
                )
            )

    def _make_examples(self, taken):
        """Mask what was taken, and keep the masked text alone."""
        from ...engine.tuning import masking

        texts = [message["content"] for _id, _rating, row in taken for message in row]
        masker = masking.Masker(self._names_of_database(texts), self._phone_regions())
        checked = examples.validation_of([number for number, _rating, _row in taken], self.share)
        values = []
        for number, rating, messages in taken:
            done = masker.mask([message["content"] for message in messages])
            masked = [
                {"role": message["role"], "content": text}
                for message, text in zip(messages, done.texts, strict=True)
            ]
            values.append(
                {
                    "job_id": self.id,
                    "usage_key": number,
                    "part": "validation" if number in checked else "training",
                    "messages": masked,
                    "masks": [
                        {
                            "message": one.text,
                            "start": one.start,
                            "end": one.end,
                            "kind": one.kind,
                            "placeholder": one.placeholder,
                        }
                        for one in done.masked
                    ],
                    "mask_count": len(done.masked),
                    "question": " ".join(masked[-2]["content"].split())[:SHOWN],
                    "rating": rating,
                    "tokens": self._tokens_of(masked),
                }
            )
        self.env["ai.tuning.example"].sudo().create(values)

    def _tokens_of(self, messages):
        """Return the most tokens that an example has for the base model."""
        facts = self.provider_id.sudo()._facts()
        model = facts.model_name if facts else ""
        return count_tokens(messages, model, "openai").upper_bound

    def _count_tokens(self):
        """As superuser: count the examples anew, for another base model."""
        for example in self.sudo().example_ids:
            example.tokens = example.job_id._tokens_of(example.messages)

    @api.model
    def _names_of_database(self, texts):
        """Return the ``Names`` of all partners and users, archived ones too, whatever the current
        user may read: what he may not read must not leave either."""
        from ...engine.tuning.names import Names

        names, after = Names(texts), 0
        self.env["res.partner"].flush_model(["name", "is_company"])
        while True:
            rows = self.env.execute_query(
                SQL(
                    "SELECT p.id, p.name, p.is_company AND u.id IS NULL FROM res_partner p"
                    " LEFT JOIN (SELECT DISTINCT partner_id, partner_id AS id FROM res_users) u"
                    " ON u.partner_id = p.id WHERE p.id > %s ORDER BY p.id LIMIT %s",
                    after,
                    NAMES_READ,
                )
            )
            for _number, name, is_company in rows:
                names.add(name, person=not is_company)
            if len(rows) < NAMES_READ:
                return names
            after = rows[-1][0]

    @api.model
    def _phone_regions(self):
        """Return the countries whose national numbers are recognised: those of the companies, of
        the languages in use, and the usual ones."""
        from ...engine.tuning.masking import REGIONS

        companies = self.env["res.company"].sudo().search([], limit=1000)
        codes = companies.mapped("country_id.code")
        codes += [code.partition("_")[2] for code, _name in self.env["res.lang"].get_installed()]
        codes = [code for code in codes if code and len(code) == 2 and code.isupper()]
        return tuple(dict.fromkeys([*codes, *REGIONS]))[:40]
