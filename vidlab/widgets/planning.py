"""The calculator: what a training on many clips takes, by the reader's own numbers."""

import numpy as np

from vidlab.distributed import budget as work_out
from vidlab.widgets import lab

NETWORKS = {  # multiplications of a forward pass for a clip, in thousand millions; frames and pixels a side
    "conv3d of this course (0.012)": (0.0119, 12, 32),
    "MoViNet-A0 (2.7)": (2.7, 50, 172),
    "X3D-S (2.96)": (2.96, 13, 182),
    "SlowFast R50 (65.7)": (65.71, 32, 224),
    "VideoMAE ViT-B (180)": (180.0, 16, 224),
}
SETS = {"100 clips of your own": 100, "UCF101 (13,320)": 13320, "Kinetics-400 (240,000)": 240000}
DEVICES = {  # multiplications a second in earnest
    "a laptop of two cores (0.06)": 0.06, "a GPU (15)": 15.0, "a large GPU (80)": 80.0,
}  # fmt: skip
LINES = "days of training", "cores that decode", "files, TB", "shards, TB", "money, thousands"


def budget():
    """Choose clips, network and devices, and see hours, cores, disks and money: `distributed.budget` by sliders.

    Returns
    -------
    lab.Lab
        Shows itself when a cell ends in it.
    """
    return lab.Lab(
        "What does it cost?",
        [
            lab.choice("clips", "clips", list(SETS), "Kinetics-400 (240,000)"),
            lab.choice("network", "network (thousand million multiplications)", list(NETWORKS), "X3D-S (2.96)"),
            lab.slider("passes", "passes", 1, 300, 50),
            lab.choice("device", "device (million million a second)", list(DEVICES), "a GPU (15)"),
            lab.slider("devices", "how many", 1, 64, 1),
            lab.slider("decoded", "frames a core decodes in a second", 100, 5000, 1500, 100),
            lab.slider("price", "price of a device's hour", 0.1, 10, 2.0, 0.1),
        ],
        answer,
    )


def answer(clips, network, passes, device, devices, decoded, price):
    """What the calculator shows at one setting of its controls."""
    multiplications, frames, side = NETWORKS[network]
    plan = work_out(
        SETS[clips], multiplications=multiplications * 1e9, passes=int(passes), devices=int(devices),
        rate=DEVICES[device] * 1e12, frames=frames, side=side, decoded=decoded, device_hour=price,
    )  # fmt: skip
    numbers = plan.hours / 24, plan.cores, plan.files / 1e3, plan.shards / 1e3, plan.money / 1e3
    lengths = np.clip((np.log10(np.maximum(numbers, 1e-9)) + 2) / 6, 0.0, 1.0)  # six decades on one scale
    texts = [_plain(value) for value in numbers]
    spoken = "; ".join(f"{name}: {text}" for name, text in zip(LINES, texts, strict=True))
    caption = "what it takes; a third of the way is a hundred times as much"
    panel = lab.bars(LINES, {"number": lengths}, caption, f"{spoken}.", texts, ("0.01", "10", "10,000"))
    words = (
        f"3 x {SETS[clips]:,} clips x {int(passes)} passes x {multiplications:g} thousand million multiplications, at "
        f"{int(devices)} x {DEVICES[device]:g} million million a second: {_time(plan.hours)}. To keep pace, "
        f"{_plain(plan.cores)} cores decode; or one decodes all files once, in {_time(plan.shard_hours)}, into "
        f"{_plain(plan.shards)} GB of shards."
    )
    return {"panels": {"costs": panel}, "status": words}


def _plain(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"


def _time(hours):
    if hours < 1:
        return f"{_plain(60 * hours)} minutes"
    return f"{_plain(hours)} hours" if hours < 48 else f"{_plain(hours / 24)} days"
