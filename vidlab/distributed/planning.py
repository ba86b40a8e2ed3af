"""What a training on a large set of clips costs: hours, cores that decode, disks, money."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """What `budget` works out.

    Attributes
    ----------
    hours
        That all devices train.
    cores
        That decode the files, so that the devices need not wait; once in each pass.
    shard_hours
        That one core decodes all files, once, into shards.
    files, shards
        Gigabytes.
    money
        For the devices, the cores that decode the files in each pass, and a month of keeping the files.
    """

    hours: float
    cores: float
    shard_hours: float
    files: float
    shards: float
    money: float


def budget(
    clips: int,
    *,
    multiplications: float,
    passes: int = 50,
    devices: int = 1,
    rate: float = 15e12,
    frames: int = 16,
    side: int = 224,
    seconds: float = 10.0,
    fps: float = 25.0,
    megabytes: float = 1.5,
    decoded: float = 1500.0,
    device_hour: float = 2.0,
    core_hour: float = 0.04,
    gigabyte: float = 0.02,
) -> Plan:
    """A Plan for one training from scratch.

        hours = 3 clips passes multiplications / (devices rate) / 3600

    Backward takes the products of forward twice more: for the layer before, and for its own weights. A file is
    decoded from its start, so a core does `decoded` / (`seconds` `fps`) clips a second.

    Parameters
    ----------
    multiplications
        Of a forward pass for one clip, with its additions: `models.costs` counts them, `data/published.csv` has them.
    passes
        Over all clips.
    devices, rate
        How many GPUs, or machines, and the multiplications a second that one reaches in earnest. Measure it: makers
        count an addition apart, and a twentieth to a sixth of what they say is usual.
    frames, side
        Of a clip as the model takes it, in uint8 in shards.
    seconds, fps, megabytes
        Of a clip's file.
    decoded
        Frames a second that a core decodes.
    device_hour, core_hour, gigabyte
        Prices: of a device and of a core for an hour, of keeping a gigabyte for a month, in which the training is done.

    Raises
    ------
    ValueError
        A number is not above 0.

    Examples
    --------
    >>> plan = budget(240_000, multiplications=2.96e9, passes=50, devices=8)
    >>> round(plan.hours, 2), round(plan.shard_hours), round(plan.shards)
    (0.25, 11, 578)
    """
    for name, value in locals().copy().items():
        if not value > 0:
            raise ValueError(f"{name}={value} must be above 0")
    clips_a_second = devices * rate / (3 * multiplications)
    hours = clips * passes / clips_a_second / 3600
    of_a_core = decoded / (seconds * fps)
    cores, shard_hours = clips_a_second / of_a_core, clips / of_a_core / 3600
    files, shards = clips * megabytes / 1e3, clips * frames * side**2 * 3 / 1e9
    money = hours * (devices * device_hour + cores * core_hour) + files * gigabyte
    return Plan(hours, cores, shard_hours, files, shards, money)
