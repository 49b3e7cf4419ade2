"""From a plan to the payment page and back."""
