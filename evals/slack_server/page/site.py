"""The page: one conversation as one person sees it, refreshed while it is looked at."""

import html
from typing import TYPE_CHECKING, Any

from aiohttp import web

from evals.slack_preview.render import render_blocks, render_message, render_view
from evals.slack_server import elements
from evals.slack_server.page.style import PAGE, PREVIEW_STYLE
from evals.slack_server.state import Json, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from evals.slack_server.server import SlackServer


def add_site(server: "SlackServer") -> "Callable[[web.Application], None]":
    """Give what adds the page to the server's application."""
    site = _Site(server)

    def add(application: web.Application) -> None:
        application.router.add_get("/", site.page)
        application.router.add_get("/shown", site.shown)
        application.router.add_post("/say", site.say)
        application.router.add_post("/click", site.click)
        application.router.add_post("/submit", site.submit)

    return add


class _Site:
    def __init__(self, server: "SlackServer") -> None:
        self.server = server

    @property
    def workspace(self) -> Workspace:
        return next(iter(self.server.state.workspaces.values()))

    async def page(self, _request: web.Request) -> web.Response:
        workspace = self.workspace
        people = [user for user in workspace.users.values() if not user.is_bot]
        users = "".join(_option(user.id, user.name) for user in people)
        places = "".join(
            _option(channel.id, f"# {channel.name}")
            for channel in workspace.channels.values()
            if not channel.user
        )
        places += _option("direct", "Weir (direct)") + _option("home", "Weir (home tab)")
        body = PAGE.replace("{users}", users).replace("{places}", places)
        return web.Response(text=body.replace("{style}", PREVIEW_STYLE), content_type="text/html")

    async def shown(self, request: web.Request) -> web.Response:
        user, place = request.query["user"], request.query["place"]
        server = self.server
        if place == "home":
            home = server.home(user)
            main = render_view(home) + _uses(home) if home else "<p>Nothing there yet.</p>"
        else:
            channel = self._channel(user, place)
            seen = server.messages(channel) + server.ephemerals(user, channel)
            main = "".join(map(self._message, sorted(seen, key=lambda m: str(m["ts"]))))
        view = server.view(user)
        return web.json_response({"main": main, "modal": _modal(view) if view else ""})

    async def say(self, request: web.Request) -> web.Response:
        form = await request.post()
        user, place, text = str(form["user"]), str(form["place"]), str(form["text"])
        thread_ts = str(form.get("thread_ts") or "") or None
        if text.startswith("/"):
            name, _, rest = text.partition(" ")
            self.server.command(user, name, rest, self._channel(user, place))
        elif place == "home":
            self.server.open_home(user)
        elif place == "direct":
            self.server.direct(user, text, thread_ts=thread_ts)
        elif thread_ts:
            self.server.message(user, place, text, thread_ts=thread_ts)
        else:
            self.server.mention(user, place, text)
        return web.Response(text="ok")

    async def click(self, request: web.Request) -> web.Response:
        form = await request.post()
        user, place, shown_id = str(form["user"]), str(form["place"]), str(form["id"])
        seen: list[Json] = []
        if place != "home":
            channel = self._channel(user, place)
            seen = self.server.messages(channel) + self.server.ephemerals(user, channel)
        seen += [view for view in (self.server.view(user), self.server.home(user)) if view]
        found = next((item for item in seen if shown_id in {item.get("ts"), item.get("id")}), None)
        if found is None:
            return web.Response(status=409, text="That is no longer there.")
        try:
            option = str(form.get("option") or "") or None
            self.server.click(user, found, str(form["wanted"]), option=option)
        except LookupError as error:
            return web.Response(status=409, text=str(error))
        return web.Response(text="ok")

    async def submit(self, request: web.Request) -> web.Response:
        form = dict(await request.post())
        user, close = str(form.pop("user")), form.pop("close", "")
        view = self.server.view(user)
        if view is None:
            return web.Response(status=409, text="No modal is open.")
        if close:
            self.server.close_view(user, view)
            return web.Response(text="ok")
        typed = {name: str(value) for name, value in form.items() if value != ""}
        try:
            self.server.submit(user, view, _values(view, typed), wait=False)
        except (LookupError, ValueError) as error:
            return web.Response(status=409, text=str(error))
        return web.Response(text="ok")

    def _channel(self, user: str, place: str) -> str:
        if place in {"direct", "home"}:
            with self.server.state.lock:
                return self.workspace.direct(user).id
        return place

    def _message(self, message: Json) -> str:
        known = self.workspace.users.get(str(message.get("user")))
        files = {file["id"]: file["content"] for file in self.server.files}
        drawn = render_message(
            {**message, "ephemeral": message.get("is_ephemeral")},
            author=known.name if known else str(message.get("user")),
            files=files,
        )
        reply = message.get("thread_ts") not in (None, message["ts"])
        kind = "reply" if reply else "post"
        root = html.escape(str(message.get("thread_ts") or message["ts"]))
        answer = "" if reply else f'<button class="thread" data-thread="{root}">Reply</button>'
        return f'<article class="{kind}">{answer}{drawn}{_uses(message)}</article>'


def _uses(shown: Json) -> str:
    """Give buttons and menus that act, below what is drawn of them."""
    parts = []
    shown_id = html.escape(str(shown.get("ts") or shown.get("id")), quote=True)
    for _, element in elements.usable(shown.get("blocks") or []):
        choices = elements.offered(element)
        wanted = html.escape(str(element.get("action_id") or elements.labels(element)[0]), True)
        head = f'data-id="{shown_id}" data-wanted="{wanted}"'
        if element["type"] in {"button", "icon_button"}:
            label = html.escape(elements.labels(element)[0])
            parts.append(f'<button class="use" {head}>{label}</button>')
        elif choices:
            items = "".join(_option(value, label) for value, label in choices)
            items = _option("", _hint(element)) + items
            parts.append(f'<select class="use" {head}>{items}</select>')
    return f'<div class="uses">{"".join(parts)}</div>' if parts else ""


def _hint(element: Json) -> str:
    placeholder = element.get("placeholder") or {}
    return str(placeholder.get("text", "Choose"))


def _modal(view: Json) -> str:
    title = html.escape(str((view.get("title") or {}).get("text", "")))
    problems = "".join(f"<p class=problem>{html.escape(t)}</p>" for t in view["errors"].values())
    fields = []
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element, name = block["element"], html.escape(block["block_id"], quote=True)
        label, value = html.escape(block["label"]["text"]), elements.initial(element)
        choices = elements.offered(element)
        if choices:
            several = "multiple" if isinstance(value, list) else ""
            items = "".join(_option(v, t, v == value or v in (value or [])) for v, t in choices)
            box = f'<select name="{name}" {several}>{items}</select>'
        else:
            box = f'<textarea name="{name}">{html.escape(str(value or ""))}</textarea>'
        fields.append(f"<label>{label}{box}</label>")
    send = view.get("submit")
    sending = f"<button>{html.escape(send['text'])}</button>" if send else ""
    drawn = render_blocks([block for block in view["blocks"] if block["type"] != "input"])
    return (
        f"<h2>{title}</h2>{problems}{drawn}{_uses(view)}<form>{''.join(fields)}{sending}"
        '<button name="close" value="1">Close</button></form>'
    )


def _values(view: Json, typed: dict[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for block_id, element in elements.usable(view["blocks"]):
        if block_id in typed:
            several = element["type"].startswith("multi_") or element["type"] == "checkboxes"
            values[block_id] = [typed[block_id]] if several else typed[block_id]
    return values


def _option(value: str, label: str, chosen: bool = False) -> str:
    mark = " selected" if chosen else ""
    return f'<option value="{html.escape(value, quote=True)}"{mark}>{html.escape(label)}</option>'
