"""A line of `trajectories/<track>.jsonl.gz`: one episode, and what it was played on."""

from __future__ import annotations

from t2po_gym.evaluation.records import EpisodeRecord, Hash, Text

__all__ = ["Trajectory"]


class Trajectory(EpisodeRecord):
    """One episode.

    Example: `Trajectory.model_validate_json(line).turns[0].reply`
    """

    environment: Text
    """Registered id."""
    fingerprint: Hash
    """Digest of data and rules."""

    @classmethod
    def of(cls, episode: EpisodeRecord, environment: str, fingerprint: str) -> Trajectory:
        """Return an episode with the names of what it was played on."""
        fields = dict(episode)
        return cls(environment=environment, fingerprint=fingerprint, **fields)
