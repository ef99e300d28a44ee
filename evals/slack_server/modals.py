"""Modals: submitting and closing them, and what the app's answer does to them."""

from typing import TYPE_CHECKING, Any

from evals.slack_server import elements, payloads
from evals.slack_server.errors import SlackError
from evals.slack_server.limits.views import check_view
from evals.slack_server.parts import Parts
from evals.slack_server.people import PATIENCE
from evals.slack_server.state import Json, Workspace, copied
from evals.slack_server.web_api.views import pushed, replace

if TYPE_CHECKING:
    from concurrent.futures import Future

REQUIRED = "Please complete this required field."
TROUBLE = "We had some trouble connecting. Try again?"
_ACTIONS = {"errors", "update", "push", "clear"}


class Modals(Parts):
    """Let people submit and close modals."""

    def submit(
        self, user: str, view: Json, values: dict[str, Any] | None = None, *, wait: bool = True
    ) -> Json:
        """Submit a modal; give the payload, or nothing where the client itself refused.

        Args:
            user: Whose modal it is.
            view: The modal as it was read.
            values: What is typed or chosen, by block id; the rest stays as it is shown.
            wait: Whether to wait for the app's answer, as the person's client does.

        Raises:
            LookupError: A value is for a block that is not there, or is not offered.
            ValueError: A value can't be typed there.
        """
        workspace = self.workspace(view["team_id"])
        with self.state.lock:
            current = self.stored_view(workspace, user, view["id"]) or copied(view)
            self._type(current, values or {})
            filled = self.with_values(current)
            missing = _missing(filled)
            current["errors"] = missing
            if missing:
                return {}
            payload = payloads.submission(self.state, workspace, user, filled)
        done = self.delivery.send(workspace.app_token, "interactive", payload)
        done.add_done_callback(lambda future: self._answer(workspace, user, current, future))
        if wait:
            done.result(PATIENCE * 2)
        return payload

    def close_view(self, user: str, view: Json, *, everything: bool = False) -> Json | None:
        """Close a modal, or all that lie under it too; give the payload where the app is told."""
        workspace = self.workspace(view["team_id"])
        with self.state.lock:
            stack = workspace.modals.get(user, [])
            current = self.stored_view(workspace, user, view["id"])
            if current is None:
                raise LookupError(f"{user} has no such modal open")
            if everything or current.get("clear_on_close"):
                stack.clear()
            else:
                stack.remove(current)
            if not current["notify_on_close"]:
                return None
            payload = payloads.closed(self.state, workspace, user, current, everything=everything)
        self.delivery.send(workspace.app_token, "interactive", payload)
        return payload

    def stored_view(self, workspace: Workspace, user: str, view_id: str) -> Json | None:
        """Find a view that a person has open."""
        every = [*workspace.modals.get(user, [])]
        if user in workspace.homes:
            every.append(workspace.homes[user])
        return next((view for view in every if view["id"] == view_id), None)

    def with_values(self, view: Json) -> Json:
        """Give a view with what was typed into it, in the shape of its state."""
        values: dict[str, Json] = {}
        for block_id, element in elements.usable(view["blocks"]):
            action_id = element.get("action_id")
            if element["type"] in {"button", "overflow", "icon_button", "feedback_buttons"}:
                continue
            key = (block_id, action_id)
            typed = view["inputs"].get(key, elements.initial(element))
            chosen = elements.chosen(element, typed)
            values.setdefault(block_id, {})[str(action_id)] = {"type": element["type"], **chosen}
        return {**copied(view), "state": {"values": values}}

    def _type(self, view: Json, values: dict[str, Any]) -> None:
        fields = dict(elements.usable(view["blocks"]))
        for block_id, value in values.items():
            if block_id not in fields:
                raise LookupError(f"there is no field {block_id!r}; there are {sorted(fields)}")
            element = fields[block_id]
            elements.chosen(element, value)
            view["inputs"][block_id, element["action_id"]] = value

    def _answer(
        self, workspace: Workspace, user: str, view: Json, future: "Future[Json | None]"
    ) -> None:
        answer = future.result()
        with self.state.lock:
            stack = workspace.modals.get(user, [])
            if answer is None:
                view["errors"] = {"": TROUBLE}
                return
            action = answer.get("response_action")
            if action is None:
                if view in stack:
                    stack.remove(view)
                return
            try:
                self._act(workspace, user, view, answer)
            except SlackError as refused:
                told = refused.answer.get("response_metadata", {}).get("messages", [])
                self.state.violations.append(
                    f"response_action {action}: {refused.error}: {'; '.join(told)}"
                )
                view["errors"] = {"": TROUBLE}

    def _act(self, workspace: Workspace, user: str, view: Json, answer: Json) -> None:
        action, stack = answer["response_action"], workspace.modals.get(user, [])
        if action not in _ACTIONS:
            raise SlackError("unknown_response_action")
        self.state.outgoing.append((f"response_action {action}", copied(answer)))
        if action == "clear":
            stack.clear()
        elif action == "errors":
            inputs = {b["block_id"] for b in view["blocks"] if b["type"] == "input"}
            unknown = set(answer.get("errors") or {"": ""}) - inputs
            if unknown:
                raise SlackError(f"errors_for_unknown_blocks {sorted(unknown)}")
            view["errors"] = dict(answer["errors"])
        else:
            check_view(answer.get("view"), workspace.files)
            if action == "push":
                pushed(self.state, workspace, answer, user)
            else:
                replace(self.state, workspace, view, answer["view"])


def _missing(view: Json) -> dict[str, str]:
    found = {}
    for block in view["blocks"]:
        if block["type"] != "input" or block.get("optional"):
            continue
        state = view["state"]["values"][block["block_id"]][block["element"]["action_id"]]
        values = [value for name, value in state.items() if name != "type"]
        if not any(value not in (None, "", []) for value in values):
            found[block["block_id"]] = REQUIRED
    return found
