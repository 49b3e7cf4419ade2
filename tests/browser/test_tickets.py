"""Seven tickets of a support desk, each worked off in a browser in at most four clicks after the search."""

import pytest

from tests.browser.conftest import SIZES
from tests.browser.person import Person
from tests.browser.tickets import TICKETS, Clerk

pytestmark = pytest.mark.browser
MOST_CLICKS = 4


@pytest.mark.parametrize("name", TICKETS)
def test_a_ticket_is_worked_off_in_four_clicks(chromium, shop, name):
    """From the words of a mail to what both sides say afterwards."""
    context = chromium.new_context(**SIZES["desktop"])
    person = Person(context, shop)
    clerk = Clerk(person)
    TICKETS[name](clerk, person)
    assert 0 < clerk.clicks <= MOST_CLICKS
    person.check_pages()
    context.close()
