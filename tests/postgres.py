"""A throw-away PostgreSQL server of this test run's own: random port, loopback only, never as root."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import psycopg


def find_programs():
    """The folder of PostgreSQL's own programs, if there is one."""
    root = Path("/usr/lib/postgresql")
    versions = sorted(root.iterdir(), key=lambda path: path.name) if root.is_dir() else []
    if versions:
        return versions[-1] / "bin"
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


class Server:
    """One server; `address` names a database of it."""

    def __init__(self):
        self._bin = find_programs()
        self._folder = Path(tempfile.mkdtemp(prefix="pg-"))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._as = {}
        if os.getuid() == 0:
            # PostgreSQL refuses to run as root.
            user = pwd.getpwnam("postgres" if _has_user("postgres") else "nobody")
            os.chown(self._folder, user.pw_uid, user.pw_gid)
            self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        data = self._folder / "data"
        self._run("initdb", "-D", data, "-U", "shop", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8")
        flags = f"-p {self.port} -h 127.0.0.1 -k {self._folder} -F -c synchronous_commit=off -c max_connections=200"
        self._run("pg_ctl", "-D", data, "-w", "-l", self._folder / "log", "-o", flags, "start")

    def stop(self):
        """End it and forget its data."""
        self._run("pg_ctl", "-D", self._folder / "data", "-m", "immediate", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)

    def address(self, name):
        """The address of a database, as settings take it."""
        return f"postgresql://shop@127.0.0.1:{self.port}/{name}"

    def create(self, name, template="template0"):
        """A new database, optionally a copy of another."""
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.address(name)

    def drop(self, name):
        """Away with it, whoever is still connected."""
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _run(self, program, *arguments):
        subprocess.run(
            [str(self._bin / program), *map(str, arguments)],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            **self._as,
        )


def _has_user(name):
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
