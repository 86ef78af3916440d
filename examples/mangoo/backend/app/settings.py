"""Settings come from the environment that the task definition gives."""

import os
from dataclasses import dataclass
from typing import Mapping


@dataclass(frozen=True)
class Settings:
    environment: str
    model_id: str
    commit: str

    @staticmethod
    def read(env: Mapping[str, str] = os.environ) -> "Settings":
        missing = [name for name in ("ENVIRONMENT", "BEDROCK_MODEL_ID") if not env.get(name)]
        if missing:
            raise RuntimeError(f"these environment variables are not set: {', '.join(missing)}")
        return Settings(
            environment=env["ENVIRONMENT"],
            model_id=env["BEDROCK_MODEL_ID"],
            commit=env.get("COMMIT", "unknown"),
        )
