import pytest


@pytest.fixture
def course(tmp_path, monkeypatch):
    (tmp_path / "notebooks").mkdir()
    for name in ("00_tour.ipynb", "04_rnn.ipynb"):
        (tmp_path / "notebooks" / name).write_text(f"original {name}")
    monkeypatch.setattr("vidlab.cli.course.COURSE", tmp_path)
    return tmp_path
