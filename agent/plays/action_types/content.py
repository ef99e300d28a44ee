"""Send a piece of content to a lead by e-mail, through the CRM's outbox."""

from typing import Any, Literal

from pydantic import Field

from agent.plays.action_types.base import (
    Params,
    Plan,
    Planning,
    UndoBlockedError,
    difference,
    owner_name,
    validated,
)
from agent.plays.errors import UnfitTargetError
from agent.plays.play import Action
from tools.crm.port import Crm, Receipt, RecordRef

MESSAGE = "message"
QUEUED = "queued"
LONGEST_NOTE = 2000

# One line each: what goes into a mail's header must not be able to add another header.
_ONE_LINE = r"^[^\r\n\x00]*$"


class SendContentParams(Params):
    """Check the parameters."""

    content_id: str = Field(min_length=1, max_length=200)
    title: str = Field(min_length=1, max_length=300, pattern=_ONE_LINE)
    url: str = Field(default="", max_length=2000, pattern=r"^(https?://[^\s<>\"]+)?$")
    subject: str = Field(min_length=1, max_length=200, pattern=_ONE_LINE)
    note: str = Field(min_length=1, max_length=LONGEST_NOTE)
    channel: Literal["email"] = "email"


class SendContent:
    """Queue an e-mail in the CRM's outbox; sending it is the CRM's business."""

    kind = "send_content"
    undo_note = "Removes the e-mail from the outbox, as long as it has not been sent."
    params = SendContentParams

    def check(self, params: dict[str, Any]) -> dict[str, Any]:
        """Validate parameters."""
        return validated(SendContentParams, self.kind, params)

    def plan(self, params: dict[str, Any], at: Planning) -> Plan | None:
        """Write the e-mail, to a lead who may be written to."""
        address = at.fields.get("email")
        if not isinstance(address, str) or "@" not in address:
            raise UnfitTargetError("no e-mail address is known")
        consent = at.fields.get("consent")
        if consent is False:
            raise UnfitTargetError("they have not consented to be contacted")
        if consent is not True:
            raise UnfitTargetError("it is not known whether they consented to be contacted")
        owner_id = at.fields.get("owner_id")
        if not owner_id:
            raise UnfitTargetError("it has no owner in whose name it could be sent")
        owner = at.read(RecordRef("owner", owner_id))
        name = " ".join(at.target.name.split())
        link = f"\n{params['url']}" if params["url"] else ""
        note = params["note"].replace("{name}", name)
        return Plan(
            summary=f"Queue an e-mail to {at.target.name} <{address}> in the CRM's outbox, in the "
            f"name of {owner_name(at, owner_id)}: {params['title']}",
            before={},
            after={
                "status": QUEUED,
                "channel": params["channel"],
                "to": address,
                "from": owner.fields.get("email") if owner else None,
                "owner_id": owner_id,
                "subject": params["subject"].replace("{name}", name),
                "body": f"{note}\n\n{params['title']}{link}",
                "content_id": params["content_id"],
                "about_kind": at.target.kind,
                "about_id": at.target.id,
            },
            relies_on={"email": address, "consent": True, "owner_id": owner_id},
        )

    def write(self, crm: Crm, action: Action, *, key: str, expected_version: str) -> Receipt:  # noqa: ARG002 -- a new record has no version yet
        """Put the e-mail into the outbox."""
        return crm.create(MESSAGE, action.after, key=key)

    def verify(self, crm: Crm, receipt: Receipt) -> str | None:
        """Compare the e-mail with what was written; it may have been sent meanwhile."""
        record = crm.read(receipt.ref)
        if record is None:
            return "the e-mail is not in the CRM"
        written = {name: value for name, value in receipt.after.items() if name != "status"}
        return difference(written, record.fields)

    def verify_undo(self, crm: Crm, receipt: Receipt) -> str | None:
        """See that the e-mail is gone."""
        return None if crm.read(receipt.ref) is None else "the e-mail is still in the CRM"

    def undo(self, crm: Crm, receipt: Receipt, *, key: str) -> Receipt:
        """Take the e-mail out of the outbox."""
        record = crm.read(receipt.ref)
        if record is None:
            raise UndoBlockedError("The e-mail is no longer in the CRM.")
        if record.fields.get("status") != QUEUED:
            raise UndoBlockedError("It has been sent, so it can't be taken back.")
        changed = difference(receipt.after, record.fields)
        if changed or record.version != receipt.version:
            raise UndoBlockedError(f"Someone changed it since: {changed or 'its version'}.")
        return crm.delete(receipt.ref, key=key, expected_version=record.version)
