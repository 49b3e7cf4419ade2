"""Who may call: accounts by e-mail, and tokens that live three days on the sandbox's clock."""

from __future__ import annotations

import hashlib

from storefront.sandbox.linksfield import inferred
from storefront.sandbox.linksfield.checks import Refusal
from storefront.sandbox.world import World

TOKEN_SECONDS = 3 * 24 * 3600


class Accounts:
    """Accounts and tokens of one world. Its methods expect the world's lock to be held.

    An e-mail nobody registered may log in and is registered by it: a demo needs no set-up, a wrong password is caught.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._digests: dict[str, str] = {}
        self._tokens: dict[str, float] = {}
        self._logins = 0

    @property
    def live_tokens(self) -> int:
        """How many tokens would be taken now."""
        now = self._world.clock.now().timestamp()
        return sum(until > now for until in self._tokens.values())

    def register(self, email: str, digest: str) -> str:
        """A new account; returns its first token. Raises Refusal when the e-mail has one."""
        if email.lower() in self._digests:
            raise Refusal(inferred.ALREADY_REGISTERED, "the e-mail is registered already")
        self._digests[email.lower()] = digest
        return self._issue()

    def log_in(self, email: str, digest: str) -> str:
        """A new token; older ones stay good until their own end. Raises Refusal for a wrong password."""
        if self._digests.setdefault(email.lower(), digest) != digest:
            raise Refusal(inferred.LOGIN_REFUSED, "wrong e-mail or password")
        return self._issue()

    def demand(self, token: str) -> None:
        """Raises Refusal code 7 unless the token is known and not expired."""
        until = self._tokens.get(token)
        if until is None or until <= self._world.clock.now().timestamp():
            raise Refusal(inferred.TOKEN_REJECTED, "token expired")

    def kill_tokens(self) -> int:
        """As if a newer login had ended all older tokens; returns how many there were."""
        count = len(self._tokens)
        self._tokens.clear()
        return count

    def _issue(self) -> str:
        self._logins += 1
        token = hashlib.sha256(f"{self._world.seed}:{self._logins}:{id(self)}".encode()).hexdigest()
        self._tokens[token] = self._world.clock.now().timestamp() + TOKEN_SECONDS
        return token
