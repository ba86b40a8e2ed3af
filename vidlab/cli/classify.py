"""`vidlab train` and `vidlab predict`: from a folder of clips to a model, and from a file to its class."""

import os
import re
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

import numpy as np

from vidlab.cli.course import CommandError
from vidlab.cli.data import say_passed_over

MODEL = "model.keras"
FEATURES = "features"
SIDE = 160  # pixels of a frame, for the pretrained networks
STEPS = 600  # of training, where --epochs does not say


def add_to(commands):
    """Add `train` and `predict` to the command line."""
    train = commands.add_parser("train", help="learn to tell the classes of a folder of clips apart")
    train.add_argument("folder", help="a folder of clips for each class, or train/, val/ and test/ with these")
    train.add_argument("--out", default=MODEL, help="file for the model (default: %(default)s)")
    train.add_argument("--model", help="features (a small head on what two pretrained networks see), or a name of "
                       "vidlab.models (default: features and conv3d, and the better of them is kept)")  # fmt: skip
    train.add_argument("--frames", type=int, default=16, help="frames of each clip (default: %(default)s)")
    train.add_argument("--size", type=int, default=48, help="pixels a side, for models that are trained (default: "
                       "%(default)s; features: 160)")  # fmt: skip
    train.add_argument("--fit", default="stretch", choices=("stretch", "crop", "pad"), help="how a picture of another "
                       "shape is brought to that size (default: %(default)s)")  # fmt: skip
    train.add_argument("--sampling", default="uniform", choices=("uniform", "dense", "segments", "random"),
                       help="which frames: see notebook 06 (default: %(default)s)")  # fmt: skip
    train.add_argument("--stride", type=int, default=1, help="between frames of dense sampling (default: %(default)s)")
    train.add_argument("--by", default="frame", choices=("frame", "time"), help="count frames, or go by the clock, for "
                       "files of uneven rate (default: %(default)s)")  # fmt: skip
    train.add_argument("--epochs", type=int, help="passes over the clips (default: what makes 600 steps, 10 to 60)")
    train.add_argument("--batch", type=int, default=16, help="clips a step (default: %(default)s)")
    train.add_argument("--flip", action="store_true", help="learn from mirrored clips as well; left becomes right")
    train.add_argument("--group", metavar="REGEX", help="clips whose names match in the same words are one scene and "
                       'stay on one side of the split, for example "_g[0-9]+"')  # fmt: skip
    train.add_argument("--cache", metavar="FOLDER", default="memory", help="keep decoded clips there (default: memory)")
    train.add_argument("--resume", metavar="FOLDER", help="keep checkpoints there, and go on from them")
    train.add_argument("--seed", type=int, default=0)
    train.set_defaults(run=run_train)
    predict = commands.add_parser("predict", help="say which class a clip is of")
    predict.add_argument("files", nargs="+", metavar="FILE")
    predict.add_argument("--model", default=MODEL, help="file that vidlab train wrote (default: %(default)s)")
    predict.add_argument("--views", type=int, default=1, help="look at each file as often (default: %(default)s)")
    predict.set_defaults(run=run_predict)


def run_train(a):
    """Train on a folder of clips, test, and save the model that is best on the clips for validation."""
    from vidlab import datasets, fetch, models, video  # TensorFlow takes seconds: only when it is needed

    names = [a.model] if a.model else [FEATURES, "conv3d"]
    if names[0] not in (FEATURES, *models.CLIP_MODELS):
        known = ", ".join((FEATURES, *models.CLIP_MODELS))
        raise CommandError(f"--model {a.model}: there is no such model; there are {known}")
    out = Path(a.out)
    if out.suffix != ".keras" or not os.access(out.absolute().parent, os.W_OK):
        raise CommandError(f"--out {a.out} must end in .keras and lie in a folder that exists and may be written to")
    try:
        samples = _split(datasets.folder(a.folder), a.group, a.seed)
        classes, parts = _checked(samples, a.folder)
        say_passed_over(datasets.passed_over(a.folder))
        if FEATURES in names and (failed := fetch.fetch_weights()):
            if a.model:
                raise CommandError("; ".join(failed))
            print(f"Careful: no pretrained features ({failed[0]}); conv3d alone")
            names.remove(FEATURES)
        print(f"{len(classes)} classes; {' + '.join(f'{len(p)} to {n}' for n, p in parts.items())}")
        tried = [(_head if name == FEATURES else _trained)(a, name, parts, classes) for name in names]
        _tell(a, classes, tried)
    except MemoryError:
        raise CommandError(f"{a.folder}: there is not enough memory for its clips; give --cache FOLDER") from None
    except OSError as error:
        raise CommandError(f"{error.filename or out} cannot be written ({error.strerror or error})") from None
    except (datasets.DataNotFound, video.VideoError, models.WeightsError, ValueError) as error:
        raise CommandError(str(error)) from None
    return 0


@dataclass(frozen=True)
class _Tried:
    """One model: what it said of the clips for validation and for the test, and of one frame where that was tried."""

    name: str
    model: object
    frames: object
    val: float
    report: object
    shuffled: float
    seconds: float
    one_frame: float | None = None


def _checked(samples, folder):
    from vidlab import datasets

    classes = datasets.classes_of(samples)
    if len(classes) < 2:
        raise CommandError(f"{folder}: one class, {classes[0]}; at least two are needed")
    parts = datasets.by_split(samples)
    if not all(parts.values()):
        empty = ", ".join(name for name, part in parts.items() if not part)
        raise CommandError(f"{folder}: no clips in {empty}; have train, val and test there, or none of them")
    unseen = sorted(set(classes) - {s.label for s in parts["train"]})
    if unseen:
        raise CommandError(
            f"{folder}: no clips of {', '.join(unseen)} to train on; put some into the training folder, or take "
            "the class out of the others"
        )
    return classes, parts


def _frames(a, side):
    from vidlab.clips import Frames

    return Frames(a.frames, (side, side), fit=a.fit, sampling=a.sampling, stride=a.stride, by=a.by)


def _head(a, name, parts, classes):
    """A linear head on the features of both pretrained networks, and one on those of a single frame."""
    from vidlab import datasets, models, training

    begun, frames = monotonic(), _frames(a, SIDE)
    settings = dict(batch=8, classes=classes, on_error="skip", cache=a.cache)
    batches = {split: datasets.Batches(part, frames, **settings) for split, part in parts.items()}
    heads = {}
    for kinds in (("frames", "video"), ("frame",)):
        features = models.clip_features(frames.shape, kinds=kinds)
        rows = {split: training.rows_of(features, data) for split, data in batches.items()}
        blocks = {kind: models.BLOCKS[kind] for kind in kinds}
        heads[kinds] = training.fit_head(features, rows["train"], rows["val"], len(classes), blocks=blocks)
        if kinds[0] == "frames":
            spent = monotonic() - begun
    model, one = heads.values()
    report = training.evaluate(model, batches["test"])
    shuffled = training.evaluate(model, batches["test"], change=training.shuffle_frames).top1
    said = training.evaluate(one, batches["test"]).top1
    return _Tried(name, model, frames, training.evaluate(model, batches["val"]).top1, report, shuffled, spent, said)


def _trained(a, name, parts, classes):
    """A model of the course, trained from scratch."""
    from vidlab import datasets, models, training

    import keras  # isort: skip

    begun, frames = monotonic(), _frames(a, a.size)
    settings = dict(batch=a.batch, classes=classes, on_error="skip", cache=a.cache, flow=name == "two_stream")
    augment = datasets.Augment(flip="swap" if a.flip else False, crop=0.8, colour=0.2)
    learn = datasets.Batches(parts["train"], frames, shuffle=True, augment=augment, seed=a.seed, **settings)
    check, test = (datasets.Batches(parts[split], frames, **settings) for split in ("val", "test"))
    epochs = a.epochs if a.epochs is not None else int(np.clip(np.ceil(STEPS / learn.steps), 10, 60))
    print(f"{name}: {epochs} epochs")
    keras.utils.set_random_seed(a.seed)
    model = models.CLIP_MODELS[name](frames.shape, len(classes))
    training.fit(model, learn, check, epochs=epochs, resume=a.resume, class_weights=learn.class_weights)
    spent = monotonic() - begun
    shuffled = training.evaluate(model, test, change=training.shuffle_frames).top1
    val = training.evaluate(model, check).top1
    return _Tried(name, model, frames, val, training.evaluate(model, test), shuffled, spent)


def _tell(a, classes, tried):
    """Say how good the models are, beside what they are measured against, and save the best."""
    from vidlab import training

    best = max(tried, key=lambda one: one.val)  # of equal ones the first
    training.save(a.out, best.model, classes, best.frames)
    for one in tried:
        alone = {"head_on_frames": " (photographs' alone)", "head_on_video": " (video's alone)"}
        seen = alone.get(one.model.name, "")
        print(
            f"{one.name + seen:10} validation {one.val:.3f}  test {one.report.top1:.3f}  "
            f"frames shuffled {one.shuffled:.3f}  in {one.seconds:.0f} s"
        )
        if one.one_frame is not None:
            print(f"{'':10} a head on the middle frame alone: test {one.one_frame:.3f}")
    if len(tried) > 1:
        other = next(one for one in tried if one is not best)
        print(
            f"kept: {best.name}, which is {'better' if best.val > other.val else 'as good'} on the clips for validation"
            + ("" if best.val > other.val else " and sooner ready")
        )
    report = best.report
    majority = np.bincount(report.labels).max() / len(report.labels)
    low, high = report.interval
    print(f"accuracy on {len(report.labels)} test clips: {report.top1:.3f}, one run")
    print(f"95% interval: {low:.3f} to {high:.3f}")
    print(f"always the commonest class: {majority:.3f}")
    for name, share in zip(classes, report.per_class, strict=True):
        print(f"  {name}: {share:.2f}")
    print(f"{a.out} holds the model. Try it: vidlab predict FILE" + (f" --model {a.out}" if a.out != MODEL else ""))


def _split(samples, group, seed):
    """The samples with their splits: those of their folders, or drawn by group."""
    from vidlab import datasets

    if group:
        try:
            pattern = re.compile(group)
        except re.error as error:
            raise CommandError(f"--group {group!r} is not a regular expression: {error}") from None
        found = [pattern.search(Path(s.source).name) for s in samples]
        if not all(found):
            missed = Path(samples[found.index(None)].source).name
            raise CommandError(f"--group {group!r} does not match in {missed}; it must in every name")
        samples = [replace(s, group=match[0]) for s, match in zip(samples, found, strict=True)]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if any(s.split for s in samples):
            datasets.check_split(samples)
        else:
            samples = datasets.split_by_group(samples, seed=seed)
            if not group:
                warnings.warn("clips are shared out one by one; give --group if several show one scene", stacklevel=1)
    for warning in caught:
        print(f"Careful: {warning.message}")
    return samples


def run_predict(a):
    """Say which class each file is of."""
    from vidlab import training, video

    try:
        saved = training.load(a.model)
    except training.NotAModel as error:
        raise CommandError(str(error)) from None
    failed = 0
    for file in a.files:
        try:
            probabilities = training.predict(saved, file, views=a.views)
        except (video.VideoError, ValueError) as error:
            print(error)
            failed += 1
            continue
        best = probabilities.argsort()[::-1][:3]
        print(f"{file}: " + ", ".join(f"{saved.classes[i]} {probabilities[i]:.2f}" for i in best))
    return 1 if failed else 0
