"""The stage map: the funnel's stages in order, and the exits from it."""

from dataclasses import dataclass

DEFAULT_STAGES = ("raw", "inquiry", "mql", "accepted", "sql", "opportunity", "won")
EXITS = ("lost", "disqualified", "recycled")


@dataclass(frozen=True)
class StageMap:
    """Order the stages of a funnel.

    Attributes:
        stages: Stage names from first to last, lower case.
        version: Digest or label of the mapping that defined them.
    """

    stages: tuple[str, ...] = DEFAULT_STAGES
    version: str = "default"

    @property
    def exits(self) -> tuple[str, ...]:
        """Name the ways out of the funnel."""
        return EXITS

    @property
    def transitions(self) -> tuple[tuple[str, str], ...]:
        """Pair each stage with the next one."""
        return tuple(zip(self.stages, self.stages[1:], strict=False))

    def onward(self, stage: str) -> tuple[str, ...]:
        """List a stage and all that come after it.

        Reaching a later stage implies that the earlier one was passed, even where the
        source system skipped it.
        """
        return self.stages[self.stages.index(stage) :]
