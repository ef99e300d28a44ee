"""People: what they write, click, command and open; each gives the payload that was delivered."""

import re
from typing import Any

from evals.slack_server import elements, payloads
from evals.slack_server.parts import Parts
from evals.slack_server.respond import say
from evals.slack_server.state import Channel, Json, Workspace, copied
from evals.slack_server.web_api.messages import channel_type, put_in_thread

# How long a person's client waits for what the app says about a click or a command.
PATIENCE = 3.5
_MENTION = re.compile(r"(<@[A-Z0-9]+>)")


class People(Parts):
    """Let people act."""

    def mention(
        self,
        user: str,
        channel: str,
        text: str,
        *,
        thread_ts: str | None = None,
        team: str | None = None,
    ) -> Json:
        """Write to the app in a channel: the app is told twice, as Slack does."""
        workspace = self.workspace(team, channel=channel)
        words = f"<@{workspace.bot_user}> {text}"
        with self.state.lock:
            message = self._written(workspace, user, channel, words, thread_ts)
            self.send_event(workspace, self._as_event(workspace, channel, message))
            mention = {**message, "type": "app_mention", "event_ts": message["ts"]}
            return self.send_event(workspace, mention)

    def message(
        self,
        user: str,
        channel: str,
        text: str,
        *,
        thread_ts: str | None = None,
        team: str | None = None,
        **extra: Any,
    ) -> Json:
        """Write in a conversation; ``extra`` goes into the message, a subtype or files say."""
        workspace = self.workspace(team, channel=channel)
        with self.state.lock:
            message = self._written(workspace, user, channel, text, thread_ts, **extra)
            return self.send_event(workspace, self._as_event(workspace, channel, message))

    def direct(
        self, user: str, text: str, *, thread_ts: str | None = None, team: str | None = None
    ) -> str:
        """Write to the app directly; give the message's ts."""
        workspace = self.workspace(team, user=user)
        with self.state.lock:
            channel = workspace.direct(user)
            message = self._written(workspace, user, channel.id, text, thread_ts)
            self.send_event(workspace, self._as_event(workspace, channel.id, message))
            return str(message["ts"])

    def bot_message(self, user: str, channel: str, text: str, *, team: str | None = None) -> Json:
        """Let another bot write."""
        return self.message(
            user, channel, text, team=team, bot_id=f"B{user[1:]}", subtype="bot_message"
        )

    def click(
        self,
        user: str,
        shown: Json,
        wanted: str,
        *,
        option: Any = None,
        team: str | None = None,
    ) -> Json:
        """Use a button, menu or field of a message or view, by its label or action id.

        Args:
            user: Who does it.
            shown: The message or view as it was read; an old copy is clicked as it was.
            wanted: Label or action id.
            option: What is chosen or typed, where that is needed: label or value.
            team: Workspace, where the channel or person does not tell.

        Raises:
            LookupError: There is no such thing to click on, or it isn't seen by this person.
        """
        if "ts" in shown:
            workspace = self.workspace(team, channel=shown["channel"])
        else:
            workspace = self.workspace(shown["team_id"])
        with self.state.lock:
            block_id, element = elements.find(shown.get("blocks", []), wanted)
            action = elements.used(element, block_id, self.state.ts(), wanted=wanted, option=option)
            if "ts" in shown:
                payload = self._clicked_message(workspace, user, shown, action)
            else:
                current = self.stored_view(workspace, user, shown["id"])
                if option is not None and current is not None:
                    current["inputs"][block_id, action["action_id"]] = option
                view = self.with_values(current or shown)
                payload = payloads.view_action(
                    self.state, workspace, user, view=view, action=action
                )
        self.delivery.send(workspace.app_token, "interactive", payload)
        return payload

    def _clicked_message(self, workspace: Workspace, user: str, shown: Json, action: Json) -> Json:
        channel = workspace.channels[shown["channel"]]
        if user not in channel.members:
            raise LookupError(f"{user} does not see {channel.id}")
        return payloads.message_action(
            self.state, self.base, workspace, user, message=shown, action=action
        )

    def command(
        self, user: str, name: str, text: str, channel: str, *, team: str | None = None
    ) -> Json:
        """Give a slash command; what the app says with its acknowledgement is shown."""
        workspace = self.workspace(team, channel=channel)
        with self.state.lock:
            where = self._seen(workspace, user, channel)
            payload = payloads.command(
                self.state, self.base, workspace, user, name=name, text=text, where=where
            )
        done = self.delivery.send(workspace.app_token, "slash_commands", payload)
        done.add_done_callback(
            lambda future: self._answered(workspace, where, user, future.result())
        )
        return payload

    def _answered(
        self, workspace: Workspace, channel: Channel, user: str, answer: Json | None
    ) -> None:
        if answer and (answer.get("text") or answer.get("blocks")):
            with self.state.lock:
                say(self.state, workspace, channel, user, answer)

    def shortcut(
        self,
        user: str,
        callback_id: str,
        message: Json | None = None,
        *,
        team: str | None = None,
    ) -> Json:
        """Use a shortcut: global, or on a message."""
        place = message["channel"] if message else None
        workspace = self.workspace(team, channel=place, user=user)
        with self.state.lock:
            payload = payloads.shortcut(
                self.state, self.base, workspace, user, callback_id=callback_id, message=message
            )
        self.delivery.send(workspace.app_token, "interactive", payload)
        return payload

    def open_home(self, user: str, *, tab: str = "home", team: str | None = None) -> Json:
        """Open the app: its home tab, or the conversation with it (``tab="messages"``)."""
        workspace = self.workspace(team, user=user)
        with self.state.lock:
            body: Json = {
                "type": "app_home_opened",
                "user": user,
                "channel": workspace.direct(user).id,
                "tab": tab,
                "event_ts": self.state.ts(),
            }
            home = workspace.homes.get(user)
            if home is not None and tab == "home":
                body["view"] = payloads.shown_view(home)
            return self.send_event(workspace, body)

    def open_pane(self, user: str, *, context: str | None = None, team: str | None = None) -> str:
        """Start a thread in the assistant's pane; give its thread_ts."""
        workspace = self.workspace(team, user=user)
        with self.state.lock:
            channel = workspace.direct(user)
            root: Json = {
                "type": "message",
                "subtype": "assistant_app_thread",
                "user": workspace.bot_user,
                "text": "New Assistant Thread",
                "ts": self.state.ts(),
                "channel": channel.id,
            }
            channel.messages.append(root | {"thread_ts": root["ts"]})
            thread: Json = {
                "user_id": user,
                "channel_id": channel.id,
                "thread_ts": root["ts"],
                "context": {"channel_id": context, "team_id": workspace.team} if context else {},
            }
            body = {"type": "assistant_thread_started", "assistant_thread": thread}
            self.send_event(workspace, body | {"event_ts": root["ts"]})
            return str(root["ts"])

    def event(self, team: str, body: Json) -> Json:
        """Deliver any other event, ``app_uninstalled`` say."""
        return self.send_event(self.workspace(team), body | {"event_ts": self.state.ts()})

    def stop_stream(self, user: str, message: Json) -> None:
        """Press the stop button that Slack shows beside a growing message."""
        workspace = self.workspace(None, channel=message["channel"])
        with self.state.lock:
            self._seen(workspace, user, message["channel"])
            self.state.streams[message["channel"], message["ts"]].mode = "stopped"

    def _written(
        self,
        workspace: Workspace,
        user: str,
        channel: str,
        text: str,
        thread_ts: str | None,
        **extra: Any,
    ) -> Json:
        where = self._seen(workspace, user, channel)
        message: Json = {
            "type": "message",
            "user": user,
            "text": text,
            "ts": self.state.ts(),
            "team": workspace.users[user].home_team or workspace.team,
            "channel": channel,
            "client_msg_id": f"{self.state.number():032x}",
            "blocks": [
                {
                    "type": "rich_text",
                    "block_id": f"auto{self.state.number()}",
                    "elements": [{"type": "rich_text_section", "elements": _spelled(text)}],
                }
            ],
            **extra,
        }
        put_in_thread(where, message, thread_ts)
        where.messages.append(message)
        return dict(copied(message))

    def _as_event(self, workspace: Workspace, channel: str, message: Json) -> Json:
        kind = channel_type(workspace.channels[channel])
        return {**message, "event_ts": message["ts"], "channel_type": kind}

    def _seen(self, workspace: Workspace, user: str, channel: str) -> Channel:
        where = workspace.channels[channel]
        if user not in where.members:
            raise LookupError(f"{user} is not in {channel}")
        return where


def _spelled(text: str) -> list[Json]:
    """Give a text as a person's client sends it: mentions apart from words."""
    return [
        {"type": "user", "user_id": part[2:-1]}
        if _MENTION.fullmatch(part)
        else {"type": "text", "text": part}
        for part in _MENTION.split(text)
        if part
    ]
