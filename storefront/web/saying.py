"""What every sentence about a failure is made of."""

from __future__ import annotations

from dataclasses import dataclass


def N_(text: str) -> str:  # noqa: N802 (the extractor of translatable texts looks for this name)
    """Mark a sentence for the translators where it is written; `gettext` reads it where it is shown."""
    return text


@dataclass(frozen=True, slots=True)
class Way:
    """A page that helps, and what its button says."""

    endpoint: str
    label: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """What went wrong and what the traveller can do next; `status` overrules the one of the error's kind."""

    title: str
    sentence: str
    remedy: str
    way: Way | None = None
    status: int = 0
