"""Limits of messages and views as a whole; raises what Slack answers."""

import json
from collections.abc import Container
from typing import Any

from evals.slack_server.errors import SlackError
from evals.slack_server.limits.blocks import MARKDOWN, check_blocks
from evals.slack_server.limits.check import ID_LENGTH, Check

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MESSAGE_TEXT = 40_000
UPDATE_TEXT = 4_000
ATTACHMENTS = 100
TITLE = 24
PRIVATE_METADATA = 3000
VIEW_BYTES = 250_000
_KNOWN = {
    "type",
    "title",
    "blocks",
    "close",
    "submit",
    "private_metadata",
    "callback_id",
    "clear_on_close",
    "notify_on_close",
    "external_id",
    "submit_disabled",
}


def check_message(
    args: dict[str, Any], files: Container[str], *, longest: int = MESSAGE_TEXT
) -> None:
    """Check a message.

    Raises:
        SlackError: It breaks a limit.
    """
    text, blocks = args.get("text"), args.get("blocks")
    attachments = args.get("attachments")
    if not (text or blocks or attachments or args.get("markdown_text")):
        raise SlackError("no_text")
    if len(str(text or "")) > longest:
        raise SlackError("msg_too_long")
    if len(str(args.get("markdown_text") or "")) > MARKDOWN:
        raise SlackError("msg_too_long")
    if args.get("markdown_text") and (text or blocks):
        raise SlackError("markdown_text_conflict")
    if attachments and len(attachments) > ATTACHMENTS:
        raise SlackError("too_many_attachments")
    check = Check("message", files)
    if blocks is not None:
        check_blocks(check, blocks, "/blocks", MESSAGE_BLOCKS)
    for place, attachment in enumerate(attachments or []):
        if attachment.get("blocks"):
            check_blocks(
                check, attachment["blocks"], f"/attachments/{place}/blocks", MESSAGE_BLOCKS
            )
    refuse(check, "invalid_blocks")


def check_view(view: Any, files: Container[str]) -> None:
    """Check a modal or a home view.

    Raises:
        SlackError: It breaks a limit.
    """
    if not isinstance(view, dict) or view.get("type") not in {"modal", "home"}:
        raise SlackError("invalid_arguments", response_metadata=_messages(["no view is given"]))
    if len(json.dumps(view).encode()) > VIEW_BYTES:
        raise SlackError("view_too_large")
    modal = view["type"] == "modal"
    check = Check("modal" if modal else "home", files)
    check.known(view, _KNOWN, "/view")
    if modal:
        check.plain(view.get("title"), "/view/title", TITLE)
    for name in ("submit", "close"):
        if name in view:
            check.plain(view[name], f"/view/{name}", TITLE)
    check.optional(view, "private_metadata", "/view", PRIVATE_METADATA)
    check.optional(view, "callback_id", "/view", ID_LENGTH)
    check.optional(view, "external_id", "/view", ID_LENGTH)
    blocks = check.count(view.get("blocks"), "/view/blocks", 0, VIEW_BLOCKS)
    check_blocks(check, blocks, "/view/blocks", VIEW_BLOCKS)
    inputs = any(isinstance(block, dict) and block.get("type") == "input" for block in blocks)
    if modal and inputs and "submit" not in view:
        check.say("/view/submit", "must provide submit where there are input blocks")
    refuse(check, "invalid_arguments")


def refuse(check: Check, error: str) -> None:
    """Raise what was found, if anything was."""
    if check.tables > 1:
        raise SlackError("only_one_table_allowed", response_metadata=_messages(check.found))
    if check.found:
        raise SlackError(error, response_metadata=_messages(check.found))


def _messages(found: list[str]) -> dict[str, Any]:
    return {"messages": found}
