"""Card login, and everything about a SIM the traveller owns."""
