"""Tests of the HTTP shell. They skip themselves where FastAPI is not installed."""

import pytest

pytest.importorskip("fastapi")
testclient = pytest.importorskip("fastapi.testclient")


def test_the_load_balancer_finds_the_service_healthy():
    from app.main import app

    assert testclient.TestClient(app).get("/health").json() == {"status": "ok"}
