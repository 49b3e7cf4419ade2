"""Who is in front of us: e-mail sign-in, sessions, order links."""
