import pytest

from app.settings import Settings


def test_settings_come_from_the_task_definition():
    settings = Settings.read({"ENVIRONMENT": "prod", "BEDROCK_MODEL_ID": "m", "COMMIT": "3f2a1b9"})

    assert (settings.environment, settings.model_id, settings.commit) == ("prod", "m", "3f2a1b9")


def test_every_missing_variable_is_named_at_once():
    with pytest.raises(RuntimeError, match="ENVIRONMENT, BEDROCK_MODEL_ID"):
        Settings.read({})
