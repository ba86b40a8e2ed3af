"""`vidlab train` and `vidlab predict`: from a folder of clips to a model, and from a file to its class."""

import os
import re
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np

from vidlab.cli.course import CommandError
from vidlab.cli.data import say_passed_over

MODEL = "model.keras"
STEPS = 600  # of training, where --epochs does not say


def add_to(commands):
    """Add `train` and `predict` to the command line."""
    train = commands.add_parser("train", help="learn to tell the classes of a folder of clips apart")
    train.add_argument("folder", help="a folder of clips for each class, or train/, val/ and test/ with these")
    train.add_argument("--out", default=MODEL, help="file for the model (default: %(default)s)")
    train.add_argument("--model", default="conv3d", help="a name of vidlab.models (default: %(default)s)")
    train.add_argument("--frames", type=int, default=16, help="frames of each clip (default: %(default)s)")
    train.add_argument("--size", type=int, default=48, help="pixels a side (default: %(default)s)")
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
    """Train on a folder of clips, test, and save the model."""
    from vidlab import datasets, models, training, video  # TensorFlow takes seconds: only when it is needed
    from vidlab.clips import Frames

    import keras  # isort: skip

    build = models.CLIP_MODELS.get(a.model)
    if build is None:
        raise CommandError(f"--model {a.model}: there is no such model; there are {', '.join(models.CLIP_MODELS)}")
    out = Path(a.out)
    if out.suffix != ".keras" or not os.access(out.absolute().parent, os.W_OK):
        raise CommandError(f"--out {a.out} must end in .keras and lie in a folder that exists and may be written to")
    try:
        samples = _split(datasets.folder(a.folder), a.group, a.seed)
        classes = datasets.classes_of(samples)
        if len(classes) < 2:
            raise CommandError(f"{a.folder}: one class, {classes[0]}; at least two are needed")
        parts = datasets.by_split(samples)
        if not all(parts.values()):
            empty = ", ".join(name for name, part in parts.items() if not part)
            raise CommandError(f"{a.folder}: no clips in {empty}; have train, val and test there, or none of them")
        unseen = sorted(set(classes) - {s.label for s in parts["train"]})
        if unseen:
            raise CommandError(
                f"{a.folder}: no clips of {', '.join(unseen)} to train on; put some into the training folder, or take "
                "the class out of the others"
            )
        say_passed_over(datasets.passed_over(a.folder))
        frames = Frames(a.frames, (a.size, a.size), fit=a.fit, sampling=a.sampling, stride=a.stride, by=a.by)
        settings = dict(batch=a.batch, classes=classes, on_error="skip", cache=a.cache, flow=a.model == "two_stream")
        augment = datasets.Augment(flip="swap" if a.flip else False, crop=0.8, colour=0.2)
        learn = datasets.Batches(parts["train"], frames, shuffle=True, augment=augment, seed=a.seed, **settings)
        check, test = (datasets.Batches(parts[name], frames, **settings) for name in ("val", "test"))
        epochs = a.epochs if a.epochs is not None else int(np.clip(np.ceil(STEPS / learn.steps), 10, 60))
        print(f"{len(classes)} classes; {' + '.join(f'{len(p)} to {n}' for n, p in parts.items())}; {epochs} epochs")
        keras.utils.set_random_seed(a.seed)
        model = build(frames.shape, len(classes))
        training.fit(model, learn, check, epochs=epochs, resume=a.resume, class_weights=learn.class_weights)
        report = training.evaluate(model, test)
        training.save(out, model, classes, frames)
    except MemoryError:
        raise CommandError(f"{a.folder}: there is not enough memory for its clips; give --cache FOLDER") from None
    except OSError as error:
        raise CommandError(f"{error.filename or out} cannot be written ({error.strerror or error})") from None
    except (datasets.DataNotFound, video.VideoError, ValueError) as error:
        raise CommandError(str(error)) from None
    majority = np.bincount(report.labels).max() / len(report.labels)
    low, high = report.interval
    print(f"accuracy on {len(report.labels)} test clips: {report.top1:.3f}, one run")
    print(f"95% interval: {low:.3f} to {high:.3f}")
    print(f"always the commonest class: {majority:.3f}")
    for name, share in zip(classes, report.per_class, strict=True):
        print(f"  {name}: {share:.2f}")
    print(f"{out} holds the model. Try it: vidlab predict FILE" + (f" --model {out}" if a.out != MODEL else ""))
    return 0


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
