"""The HTTP shell: everything worth testing is in the modules beside it."""

import boto3
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

from app.prompts import InvalidPrompt, ask
from app.settings import Settings

app = FastAPI(title="Mangoo")


class Prompt(BaseModel):
    prompt: str


@app.get("/health")
@app.get("/api/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/api/answers")
def answer(body: Prompt) -> dict[str, str | int]:
    settings = Settings.read()
    bedrock = boto3.client("bedrock-runtime")
    try:
        result = ask(bedrock.invoke_model, settings.model_id, body.prompt)
    except InvalidPrompt as error:
        raise HTTPException(status_code=422, detail=str(error)) from error
    return {"text": result.text, "inputTokens": result.input_tokens, "outputTokens": result.output_tokens}
