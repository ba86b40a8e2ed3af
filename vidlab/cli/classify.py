"""`vidlab train` and `vidlab predict`: from a folder of clips to a model, and from a file to its class."""

import csv
import os
import re
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

import numpy as np

from vidlab.cli import workers
from vidlab.cli.course import CommandError
from vidlab.cli.data import say_passed_over
from vidlab.cli.workers import batches, epochs, frames_of

MODEL = "model.keras"
FEATURES = "features"
TAKE = r"^take[0-9]+(?=_clip)"  # what the recorder calls clips of one press of its button
SIDE = 160  # pixels of a frame, for the pretrained networks


def add_to(commands):
    """Add `train` and `predict` to the command line."""
    train = commands.add_parser("train", help="learn to tell the classes of a folder of clips apart")
    train.add_argument("folder", help="a folder of clips for each class, or train/, val/ and test/ with these; or what "
                       "vidlab shard has made of one")  # fmt: skip
    train.add_argument("--out", default=MODEL, help="file for the model (default: %(default)s)")
    train.add_argument("--model", help="features (a small head on what two pretrained networks see), or a name of "
                       "vidlab.models (default: features and conv3d, and the better of them is kept)")  # fmt: skip
    train.add_argument("--frames", type=int, default=16, help="frames of each clip (default: %(default)s)")
    train.add_argument("--size", type=int, help="pixels a side, for models that are trained (default: 48, or those of "
                       "shards; features: 160)")  # fmt: skip
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
    train.add_argument(
        "--cache", metavar="FOLDER", default="memory", help="keep decoded clips and features there (default: memory)"
    )
    train.add_argument("--resume", metavar="FOLDER", help="keep checkpoints there, and go on from them")
    train.add_argument("--seed", type=int, default=0)
    many = train.add_argument_group("many workers", "share each batch; without --model, conv3d is trained")
    many.add_argument("--workers", type=int, metavar="N", help="as many processes on this machine")
    many.add_argument("--hosts", metavar="A,B", help="one process on each of these machines, name or name:port; start "
                      "the same command on all, with --resume FOLDER that all see (or set TF_CONFIG)")  # fmt: skip
    many.add_argument("--number", type=int, metavar="I", help="which of --hosts this machine is, from 0 (default: what "
                      "Slurm or Kubernetes says, or by its name)")  # fmt: skip
    many.add_argument("--wait", type=float, default=60, metavar="SECONDS", help="for all to be there (default: "
                      "%(default)g)")  # fmt: skip
    many.add_argument("--every", type=float, default=60, metavar="SECONDS", help="between checkpoints, besides those "
                      "after each epoch (default: %(default)g)")  # fmt: skip
    train.add_argument("--tpu", metavar="NAME", help='train on this TPU; "local" on the machine that has it')
    train.set_defaults(run=run_train)
    predict = commands.add_parser("predict", help="say which class a clip is of")
    predict.add_argument("files", nargs="+", metavar="FILE")
    predict.add_argument("--model", default=MODEL, help="file that vidlab train wrote (default: %(default)s)")
    predict.add_argument("--views", type=int, default=1, help="look at each file as often (default: %(default)s)")
    predict.add_argument("--timeline", action="store_true", help="for a long file: what is to be seen when, by a "
                         "window that slides over it; a table, FILE.timeline.csv and FILE.timeline.png")  # fmt: skip
    predict.add_argument("--window", type=float, metavar="SECONDS", help="that the model looks at at once (default: as "
                         "long as the clips it learnt from)")  # fmt: skip
    predict.add_argument("--step", type=float, metavar="SECONDS", help="between windows (default: a quarter of one)")
    predict.add_argument("--lasts", type=float, metavar="SECONDS", help="that something is seen on average; longer "
                         "makes fewer segments (default: four windows)")  # fmt: skip
    predict.add_argument("--repair", action="store_true", help="go on behind damaged parts of a long file")
    predict.add_argument("--out", default=".", metavar="FOLDER", help="for a timeline's files (default: this folder)")
    predict.set_defaults(run=run_predict)


def run_train(a):
    """Train on a folder of clips, test, and save the model that is best on the clips for validation."""
    from vidlab import datasets, distributed, video  # TensorFlow takes seconds: only when it is needed

    out = Path(a.out)
    if out.suffix != ".keras" or not os.access(out.absolute().parent, os.W_OK):
        raise CommandError(f"--out {a.out} must end in .keras and lie in a folder that exists and may be written to")
    try:
        worker = workers.log()
        cluster = distributed.from_environment() if worker else workers.cluster(a)
        names = _names(a, cluster)
        samples = _split(_samples(a.folder), a.group, a.seed)
        classes, parts = _checked(samples, a.folder)
        side = samples[0].source.shape[1] if _sharded(a.folder) else 48
        a.size = a.size or side
        if _sharded(a.folder) and a.size != side:
            raise CommandError(f"--size {a.size}: the shards of {a.folder} have {side} pixels a side; leave --size out")
        if worker:
            return workers.take_part(a, names[0], parts, classes, cluster)
        if not _sharded(a.folder):
            say_passed_over(datasets.passed_over(a.folder))
        if FEATURES in names:
            _fetch(a, names)
        print(f"{len(classes)} classes; {' + '.join(f'{len(p)} to {n}' for n, p in parts.items())}")
        seconds = _usual_length(parts["train"])
        if cluster and not workers.run(a, cluster):
            return 0  # another machine has the model
        tried = [(_head if name == FEATURES else _trained)(a, name, parts, classes, cluster) for name in names]
        _tell(a, classes, tried, seconds)
    except MemoryError:
        raise CommandError(f"{a.folder}: there is not enough memory for its clips; give --cache FOLDER") from None
    except OSError as error:
        raise CommandError(f"{error.filename or out} cannot be written ({error.strerror or error})") from None
    except (datasets.DataNotFound, video.VideoError, distributed.NotTogether, distributed.WorkersEnded,
            ValueError) as error:  # fmt: skip
        raise CommandError(str(error)) from None
    return 0


def _samples(folder):
    """The clips of a folder of classes, or of shards."""
    from vidlab import datasets

    return datasets.shards(folder) if _sharded(folder) else datasets.folder(folder)


def _sharded(folder):
    from vidlab import datasets

    return (Path(folder) / datasets.SHARDS).exists()


def _names(a, cluster):
    """The models to try: --model, or those that are tried where it is not given."""
    if cluster:
        if a.model == FEATURES:
            raise CommandError("--model features: its head is trained in seconds; leave --workers and --hosts out")
        if a.batch % len(cluster):
            raise CommandError(f"--batch {a.batch} must be a multiple of {len(cluster)}, the workers that share it")
    if a.model == FEATURES and _sharded(a.folder):
        raise CommandError(
            f"--model features looks at {SIDE} pixels a side, in the files themselves: give their folder"
        )
    alone = cluster or _sharded(a.folder)
    names = [a.model] if a.model else ["conv3d"] if alone else [FEATURES, "conv3d"]
    if a.model not in (None, FEATURES) and (not cluster or workers.log()):  # a parent leaves it to its workers
        from vidlab import models

        if a.model not in models.CLIP_MODELS:
            known = ", ".join((FEATURES, *models.CLIP_MODELS))
            raise CommandError(f"--model {a.model}: there is no such model; there are {known}")
    return names


def _fetch(a, names):
    """Have the pretrained networks' weights; without them there is one model less to try."""
    from vidlab import fetch

    if failed := fetch.fetch_weights():
        if a.model:
            raise CommandError("; ".join(failed))
        print(f"Careful: no pretrained features ({failed[0]}); conv3d alone")
        names.remove(FEATURES)


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


def _usual_length(samples):
    """The median length in seconds of some of the clips; those that cannot be read are passed over."""
    from vidlab import video

    lengths = []
    for sample in samples[:: max(len(samples) // 20, 1)]:
        if isinstance(sample.source, np.ndarray):
            return None
        try:
            lengths.append(video.probe(sample.source).duration)
        except video.VideoError:
            continue
    return round(float(np.median(lengths)), 3) if lengths else None


def _head(a, name, parts, classes, cluster):
    """A linear head on the features of both pretrained networks, and one on those of a single frame."""
    from vidlab import datasets, models, training

    import keras  # isort: skip

    begun, frames = monotonic(), frames_of(a, SIDE)
    folder = None if a.cache == "memory" else a.cache  # for features, which take far less room than clips
    settings = dict(batch=8, classes=classes, on_error="skip", cache=None if folder else "memory")
    batches = {split: datasets.Batches(part, frames, **settings) for split, part in parts.items()}
    tops = {}
    for kinds in (("frames", "video"), ("frame",)):
        features = models.clip_features(frames.shape, kinds=kinds)
        rows = {split: training.rows_of(features, data, cache=folder) for split, data in batches.items()}
        blocks = {kind: models.BLOCKS[kind] for kind in kinds}
        model = training.fit_head(features, rows["train"], rows["val"], len(classes), blocks=blocks)
        head = keras.Model(features.output, model.output)  # which takes rows
        said = {split: training.evaluate(head, (rows[split].x, rows[split].y)) for split in ("val", "test")}
        tops[kinds] = model, said, monotonic() - begun
    (model, said, spent), (_, of_one, _) = tops.values()
    shuffled = training.evaluate(model, batches["test"], change=training.shuffle_frames).top1
    return _Tried(name, model, frames, said["val"].top1, said["test"], shuffled, spent, of_one["test"].top1)


def _trained(a, name, parts, classes, cluster):
    """A model of the course, trained from scratch; by the workers of a cluster, or here."""
    from vidlab import distributed, models, training

    import keras  # isort: skip

    begun = monotonic()
    learn, check, test = batches(a, name, parts, classes)
    if cluster:
        model, spent = workers.result(a)
    else:
        print(f"{name}: {epochs(a, learn)} epochs")
        keras.utils.set_random_seed(a.seed)
        with distributed.strategy(a.tpu).scope():
            model = models.CLIP_MODELS[name](learn.frames.shape, len(classes))
        setting = dict(epochs=epochs(a, learn), class_weights=learn.class_weights, resume=a.resume, every=a.every)
        training.fit(model, learn, check, **setting)
        spent = monotonic() - begun
    shuffled = training.evaluate(model, test, change=training.shuffle_frames).top1
    val = training.evaluate(model, check).top1
    return _Tried(name, model, learn.frames, val, training.evaluate(model, test), shuffled, spent)


def _tell(a, classes, tried, seconds):
    """Say how good the models are, beside what they are measured against, and save the best."""
    from vidlab import training

    best = max(tried, key=lambda one: one.val)  # of equal ones the first
    training.save(a.out, best.model, classes, best.frames, seconds=seconds)
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

    names = [Path(str(s.group) if isinstance(s.source, np.ndarray) else s.source).name for s in samples]
    if not group and not any(s.split for s in samples) and all(re.search(TAKE, name) for name in names):
        group = TAKE
        print("Clips of one take stay together.")
    if group:
        try:
            pattern = re.compile(group)
        except re.error as error:
            raise CommandError(f"--group {group!r} is not a regular expression: {error}") from None
        found = [pattern.search(name) for name in names]
        if not all(found):
            missed = names[found.index(None)]
            raise CommandError(f"--group {group!r} does not match in {missed}; it must in every name")
        samples = [replace(s, group=match[0]) for s, match in zip(samples, found, strict=True)]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if any(s.split for s in samples):
            datasets.check_split(samples)
        else:
            samples = _dealt(samples, seed) if group else datasets.split_by_group(samples, seed=seed)
            if not group:
                warnings.warn("clips are shared out one by one; give --group if several show one scene", stacklevel=1)
    for warning in caught:
        print(f"Careful: {warning.message}")
    return samples


def _dealt(samples, seed):
    """The groups shared out; class by class where each has one class, or a part could lack some."""
    from vidlab import datasets

    groups = {label: {s.group for s in samples if s.label == label} for label in datasets.classes_of(samples)}
    apart = sum(map(len, groups.values())) == len(set().union(*groups.values()))
    if not apart or min(map(len, groups.values())) < 3:
        return datasets.split_by_group(samples, seed=seed)
    alone = [[s for s in samples if s.label == label] for label in groups]
    return [s for some in alone for s in datasets.split_by_group(some, seed=seed)]


def run_predict(a):
    """Say which class each file is of."""
    from vidlab import training, video

    try:
        saved = training.load(a.model)
    except training.NotAModel as error:
        raise CommandError(str(error)) from None
    if a.timeline:
        return _timelines(a, saved)
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


def _timelines(a, saved):
    """Say of each file what is to be seen when, and write it beside a picture."""
    from vidlab import figures, training, video

    from tqdm import tqdm  # isort: skip

    names = [Path(file).name for file in a.files]
    if double := next((name for name in names if names.count(name) > 1), None):
        raise CommandError(f"two files are called {double}, and so would be their timelines; take them one by one")
    out = Path(a.out)
    if not out.is_dir() or not os.access(out, os.W_OK):
        raise CommandError(f"--out {a.out} must be a folder that exists and may be written to")
    failed = 0
    for file, name in zip(a.files, names, strict=True):
        begun, form = monotonic(), "{desc}: {percentage:3.0f}%|{bar}| {elapsed}, {remaining} left"
        try:
            with tqdm(total=1.0, desc=name, bar_format=form, leave=False, mininterval=0.5) as bar:
                found = training.timeline(
                    saved, file, window=a.window, step=a.step, lasts=a.lasts, on_error="repair" if a.repair else "stop",
                    progress=lambda at: bar.update(at - bar.n),
                )  # fmt: skip
        except (video.VideoError, ValueError) as error:
            print(error)
            failed += 1
            continue
        print(f"{file}\n{'from':>9} {'to':>9}  {'sure':>4}  class")
        for one in found.segments:
            print(f"{_clock(one.start):>9} {_clock(one.stop):>9}  {one.sure:.2f}  {one.label}")
        if found.stopped:
            print(f"Careful: only so far; --repair goes on behind the damage. {found.stopped}")
            failed += 1
        length, spent = found.edges[-1], monotonic() - begun
        print(f"{_clock(length)} in {spent:.0f} s, {length / spent:.1f} times as fast as it plays")
        table, picture = out / f"{name}.timeline.csv", out / f"{name}.timeline.png"
        try:
            with open(table, "w", newline="", encoding="utf8") as lines:
                rows = csv.writer(lines)
                rows.writerow(("start", "stop", "class", "sure"))
                rows.writerows((round(s.start, 3), round(s.stop, 3), s.label, round(s.sure, 3)) for s in found.segments)
            figures.timeline(found.edges, found.probabilities, found.classes, found.segments).savefig(picture)
        except OSError as error:
            raise CommandError(f"{error.filename or table} cannot be written ({error.strerror or error})") from None
        print(f"in {table} and {picture}")
    return 1 if failed else 0


def _clock(seconds):
    """3725.25 -> 1:02:05.2"""
    minutes, seconds = divmod(round(seconds * 10), 600)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds / 10:04.1f}" if hours else f"{minutes}:{seconds / 10:04.1f}"
