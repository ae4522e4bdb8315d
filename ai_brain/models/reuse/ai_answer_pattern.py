from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...engine.reuse import conditions
from ...engine.reuse.pattern_words import phrases_of, spellings
from ...engine.reuse.patterns import LANGUAGES, MOST_PHRASE, MOST_WORDS, Index, Pattern
from ...engine.reuse.shipped_patterns import shipped
from ..base.quick_cache import quick_cache
from ..base.wording import name_in_languages
from .pattern_fields import check_answer

#: Lines of triggers, answers or words that come along, in one language.
MOST_LINES = 500
#: What the lines of one pattern may stand for, each alternative counted.
MOST_PHRASES = 5000
MOST_ANSWERS = 50
MOST_ANSWER = 2000
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
KINDS = ("triggers", "along", "answers")
TEXTS = tuple(f"{kind}_{language}" for kind in KINDS for language in LANGUAGES)


class PatternFacts(NamedTuple):
    """What a call needs to know of a pattern besides when it answers."""

    name: str
    company_id: int | None
    #: language -> texts of the answers
    answers: dict


class AiAnswerPattern(models.Model):
    """A short message that needs no model, and what is answered to it."""

    _name = "ai.answer.pattern"
    _inherit = ["ai.shared.record", "ai.audited.thread"]
    _description = "AI Answer Pattern"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, help="How people will recognise it.")
    active = fields.Boolean(default=True, help="An archived pattern answers nothing.")
    sequence = fields.Integer(
        "Priority", default=10, help="Of several patterns that could answer, the lowest does."
    )
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        index=True,
        help="The company whose agents may use it. Empty: every company's.",
    )
    agent_ids = fields.Many2many(
        "ai.agent",
        "ai_agent_pattern_rel",
        "pattern_id",
        "agent_id",
        string="Agents",
        help="The agents whose calls it answers. None: it answers nothing. An answer of a pattern "
        "costs nothing and saves the call, and it is the same for everybody.",
    )
    match = fields.Selection(
        [
            ("whole", "The whole message says it"),
            ("part", "A part of the message says it"),
        ],
        "Answers When",
        required=True,
        default="whole",
        help="The whole message: triggers and words that come along make up all of it. A part: a "
        "trigger stands in it, and no question mark or “not” besides; the rest goes unanswered.",
    )
    most_words = fields.Integer(
        "Words at Most",
        required=True,
        default=8,
        help="Longer messages go to the model, whatever they say.",
    )
    triggers_en = fields.Text(
        "Triggers (English)",
        help="A word or phrase a line; a/b is either. Case, accents and punctuation do not "
        "matter; a question mark does. Regular expressions are not read.",
    )
    triggers_de = fields.Text("Triggers (German)", help="A word or phrase a line; a/b is either.")
    triggers_fr = fields.Text("Triggers (French)", help="A word or phrase a line; a/b is either.")
    triggers_es = fields.Text("Triggers (Spanish)", help="A word or phrase a line; a/b is either.")
    triggers_xx = fields.Text("Triggers (Other)", help="A word or phrase a line; a/b is either.")
    along_en = fields.Text(
        "Along (English)",
        help="Words that may come along with a trigger and change nothing, a line each.",
    )
    along_de = fields.Text("Along (German)", help="Words that may come along, a line each.")
    along_fr = fields.Text("Along (French)", help="Words that may come along, a line each.")
    along_es = fields.Text("Along (Spanish)", help="Words that may come along, a line each.")
    along_xx = fields.Text("Along (Other)", help="Words that may come along, a line each.")
    answers_en = fields.Text(
        "Answers (English)",
        help="An answer a line. With several, none is given twice running in a session. "
        "{user.name} is a field of the person, {record.name} one of the record, {var.streak} a "
        "variable of the call.",
    )
    answers_de = fields.Text("Answers (German)", help="An answer a line.")
    answers_fr = fields.Text("Answers (French)", help="An answer a line.")
    answers_es = fields.Text("Answers (Spanish)", help="An answer a line.")
    answers_xx = fields.Text("Answers (Other)", help="An answer a line.")
    unless = fields.Text(
        "Not With",
        help="A word or phrase a line: a message with one of them goes to the model.",
    )
    limits_hours = fields.Boolean(
        "At Certain Hours", help="Answer only between the hours below, in the user's time zone."
    )
    hour_from = fields.Float("From", help="The first hour, 0 to 24.")
    hour_to = fields.Float(
        "To", default=24.0, help="The hour at which it ends; past midnight if before the first."
    )
    on_monday = fields.Boolean("Monday", default=True, help="Answer on this day.")
    on_tuesday = fields.Boolean("Tuesday", default=True, help="Answer on this day.")
    on_wednesday = fields.Boolean("Wednesday", default=True, help="Answer on this day.")
    on_thursday = fields.Boolean("Thursday", default=True, help="Answer on this day.")
    on_friday = fields.Boolean("Friday", default=True, help="Answer on this day.")
    on_saturday = fields.Boolean("Saturday", default=True, help="Answer on this day.")
    on_sunday = fields.Boolean("Sunday", default=True, help="Answer on this day.")
    conditions = fields.Char(
        help="What the caller's variables have to be: streak >= 3 and tier = gold. A variable that "
        "the call does not give meets none.",
    )
    model_id = fields.Many2one(
        "ir.model",
        "Record Model",
        ondelete="cascade",
        domain=[("transient", "=", False)],
        help="Answer only calls about a record of this model. Needed for fields of the record.",
    )
    after_question = fields.Boolean(
        "Also after a Question",
        help="Answer also where the model asked something before, so that the message may be the "
        "reply to it. Off: the model reads the reply.",
    )

    # ------------------------------------------------------------------
    # Checks
    # ------------------------------------------------------------------

    @api.constrains("match", "most_words", "limits_hours", "hour_from", "hour_to", "model_id")
    def _check_figures(self):
        for pattern in self:
            if not 1 <= pattern.most_words <= MOST_WORDS:
                raise ValidationError(
                    self.env._("A message that a pattern answers has 1 to %s words.", MOST_WORDS)
                )
            if not (0 <= pattern.hour_from <= 24 and 0 <= pattern.hour_to <= 24):
                raise ValidationError(self.env._("An hour of the day lies between 0 and 24."))
            if pattern.limits_hours and pattern.hour_from == pattern.hour_to:
                raise ValidationError(
                    self.env._("The hours of “%s” begin and end at the same time.", pattern.name)
                )

    @api.constrains(*(f"on_{day}" for day in DAYS))
    def _check_days(self):
        for pattern in self:
            if not any(pattern[f"on_{day}"] for day in DAYS):
                raise ValidationError(
                    self.env._("“%s” has no day on which it answers.", pattern.name)
                )

    @api.constrains("conditions")
    def _check_conditions(self):
        for pattern in self:
            try:
                conditions.parse(pattern.conditions)
            except conditions.ConditionError as error:
                raise ValidationError(
                    self.env._(
                        "“%s” is no condition. Write a name, a comparison and a number or text, as "
                        "in: streak >= 3 and tier = gold",
                        error,
                    )
                ) from error

    @api.constrains(*TEXTS, "unless", "model_id")
    def _check_texts(self):
        for pattern in self:
            pattern._check_phrases()
            triggers, answers = pattern._lines("triggers"), pattern._lines("answers")
            if not triggers:
                raise ValidationError(self.env._("“%s” has no trigger.", pattern.name))
            for language in {*triggers, *answers}:
                if not (triggers.get(language) and answers.get(language)):
                    raise ValidationError(
                        self.env._(
                            "In each language “%s” needs triggers and answers, or neither.",
                            pattern.name,
                        )
                    )
            model = pattern.model_id.sudo().model
            for line in (line for lines in answers.values() for line in lines):
                check_answer(self.env, line, model)

    def _check_phrases(self):
        """Refuse lines that nothing can match, and more than a call can look through."""
        self.ensure_one()
        lines = {
            f"{kind} {language}": found
            for kind in KINDS
            for language, found in self._lines(kind).items()
        }
        lines["unless"] = self._split(self.unless)
        answers = [line for name, found in lines.items() if "answers" in name for line in found]
        if any(len(found) > MOST_LINES for found in lines.values()) or len(answers) > MOST_ANSWERS:
            raise ValidationError(
                self.env._(
                    "A pattern has at most %(lines)s lines a language and %(answers)s answers.",
                    lines=MOST_LINES,
                    answers=MOST_ANSWERS,
                )
            )
        if any(len(line) > MOST_ANSWER for line in answers):
            raise ValidationError(self.env._("An answer has at most %s characters.", MOST_ANSWER))
        count = 0
        for name, found in lines.items():
            for line in found if "answers" not in name else ():
                phrases = phrases_of(line[:MOST_ANSWER])
                count += len(phrases)
                written = spellings(line[:MOST_ANSWER]) if count <= MOST_PHRASES else ()
                if not written or any(len(words) > MOST_PHRASE for words in written):
                    raise ValidationError(
                        self.env._(
                            "“%(line)s” cannot be looked for: a phrase has 1 to %(most)s words, "
                            "and a pattern stands for %(phrases)s phrases at most.",
                            line=line[:80],
                            most=MOST_PHRASE,
                            phrases=MOST_PHRASES,
                        )
                    )

    @api.constrains("agent_ids", "company_id")
    def _check_agents(self):
        for pattern in self.sudo():
            owner = pattern.company_id
            others = pattern.agent_ids.filtered(lambda a, owner=owner: a.company_id != owner)
            if owner and others:
                raise ValidationError(
                    self.env._(
                        "“%(pattern)s” belongs to %(company)s, and “%(agent)s” does not.",
                        pattern=pattern.name,
                        company=owner.name,
                        agent=others[0].name,
                    )
                )

    def copy_data(self, default=None):
        return [
            {**vals, "name": self.env._("%s (copy)", pattern.name), "agent_ids": False}
            | (default or {})
            for pattern, vals in zip(self, super().copy_data(default), strict=True)
        ]

    # ------------------------------------------------------------------
    # What a call needs to know
    # ------------------------------------------------------------------

    @api.model
    def _split(self, text):
        return tuple(line.strip() for line in (text or "").splitlines() if line.strip())

    def _lines(self, kind):
        """Return ``{language: (line, …)}`` of triggers, along or answers, empty ones left out."""
        lines = {language: self._split(self[f"{kind}_{language}"]) for language in LANGUAGES}
        return {language: found for language, found in lines.items() if found}

    def _engine_pattern(self):
        """Return what the engine judges by."""
        self.ensure_one()
        days = frozenset(n for n, day in enumerate(DAYS) if self[f"on_{day}"])
        return Pattern(
            id=self.id,
            triggers=self._lines("triggers"),
            along=self._lines("along"),
            part=self.match == "part",
            most_words=self.most_words,
            hours=(self.hour_from, self.hour_to) if self.limits_hours else None,
            weekdays=days if len(days) < len(DAYS) else frozenset(),
            conditions=conditions.parse(self.conditions),
            unless=self._split(self.unless),
            model=self.model_id.sudo().model or "",
            replies=self.after_question,
        )

    def _facts(self):
        return PatternFacts(self.name, self.company_id.id or None, self._lines("answers"))

    def _index(self):
        """Return the ``Index`` of these patterns, in their order, and their facts by id."""
        patterns = self.sorted(lambda pattern: (pattern.sequence, pattern.id))
        return (
            Index(pattern._engine_pattern() for pattern in patterns),
            {pattern.id: pattern._facts() for pattern in patterns},
        )

    @api.model
    @quick_cache("agent_id", "lang")
    def _index_of_agent(self, agent_id, lang):
        """Return :meth:`_index` of an agent's active patterns, None where it lists none.

        :param lang: language in which the patterns' names are given
        """
        agent = self.env["ai.agent"].sudo().browse(agent_id).exists()
        patterns = agent.with_context(lang=lang).pattern_ids.filtered("active")
        return patterns._index() if patterns else None

    # ------------------------------------------------------------------
    # What is shipped
    # ------------------------------------------------------------------

    @api.model
    def _load_shipped(self):
        """Make records of the patterns that the engine ships, where there are none yet.

        What an administrator changed stays as it is. No agent lists them.
        """
        for number, one in enumerate(shipped(), 1):
            xmlid = f"ai_brain.answer_pattern_{one.code}"
            if self.env.ref(xmlid, raise_if_not_found=False):
                continue
            record = self.create(self._shipped_values(number * 10, one))
            self.env["ir.model.data"]._update_xmlids(
                [{"xml_id": xmlid, "record": record, "noupdate": True}]
            )
            name_in_languages(record, one.name)

    @api.model
    def _shipped_values(self, sequence, one):
        texts = {
            f"{kind}_{language}": "\n".join(lines)
            for kind, by_language in zip(KINDS, (one.triggers, one.along, one.answers), strict=True)
            for language, lines in by_language.items()
        }
        hours = dict(zip(("hour_from", "hour_to"), one.hours or (), strict=False))
        return {
            **texts,
            **hours,
            "limits_hours": bool(one.hours),
            "name": one.name["en"],
            "sequence": sequence,
            "company_id": False,
            "most_words": one.most_words,
            "conditions": one.conditions,
            "after_question": one.replies,
        }
