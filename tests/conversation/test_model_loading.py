import pytest

from agent.models.load import ModelSettingError, ModelUnavailableError, load_chat_model
from agent.models.offline import OfflineChatModel


@pytest.mark.parametrize("setting", ["offline", " Offline "])
def test_offline_needs_nothing(setting: str) -> None:
    assert isinstance(load_chat_model(setting), OfflineChatModel)


@pytest.mark.parametrize("setting", ["", "gpt", "openai:", ":gpt", "offline2"])
def test_a_setting_that_names_no_model_says_what_to_set(setting: str) -> None:
    with pytest.raises(ModelSettingError, match="set WEIR_MODEL to 'offline', or to") as caught:
        load_chat_model(setting)
    assert "\n" not in str(caught.value)


def test_an_unknown_provider_is_named() -> None:
    with pytest.raises(ModelSettingError, match="knows no provider 'acme'"):
        load_chat_model("acme:model-1")


@pytest.mark.parametrize("provider", ["perplexity", "upstage"])
def test_a_missing_package_says_what_to_install(provider: str) -> None:
    with pytest.raises(ModelUnavailableError) as caught:
        load_chat_model(f"{provider}:model-1")
    assert f"`pip install langchain-{provider}`" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_key_says_which_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setattr("agent.models.load.find_spec", lambda _name: object())
    with pytest.raises(ModelUnavailableError, match="set OPENAI_API_KEY"):
        load_chat_model("openai:model-1")
