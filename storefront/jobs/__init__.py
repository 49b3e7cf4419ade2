"""Work that must happen (outbox) and notices that came in (inbox)."""
