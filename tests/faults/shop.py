"""One shop with one web process and several workers, on one database, in a pretend world of its own."""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
from functools import partial

from sqlalchemy import update

from storefront.jobs import outbox
from storefront.kernel.clock import wall_now
from storefront.models.order import Call, CallState
from storefront.models.work import OutboxRow
from storefront.ordering import sweeps
from storefront.renewals import sweeps as renewal_sweeps
from storefront.sandbox import server
from storefront.sandbox.stripe.refunds import settle_refund
from storefront.sandbox.stripe.signature import signature
from storefront.web.webhooks.routes import KNOWN_TYPES
from storefront.wiring import wire
from storefront.worker.run import drain
from tests.conftest import WEBHOOK_SECRET, settings_for
from tests.faults.process import Process, Scythe

DEADLINE = 0.2
"""Seconds a call may take; the stripe library and the supplier alike."""
PATIENCE = 2.0
"""The same for whoever judges: a busy machine must not look like a silent supplier."""


class Shop:
    """The processes, the world around them, and time. Its methods are called from one thread."""

    def __init__(self, folder, *, workers, database_url=""):
        self.sandbox = server.start(
            mail_port=0, seed=7, offset_file=folder / "clock-offset", webhook_secret=WEBHOOK_SECRET, shop_webhook_url=""
        )
        self.settings = _settings(self.sandbox, folder, database_url, DEADLINE)
        self.world, self.scythe = self.sandbox.world, Scythe()
        self.web = Process(self)
        self.crew = [Process(self) for _ in range(workers)]
        self.eye = wire(_settings(self.sandbox, folder, database_url, PATIENCE))
        self.answered, self._heard, self._untold = {}, 0, []

    def close(self):
        """End everything."""
        for process in (self.web, *self.crew):
            process.stop()
        self.eye.engine.dispose()
        self.sandbox.stop()

    def work(self):
        """Every worker does all that is due, all of them at once."""
        if outbox.due(self.eye.read, self.eye.outside.clock, limit=1):
            self.together(partial(process.run, drain) for process in self.crew)

    def together(self, deeds):
        """Several things at the same time; then whoever was killed is started again."""
        deeds, wrong = list(deeds), []

        def safely(deed):
            try:
                deed()
            except Exception as error:
                wrong.append(error)

        if len(deeds) == 1:
            safely(deeds[0])
        else:
            threads = [threading.Thread(target=safely, args=(deed,)) for deed in deeds]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.bury()
        if wrong:
            raise wrong[0]

    def visit(self, work):
        """The web process does something for a visitor; None when it dies of it."""
        done = self.web.run(work)
        self.bury()
        return done

    def bury(self):
        """Start again whoever was killed; what the dead had claimed is free when its lease is over, and time passes."""
        dead = [process for process in (self.web, *self.crew) if process.is_dead]
        for process in dead:
            process.bury()
        if dead:
            self.let_leases_end()

    def pass_time(self, seconds):
        """For everybody: business time jumps, and every call and claim of before is over."""
        self.world.clock.move(seconds)
        for house in (self.eye, self.web.house, *(process.house for process in self.crew)):
            house.outside.clock.forget()
        self.let_leases_end()

    def let_leases_end(self):
        """Wall time passes too: nothing of before is still on its way."""
        past = wall_now() - dt.timedelta(seconds=1)
        open_calls = Call.state.in_([CallState.STARTED, CallState.UNKNOWN])
        with self.eye.write() as session:
            session.execute(update(OutboxRow).where(OutboxRow.claim_token.is_not(None)).values(lease_until=past))
            session.execute(update(Call).where(open_calls).values(lease_until=past, hard_end_at=past))

    def sweep(self):
        """What the timetable does now and then."""
        bench = self.eye.bench
        sweeps.sleepers(bench)
        renewal_sweeps.sleepers(bench)
        sweeps.broken_promises(bench)

    def let_banks_decide(self):
        """Refunds that were pending go through, and those that fail after a while have failed."""
        self.pass_time(2)
        with self.world.lock:
            self.world.stripe.tick()
            made = list(self.world.stripe.store.table("refund").values())
            for one in made:
                if one["status"] == "pending":
                    settle_refund(self.world.stripe, one["id"])

    def news(self):
        """Events of the cashier that nobody has heard of yet, oldest first."""
        with self.world.lock:
            events = list(self.world.stripe.store.table("event").values())
        fresh, self._heard = events[self._heard :], len(events)
        self._untold += [one for one in fresh if one["type"] in KNOWN_TYPES]
        return list(self._untold)

    def tell(self, events):
        """Knock at the shop's door with events, one after the other; what is not answered with 200 comes again."""
        for one in events:
            self._knock(one)
            self.bury()
        self._untold = [one for one in self._untold if one["id"] not in self.answered]

    def tell_at_once(self, events):
        """The same from several connections."""
        self.together(self.knocks(events))

    def knocks(self, events):
        """One deed for each event, to be done together with others."""
        return [partial(self._knock, one) for one in events]

    def _knock(self, one):
        body = json.dumps(one).encode()
        headers = {"Stripe-Signature": signature(body, WEBHOOK_SECRET, int(time.time()))}
        app = self.web.app
        post = partial(app.test_client().post, "/webhooks/stripe", data=body, headers=headers)
        if self.web.run(lambda _house: post().status_code) == 200:
            self.answered[one["id"]] = one["type"]


def _settings(sandbox, folder, address, seconds):
    return settings_for(
        sandbox,
        folder,
        database_url=address,
        supplier_deadline_seconds=seconds,
        stripe_deadline_seconds=seconds,
    )
