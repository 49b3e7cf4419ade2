"""The bare floors: what the same server and libraries do with next to no work."""

from __future__ import annotations

import os

from flask import Flask, render_template
from jinja2 import DictLoader
from sqlalchemy import event
from sqlmodel import Field, Session, SQLModel, create_engine, select


class FloorOrder(SQLModel, table=True):
    """A bare order."""

    __tablename__ = "floor_orders"
    id: int | None = Field(default=None, primary_key=True)
    note: str


class FloorWork(SQLModel, table=True):
    """A bare outbox row."""

    __tablename__ = "floor_work"
    id: int | None = Field(default=None, primary_key=True)
    order_id: int


class FloorPlan(SQLModel, table=True):
    """A bare plan."""

    __tablename__ = "floor_plans"
    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(index=True)
    name: str
    country: str
    data_mb: int
    days: int
    price_minor: int
    currency: str


LIST = """<!doctype html><title>Plans</title><ul>{% for plan in plans %}
<li><a href="/plan/{{ plan.slug }}">{{ plan.name }}</a> {{ plan.country }}: {{ plan.data_mb }} MB, {{ plan.days }} days,
{{ "%.2f"|format(plan.price_minor / 100) }} {{ plan.currency }}</li>{% endfor %}</ul>"""

PLAN = """<!doctype html><title>{{ plan.name }}</title><h1>{{ plan.name }}</h1><p>{{ plan.country }}:
{{ plan.data_mb }} MB, {{ plan.days }} days, {{ "%.2f"|format(plan.price_minor / 100) }} {{ plan.currency }}</p>"""


def make():
    """Four routes: hello, a list of 50 plans, one plan, and one durable order (select, two inserts, commit)."""
    app = Flask("floors")
    app.jinja_loader = DictLoader({"list.html": LIST, "plan.html": PLAN})
    address = f"sqlite:///{os.environ['FLOOR_DATABASE']}"
    reader, engine = create_engine(address), create_engine(address, connect_args={"timeout": 15})

    @event.listens_for(engine, "connect")
    def prepare(connection, _record):
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    @app.get("/")
    def hello():
        return "hello"

    @app.get("/plans")
    def plans():
        with Session(reader) as session:
            return render_template("list.html", plans=session.exec(select(FloorPlan)).all())

    @app.get("/plan/<slug>")
    def plan(slug):
        with Session(reader) as session:
            found = session.exec(select(FloorPlan).where(FloorPlan.slug == slug)).one()
            return render_template("plan.html", plan=found)

    @app.route("/order", methods=("GET", "POST"))
    def order():
        with Session(engine) as session:
            session.exec(select(FloorOrder).order_by(FloorOrder.id.desc()).limit(1)).first()
            row = FloorOrder(note="x")
            session.add(row)
            session.flush()
            session.add(FloorWork(order_id=row.id))
            session.commit()
        return ""

    return app


def prepare(path):
    """Make the tables and fifty plans before several processes open the file."""
    engine = create_engine(f"sqlite:///{path}")
    # Changing the journal's mode does not wait for anybody, so it is done before there is anybody.
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    SQLModel.metadata.create_all(engine, tables=[one.__table__ for one in (FloorOrder, FloorWork, FloorPlan)])
    with Session(engine) as session:
        if session.get(FloorPlan, 1) is None:
            session.add_all(_plans())
            session.commit()
    engine.dispose()


def _plans():
    words = {"country": "Japan", "currency": "USD"}
    for gb in range(1, 51):
        prices = {"data_mb": 1024 * gb, "days": gb, "price_minor": 450 + 200 * gb}
        yield FloorPlan(slug=f"japan-{gb}-gb", name=f"Japan {gb} GB", **words, **prices)


if os.environ.get("FLOOR_DATABASE"):
    application = make()
