"""Sentences for the people at the desk."""

from __future__ import annotations

from storefront.web.saying import N_, Sentence

_LOOK = N_("Look at the order again: its history says what happened.")

SENTENCES: dict[str, Sentence] = {
    "staff_unknown": Sentence(
        N_("We cannot let you in"),
        N_("Address, password and code do not fit together."),
        N_("Try again with the next code, or ask whoever runs this shop."),
        None,
    ),
    "staff_needed": Sentence(
        N_("Please sign in at the desk again"),
        N_("Your session has ended; nothing was changed."),
        N_("Sign in and do it once more."),
        None,
    ),
    "lead_needed": Sentence(
        N_("This is for a lead"), N_("Your role may not do that; nothing was changed."), N_("Ask a lead."), None
    ),
    "staff_refused": Sentence(
        N_("This person cannot be added"),
        N_("A password has at least 12 characters."),
        N_("Choose a longer one."),
        None,
    ),
    "reason_needed": Sentence(
        N_("Why?"),
        N_("What is decided needs a reason that others understand later; nothing was done."),
        N_("Choose one, and explain “other” in words."),
        None,
    ),
    "case_not_found": Sentence(
        N_("No such case"), N_("There is no case with this number."), N_("List the open cases and pick one of them.")
    ),
    "case_already_resolved": Sentence(
        N_("Already resolved"),
        N_("Somebody resolved this case before; nothing was changed."),
        N_("Read how it was resolved before you decide again."),
    ),
    "somebody_elses_case": Sentence(
        N_("Somebody else has this case"),
        N_("Another person took it; nothing was changed."),
        N_("Talk to them, or take it over on its page."),
    ),
    "money_still_held": Sentence(
        N_("The money is still with us"),
        N_("This order was paid and has neither been delivered nor refunded, so somebody must own it."),
        N_("Ask the supplier again, order again, or refund: the case then closes by itself."),
    ),
    "nothing_to_return": Sentence(
        N_("There is no money to return"), N_("This order was never paid, or its money went back before."), _LOOK
    ),
    "not_stuck": Sentence(
        N_("It does not wait for a person"), N_("This can be done while an order is stuck, and this one is not."), _LOOK
    ),
    "no_tries_left": Sentence(
        N_("It was ordered too often"),
        N_("The supplier was asked for it five times already."),
        N_("Refund it instead."),
    ),
    "not_delivered": Sentence(
        N_("It is not delivered"), N_("There is no eSIM yet of which this could be done; nothing was changed."), _LOOK
    ),
    "already_installed": Sentence(
        N_("It is on a phone already"),
        N_("The supplier shows this eSIM as installed, so it cannot be given to another address."),
        N_("Refund it, or sell a new one to the right address."),
    ),
    "changed_meanwhile": Sentence(
        N_("Something changed meanwhile"),
        N_("The order changed after you looked at it, so nothing was done."),
        N_("This is how it stands now: decide again."),
    ),
    "unsure": Sentence(
        N_("Ask the supplier first"),
        N_("The supplier may have assigned an eSIM of which no answer reached us; nothing was done."),
        N_("Ask them, then tick the box."),
    ),
    "sim_not_found": Sentence(
        N_("No such SIM"), N_("Nobody asked about this SIM here before."), N_("Search for its number.")
    ),
}
