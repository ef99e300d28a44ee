import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from typer.testing import CliRunner

from agent.assembly import Weir
from agent.cli.app import app
from agent.config import Settings, SlackSettings
from agent.plays.stamps import stamp, utc_now
from agent.slack.checks import examine_slack
from agent.slack.install import SCOPES
from agent.slack.tables import INBOX
from evals.slack_server.server import SlackServer


@pytest.fixture
def weir(tmp_path: Path) -> Weir:
    return Weir(Settings(home=tmp_path / "home"))


def told(weir: Weir, settings: SlackSettings) -> dict[str, tuple[str, str]]:
    checks = examine_slack(weir, settings)
    assert all(check["text"] for check in checks)
    for check in checks:
        assert "xoxb-" not in check["text"].replace("(xoxb-...)", "").replace("with xoxb-", "")
    return {check["name"]: (check["status"], check["text"]) for check in checks}


def changed(settings: SlackSettings, **values: object) -> SlackSettings:
    return settings.model_copy(update=values)


@pytest.mark.usefixtures("slack_server")
def test_a_good_installation_has_nothing_to_mend_but_events(
    weir: Weir, slack_settings: SlackSettings
) -> None:
    found = told(weir, slack_settings)
    assert {name for name, (status, _) in found.items() if status != "ok"} == {"events"}
    assert "Event Subscriptions" in found["events"][1]
    assert found["channel"][1] == "Weir is in #revenue"
    assert "all 3 found" in found["approvers"][1]


def test_an_event_that_arrived_is_told(weir: Weir, slack_settings: SlackSettings) -> None:
    now = stamp(utc_now())
    row = {
        "key": "event|T1|Ev1",
        "kind": "event",
        "name": "message",
        "team": "T1",
        "body": {},
        "state": "done",
        "attempts": 1,
        "received_at": now,
        "due_at": now,
        "finished_at": now,
    }
    with weir.warehouse.database.begin() as tx:
        tx.execute(sa.insert(INBOX).values(row))
    status, text = told(weir, slack_settings)["events"]
    assert status == "ok"
    assert "0 minutes ago" in text


@pytest.mark.usefixtures("slack_server")
def test_a_wrong_bot_token_is_named_without_being_shown(
    weir: Weir, slack_settings: SlackSettings
) -> None:
    settings = changed(slack_settings, bot_token=SecretStr("xoxb-wrong-one"))
    found = told(weir, settings)
    status, text = found["bot token"]
    assert status == "broken"
    assert "copy it again" in text
    assert "wrong-one" not in text


@pytest.mark.usefixtures("slack_server")
def test_a_wrong_app_token_is_named(weir: Weir, slack_settings: SlackSettings) -> None:
    settings = changed(slack_settings, app_token=SecretStr("xapp-wrong-one"))
    assert told(weir, settings)["app token"][0] == "broken"


def test_missing_scopes_are_listed_by_name(
    weir: Weir, slack_settings: SlackSettings, slack_server: SlackServer
) -> None:
    granted = slack_server.workspace("T1").scopes
    granted -= {"files:write", "users:read.email"}
    found = told(weir, slack_settings)
    assert found["scopes"][0] == "broken"
    assert "missing: files:write, users:read.email" in found["scopes"][1]
    assert found["approvers"][0] == "broken"
    assert "users:read.email" in found["approvers"][1]


def test_an_approver_without_an_account_is_named(
    weir: Weir, slack_settings: SlackSettings, tmp_path: Path
) -> None:
    policy = Path("agent/plays/policy.yaml").read_text(encoding="utf-8")
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    changed_policy = policy.replace("rio.tanaka@", "rio.elsewhere@")
    assert changed_policy != policy
    (home / "policy.yaml").write_text(changed_policy, encoding="utf-8")
    status, text = told(weir, slack_settings)["approvers"]
    assert status == "warning"
    assert "rio.elsewhere@northpeak.example" in text


@pytest.mark.parametrize(
    ("channel", "status", "words"),
    [
        ("CSHARED", "warning", "shared with other companies"),
        ("CNOWHERE", "broken", "names no channel"),
        (None, "ok", "directly"),
    ],
)
def test_the_channel_is_looked_at(
    weir: Weir, slack_settings: SlackSettings, channel: str | None, status: str, words: str
) -> None:
    found = told(weir, changed(slack_settings, channel=channel))["channel"]
    assert found[0] == status
    assert words in found[1]


def test_nothing_set_says_what_to_set(weir: Weir, slack_settings: SlackSettings) -> None:
    found = told(weir, changed(slack_settings, bot_token=None, app_token=None))
    assert found["app token"][0] == found["bot token"][0] == "broken"
    assert "SLACK_APP_TOKEN" in found["app token"][1]
    assert "SLACK_BOT_TOKEN" in found["bot token"][1]


def test_a_slack_that_is_down_is_said_to_be(weir: Weir, slack_settings: SlackSettings) -> None:
    settings = changed(slack_settings, api_url="http://127.0.0.1:9/api/")
    status, text = told(weir, settings)["bot token"]
    assert status == "broken"
    assert "can't be reached" in text


@pytest.mark.parametrize(("token", "code"), [("xoxb-1", 0), ("xoxb-wrong-one", 1)])
def test_the_command_ends_with_what_it_found(
    tmp_path: Path,
    slack_server: SlackServer,
    monkeypatch: pytest.MonkeyPatch,
    token: str,
    code: int,
) -> None:
    granted = slack_server.workspace("T1").scopes
    granted |= set(SCOPES)
    monkeypatch.setenv("WEIR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SLACK_BOT_TOKEN", token)
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1")
    monkeypatch.setenv("SLACK_API_URL", slack_server.url)
    ended = CliRunner().invoke(app, ["doctor", "--slack", "--json"])
    assert ended.exit_code == code, ended.output
    found = {check["name"]: check["status"] for check in json.loads(ended.output)["checks"]}
    assert found["bot token"] == ("broken" if code else "ok")
    assert token not in ended.output
