from app.greeting import greeting


def test_greets() -> None:
    assert greeting("mangoo") == "hello mangoo"
