"""files.*: uploads in three steps, and what was uploaded."""

from evals.slack_server.errors import SlackError
from evals.slack_server.state import Json, copied
from evals.slack_server.web_api.messages import post
from evals.slack_server.web_api.method import Request, method

ALT_TEXT = 1000


@method("files.getUploadURLExternal", scope="files:write")
def upload_url(request: Request) -> Json:
    """Give an address to upload one file to."""
    filename, length = str(request.need("filename")), int(request.need("length"))
    if length <= 0:
        raise SlackError("invalid_arguments")
    if len(str(request.args.get("alt_txt") or "")) > ALT_TEXT:
        raise SlackError("alt_txt_too_large")
    number = f"F{request.state.number():08d}"
    request.state.uploads[number] = {
        "id": number,
        "team": request.here.team,
        "name": filename,
        "length": length,
        "alt_txt": request.args.get("alt_txt"),
        "content": None,
    }
    return {"upload_url": f"{request.base}/upload/{number}", "file_id": number}


@method("files.completeUploadExternal", scope="files:write")
def complete(request: Request) -> Json:
    """Finish uploads and share them, where a channel is named."""
    given = request.need("files")
    uploads = []
    for item in given:
        upload = request.state.uploads.get(str(item.get("id")))
        if upload is None or upload["team"] != request.here.team or upload["content"] is None:
            raise SlackError("file_not_found")
        uploads.append((item, upload))
    files = []
    for item, upload in uploads:
        file = {
            "id": upload["id"],
            "name": upload["name"],
            "title": item.get("title") or upload["name"],
            "mimetype": "image/png" if upload["name"].endswith(".png") else "text/plain",
            "filetype": upload["name"].rpartition(".")[2],
            "size": len(upload["content"]),
            "alt_txt": upload["alt_txt"],
            "user": request.here.bot_user,
            "permalink": f"https://{request.here.name.lower()}.slack.com/files/{upload['id']}",
            "url_private": f"{request.base}/file/{upload['id']}",
            "content": upload["content"],
        }
        request.here.files[upload["id"]] = file
        files.append(described(file))
    if request.args.get("channel_id"):
        channel = request.channel("channel_id", writing=True)
        message: Json = {
            "type": "message",
            "subtype": "file_share",
            "user": request.here.bot_user,
            "bot_id": request.here.bot_id,
            "team": request.here.team,
            "ts": request.state.ts(),
            "text": request.args.get("initial_comment") or "",
            "channel": channel.id,
            "files": copied(files),
        }
        if request.args.get("blocks"):
            message["blocks"] = request.args["blocks"]
        post(request, channel, message, request.args.get("thread_ts"))
    return {"files": files}


@method("files.info", scope="files:read")
def info(request: Request) -> Json:
    """Describe a file."""
    file = request.here.files.get(str(request.need("file")))
    if file is None:
        raise SlackError("file_not_found")
    return {"file": described(file)}


@method("files.delete", scope="files:write")
def delete(request: Request) -> Json:
    """Delete a file."""
    if request.here.files.pop(str(request.need("file")), None) is None:
        raise SlackError("file_not_found")
    return {}


def described(file: Json) -> Json:
    """Describe a file without what it holds."""
    return {name: value for name, value in file.items() if name != "content"}
