"""The server's Web API: tokens, scopes, errors and states as Slack documents them."""

from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from evals.slack_server.server import SlackServer


@pytest.fixture
def web(slack_server: SlackServer) -> WebClient:
    return WebClient("xoxb-1", base_url=slack_server.url)


BUTTON = {
    "type": "actions",
    "elements": [
        {
            "type": "button",
            "action_id": "go",
            "value": "1",
            "text": {"type": "plain_text", "text": "Go"},
        }
    ],
}
TABLE = {"type": "table", "rows": [[{"type": "raw_text", "text": "Conversion"}]]}


def test_token_belongs_to_one_workspace(slack_server: SlackServer, web: WebClient) -> None:
    slack_server.add_workspace("T2", bot_token="xoxb-2")  # noqa: S106 - of no real app
    assert web.auth_test()["team_id"] == "T1"
    other = WebClient("xoxb-2", base_url=slack_server.url)
    assert other.auth_test()["team_id"] == "T2"
    with pytest.raises(SlackApiError, match="channel_not_found"):
        other.chat_postMessage(channel="CREV", text="x")
    with pytest.raises(SlackApiError, match="invalid_auth"):
        WebClient("xoxb-9", base_url=slack_server.url).auth_test()
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        WebClient(base_url=slack_server.url).apps_connections_open(app_token="xoxb-1")  # noqa: S106
    web.auth_revoke()
    with pytest.raises(SlackApiError, match="token_revoked"):
        web.auth_test()


def test_missing_scope_names_what_is_needed(slack_server: SlackServer) -> None:
    slack_server.add_workspace("T2", bot_token="xoxb-2", scopes={"users:read"})  # noqa: S106
    slack_server.add_user("T2", "UANN", "Ann", "ann@x.example")
    web = WebClient("xoxb-2", base_url=slack_server.url)
    assert web.auth_test().headers["x-oauth-scopes"] == "users:read"
    assert "email" not in web.users_info(user="UANN")["user"]["profile"]
    with pytest.raises(SlackApiError) as refused:
        web.chat_postMessage(channel="C", text="x")
    answer = refused.value.response
    assert (answer["error"], answer["needed"]) == ("missing_scope", "chat:write")


def test_people_are_described(web: WebClient) -> None:
    dana = web.users_lookupByEmail(email="DANA.MEYER@northpeak.example")["user"]
    assert (dana["id"], dana["tz"]) == ("UDANA", "Europe/Berlin")
    assert web.users_info(user="UGUEST")["user"]["is_restricted"]
    assert web.users_info(user="UALIEN")["user"]["team_id"] == "T9"
    for email in ("ali@other.example", "nobody@x.example"):
        with pytest.raises(SlackApiError, match="users_not_found"):
            web.users_lookupByEmail(email=email)
    pages: list[Any] = [page["members"] for page in web.users_list(limit=3)]
    assert [len(page) for page in pages] == [3, 3, 1]


def test_posting_needs_membership_and_an_open_channel(
    slack_server: SlackServer, web: WebClient
) -> None:
    slack_server.add_channel("T1", "COUT", "out", ["UDANA"], bot_is_member=False)
    slack_server.add_channel("T1", "COLD", "old", ["UDANA"])
    slack_server.state.workspaces["T1"].channels["COLD"].is_archived = True
    expected = {"COUT": "not_in_channel", "COLD": "is_archived", "CNONE": "channel_not_found"}
    for channel, error in expected.items():
        with pytest.raises(SlackApiError, match=error):
            web.chat_postMessage(channel=channel, text="x")
    assert slack_server.violations == []


def test_only_own_messages_are_changed_and_blocks_stay(
    slack_server: SlackServer, web: WebClient
) -> None:
    ts = web.chat_postMessage(channel="CREV", text="card", blocks=[BUTTON])["ts"]
    web.chat_update(channel="CREV", ts=ts, text="changed")
    shown = slack_server.messages("CREV")[-1]
    assert (shown["text"], len(shown["blocks"])) == ("changed", 1)
    with pytest.raises(SlackApiError, match="msg_too_long"):
        web.chat_update(channel="CREV", ts=ts, text="x" * 4001)
    slack_server.bot_message("UBOT", "CREV", "mine")
    other = slack_server.messages("CREV")[-1]
    with pytest.raises(SlackApiError, match="cant_update_message"):
        web.chat_update(channel="CREV", ts=other["ts"], text="yours")
    hidden = web.chat_postEphemeral(channel="CREV", user="UDANA", text="psst")["message_ts"]
    with pytest.raises(SlackApiError, match="message_not_found"):
        web.chat_update(channel="CREV", ts=hidden, text="x")
    with pytest.raises(SlackApiError, match="user_not_in_channel"):
        web.chat_postEphemeral(channel="CREV", user="UALIEN", text="psst")
    assert [m["text"] for m in slack_server.ephemerals("UDANA", "CREV")] == ["psst"]
    assert slack_server.ephemerals("URIO", "CREV") == []


def test_limits_broken_by_a_call_are_noted_as_violations(
    slack_server: SlackServer, web: WebClient
) -> None:
    with pytest.raises(SlackApiError) as refused:
        web.chat_postMessage(channel="CREV", text="x", blocks=[{"type": "header"}])
    assert refused.value.response["error"] == "invalid_blocks"
    assert "json-pointer:/blocks/0/text" in slack_server.violations[0]
    slack_server.fail("chat.postMessage", "invalid_blocks")
    with pytest.raises(SlackApiError, match="invalid_blocks"):
        web.chat_postMessage(channel="CREV", text="x")
    assert len(slack_server.violations) == 1


def test_metadata_comes_back_where_it_is_asked_for(web: WebClient) -> None:
    metadata = {"event_type": "weir_card", "event_payload": {"id": "p"}}
    ts = str(web.chat_postMessage(channel="CREV", text="x", metadata=metadata)["ts"])
    reply = web.chat_postMessage(channel="CREV", text="y", thread_ts=ts)
    assert reply["message"]["thread_ts"] == ts
    plain = web.conversations_replies(channel="CREV", ts=ts)["messages"]
    assert [message["text"] for message in plain] == ["x", "y"]
    assert "metadata" not in plain[0]
    full = web.conversations_history(channel="CREV", include_all_metadata=True)["messages"]
    assert [message["metadata"] for message in full] == [metadata]
    with pytest.raises(SlackApiError, match="invalid_metadata_format"):
        web.chat_postMessage(channel="CREV", text="x", metadata={"event_type": "e"})


def test_stream_grows_shows_tasks_and_ends(slack_server: SlackServer, web: WebClient) -> None:
    asked = slack_server.direct("UDANA", "how is the funnel?")
    web.assistant_threads_setStatus(channel_id="DUDANA", thread_ts=asked, status="is thinking")
    assert slack_server.status("DUDANA", asked) == "is thinking"
    stream = web.chat_stream(channel="DUDANA", thread_ts=asked, buffer_size=1)
    task: dict[str, Any] = {"type": "task_update", "id": "1", "title": "Look", "details": "a"}
    stream.append(chunks=[{**task, "status": "in_progress"}])
    assert slack_server.status("DUDANA", asked) == ""
    stream.append(markdown_text="Half ")
    ts = str(stream.ts)
    with pytest.raises(SlackApiError, match="streaming_state_conflict"):
        web.chat_update(channel="DUDANA", ts=ts, text="x")
    stream.append(markdown_text="done", chunks=[{**task, "details": "b", "status": "complete"}])
    stream.stop(blocks=[BUTTON])
    message = slack_server.messages("DUDANA", asked)[-1]
    assert message["text"] == "Half done"
    kinds = [block["type"] for block in message["blocks"]]
    assert kinds == ["task_card", "markdown", "actions"]
    assert "ab" in slack_server.text_of(message)
    with pytest.raises(SlackApiError, match="message_not_in_streaming_state"):
        web.chat_appendStream(channel="DUDANA", ts=ts, markdown_text="more")


def test_stream_has_rules(slack_server: SlackServer, web: WebClient) -> None:
    ts = str(slack_server.mention("UDANA", "CREV", "hello")["event"]["ts"])
    with pytest.raises(SlackApiError, match="missing_recipient_team_id"):
        web.chat_startStream(channel="CREV", thread_ts=ts)
    to = {"recipient_team_id": "T1", "recipient_user_id": "UDANA"}
    with pytest.raises(SlackApiError, match="msg_too_long"):
        web.chat_startStream(channel="CREV", thread_ts=ts, markdown_text="x" * 12_001, **to)
    with pytest.raises(SlackApiError, match="invalid_chunks"):
        web.chat_startStream(channel="CREV", thread_ts=ts, chunks=[{"type": "noise"}], **to)
    assert len(slack_server.messages("CREV")) == 1
    first = str(web.chat_startStream(channel="CREV", thread_ts=ts, **to)["ts"])
    web.chat_appendStream(channel="CREV", ts=first, chunks=[{"type": "blocks", "blocks": [TABLE]}])
    with pytest.raises(SlackApiError, match="only_one_table_allowed"):
        web.chat_stopStream(channel="CREV", ts=first, blocks=[TABLE])
    slack_server.expire_streams()
    with pytest.raises(SlackApiError, match="message_not_in_streaming_state"):
        web.chat_stopStream(channel="CREV", ts=first)
    second = str(web.chat_startStream(channel="CREV", thread_ts=ts, **to)["ts"])
    slack_server.stop_stream("UDANA", slack_server.messages("CREV")[-1])
    with pytest.raises(SlackApiError, match="stopped_by_user"):
        web.chat_appendStream(channel="CREV", ts=second, markdown_text="more")


def test_file_is_uploaded_in_three_steps_and_shown(
    slack_server: SlackServer, web: WebClient
) -> None:
    uploaded: Any = web.files_upload_v2(
        content=b"\x89PNG", filename="funnel.png", title="Funnel", alt_txt="A funnel"
    )
    block = {"type": "image", "slack_file": {"id": uploaded["file"]["id"]}, "alt_text": "A funnel"}
    web.chat_postMessage(channel="CREV", text="x", blocks=[block])
    assert slack_server.files[0]["content"] == b"\x89PNG"
    assert slack_server.files[0]["alt_txt"] == "A funnel"
    with pytest.raises(SlackApiError, match="file_not_found"):
        web.files_completeUploadExternal(files=[{"id": "F9", "title": "x"}])


def test_home_is_published_and_its_hash_guards_it(
    slack_server: SlackServer, web: WebClient
) -> None:
    view = {"type": "home", "blocks": [BUTTON]}
    first = web.views_publish(user_id="UDANA", view=view)["view"]
    web.views_publish(user_id="UDANA", view=view, hash=first["hash"])
    with pytest.raises(SlackApiError, match="hash_conflict"):
        web.views_publish(user_id="UDANA", view=view, hash=first["hash"])
    assert slack_server.home("URIO") is None
    assert slack_server.text_of(slack_server.home("UDANA") or {}) == "Go"


def test_response_address_is_good_for_five_answers(
    slack_server: SlackServer, web: WebClient
) -> None:
    web.chat_postMessage(channel="CREV", text="card", blocks=[BUTTON])
    payload = slack_server.click("URIO", slack_server.messages("CREV")[-1], "Go")
    hook = WebhookClient(payload["response_url"])
    hook.send(text="only you")
    assert slack_server.ephemerals("URIO", "CREV")[0]["text"] == "only you"
    hook.send(text="replaced", replace_original=True)
    assert slack_server.messages("CREV")[-1]["text"] == "replaced"
    for _ in range(3):
        assert hook.send(text="again").status_code == 200
    assert "used_url" in hook.send(text="sixth").body
    other = slack_server.command("URIO", "/weir", "help", "CREV")
    slack_server.age_response_urls()
    assert "expired_url" in WebhookClient(other["response_url"]).send(text="late").body


def test_suggested_prompts_are_four_at_most(slack_server: SlackServer, web: WebClient) -> None:
    thread = slack_server.open_pane("UDANA")
    prompt = {"title": "Leaks", "message": "Where do we leak?"}
    web.assistant_threads_setSuggestedPrompts(
        channel_id="DUDANA", thread_ts=thread, prompts=[prompt] * 4
    )
    assert slack_server.prompts("DUDANA", thread) == [prompt] * 4
    with pytest.raises(SlackApiError, match="invalid_arguments"):
        web.assistant_threads_setSuggestedPrompts(
            channel_id="DUDANA", thread_ts=thread, prompts=[prompt] * 5
        )


def test_code_is_exchanged_for_a_token_once(slack_server: SlackServer) -> None:
    web = WebClient(base_url=slack_server.url)
    code = slack_server.authorise("T1", "UDANA")
    secret = slack_server.state.client_secret
    with pytest.raises(SlackApiError, match="bad_client_secret"):
        web.oauth_v2_access(client_id="1.1", client_secret="no", code=code)  # noqa: S106
    answer = web.oauth_v2_access(client_id="1.1", client_secret=secret, code=code)
    assert (answer["access_token"], answer["team"]["id"]) == ("xoxb-1", "T1")
    with pytest.raises(SlackApiError, match="invalid_code"):
        web.oauth_v2_access(client_id="1.1", client_secret=secret, code=code)


@pytest.mark.parametrize(
    ("text", "is_hostile"),
    [
        ("hello <!channel>", True),
        ("ask <@UALIEN>", True),
        ("ask <@UDANA>", False),
        ("<https://evil.example|your bank>", True),
        ("<https://good.example|docs>", False),
        ("&lt;!channel&gt;", False),
        ("<!subteam^S1>", True),
    ],
)
def test_markup_that_data_brought_in_is_found(
    slack_server: SlackServer, web: WebClient, text: str, *, is_hostile: bool
) -> None:
    block = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    web.chat_postMessage(channel="CREV", text="x", blocks=[block])
    found = slack_server.hostile_markup(hostile=["UALIEN"], allowed=["https://good.example"])
    assert bool(found) is is_hostile


def test_labelled_link_in_markdown_is_found(slack_server: SlackServer, web: WebClient) -> None:
    block = {"type": "markdown", "text": "see [your bank](https://evil.example)"}
    web.chat_postMessage(channel="CREV", text="x", blocks=[block])
    assert slack_server.hostile_markup() == ["chat.postMessage: [your bank](https://evil.example"]


def test_unknown_method_and_user_are_errors(web: WebClient) -> None:
    with pytest.raises(SlackApiError, match="unknown_method"):
        web.api_call("chat.shout")
    with pytest.raises(SlackApiError, match="user_not_found"):
        web.users_info(user="UNONE")
    with pytest.raises(SlackApiError, match="user_not_found"):
        web.conversations_open(users="UNONE")
