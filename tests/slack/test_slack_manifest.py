import json
from pathlib import Path
from typing import Any

import pytest

from agent.slack.app import all_routes
from agent.slack.install import SCOPES

# What Bolt itself does about an app that was taken out.
BY_BOLT = {"app_uninstalled", "tokens_revoked"}
# Sent to apps that were made before there was the agent view; the manifest asks for no such event.
BEFORE_AGENT_VIEW = {"assistant_thread_started"}
# Shortcuts of the app to itself; none that people find in a menu.
INTERNAL = {"weir_question"}
# What an event needs before Slack sends it.
EVENT_SCOPES = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
}


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    path = Path(__file__).resolve().parents[2] / "manifest.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


def routed(kind: str) -> set[str]:
    return {name for (of, name) in all_routes().handlers if of == kind}


def test_the_manifest_asks_for_the_scopes_that_an_installation_does(
    manifest: dict[str, Any],
) -> None:
    assert manifest["oauth_config"]["scopes"] == {"bot": sorted(SCOPES)}


def test_every_event_has_a_route_and_every_route_an_event(manifest: dict[str, Any]) -> None:
    events = set(manifest["settings"]["event_subscriptions"]["bot_events"])
    names = {event.partition(".")[0] for event in events}
    assert names - BY_BOLT == routed("event") - BEFORE_AGENT_VIEW
    assert names >= BY_BOLT


def test_every_event_has_the_scope_that_it_needs(manifest: dict[str, Any]) -> None:
    events = set(manifest["settings"]["event_subscriptions"]["bot_events"])
    assert set(EVENT_SCOPES) <= events
    assert {EVENT_SCOPES[event] for event in events & set(EVENT_SCOPES)} <= set(SCOPES)


def test_every_command_and_shortcut_has_a_route_and_every_route_one(
    manifest: dict[str, Any],
) -> None:
    features = manifest["features"]
    assert {item["command"] for item in features["slash_commands"]} == routed("command")
    shortcuts = {item["callback_id"]: item["type"] for item in features["shortcuts"]}
    assert shortcuts == {"content_for_message": "message", "weir_ask": "global"}
    assert set(shortcuts) == routed("shortcut") - INTERNAL


def test_texts_keep_the_lengths_that_slack_accepts(manifest: dict[str, Any]) -> None:
    about, features = manifest["display_information"], manifest["features"]
    assert len(about["name"]) <= 35
    assert len(about["description"]) <= 140
    assert 175 <= len(about["long_description"]) <= 4000
    agent = features["agent_view"]
    assert set(agent) == {"agent_description", "suggested_prompts"}
    assert len(agent["agent_description"]) <= 300
    assert 1 <= len(agent["suggested_prompts"]) <= 4
    assert all(set(prompt) == {"title", "message"} for prompt in agent["suggested_prompts"])
    for shortcut in features["shortcuts"]:
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["description"]) <= 150
    for command in features["slash_commands"]:
        assert len(command["command"]) <= 32
        assert len(command["usage_hint"]) <= 1000


def test_people_can_reach_the_app_in_all_the_places_it_speaks(manifest: dict[str, Any]) -> None:
    home = manifest["features"]["app_home"]
    assert home == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }
    settings = manifest["settings"]
    assert settings["interactivity"] == {"is_enabled": True}
    assert settings["socket_mode_enabled"] is True
    assert settings["token_rotation_enabled"] is False
