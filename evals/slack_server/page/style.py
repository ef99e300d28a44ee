"""The frame of the page: its style and the few lines that make it live."""

from pathlib import Path

import evals.slack_preview

PREVIEW_STYLE = (Path(evals.slack_preview.__file__).parent / "style.css").read_text()
PAGE = (Path(__file__).parent / "page.html").read_text()
