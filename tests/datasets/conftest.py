import numpy as np
import pytest

from vidlab import video


@pytest.fixture
def place(tmp_path):
    """Put small files at these names: real videos where the name says so."""
    clip = np.zeros((2, 16, 16, 3), np.uint8)

    def put(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            video.write(path, clip) if path.suffix in (".mp4", ".avi", ".webm") else path.write_text("not video")
        return tmp_path

    return put
