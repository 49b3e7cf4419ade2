"""What our mails say, composed from plain facts."""
