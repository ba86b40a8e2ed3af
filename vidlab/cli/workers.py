"""`vidlab train` by many workers: what their parent does, and what each of them does."""

import hashlib
import os
import sys
import traceback
from pathlib import Path
from time import monotonic

import numpy as np
import psutil

from vidlab.cli.course import CommandError
from vidlab.distributed.parent import HERE, LOG, LOST, end_with_parent

STEPS = 600  # of training, where --epochs does not say
CHECKPOINT = "checkpoint.npz"  # as in training.checkpoints, which would load TensorFlow into the parent
KEPT = "a checkpoint in --resume"
STALL = 300  # seconds without a step, after --wait
TRAINED = "trained.keras"  # what the chief leaves for its parent, beside the logs


def frames_of(a, side):
    """The Frames that the options ask for."""
    from vidlab.clips import Frames

    return Frames(a.frames, (side, side), fit=a.fit, sampling=a.sampling, stride=a.stride, by=a.by)


def batches(a, name, parts, classes):
    """Clips to learn from, for validation and for the test, as a model of the course takes them."""
    from vidlab import datasets

    frames = frames_of(a, a.size)
    settings = dict(batch=a.batch, classes=classes, on_error="skip", cache=a.cache, flow=name == "two_stream")
    if log():  # as much of the memory as is its part
        settings["limit_bytes"] = psutil.virtual_memory().available // (2 * int(os.environ[HERE]))
    augment = datasets.Augment(flip="swap" if a.flip else False, crop=0.8, colour=0.2)
    learn = datasets.Batches(parts["train"], frames, shuffle=True, augment=augment, seed=a.seed, **settings)
    return learn, *(datasets.Batches(parts[split], frames, **settings) for split in ("val", "test"))


def epochs(a, learn):
    """--epochs, or what makes 600 steps, from 10 to 60."""
    return a.epochs if a.epochs is not None else int(np.clip(np.ceil(STEPS / learn.steps), 10, 60))


def log():
    """The log of this process where it is a worker; None where it is not."""
    return os.environ.get(LOG)


def cluster(a):
    """The workers that the options or TF_CONFIG name; None where this process trains alone."""
    from vidlab import distributed

    if a.workers is not None and a.hosts:
        raise CommandError("--workers and --hosts: give one of them; workers on one machine, or one on each of many")
    if a.tpu and (a.workers is not None or a.hosts):
        raise CommandError("--tpu works in one process; leave --workers and --hosts out")
    found = None
    if a.workers is not None:
        found = distributed.on_this_machine(a.workers)
    elif a.hosts:
        found = distributed.from_hosts(a.hosts.split(","), a.number)
    else:
        found = distributed.from_environment()
    os.environ.pop("TF_CONFIG", None)  # it is the workers', and this process is their parent
    if found and len(found.here) < len(found) and not a.resume:
        raise CommandError("give --resume FOLDER, which all machines see: checkpoints lie there, and the workers' logs")
    return found


def _folder(a):
    return Path(a.resume or Path(a.out).with_suffix(".workers"))


def run(a, cluster):
    """Have the workers of this machine train, and say whether the model is here then."""
    from vidlab import distributed

    folder = _folder(a)
    folder.mkdir(parents=True, exist_ok=True)
    if not a.resume:  # what an earlier run left is not this one's
        for old in (folder / CHECKPOINT, *folder.glob("worker-*.log")):
            old.unlink(missing_ok=True)
    here = f"{len(cluster)} workers" if len(cluster.here) > 1 else f"worker {cluster.here[0]} of {len(cluster)}"
    print(f"{here}; what they say is in {folder / 'worker-*.log'}", flush=True)
    a.begun = monotonic()
    command = [sys.executable, "-m", "vidlab", "train", "--resume", str(folder), *a.argv[1:]]
    checkpoint, stall = folder / CHECKPOINT, STALL + a.wait
    distributed.keep_running(command, cluster, folder, checkpoint=checkpoint, stall=stall, say=_say)
    if 0 not in cluster.here:
        print(f"done; worker 0 ({cluster.addresses[0]}) has the model")
    return 0 in cluster.here


def _say(text):
    print(text, flush=True)


def result(a):
    """(model, seconds) of the workers that have trained."""
    from vidlab import training

    trained = _folder(a) / TRAINED
    model, spent = training.load(trained).model, monotonic() - a.begun
    trained.unlink()
    return model, spent


def take_part(a, name, parts, classes, cluster):
    """What a worker does; gives its exit code."""
    from vidlab import distributed, models, training, video

    import keras  # isort: skip

    end_with_parent()
    learn, check, _ = batches(a, name, parts, classes)
    (number,) = cluster.here
    try:
        facts = _facts(a, name, parts)
        distributed.roll_call(cluster.addresses, number, facts, wait=a.wait, passing=(KEPT,))
        worker = distributed.Worker(log())
        keras.utils.set_random_seed(a.seed)
        with worker.scope():
            model = models.CLIP_MODELS[name](learn.frames.shape, len(classes))
        setting = dict(epochs=epochs(a, learn), class_weights=learn.class_weights, resume=a.resume, every=a.every)
        training.fit(model, learn, check, workers=worker, **setting)
        if worker.chief:
            training.save(Path(a.resume) / TRAINED, model, classes, learn.frames)
        worker.wait_for_all()
    except distributed.NotTogether as error:
        if not error.again:
            raise
        print(error, file=sys.stderr)
        return LOST
    except (video.VideoError, ValueError, MemoryError, OSError):
        raise
    except Exception:  # another worker is gone, in one of the many ways in which that shows; or this one has failed
        traceback.print_exc()
        return LOST
    return 0


def _facts(a, name, parts):
    """What must be the same for all workers."""
    import keras
    import tensorflow

    import vidlab

    clips = hashlib.sha256()
    for sample in (sample for part in parts.values() for sample in part):
        facts = _name_and_size(sample.source, a.folder), sample.label, sample.split, sample.group
        clips.update(f"{facts}\n".encode("utf8", "backslashreplace"))
    checkpoint = Path(a.resume) / CHECKPOINT
    kept = hashlib.sha256(checkpoint.read_bytes()).hexdigest()[:8] if checkpoint.exists() else "none"
    return {
        "vidlab": vidlab.__version__,
        "TensorFlow": tensorflow.__version__,
        "Keras": keras.__version__,
        "--model": name,
        "--seed": a.seed,
        "--batch": a.batch,
        "--epochs": a.epochs,
        "--flip": a.flip,
        "frames": str(frames_of(a, a.size)),
        "clips": f"{sum(map(len, parts.values()))} of sum {clips.hexdigest()[:8]}",
        "a GPU": bool(tensorflow.config.list_physical_devices("GPU")),
        KEPT: kept,
    }


def _name_and_size(source, root):
    """What of a clip is the same on all machines: where it lies in the folder, and its bytes."""
    if isinstance(source, np.ndarray):  # of a shard; which clip it is says its group
        return f"{source.shape}"
    path = Path(source)
    return f"{path.relative_to(Path(root).expanduser()).as_posix()} {path.stat().st_size}"
