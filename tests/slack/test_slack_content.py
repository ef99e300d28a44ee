"""Next-best content in Slack: asked for, previewed, sent as a play, linked and judged."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import narwhals as nw
import pytest

from agent.access import OPERATOR
from agent.assembly import Weir
from agent.config import Settings, SlackSettings
from agent.slack.blocks import section
from agent.slack.content.ask import Request, offer_to
from agent.slack.content.cards import content_blocks
from agent.slack.serve import serving
from agent.slack.service import Service
from evals.slack_server.server import SlackServer

COMPANY = "northpeak.example"
REVENUE = "CREV"


@pytest.fixture
def weir(northpeak: Path) -> Iterator[Weir]:
    chosen = {name: field.default for name, field in Settings.model_fields.items()}
    made = Weir(Settings(**{**chosen, "home": northpeak}))
    yield made
    made.warehouse.database.dispose()


@pytest.fixture
def lead(weir: Weir) -> dict[str, Any]:
    """Give an open lead who may be written to, with an owner."""
    with weir.snapshot() as snapshot:
        owners = (
            snapshot.table("owner")
            .filter(nw.col("is_active"))
            .select(owner_id="id", owner_email="email", owner_name="name")
        )
        found = (
            snapshot.table("journeys")
            .filter(
                nw.col("is_open"),
                nw.col("consent"),
                nw.col("current_stage") == "sql",
                ~nw.col("email").is_null(),
                ~nw.col("persona").is_null(),
            )
            .join(owners, on="owner_id", how="inner")
            .sort("journey_id")
            .select("journey_id", "person_id", "name", "email", "owner_name", "owner_email")
            .collect("pyarrow")
        )
    names = [row["name"] for row in found.iter_rows(named=True)]
    return next(row for row in found.iter_rows(named=True) if names.count(row["name"]) == 1)


@pytest.fixture
def service(
    weir: Weir, lead: dict[str, Any], slack_server: SlackServer, slack_settings: SlackSettings
) -> Iterator[Service]:
    """Run the real app; UREP owns the lead, UOTHER owns others."""
    slack_server.add_user("T1", "UREP", lead["owner_name"], lead["owner_email"])
    slack_server.add_user("T1", "UOTHER", "Uma Other", other_owner(weir, lead))
    members = ["UREP", "UOTHER", "UDANA", "UGUEST"]
    slack_server.add_channel("T1", "CSALES", "sales", members)
    with serving(weir, slack_settings, say=lambda _line: None, worker=False) as started:
        yield started
    assert slack_server.violations == []


@pytest.fixture
def slack(service: Service, slack_server: SlackServer) -> SlackServer:
    assert service.port is None  # connected by Socket Mode
    return slack_server


def other_owner(weir: Weir, lead: dict[str, Any]) -> str:
    with weir.snapshot() as snapshot:
        rows = (
            snapshot.table("owner")
            .filter(nw.col("is_active"), nw.col("email") != lead["owner_email"])
            .sort("id", descending=True)
            .select("email")
            .collect("pyarrow")
            .to_dict(as_series=False)
        )
    return str(next(email for email in rows["email"] if "dana" not in email))


def told(slack: SlackServer, user: str, channel: str = "CSALES", least: int = 1) -> dict[str, Any]:
    slack.wait(lambda: len(slack.ephemerals(user, channel)) >= least, 60, "an answer")
    return slack.ephemerals(user, channel)[-1]


def asked(slack: SlackServer, user: str, name: str) -> dict[str, Any]:
    before = len(slack.ephemerals(user, "CSALES"))
    slack.command(user, "/weir", f"next {name}", "CSALES")
    return told(slack, user, least=before + 1)


def piece(message: dict[str, Any], number: int) -> dict[str, Any]:
    """Give a message as if it had only the buttons of one piece."""
    rows = [
        block
        for block in message["blocks"]
        if block["type"] == "actions" and block["elements"][0].get("action_id") == "content_preview"
    ]
    return {**message, "blocks": [rows[number - 1]]}


def titles(message: dict[str, Any]) -> list[str]:
    texts = [b["text"]["text"] for b in message["blocks"] if b["type"] == "section"]
    return [text.split("\n")[0].strip("*")[3:] for text in texts if text[1:2].isdigit()]


def opened(slack: SlackServer, user: str, title: str) -> dict[str, Any]:
    def shown() -> dict[str, Any] | None:
        view = slack.view(user)
        return view if view and view["title"]["text"] == title else None

    return dict(slack.wait(shown, 60, f"the modal {title}"))


def test_a_rep_gets_three_pieces_with_reasons_that_nobody_else_sees(
    slack: SlackServer, lead: dict[str, Any]
) -> None:
    message = asked(slack, "UREP", lead["email"])
    text = slack.text_of(message)
    assert f"What to send {lead['name']} next" in text
    assert len(titles(message)) == 3
    assert "Made for the stage they are in (sql)." in text
    assert text.count("Not useful") == 3
    assert slack.messages("CSALES") == []
    assert slack.ephemerals("UOTHER", "CSALES") == []

    slack.click("UREP", piece(message, 1), "Preview")
    preview = slack.text_of(opened(slack, "UREP", "Preview"))
    assert titles(message)[0] in preview
    assert "may leave the company" in preview
    assert "library id" in preview

    slack.click("UREP", piece(message, 2), "Copy link")
    link = slack.text_of(opened(slack, "UREP", "Copy link"))
    assert "Copy this address:" in link
    assert "https://" in link


def test_who_does_not_own_the_lead_or_is_not_trusted_gets_nothing(
    slack: SlackServer, lead: dict[str, Any]
) -> None:
    message = asked(slack, "UREP", lead["email"])
    foreign = slack.text_of(asked(slack, "UOTHER", lead["email"]))
    assert "Nobody I may show you" in foreign
    assert lead["name"] not in foreign
    guest = slack.text_of(asked(slack, "UGUEST", lead["email"]))
    assert "What to send" not in guest
    assert "full members" in guest

    # A button that reached somebody else does nothing for them.
    slack.click("UOTHER", piece(message, 1), "Not useful")
    slack.wait(lambda: len(slack.ephemerals("UOTHER", "CSALES")) == 2, 60, "a refusal")
    assert "not among your leads" in slack.text_of(slack.ephemerals("UOTHER", "CSALES")[-1])
    assert "What to send" in slack.text_of(asked(slack, "UDANA", lead["email"]))


def test_not_useful_is_replaced_in_place_learned_and_taken_back(
    slack: SlackServer, weir: Weir, lead: dict[str, Any]
) -> None:
    message = asked(slack, "UREP", lead["email"])
    first, second, third = titles(message)
    slack.click("UREP", piece(message, 1), "Not useful")

    def changed() -> bool:
        return titles(slack.ephemerals("UREP", "CSALES")[-1])[0] == second

    slack.wait(changed, 60, "the next piece")
    now = slack.ephemerals("UREP", "CSALES")
    assert len(now) == 1
    assert titles(now[0])[:2] == [second, third]
    assert len(titles(now[0])) == 3
    assert f"Noted: {first} is not offered" in slack.text_of(now[0]).replace("*", "")

    slack.click("UREP", now[0], "Say why")
    view = opened(slack, "UREP", "Not useful")
    slack.submit("UREP", view, {"why": "They have <!channel> no budget"})
    slack.wait(lambda: weir.judgements()[-1].reason, 60, "the reason")
    [kept] = weir.judgements()
    assert (kept.verdict, kept.by) == ("not_useful", lead["owner_email"])
    assert kept.reason == "They have <!channel> no budget"
    assert first not in slack.text_of(asked(slack, "UREP", lead["email"]))

    slack.click("UREP", now[0], "Offer it again")
    slack.wait(lambda: weir.judgements()[-1].verdict == "useful", 60, "the judgement")
    slack.wait(
        lambda: titles(slack.ephemerals("UREP", "CSALES")[0]) == [first, second, third],
        60,
        "the piece again",
    )


def test_below_an_answer_the_offer_changes_in_place_and_the_answer_stays(
    slack: SlackServer, service: Service, lead: dict[str, Any]
) -> None:
    offer = offer_to(service.surface, OPERATOR, Request(lead["email"]))
    first, *others = offer["items"]
    drawn = content_blocks(service.surface, offer | {"items": [first]}, team="T1", asked_by="UREP")
    client = service.surface.clients.of("T1")
    blocks = [section("The answer."), *drawn, section("The feedback.")]
    client.chat_postMessage(channel="CSALES", text="The answer.", blocks=blocks)
    [before] = slack.messages("CSALES")
    slack.click("UREP", before, "Not useful")
    slack.wait(lambda: slack.calls("chat.update"), 60, "the change")
    [after] = slack.messages("CSALES")
    texts = [block["text"]["text"] for block in after["blocks"] if block["type"] == "section"]
    assert (texts[0], texts[-1]) == ("The answer.", "The feedback.")
    assert titles(before) == [first["title"]]
    assert titles(after)[:2] == [item["title"] for item in others]
    assert len(titles(after)) == 3


def test_send_as_play_drafts_what_was_edited_and_shows_its_card_to_the_rep(
    slack: SlackServer, weir: Weir, lead: dict[str, Any]
) -> None:
    message = asked(slack, "UREP", lead["email"])
    slack.click("UREP", piece(message, 1), "Send as play")
    form = opened(slack, "UREP", "Send as play")
    assert "Nothing is sent now" in slack.text_of(form)
    slack.submit("UREP", form, {"subject": "As promised", "note": "Here it is."})
    said = slack.wait(
        lambda: "Drafted" in slack.text_of(slack.view("UREP") or {}) and slack.view("UREP"),
        60,
        "the draft",
    )
    assert "approval" in slack.text_of(said)
    [brief] = weir.plays.list_plays()
    play = weir.plays.show(brief["id"])
    [action] = play["actions"]
    assert play["created_by"] == lead["owner_email"]
    assert action["kind"] == "send_content"
    assert action["after"]["subject"] == "As promised"
    assert action["after"]["body"].startswith("Here it is.")
    slack.wait(lambda: slack.direct_messages("UREP"), 60, "the card")
    assert titles(message)[0] in slack.text_of(slack.direct_messages("UREP")[0])


def test_a_shortcut_on_a_message_asks_for_whom_and_takes_the_message_into_account(
    slack: SlackServer, lead: dict[str, Any]
) -> None:
    slack.message("UDANA", "CSALES", f"{lead['name']} asks whether we hold a SOC 2 report")
    [written] = slack.messages("CSALES")
    slack.shortcut("UREP", "content_for_message", written)
    form = slack.wait(
        lambda: (view := slack.view("UREP")) and view["callback_id"] == "content_ask_form" and view,
        60,
        "the form",
    )
    assert form["blocks"][1]["element"]["initial_value"] == lead["name"]
    slack.submit("UREP", form)
    text = slack.text_of(told(slack, "UREP"))
    assert f"What to send {lead['name']} next" in text
    assert "SOC 2 overview" in text
    assert "Speaks of what was said" in text
    assert slack.view("UREP") is None


def test_an_account_with_several_people_gives_them_to_choose_from(
    slack: SlackServer, weir: Weir
) -> None:
    with weir.snapshot() as snapshot:
        accounts = snapshot.table("account").select("id", "name")
        counted = (
            snapshot.table("person")
            .filter(nw.col("persona") == "IT Manager", ~nw.col("account_id").is_null())
            .group_by("account_id")
            .agg(people=nw.len())
            .sort("people", "account_id", descending=True)
            .head(1)
            .join(accounts, left_on="account_id", right_on="id")
            .select("name")
            .collect("pyarrow")
        )
        account = counted["name"].to_list()[0]
    message = asked(slack, "UDANA", f"IT manager at {account} after yesterday's demo")
    assert "could be several" in slack.text_of(message)
    options = message["blocks"][-1]["elements"][0]["options"]
    assert 1 < len(options) <= 6
    name = options[0]["text"]["text"]
    slack.click("UDANA", message, "content_choose", option=options[0]["value"])
    slack.wait(
        lambda: (
            f"What to send {name} next" in slack.text_of(slack.ephemerals("UDANA", "CSALES")[0])
        ),
        60,
        "the offer",
    )
    assert "suits the days after a demo" in slack.text_of(slack.ephemerals("UDANA", "CSALES")[0])


def test_a_dead_button_and_a_late_click_are_answered(
    slack: SlackServer, lead: dict[str, Any]
) -> None:
    message = asked(slack, "UREP", lead["email"])
    forged = piece(message, 1)
    forged["blocks"][0]["elements"][0]["value"] = "b_00000000000000000000"
    slack.click("UREP", forged, "Preview")
    slack.wait(lambda: len(slack.ephemerals("UREP", "CSALES")) == 2, 60, "an answer")
    assert "no longer known" in slack.text_of(slack.ephemerals("UREP", "CSALES")[-1])
    slack.fail("views.open", "expired_trigger_id")
    slack.click("UREP", piece(asked(slack, "UREP", lead["email"]), 1), "Preview")
    slack.wait(lambda: len(slack.ephemerals("UREP", "CSALES")) == 4, 60, "an answer")
    assert "click once more" in slack.text_of(slack.ephemerals("UREP", "CSALES")[-1])
    empty = slack.text_of(asked(slack, "UREP", ""))
    assert "Say whom it is for" in empty
