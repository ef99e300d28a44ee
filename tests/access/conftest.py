"""The sample company at a small scale, with Sam Okafor of the policy among its owners."""

from pathlib import Path

import pytest

from agent.assembly import SAMPLE_MAPPING, Weir
from agent.config import Settings
from agent.conversation import Conversation
from knowledge.sources.sample import generate
from knowledge.sources.sample.leaks import DEMO_SEED

# An owner of the sample with several leads at risk, whom Sam stands in for.
STANDS_IN_FOR = ("Luis Vasquez", "luis.vasquez@northpeak.example")
SAM = ("Sam Okafor", "sam.okafor@northpeak.example")


@pytest.fixture(scope="session")
def weir(tmp_path_factory: pytest.TempPathFactory) -> Weir:
    home = tmp_path_factory.mktemp("access")
    source = home / "source"
    generate(source, seed=DEMO_SEED, scale=0.1)
    _rename(source / "salesforce" / "user.csv")
    chosen = {name: field.default for name, field in Settings.model_fields.items()}
    made = Weir(Settings(**{**chosen, "home": home}))
    made.ingest(source, SAMPLE_MAPPING)
    made.sync_library()
    return made


@pytest.fixture(scope="session")
def conversation(weir: Weir) -> Conversation:
    return weir.conversation()


def _rename(users: Path) -> None:
    text = users.read_text(encoding="utf-8")
    for old, new in zip(STANDS_IN_FOR, SAM, strict=True):
        assert old in text
        text = text.replace(old, new)
    users.write_text(text, encoding="utf-8")
