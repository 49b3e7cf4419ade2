"""The table of what goes wrong: each error code with its sentence, the remedy, and the way there."""

from __future__ import annotations

from storefront.web.saying import N_, Sentence, Way
from storefront.web.sentences_of_desk import SENTENCES as OF_DESK
from storefront.web.sentences_of_sims import SENTENCES as OF_SIMS

_HOME = Way("shop.home", N_("Find a plan"))
_SIGN_IN = Way("login.email", N_("Sign in"))
_ORDERS = Way("orders.history", N_("My orders"))

SENTENCES: dict[str, Sentence] = {
    # What the paths and forms of the shop can get wrong.
    **OF_SIMS,
    **OF_DESK,
    "price_rule_refused": Sentence(
        N_("This price rule cannot be"), N_("The rule makes no sense as it stands."), N_("Correct it and try again.")
    ),
    "http_400": Sentence(
        N_("We could not read that"), N_("The request was malformed."), N_("Go back and try once more."), _HOME
    ),
    "http_403": Sentence(
        N_("This is private"), N_("You may not see this page."), N_("Sign in with your e-mail address."), _SIGN_IN
    ),
    "http_404": Sentence(
        N_("Nothing here"),
        N_("This page does not exist, or it has moved."),
        N_("Search for your destination."),
        _HOME,
    ),
    "http_405": Sentence(
        N_("That does not work here"),
        N_("This address does not take that kind of request."),
        N_("Open the page from a link instead of sending it again."),
        _HOME,
    ),
    "http_413": Sentence(
        N_("That was too much"), N_("What you sent is larger than we accept."), N_("Shorten it and send it again.")
    ),
    "form_expired": Sentence(
        N_("This form has expired"),
        N_("The page was open for too long, or your browser did not send its cookie; nothing was changed."),
        N_("Go back, reload the page and send the form again."),
        status=400,
    ),
    "form_foreign": Sentence(
        N_("This form came from elsewhere"),
        N_("Another site tried to send a form in your name; nothing was changed."),
        N_("Start again from our own pages."),
        _HOME,
    ),
    "host_unknown": Sentence(
        N_("Wrong address"),
        N_("This server does not answer under that name."),
        N_("Use the address from your confirmation mail."),
        status=400,
    ),
    "too_many_requests": Sentence(
        N_("A little slower, please"),
        N_("Too many requests came from your network."),
        N_("Wait %(wait)s, then try again."),
    ),
    "too_many_attempts": Sentence(
        N_("Too many attempts"),
        N_("We stopped counting attempts for this address or network to keep accounts safe."),
        N_("Wait %(wait)s, then try again. Codes we already sent keep working until they expire."),
    ),
    # Signing in.
    "sign_in_needed": Sentence(
        N_("Please sign in"),
        N_("Only the owner of the e-mail address may do this."),
        N_("Sign in with your e-mail address, then try again."),
        _SIGN_IN,
    ),
    "address_invalid": Sentence(
        N_("Check the e-mail address"),
        N_("That is not an e-mail address we can write to."),
        N_("Write it in full, like name@example.com."),
        _SIGN_IN,
    ),
    "code_wrong": Sentence(
        N_("Wrong code"),
        N_("That is not the code we sent."),
        N_("Use the six digits from the newest mail."),
        _SIGN_IN,
    ),
    "code_expired": Sentence(
        N_("The code has expired"),
        N_("A code works for ten minutes."),
        N_("Ask for a new one."),
        _SIGN_IN,
    ),
    "code_used": Sentence(
        N_("This code was already used"),
        N_("Each code signs you in once."),
        N_("Ask for a new one."),
        _SIGN_IN,
    ),
    "code_spent": Sentence(
        N_("Too many wrong tries"),
        N_("This code is no longer valid."),
        N_("Ask for a new one."),
        _SIGN_IN,
    ),
    "link_unknown": Sentence(
        N_("This link does not work"),
        N_("The link is incomplete, or it has expired."),
        N_("Open the newest mail about your order, or sign in with your e-mail address."),
        _SIGN_IN,
    ),
    "link_expired": Sentence(
        N_("This link has expired"),
        N_("Links to an order work for 90 days."),
        N_("Sign in with the e-mail address of the order to see it."),
        _SIGN_IN,
    ),
    # The catalogue.
    "place_not_found": Sentence(
        N_("We do not know this place"),
        N_("There is no destination under this address."),
        N_("Search for your destination."),
        _HOME,
    ),
    "plan_not_found": Sentence(
        N_("This plan is not for sale"),
        N_("There is no such plan, or it is no longer sold."),
        N_("Look at the other plans for your destination."),
        _HOME,
    ),
    "plan_sold_out": Sentence(
        N_("Sold out"),
        N_("This plan was just sold out; you have not been charged."),
        N_("Pick another plan for the same place."),
        _HOME,
    ),
    # Orders.
    "order_not_found": Sentence(
        N_("We cannot show this order"),
        N_("There is no such order, or it was placed with another browser or e-mail address."),
        N_("Check the reference, open the link from your mail, or sign in with the e-mail address of the order."),
        _SIGN_IN,
    ),
    "too_many_holds": Sentence(
        N_("Too many open orders"),
        N_("Several eSIMs are already reserved and not paid yet."),
        N_("Pay for one of them or cancel it, or wait ten minutes until the reservations end."),
        _ORDERS,
    ),
    "cannot_cancel": Sentence(
        N_("This order cannot be cancelled"),
        N_("It has gone too far to be cancelled; nothing was changed."),
        N_("Open the order to see what is possible now."),
        _ORDERS,
    ),
    "answer_unknown": Sentence(
        N_("We do not know yet"),
        N_("A partner of ours has not answered, so we must not change the order now."),
        N_("Open the order again in a few minutes."),
        _ORDERS,
    ),
    "state_raced": Sentence(
        N_("The order has just changed"),
        N_("Something else happened to the order at the same moment; nothing of yours was changed."),
        N_("Open the order to see how it stands."),
        _ORDERS,
    ),
    "impossible_move": Sentence(
        N_("This is our fault"),
        N_("The order was asked to do something it cannot do; nothing was changed."),
        N_("Open the order to see how it stands, and write to us if something is wrong."),
        _ORDERS,
    ),
    "forged_notice": Sentence(
        N_("Not accepted"),
        N_("The signature, its time, the account or the mode of this notice is not the one this endpoint expects."),
        N_("Check the signing secret of the endpoint and the clock of this server."),
        status=400,
    ),
    "token_rejected": Sentence(
        N_("A partner is not answering"),
        N_("A partner of ours does not let us in at the moment."),
        N_("Try again in a minute; your order is kept."),
    ),
    # What the outside can do to an order.
    "sold_out": Sentence(
        N_("Sold out"),
        N_("This plan was just sold out; you have not been charged."),
        N_("Pick another plan for the same place."),
        _HOME,
    ),
    "price_changed": Sentence(
        N_("The price has changed"),
        N_("The price of this plan changed while you were ordering; you have not been charged."),
        N_("Look at the new price and decide again."),
        _HOME,
    ),
    "hold_lapsed": Sentence(
        N_("The reservation ran out"),
        N_("We could not keep the eSIM any longer."),
        N_("Open your order to see what happens next."),
        _ORDERS,
    ),
    "outside_refused": Sentence(
        N_("Our partner said no"),
        N_("A partner of ours declined the request; nothing was changed."),
        N_("Try again, or write to us if it happens twice."),
    ),
    "outside_unavailable": Sentence(
        N_("A partner is not answering"),
        N_("Somebody we depend on is not available at the moment."),
        N_("Try again in a minute; your order is kept."),
    ),
    "outside_unreachable": Sentence(
        N_("A partner is not answering"),
        N_("We got no answer from a partner of ours."),
        N_("Try again in a minute; your order is kept."),
    ),
    "outside_throttled": Sentence(
        N_("A partner is busy"),
        N_("A partner of ours asks us to slow down."),
        N_("Wait %(wait)s, then try again."),
    ),
    "outside_unintelligible": Sentence(
        N_("A partner gave a strange answer"),
        N_("We could not understand a partner's answer, so a person will look at it."),
        N_("Your order is kept; we will write to you."),
    ),
    "database_unavailable": Sentence(
        N_("We will be right back"),
        N_("Our records are out of reach for a moment; nothing was changed and nothing is lost."),
        N_("Wait %(wait)s, then load the page again."),
    ),
    "bug": Sentence(
        N_("This is our fault"),
        N_("Something broke on our side."),
        N_("Try again. If it happens twice, write to us and quote the number below."),
    ),
    "view_undeclared": Sentence(N_("This is our fault"), N_("This page is not open yet."), N_("Try again later.")),
}


def sentence_for(code: str) -> Sentence:
    """The row of an error code; the one of `bug` for a code without a row."""
    return SENTENCES.get(code, SENTENCES["bug"])
