"""What the desk reads and does: search, timelines, verbs with a preview, and the record of every action."""
