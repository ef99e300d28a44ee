"""Limits of what elements are made of: confirmations, options, images and files."""

from typing import Any

from evals.slack_server.limits.check import Check

CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_BUTTON = 30
OPTION_TEXT = 75
OPTION_VALUE = 150
OPTIONS = 100
URL = 3000
ALT_TEXT = 2000


def check_confirm(check: Check, confirm: Any, path: str) -> None:
    """Check the question that an element asks."""
    if not isinstance(confirm, dict):
        check.say(path, "must provide an object")
        return
    check.known(confirm, {"title", "text", "confirm", "deny", "style"}, path)
    check.plain(confirm.get("title"), f"{path}/title", CONFIRM_TITLE)
    check.text(confirm.get("text"), f"{path}/text", CONFIRM_TEXT)
    check.plain(confirm.get("confirm"), f"{path}/confirm", CONFIRM_BUTTON)
    check.plain(confirm.get("deny"), f"{path}/deny", CONFIRM_BUTTON)
    check.one_of(confirm, "style", path, "primary", "danger")


def check_option(check: Check, option: Any, path: str, *, kinds: tuple[str, ...]) -> None:
    """Check one choice."""
    if not isinstance(option, dict):
        check.say(path, "must provide an object")
        return
    check.known(option, {"text", "value", "description", "url"}, path)
    check.text(option.get("text"), f"{path}/text", OPTION_TEXT, kinds=kinds)
    check.string(option.get("value"), f"{path}/value", OPTION_VALUE)
    if "description" in option:
        check.text(option["description"], f"{path}/description", OPTION_TEXT, kinds=kinds)
    check.optional(option, "url", path, URL)


def check_options(
    check: Check, element: dict[str, Any], path: str, *, least: int, most: int, rich: bool = False
) -> None:
    """Check the choices of an element, alone or in groups, and that the initial ones are theirs."""
    kinds = ("plain_text", "mrkdwn") if rich else ("plain_text",)
    offered: list[Any] = []
    if "option_groups" in element:
        groups = check.count(element["option_groups"], f"{path}/option_groups", 1, OPTIONS)
        for place, group in enumerate(groups):
            here = f"{path}/option_groups/{place}"
            check.plain(group.get("label"), f"{here}/label", OPTION_TEXT)
            offered += check.count(group.get("options"), f"{here}/options", 1, OPTIONS)
    else:
        offered = check.count(element.get("options"), f"{path}/options", least, most)
    for place, option in enumerate(offered):
        check_option(check, option, f"{path}/options/{place}", kinds=kinds)
    initial = element.get("initial_options", [])
    if "initial_option" in element:
        initial = [element["initial_option"]]
    if "initial_options" in element and not initial:
        check.say(f"{path}/initial_options", "must be more than 0 items")
    values = [option.get("value") for option in offered if isinstance(option, dict)]
    if any(option not in offered for option in initial):
        check.say(f"{path}/initial_option", "is not one of the options")
    if len(set(map(str, values))) < len(values):
        check.say(f"{path}/options", "values must be unique")


def check_image(check: Check, image: dict[str, Any], path: str) -> None:
    """Check where a picture comes from and its description."""
    check.string(image.get("alt_text"), f"{path}/alt_text", ALT_TEXT)
    if ("image_url" in image) == ("slack_file" in image):
        check.say(path, "must provide one of image_url and slack_file")
    if "image_url" in image:
        check.string(image["image_url"], f"{path}/image_url", URL)
        if not str(image["image_url"]).startswith(("https://", "http://")):
            check.say(f"{path}/image_url", "must be a valid URL")
    if "slack_file" in image:
        file_id = (image["slack_file"] or {}).get("id")
        if file_id not in check.files:
            check.say(f"{path}/slack_file", "invalid slack file")
