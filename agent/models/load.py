"""Load the chat model that a setting names."""

import os
import re
from importlib.util import find_spec
from typing import TYPE_CHECKING

from knowledge.errors import BadInputError, WeirError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from langchain_core.language_models.chat_models import BaseChatModel

    from agent.models.routing import Embeds
    from agent.models.vocabulary import Vocabulary

OFFLINE = "offline"
# Where each provider's client looks for its key; others say it themselves when they are called.
_KEYS = {
    "anthropic": ("ANTHROPIC_API_KEY",),
    "cohere": ("COHERE_API_KEY",),
    "deepseek": ("DEEPSEEK_API_KEY",),
    "fireworks": ("FIREWORKS_API_KEY",),
    "google_genai": ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    "groq": ("GROQ_API_KEY",),
    "mistralai": ("MISTRAL_API_KEY",),
    "openai": ("OPENAI_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY",),
    "perplexity": ("PPLX_API_KEY",),
    "together": ("TOGETHER_API_KEY",),
    "xai": ("XAI_API_KEY",),
}


class ModelSettingError(BadInputError):
    """Report a model setting that can't be used."""


class ModelUnavailableError(WeirError):
    """Report that a model's package or key is missing."""


def load_chat_model(
    setting: str,
    *,
    vocabulary: "Callable[[], Vocabulary] | None" = None,
    embedder: "Embeds | None" = None,
    cache: "Path | None" = None,
) -> "BaseChatModel":
    """Load ``offline``, or any ``provider:model`` that LangChain knows.

    Args:
        setting: What ``WEIR_MODEL`` says.
        vocabulary: Gives the words of the company's own data to the offline model, when it needs
            them.
        embedder: The embedding model that the library uses, to share it; a new one without it.
        cache: Folder where the offline model keeps what it computed once, to start quickly.

    Raises:
        ModelSettingError: The setting is neither.
        ModelUnavailableError: The provider's package or key is missing.
    """
    name = setting.strip()
    if name.lower() == OFFLINE:
        # torch is behind it, and no other model needs it
        from agent.models.offline import OfflineChatModel  # noqa: PLC0415

        return OfflineChatModel.create(vocabulary=vocabulary, embedder=embedder, cache=cache)
    provider, colon, model = name.partition(":")
    if not (colon and provider and model):
        raise ModelSettingError(
            f"'{setting}' names no model: set WEIR_MODEL to 'offline', or to 'provider:model' "
            "such as 'anthropic:MODEL' or 'ollama:MODEL'."
        )
    return _hosted(provider.lower().replace("-", "_"), model)


def _hosted(provider: str, model: str) -> "BaseChatModel":
    """Load a provider's model after its package and its key were found."""
    # slow to import, and not needed for the offline model
    from langchain.chat_models import init_chat_model  # noqa: PLC0415

    try:
        # A missing package is reported before a missing key, as a newcomer lacks it first.
        installed = find_spec(f"langchain_{provider}") is not None
        if installed:
            _require_key(provider, model)
        return init_chat_model(model, model_provider=provider)
    except ImportError as error:
        found = re.search(r"pip install ([\w-]+)", str(error))
        package = found.group(1) if found else f"langchain-{provider.replace('_', '-')}"
        raise ModelUnavailableError(
            f"The model '{provider}:{model}' needs a package that is missing: run "
            f"`pip install {package}`, or set WEIR_MODEL=offline."
        ) from error
    except WeirError:
        raise
    except ValueError as error:
        if "nsupported" not in str(error):
            raise _unusable(provider, model, error) from error
        raise ModelSettingError(
            f"LangChain knows no provider '{provider}': set WEIR_MODEL to 'offline', or to "
            "'provider:model' with a provider such as anthropic, openai or ollama."
        ) from error
    except Exception as error:  # a client may raise anything for a key or an option it rejects
        raise _unusable(provider, model, error) from error


def _require_key(provider: str, model: str) -> None:
    keys = _KEYS.get(provider, ())
    if keys and not any(os.environ.get(key) for key in keys):
        raise ModelUnavailableError(
            f"The model '{provider}:{model}' needs a key: set {' or '.join(keys)}, or set "
            "WEIR_MODEL=offline."
        )


def _unusable(provider: str, model: str, error: Exception) -> ModelUnavailableError:
    reason = next(iter(str(error).splitlines()), type(error).__name__).rstrip(".")
    return ModelUnavailableError(
        f"The model '{provider}:{model}' can't be used ({reason}): check its name and its key, or "
        "set WEIR_MODEL=offline."
    )
