import io
import json

import pytest

from app.prompts import MAX_PROMPT_CHARS, InvalidPrompt, ask, request_body


def test_a_prompt_becomes_one_user_message():
    body = json.loads(request_body("  What is a mango?\n"))

    assert body["messages"] == [{"role": "user", "content": "What is a mango?"}]


@pytest.mark.parametrize("prompt", ["", " \n\t"])
def test_an_empty_prompt_costs_nothing(prompt):
    with pytest.raises(InvalidPrompt, match="the prompt is empty"):
        request_body(prompt)


def test_a_prompt_that_is_too_long_is_refused_with_both_numbers():
    with pytest.raises(InvalidPrompt, match="has 4001 characters, at most 4000"):
        request_body("m" * (MAX_PROMPT_CHARS + 1))


def test_the_answer_is_the_text_of_the_model_with_what_it_cost():
    asked = {}

    def invoke_model(**request):
        asked.update(request)
        message = {
            "content": [{"type": "text", "text": "A fruit"}, {"type": "text", "text": "."}],
            "usage": {"input_tokens": 5, "output_tokens": 3},
        }
        return {"body": io.BytesIO(json.dumps(message).encode())}

    answer = ask(invoke_model, "some-model", "What is a mango?")

    assert (answer.text, answer.input_tokens, answer.output_tokens) == ("A fruit.", 5, 3)
    assert asked["modelId"] == "some-model"
