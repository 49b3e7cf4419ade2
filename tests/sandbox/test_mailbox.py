"""The mail catcher: SMTP in, JSON and pages out."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage

import pytest
import requests

from storefront.sandbox import server

PIXEL = b"\x89PNG\r\n\x1a\npretend"


@pytest.fixture
def running():
    started = server.start(mail_port=0)
    yield started
    started.stop()


def send(running: server.Running, to: str = "ada@traveller.example", subject: str = "Your eSIM is ready") -> None:
    """One mail with both bodies, a picture of its own and a file."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Landfall <shop@landfall.example>", to, subject
    mail.set_content("Grüße!\nOpen http://127.0.0.1:8000/orders/1?t=a&b=<c>.\n")
    mail.add_alternative('<p>Open <a href="http://127.0.0.1:8000/o">it</a> <img src="cid:qr"></p>', subtype="html")
    mail.get_payload()[1].add_related(PIXEL, "image", "png", cid="<qr>")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="Rechnung ü.pdf")
    with smtplib.SMTP("127.0.0.1", running.mail_port, timeout=5) as door:
        door.send_message(mail)


def messages(running: server.Running, **params: str) -> list[dict]:
    """What the JSON interface tells."""
    return requests.get(f"{running.url}/mailbox/api/messages", params=params, timeout=5).json()["messages"]


def test_a_mail_is_caught_with_all_its_parts(running: server.Running) -> None:
    """Sender, recipients, subject, both bodies and files come back as sent."""
    send(running)
    (mail,) = messages(running)
    assert (mail["to"], mail["subject"]) == (["ada@traveller.example"], "Your eSIM is ready")
    assert "Grüße!" in mail["text"]
    assert "cid:qr" in mail["html"]
    assert {each["name"] for each in mail["attachments"]} >= {"Rechnung ü.pdf"}


def test_mails_are_found_by_recipient_newest_first(running: server.Running) -> None:
    """One address sees its own mails, whatever its case, the latest on top."""
    for number, to in enumerate(["ada@traveller.example", "bo@traveller.example", "ada@traveller.example"]):
        send(running, to, f"number {number}")
    assert [mail["subject"] for mail in messages(running)] == ["number 2", "number 1", "number 0"]
    assert [mail["subject"] for mail in messages(running, to="Ada@Traveller.example")] == ["number 2", "number 0"]
    assert messages(running, to="ada") == []


def test_the_list_reads_newest_first_with_recipient_and_time(running: server.Running) -> None:
    """Each line leads to its mail and says whose it is and when it came, in one piece."""
    send(running, "ada@traveller.example", "first")
    assert "1 mail, newest first" in requests.get(f"{running.url}/mailbox", timeout=5).text
    send(running, "bo@traveller.example", "second")
    page = requests.get(f"{running.url}/mailbox", timeout=5).text
    lines = page.split("<li>")[1:]
    for line, mail in zip(lines, messages(running), strict=True):
        assert f'<a href="/mailbox/{mail["id"]}">{mail["subject"]}</a>' in line
        assert f'to {mail["to"][0]}</span> <small><time datetime="{mail["at"]}">' in line


def test_a_page_shows_text_links_and_a_shut_in_frame(running: server.Running) -> None:
    """Links of the text can be clicked, markup in it is text, and the HTML body stays in its frame."""
    send(running, subject="<script>alert(1)</script>")
    number = messages(running)[0]["id"]
    listed = requests.get(f"{running.url}/mailbox", timeout=5).text
    shown = requests.get(f"{running.url}/mailbox/{number}", timeout=5).text
    framed = requests.get(f"{running.url}/mailbox/{number}/html", timeout=5)
    assert f"/mailbox/{number}" in listed
    assert "<script>" not in listed + shown
    assert '<a href="http://127.0.0.1:8000/orders/1?t=a&amp;b=" rel="noreferrer">' in shown
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in shown
    assert "default-src 'none'" in framed.headers["Content-Security-Policy"]
    assert 'src="data:image/png;base64,' in framed.text
    file = requests.get(f"{running.url}/mailbox/{number}/file/1", timeout=5)
    assert file.headers["Content-Disposition"].startswith("attachment")


def test_mails_can_be_thrown_away(running: server.Running) -> None:
    """By a program and by the button, which asks once more; another site's form is refused."""
    send(running)
    foreign = requests.post(f"{running.url}/mailbox/clear", headers={"Sec-Fetch-Site": "cross-site"}, timeout=5)
    assert foreign.status_code == 403
    assert requests.delete(f"{running.url}/mailbox/api/messages", timeout=5).json() == {"deleted": 1}
    send(running)
    shown = requests.get(f"{running.url}/mailbox", timeout=5).text
    assert shown.index("<summary>Throw all away</summary>") < shown.index("<button>Yes, throw all away</button>")
    assert "No mail yet" in requests.post(f"{running.url}/mailbox/clear", timeout=5).text
    assert requests.get(f"{running.url}/mailbox/1", timeout=5).status_code == 404


def test_the_mail_server_can_refuse(running: server.Running) -> None:
    """A refusal for now or for good is told to the shop, and nothing is kept."""
    for code in (451, 550):
        running.world.faults.arm("mail.accept", "refuse", 1, code=code)
        with pytest.raises(smtplib.SMTPDataError) as refused:
            send(running)
        assert refused.value.smtp_code == code
    assert messages(running) == []
