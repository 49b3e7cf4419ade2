"""What goes wrong about SIMs, in sentences."""

from __future__ import annotations

from storefront.web.saying import N_, Sentence, Way

_SIM = Way("sims.show", N_("To my SIM"))
_SIGN_IN = Way("login.email", N_("Sign in"))

SENTENCES: dict[str, Sentence] = {
    "bad_supplier_call": Sentence(
        N_("This call cannot be made"),
        N_("There is no such operation, or its parameters do not hold."),
        N_("List the family's operations with: flask supplier call FAMILY."),
    ),
    "sim_unknown": Sentence(
        N_("We do not know this number"),
        N_("No SIM or eSIM of ours has this number, or it cannot be used here."),
        N_("Check the digits printed on the card or shown in your phone's settings, or write to us."),
        _SIM,
    ),
    "bad_sim_number": Sentence(
        N_("This is not the number of a SIM"),
        N_("A SIM's number has 18 to 20 digits and begins with 89."),
        N_("Type it as it is printed on the card or shown in your phone's settings."),
        _SIM,
    ),
    "email_first": Sentence(
        N_("One step more today"),
        N_("Many numbers are being tried at the moment."),
        N_("Prove an e-mail address first; then you can open your SIM."),
        _SIGN_IN,
    ),
    "sim_needed": Sentence(
        N_("Which SIM?"),
        N_("This browser has not opened a SIM, or did so long ago."),
        N_("Type its number once more."),
        _SIM,
    ),
    "no_second_factor": Sentence(
        N_("We know no address for this SIM"),
        N_("It was bought elsewhere, so there is nobody we could send a code to."),
        N_("Ask the desk and show that it is yours."),
        _SIM,
    ),
    "proof_needed": Sentence(
        N_("One thing more"),
        N_("The number of a SIM alone changes nothing on it."),
        N_("Ask for the code on the page of your SIM, or write to the desk."),
        _SIM,
    ),
    "closing_not_found": Sentence(
        N_("We do not know this proof"),
        N_("No proof of yours has this number."),
        N_("Look at the page of your SIM."),
        _SIM,
    ),
    "renewal_not_found": Sentence(
        N_("We do not know this auto-renew"),
        N_("No agreement of yours has this number."),
        N_("Open it from your order, or sign in with the e-mail you bought with."),
        _SIGN_IN,
    ),
    "stop_link_unknown": Sentence(
        N_("This link does not work"),
        N_("It is not one of ours, or a part of it was lost on its way. Nothing was stopped."),
        N_("Open the newest mail about your renewal, or sign in and stop it from your order."),
        _SIGN_IN,
    ),
    "stop_link_expired": Sentence(
        N_("This link is too old"),
        N_("Links in our mails work for 90 days. Nothing was stopped."),
        N_("Open the newest mail about your renewal, or sign in and stop it from your order."),
        _SIGN_IN,
    ),
    "already_renewing": Sentence(
        N_("Auto-renew is on already"),
        N_("It is on for this SIM, so a second one would charge you twice. Nothing was charged."),
        N_("Stop the one that is on first, or buy without auto-renew."),
        _SIM,
    ),
    "not_renewable": Sentence(
        N_("This plan does not renew"),
        N_("Auto-renew is offered for plans of a week or longer. Nothing was charged."),
        N_("Buy it without auto-renew."),
        None,
    ),
    "bad_limit": Sentence(
        N_("Please check your limits"),
        N_("One of them allows nothing. Nothing was charged."),
        N_("Correct it, or leave it empty."),
        None,
    ),
    "offer_gone": Sentence(
        N_("This plan is gone"),
        N_("The network no longer offers it for your SIM. Nothing was charged."),
        N_("Choose another one from the page of your SIM."),
        _SIM,
    ),
    "unfit_proof": Sentence(
        N_("We cannot use this file"),
        N_("It is no JPEG, PNG or PDF, or larger than 10 MB."),
        N_("Send a photo of the card or the receipt instead."),
        _SIM,
    ),
    "too_many_proofs": Sentence(
        N_("The desk has enough"),
        N_("Your open case holds five proofs already."),
        N_("Please wait for the answer by e-mail."),
        _SIM,
    ),
}
