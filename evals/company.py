"""The sample company as an eval uses it, in a folder that vanishes with the process."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from agent.assembly import Weir
from agent.config import Settings
from knowledge.sources.sample.leaks import DEMO_SEED


@cache
def sample_company() -> Weir:
    """Make and load the sample company of the demo, once a process, with the offline model."""
    weir = deployment()
    weir.ingest_sample(seed=DEMO_SEED)
    return weir


def deployment() -> Weir:
    """Open an empty deployment with default settings, whatever the environment says."""
    home = Path(tempfile.mkdtemp(prefix="weir-eval-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    chosen = {name: field.default for name, field in Settings.model_fields.items()}
    return Weir(Settings(**{**chosen, "home": home}))
