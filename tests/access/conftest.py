"""The sample company at a small scale; Sam Okafor of the policy is among its owners."""

import pytest

from agent.assembly import Weir
from agent.config import Settings
from agent.conversation import Conversation

SCALE = 0.1


@pytest.fixture(scope="session")
def weir(tmp_path_factory: pytest.TempPathFactory) -> Weir:
    home = tmp_path_factory.mktemp("access")
    chosen = {name: field.default for name, field in Settings.model_fields.items()}
    made = Weir(Settings(**{**chosen, "home": home}))
    made.ingest_sample(scale=SCALE)
    made.sync_library()
    return made


@pytest.fixture(scope="session")
def conversation(weir: Weir) -> Conversation:
    return weir.conversation()
