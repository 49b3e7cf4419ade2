"""SIMs in travellers' hands: what is on them, and the Mall and CSSS families and the pushes that speak of them."""
