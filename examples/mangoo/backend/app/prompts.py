"""What the backend asks of the model, and what it makes of the answer. Needs the standard library only."""

import json
from dataclasses import dataclass
from typing import Callable, Protocol

MAX_PROMPT_CHARS = 4_000
MAX_TOKENS = 512


class Stream(Protocol):
    def read(self) -> bytes: ...


# The part of boto3's `bedrock-runtime` client that is used here: invoke_model(modelId=…, body=…)["body"].read()
InvokeModel = Callable[..., dict]


class InvalidPrompt(ValueError):
    """The prompt cannot be sent; the message says why."""


@dataclass(frozen=True)
class Answer:
    text: str
    input_tokens: int
    output_tokens: int


def request_body(prompt: str) -> str:
    """The body of a Messages request to Bedrock.

    https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html
    """
    text = prompt.strip()
    if not text:
        raise InvalidPrompt("the prompt is empty")
    if len(text) > MAX_PROMPT_CHARS:
        raise InvalidPrompt(f"the prompt has {len(text)} characters, at most {MAX_PROMPT_CHARS} are allowed")
    return json.dumps(
        {
            "anthropic_version": "bedrock-2023-05-31",
            "max_tokens": MAX_TOKENS,
            "messages": [{"role": "user", "content": text}],
        }
    )


def ask(invoke_model: InvokeModel, model_id: str, prompt: str) -> Answer:
    response = invoke_model(modelId=model_id, body=request_body(prompt))
    body: Stream = response["body"]
    message = json.loads(body.read())
    return Answer(
        text="".join(part["text"] for part in message["content"] if part["type"] == "text"),
        input_tokens=message["usage"]["input_tokens"],
        output_tokens=message["usage"]["output_tokens"],
    )
