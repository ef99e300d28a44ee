"""Cards and modals of content stay within Slack's limits, whatever documents and names hold."""

import json
from collections.abc import Iterator
from typing import Any, cast

import pytest
from pydantic import SecretStr

from agent.assembly import Weir
from agent.config import Settings, SlackSettings
from agent.slack.clients import OneWorkspace
from agent.slack.content import cards, preview
from agent.slack.content.named import named_in
from agent.slack.people import People
from agent.slack.surface import Surface
from evals.slack_server.limits.views import check_message, check_view
from knowledge.library.documents import Document
from tools.crm.directory import Entry

HOSTILE = [
    "x" * 500,
    "&" * 500,
    "<!channel> <@U1> <https://evil.example|click here> @everyone",
    "*bold* _it_ ~no~ `code` ```block```",
    "\u202egnp.exe\u202c abc \u05d0\u05d1\u05d2",
    "\U0001f469\u200d\U0001f4bb" * 120,
]


def document(text: str) -> Document:
    body = f"# {text}\n\n" + "\n\n".join(
        [f"- {text}", f"**{text}**", f"[pay here](https://evil.example) {text}", "word " * 900] * 6
    )
    return Document(
        id="piece",
        title=text,
        kind="content",
        owner=text,
        format=text,
        persona=(text,) * 20,
        stage=(text,) * 5,
        audience="external",
        text=body,
        url="https://ok.example/a_b_c",
    )


@pytest.fixture(scope="module")
def surface(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surface]:
    chosen = {name: field.default for name, field in Settings.model_fields.items()}
    weir = Weir(Settings(**{**chosen, "home": tmp_path_factory.mktemp("content")}))
    weir.sync_library()
    settings = SlackSettings(bot_token=SecretStr("xoxb-1"))
    clients = OneWorkspace(settings)
    people = People(weir.warehouse.database, clients)
    # Drawing a card asks no question.
    yield Surface(weir, settings, clients, people, cast("Any", None))
    weir.warehouse.database.dispose()


def is_harmless(shown: Any) -> None:
    text = json.dumps(shown, ensure_ascii=False)
    assert "<!channel>" not in text
    assert "<@U1>" not in text
    assert "<https://evil" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize("text", HOSTILE)
def test_every_modal_stays_within_the_limits_and_shows_data_as_it_is(text: str) -> None:
    piece = document(text)
    views = [
        preview.preview_view(piece),
        preview.link_view(piece, piece.url),
        preview.link_view(piece, None),
        preview.send_view(piece, text, private="b_1"),
        preview.reason_view(piece, text, private="b_1"),
        preview.ask_view([text, text, text], private="b_1"),
        preview.ask_view([], private="b_1"),
        preview.said_view("Weir", text),
    ]
    for view in views:
        check_view(view, {})
        is_harmless([block for block in view["blocks"] if block["type"] != "input"])


@pytest.mark.parametrize("text", HOSTILE)
def test_every_card_stays_within_the_limits_and_shows_data_as_it_is(
    surface: Surface, text: str
) -> None:
    known = ["soc2-overview", "champion-kit", "pricing-explained"]
    offer = {
        "status": "found",
        "for": text,
        "id": "lead:1",
        "entity": "lead:1",
        "notes": [text] * 12,
        "items": [{"id": name, "title": text, "why": [text] * 9} for name in known],
    }
    found = cards.content_blocks(surface, offer, team="T1", asked_by="U1")
    noted = cards.mark_on(cards.noted_blocks(text, text, "b_1"), "b_2", start=20)
    candidates = [{"kind": "lead", "id": f"l{n}", "name": text, "hint": text} for n in range(6)]
    unclear = {"status": "ambiguous", "query": text, "candidates": candidates, "items": []}
    several = cards.content_blocks(surface, unclear, team="T1", asked_by="U1")
    nobody = cards.content_blocks(
        surface, {**unclear, "status": "not_found", "candidates": []}, team="T1", asked_by="U1"
    )
    for blocks, said in (
        ([*found, *noted], cards.offer_text(offer)),
        (several, cards.offer_text(unclear)),
        (nobody, cards.offer_text(unclear)),
    ):
        check_message({"text": said, "blocks": blocks}, {})
        # A name in a menu is plain text, which Slack shows as it is.
        is_harmless([said, *(block for block in blocks if block["type"] != "actions")])


def test_the_same_offer_drawn_twice_has_the_same_buttons(surface: Surface) -> None:
    offer = {
        "status": "found",
        "for": "Jane",
        "id": "lead:1",
        "entity": "lead:1",
        "items": [{"id": "soc2-overview", "title": "SOC 2 overview", "why": ["Because."]}],
    }
    drawn = [cards.content_blocks(surface, offer, team="T1", asked_by="U1") for _ in range(2)]
    assert drawn[0] == drawn[1]
    elsewhere = cards.content_blocks(surface, offer, team="T2", asked_by="U1")
    assert elsewhere != drawn[0]


def test_a_link_can_be_copied_as_it_is() -> None:
    view = preview.link_view(document("Title"), "https://ok.example/_a_?x=1&y=2")
    assert view["blocks"][-1]["text"]["text"] == "```https://ok.example/_a_?x=1&amp;y=2```"


def test_the_people_and_accounts_that_a_message_names_are_found_in_its_order() -> None:
    entries = [
        Entry("lead", "l1", "l1", "Jane Doe", "jane@acme.example"),
        Entry("person", "p1", "p1", "Bob Stone"),
        Entry("account", "a1", "a1", "Acme Corp"),
        Entry("owner", "o1", "o1", "Sam Okafor"),
    ]
    text = "Sam Okafor met Bob Stone and Jane Doe's boss of Acme Corp, see JANE@acme.example."
    assert named_in(text, entries) == ["JANE@acme.example", "Bob Stone", "Jane Doe", "Acme Corp"]
    assert named_in("what a day, jane doe said nothing", entries) == []
