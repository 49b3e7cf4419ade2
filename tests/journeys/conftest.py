"""People at the desk, for the journeys that need them."""

import pytest

from tests.agent import Agent


@pytest.fixture
def agent(app, house, run):
    """An agent who has signed in."""
    made = Agent(app, house, run)
    assert made.sign_in().status_code == 303
    return made


@pytest.fixture
def lead(app, house, run):
    """A lead who has signed in."""
    made = Agent(app, house, run, "lea@desk.example", "lead")
    assert made.sign_in().status_code == 303
    return made
