"""SIMs that travellers own: what we last knew of each, and how it is kept fresh."""
