import json
import logging
import secrets
import time
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, config

from ...engine.batch import split, when
from ...engine.price import pricing
from ...providers.batch import BatchItem
from ...providers.errors import InvalidRequest, ProviderError, Redirected
from ..base.transactions import Apart, under_test
from .batch_hold import RECORD, TAGS, Asked

_logger = logging.getLogger(__name__)

#: The most requests of one batch, whatever a vendor takes.
MOST_IN_BATCH = 10_000
#: Bodies that are read at once.
READ_ROWS = 200
#: How long a scheduled action goes on at most before it leaves the rest to the next run.
RUN_S = 240
#: Who holds, sends or settles a batch counts as dead after so long without a word.
LEASE = timedelta(minutes=40)


class AiBatch(models.Model):
    """Send: claim what is due, hold its worst case, write it down as being sent, send it.

    Each of these is a transaction of its own, and none is open while the vendor is waited for.
    Whoever dies on the way leaves a batch that says how far it came: ``holding`` was never sent,
    ``sending`` may have been, and is looked for at the vendor's (``batch_poll.py``).
    """

    _inherit = "ai.batch"

    @api.model
    def _is_asleep(self):
        """Is this a copy that must not send, ask or call back anything?"""
        return bool(self.env["ir.config_parameter"].sudo().get_param("database.is_neutralized"))

    @api.model
    def _run_s(self):
        """Return how many seconds a scheduled action goes on: half of what Odoo lets it, at most,
        for what it has begun takes its time."""
        limit = config["limit_time_real_cron"]
        limit = config["limit_time_real"] if limit < 0 else limit
        return min(RUN_S, limit / 2) if limit else RUN_S

    @api.model
    def _cron_send(self):
        """Send what is full, old enough, or near its latest; then what is sent singly."""
        if self._is_asleep():
            return
        deadline = time.monotonic() + self._run_s()
        whole_s = self.env["ai.batch.request"]._seconds_left()
        self._let_go()
        passed = set()
        while time.monotonic() < deadline:
            group = next((one for one in self._due() if one not in passed), None)
            if not group:
                break
            try:
                is_sent = self._send_group(*group)
            except Exception:
                # one that cannot be sent must not keep the others, and what goes singly, from it
                _logger.exception("AI requests of %s could not be sent.", group)
                is_sent = False
            if not is_sent:
                passed.add(group)
        self.env["ai.batch.request"]._send_singly(deadline, whole_s)
        self.env.invalidate_all()

    @api.model
    def _let_go(self):
        """End the transaction of the scheduled action: what follows has transactions of its own,
        and waits for vendors."""
        self.env.flush_all()
        if not under_test():
            self.env.cr.commit()  # pylint: disable=invalid-commit

    @api.model
    def _due(self):
        """Return ``[(company_id, provider_id, model_name)]`` of what shall be sent now."""
        now = fields.Datetime.now()
        with Apart(self.env).cursor() as cr:
            cr.execute(
                SQL(
                    """
                    SELECT r.company_id, r.provider_id, r.model_name
                      FROM ai_batch_request r JOIN res_company c ON c.id = r.company_id
                     WHERE r.state = 'waiting' AND r.route = 'batch'
                       AND (r.not_before IS NULL OR r.not_before <= %s)
                     GROUP BY r.company_id, r.provider_id, r.model_name, c.ai_batch_requests
                    HAVING min(r.send_at) <= %s OR count(*) >= c.ai_batch_requests
                     ORDER BY min(r.send_at)
                    """,
                    now,
                    now,
                )
            )
            return cr.fetchall()

    @api.model
    def _send_group(self, company_id, provider_id, model_name):
        """Send one batch of these; return whether there was anything to send."""
        provider = self.env["ai.service.provider"].sudo().browse(provider_id)
        service = self.env["ai.service"]._batch_service(provider)
        batch_id, asked = self._claim_requests(company_id, provider, model_name, service)
        if not asked:
            return False
        try:
            self._send_claimed(batch_id, asked, company_id, provider, service)
        except Exception as error:
            self.browse(batch_id)._leave(error)
            raise
        return True

    def _leave(self, error):
        """Leave a batch that could not be sent as a sender that died does, for the next look."""
        self.ensure_one()
        facts = self._facts()
        if facts and facts["state"] == "holding":
            told = self.env._("Its sender was ended; it is sent again.")
            self._take_back(told, final=False)
        elif facts and facts["state"] == "sending":
            self._note(error, sent_at=fields.Datetime.now())

    @api.model
    def _send_claimed(self, batch_id, asked, company_id, provider, service):
        """Hold and send what was claimed."""
        company = self.env["res.company"].sudo().browse(company_id)
        held, refused = {}, {}
        if not service or not provider._facts().active:
            told = self.env._("“%s” takes no batches now.", provider._facts().name)
            refused = dict.fromkeys((one.id for one in asked), told)
        else:
            priced = []
            for one in asked:
                if one.worst is pricing.UNPRICED:
                    refused[one.id] = self.env._("Its price in a batch is not known any more.")
                else:
                    priced.append(one)
            if priced:
                held, more = self._hold_all(batch_id, company, priced)
                refused.update(more)
        self.env["ai.batch.request"]._put_back(batch_id, refused)
        if self._begin(batch_id, held):
            self._post(batch_id, provider, service)

    # ------------------------------------------------------------------
    # Claim and hold
    # ------------------------------------------------------------------

    @api.model
    def _claim_requests(self, company_id, provider, model_name, service):
        """Make a batch of what waits for a model: its id, and ``[Asked]``. No two schedulers get
        the same request: they skip the rows that another one has locked."""
        most_items, most_bytes = MOST_IN_BATCH, 10**9
        if service:
            most_items = min(most_items, service.limits.items)
            most_bytes = service.limits.size
        now = fields.Datetime.now()
        with Apart(self.env).cursor() as cr:
            cr.execute(
                SQL(
                    """
                    SELECT id, bytes FROM ai_batch_request
                     WHERE state = 'waiting' AND route = 'batch' AND company_id = %s
                       AND provider_id = %s AND model_name = %s
                       AND (not_before IS NULL OR not_before <= %s)
                     ORDER BY send_at, id LIMIT %s FOR UPDATE SKIP LOCKED
                    """,
                    company_id,
                    provider.id,
                    model_name,
                    now,
                    most_items,
                )
            )
            rows = cr.fetchall()
            numbers = [number for number, _size in rows]
            del numbers[
                split.fitting([size or 0 for _number, size in rows], most_items, most_bytes) :
            ]
            if not numbers:
                return None, []
            batch_id = self._insert_batch(cr, company_id, provider.id, model_name, len(numbers))
            cr.execute(
                "UPDATE ai_batch_request SET state = 'sent', batch_id = %s, error = NULL,"
                " error_code = NULL, tries = COALESCE(tries, 0) + 1 WHERE id = ANY(%s)",
                (batch_id, numbers),
            )
            price = self._price_of(provider, model_name)[1]
            return batch_id, self._asked_of(cr, numbers, price)

    @api.model
    def _asked_of(self, cr, numbers, price):
        """Return ``[Asked]`` of requests. Thousands may be claimed at once, and few differ in what
        budgets go by, or in what they can cost: what is alike is one object."""
        asked, rows, worsts = [], {}, {}
        worst = self.env["ai.service"]._worst_in_batch
        for start in range(0, len(numbers), READ_ROWS):
            some = numbers[start : start + READ_ROWS]
            cr.execute(
                "SELECT id, user_id, row, bounds FROM ai_batch_request WHERE id = ANY(%s)"
                " ORDER BY array_position(%s, id)",
                (some, some),
            )
            for number, user_id, row, bounds in cr.fetchall():
                tags = {**row, "user_id": user_id}
                tags = {name: tags[name] for name in (*TAGS, *RECORD) if name in tags}
                row = rows.setdefault(tuple(tags.items()), tags)
                bounds = tuple(bounds)
                if bounds not in worsts:
                    worsts[bounds] = worst(bounds, price)
                asked.append(Asked(number, row, worsts[bounds]))
        return asked

    @api.model
    def _price_of(self, provider, model_name):
        """Return a provider's price as ``_engine_price`` does, and (None, None) where it calls
        another model by now: what was handed in is frozen, and that price is not its."""
        if provider._facts().model_name != model_name:
            return None, None
        return provider._engine_price()

    @api.model
    def _insert_batch(self, cr, company_id, provider_id, model_name, total):
        now = fields.Datetime.now()
        label = f"sam_{secrets.token_hex(12)}"
        cr.execute(
            "INSERT INTO ai_batch (name, company_id, provider_id, model_name, state, total,"
            " lease_until, next_at, create_uid, create_date, write_uid, write_date)"
            " VALUES (%s, %s, %s, %s, 'holding', %s, %s, %s, %s, %s, %s, %s) RETURNING id",
            (label, company_id, provider_id, model_name, total, now + LEASE, now + LEASE)
            + (self.env.uid, now) * 2,
        )
        return cr.fetchone()[0]

    @api.model
    def _begin(self, batch_id, held):
        """Write down that the batch is being sent, from which moment on the vendor may have it.

        :return: whether there is anything to send
        """
        now = fields.Datetime.now()
        with Apart(self.env).cursor() as cr:
            if not held:
                cr.execute("DELETE FROM ai_batch WHERE id = %s", (batch_id,))
                return False
            cr.execute(
                "UPDATE ai_batch_request r SET held_usd = v.usd, reservation_id = v.number"
                "  FROM unnest(%s::int[], %s::numeric[], %s::int[]) v(id, usd, number)"
                " WHERE r.id = v.id AND r.batch_id = %s AND r.state = 'sent'",
                (
                    [*held],
                    [str(one.usd) for one in held.values()],
                    [one.reservation_id for one in held.values()],
                    batch_id,
                ),
            )
            if cr.rowcount != len(held):
                raise RuntimeError("Requests of a batch that is being made were taken away.")
            cr.execute(
                "UPDATE ai_batch SET state = 'sending', total = %s, held_usd = %s, sent_at = %s,"
                " lease_until = %s, next_at = %s WHERE id = %s AND state = 'holding'",
                (
                    len(held),
                    sum(one.usd for one in held.values()),
                    now,
                    now + LEASE,
                    now + LEASE,
                    batch_id,
                ),
            )
            return bool(cr.rowcount)

    # ------------------------------------------------------------------
    # Send
    # ------------------------------------------------------------------

    @api.model
    def _post(self, batch_id, provider, service):
        """Send a batch that is written down; keep what the vendor says of it."""
        batch = self.browse(batch_id)
        try:
            endpoint = provider._endpoint()
        except UserError as error:  # its key cannot be read
            batch._take_back(str(error), final=False)
            return
        items = self._items(batch_id, endpoint.api_format)
        self._let_go()
        try:
            state = service.create(endpoint, items, batch._label())
        except ProviderError as error:
            _logger.info("AI batch %s was not sent: %s", batch_id, error)
            if error.billing == "unknown":
                batch._note(error, sent_at=fields.Datetime.now())
            else:
                batch._take_back(str(error), final=isinstance(error, InvalidRequest | Redirected))
        else:
            batch._sent(state)

    def _label(self):
        self.ensure_one()
        with Apart(self.env).cursor() as cr:
            cr.execute("SELECT name FROM ai_batch WHERE id = %s", (self.id,))
            return cr.fetchone()[0]

    @api.model
    def _items(self, batch_id, api_format):
        """Yield the ``BatchItem`` of a batch, a few read at a time."""
        label, after = self.browse(batch_id)._label(), 0
        request_of = self.env["ai.service"]._request_of
        while True:
            with Apart(self.env).cursor() as cr:
                cr.execute(
                    "SELECT id, model_name, body FROM ai_batch_request WHERE batch_id = %s"
                    " AND id > %s AND state = 'sent' ORDER BY id LIMIT %s",
                    (batch_id, after, READ_ROWS),
                )
                rows = cr.fetchall()
            for number, model_name, body in rows:
                request = request_of(json.loads(body), model_name, api_format)
                yield BatchItem(f"{label}-{number}", request)
            if len(rows) < READ_ROWS:
                return
            after = rows[-1][0]

    def _sent(self, state):
        """Keep that the vendor has a batch, and where; it is asked for its answers from now on."""
        self.ensure_one()
        now = fields.Datetime.now()
        self._store(
            state="sent",
            vendor_ref=state.id,
            input_ref=state.input_ref or None,
            expires_at=_naive(state.expires_at),
            lease_until=None,
            next_at=when.next_look(now, now),
            tries=0,
            error=None,
        )

    def _store(self, **values):
        """Write columns of a batch in a transaction of its own."""
        self.ensure_one()
        with Apart(self.env).cursor() as cr:
            cr.execute(
                SQL(
                    "UPDATE ai_batch SET %s WHERE id = %s",
                    SQL(", ").join(
                        SQL("%s = %s", SQL.identifier(name), value)
                        for name, value in values.items()
                    ),
                    self.id,
                )
            )

    def _note(self, error, **values):
        """Keep what went wrong; the batch is looked after again a little later."""
        self.ensure_one()
        with Apart(self.env).cursor() as cr:
            cr.execute("SELECT COALESCE(tries, 0) + 1 FROM ai_batch WHERE id = %s", (self.id,))
            tries = cr.fetchone()[0]
        again = when.next_try(fields.Datetime.now(), tries)
        self._store(error=str(error), tries=tries, next_at=again, lease_until=None, **values)


def _naive(moment):
    return moment.replace(tzinfo=None, microsecond=0) if moment else None
