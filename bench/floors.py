"""The bare floors: what the same server does with next to no work."""

from __future__ import annotations

import os

from flask import Flask
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


def make():
    """Two routes: hello, and one durable order (select, two inserts, commit)."""
    app = Flask("floors")
    engine = create_engine(f"sqlite:///{os.environ['FLOOR_DATABASE']}", connect_args={"timeout": 15})

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

    @app.post("/order")
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
    """Make the two tables, once, before several processes open the file."""
    engine = create_engine(f"sqlite:///{path}")
    # Changing the journal's mode does not wait for anybody, so it is done before there is anybody.
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    SQLModel.metadata.create_all(engine, tables=[FloorOrder.__table__, FloorWork.__table__])
    engine.dispose()


if os.environ.get("FLOOR_DATABASE"):
    application = make()
