"""Vocabulary of the house; standard library only."""
