"""Notebooks 00, 01, 06 and 07: clips, files, splits, frames as channels."""

import numpy as np

from vidlab.check.exercise import Exercise, Mistake
from vidlab.check.inputs import Batches, Linear


def _clips(rng):
    clips = [rng.integers(0, 60, size=size).astype(np.uint8) for size in ((4, 2, 3, 3), (6, 3, 2, 3), (9, 2, 2, 1))]
    for clip, at in zip(clips, (2, 5, 1), strict=True):
        clip[at:] = 255 - clip[at:]
    both_ways = np.full((5, 2, 2, 3), 100, np.uint8) + 2 * np.arange(5, dtype=np.uint8)[:, None, None, None]
    both_ways[3, 0], both_ways[3, 1] = 180, 30  # half of it brighter, half darker
    uneven = np.full((4, 3, 4, 1), 100, np.uint8)  # the largest difference of a pixel, of squares and of the mean
    uneven[1:, 0, 0] += 60
    uneven[2:, 0, 1:] += 40
    uneven[3:] += 12
    clips += [both_ways, uneven]
    return [(clip,) for clip in clips]


def _batches(rng):
    cases = []
    for n, m, classes, size in ((7, 2, 2, 3), (10, 3, 4, 4), (9, 4, 3, 5)):
        x = rng.normal(size=(n, m))
        weights = rng.normal(size=(m, classes))
        y = np.where(rng.uniform(size=n) < 0.6, (x @ weights).argmax(axis=1), rng.integers(0, classes, n))
        cases.append((Linear(weights), Batches(x, y, size)))
    return cases


EXERCISES = (
    Exercise(
        slug="chance_level", notebook="00", title="Chance",
        prompt="The accuracy of a model that always names the commonest class.",
        solution='''
            def chance_level(labels):
                """labels: (n,) whole numbers. Returns a number."""
                return np.bincount(labels).max() / len(labels)
        ''',
        why="It is right as often as the commonest class occurs.",
        hints=("Which class would such a model name?", "np.bincount(labels) counts each class.", "np.bincount(labels).max() / len(labels)"),
        inputs=lambda rng: [(np.array([0, 1, 1, 2]),), (np.array([3, 3, 3, 0, 1]),), (rng.integers(0, 5, 30),), (np.array([1, 1, 4, 4, 4, 4]),)],
        mistakes=(
            Mistake("one-in-so-many", "1 / classes is right only where all classes are equally common.", (("np.bincount(labels).max() / len(labels)", "1 / len(np.unique(labels))"),)),
            Mistake("count", "That is a count; divide by the number of clips.", ((" / len(labels)", ""),)),
            Mistake("which", "That is which class is the commonest, not how common it is.", (("np.bincount(labels).max() / len(labels)", "np.bincount(labels).argmax()"),)),
            Mistake("rarest", "That is the rarest class.", ((".max()", ".min()"),)),
            Mistake("largest-label", "That is the largest label; labels are names, their size means nothing.", (("np.bincount(labels).max() / len(labels)", "labels.max() / len(labels)"),)),
            Mistake("eighth", "1 / 8 is right for eight classes that are equally common; here they are not.", (("np.bincount(labels).max() / len(labels)", "1 / 8"),)),
            Mistake("percent", "That is in percent; a part of 1 is wanted.", ((" / len(labels)", " / len(labels) * 100"),)),
        ),
    ),
    Exercise(
        slug="clip_shape", notebook="00", title="The shape of a clip",
        prompt="Three seconds of video at 25 frames a second, 640 pixels wide and 360 high, in colour: the shape of its array.",
        solution="(75, 360, 640, 3)",
        why="Frames, height, width, channels: rows come before columns.",
        hints=("Which of the four comes first?", "frames, height, width, channels.", "3 x 25 frames, 360 rows, 640 columns, 3 colours."),
        mistakes=(
            Mistake("width-first", "Height comes before width: an array has rows, then columns.", value=(75, 640, 360, 3)),
            Mistake("channels-first", "Here the channels come last (in PyTorch they often come second).", value=(75, 3, 360, 640)),
            Mistake("no-channels", "Each pixel has three numbers: red, green, blue.", value=(75, 360, 640)),
            Mistake("seconds", "The first axis counts frames, not seconds.", value=(3, 360, 640, 3)),
            Mistake("one-second", "25 frames are one second; there are three.", value=(25, 360, 640, 3)),
            Mistake("channels-in-front", "The channels come last here.", value=(75, 3, 640, 360)),
            Mistake("frames-last", "The frames come first: an array of frames.", value=(360, 640, 3, 75)),
        ),
    ),
    Exercise(
        slug="busiest_frame", notebook="01", title="The busiest frame",
        prompt="The number of the frame that differs most, in the mean of |difference|, from the one before it. The clip is uint8.",
        solution='''
            def busiest_frame(clip):
                """clip: (frames, height, width, channels) uint8. Returns a whole number from 1 up."""
                change = np.abs(np.diff(clip.astype(float), axis=0)).mean(axis=(1, 2, 3))
                return int(change.argmax()) + 1
        ''',
        why="Differences of uint8 go round at 0; as floats they may be negative. The first difference belongs to frame 1.",
        hints=(
            "np.diff along axis 0 gives frame 1 minus frame 0, and so on. What does it give for uint8?",
            "clip.astype(float) first, then np.abs, then the mean over pixels.",
            "The first difference belongs to frame 1: argmax() + 1.",
        ),
        inputs=_clips,
        mistakes=(
            Mistake("one-early", "One too early: the first difference is that of frame 1 from frame 0.", (("int(change.argmax()) + 1", "int(change.argmax())"),)),
            Mistake("uint8", "Your differences are uint8, where 3 - 5 is 254. Make floats of the clip first.", (("clip.astype(float)", "clip"),)),
            Mistake("no-abs", "Without the absolute value, darker and brighter cancel each other.", (("np.abs(np.diff(clip.astype(float), axis=0))", "np.diff(clip.astype(float), axis=0)"),)),
            Mistake("calmest", "That is the frame that differs least.", (("argmax", "argmin"),)),
            Mistake("brightest", "That is the brightest frame; compare each with the one before it.", (("change = np.abs(np.diff(clip.astype(float), axis=0)).mean(axis=(1, 2, 3))", "change = clip.astype(float).mean(axis=(1, 2, 3))[1:]"),)),
            Mistake("largest-pixel", "You take the largest difference of one pixel; the mean over all pixels is wanted.", ((".mean(axis=(1, 2, 3))", ".max(axis=(1, 2, 3))"),)),
            Mistake("squares", "You take squares; the absolute value is wanted: squares make few large differences count for more.", instead='''
                    def busiest_frame(clip):
                        return int((np.diff(clip.astype(float), axis=0) ** 2).mean(axis=(1, 2, 3)).argmax()) + 1
                '''),
        ),
    ),
    Exercise(
        slug="seconds_of_frame", notebook="01", title="When is a frame on show?",
        prompt="At a constant rate of fps frames a second: from when until when is frame number k on show, in seconds?",
        solution='''
            def on_show(k, fps):
                """Returns (begin, end)."""
                return np.array([k / fps, (k + 1) / fps])
        ''',
        why="Frame 0 begins at 0, and each stays for 1 / fps seconds.",
        hints=("How long is a frame on show?", "1 / fps seconds. When does frame 0 begin?", "From k / fps to (k + 1) / fps."),
        inputs=lambda rng: [(0, 25), (24, 12), (7, 30.0)],
        mistakes=(
            Mistake("counted-from-one", "Frames are counted from 0: frame 0 begins at 0 s.", (("[k / fps, (k + 1) / fps]", "[(k - 1) / fps, k / fps]"),)),
            Mistake("times", "Seconds are frames divided by frames a second.", (("[k / fps, (k + 1) / fps]", "[k * fps, (k + 1) * fps]"),)),
            Mistake("one-second-long", "A frame is on show for 1 / fps seconds, not for one second.", (("(k + 1) / fps", "k / fps + 1"),)),
            Mistake("around", "A frame is not on show before its time: it begins at k / fps.", (("[k / fps, (k + 1) / fps]", "[(k - 0.5) / fps, (k + 0.5) / fps]"),)),
            Mistake("no-length", "It is on show until the next frame begins.", (("(k + 1) / fps", "k / fps"),)),
            Mistake("how-long", "The second number is the end, not how long it lasts.", (("[k / fps, (k + 1) / fps]", "[k / fps, 1 / fps]"),)),
        ),
    ),
    Exercise(
        slug="to_grey", notebook="01", title="From 0..255 to 0..1, in grey",
        prompt="A uint8 clip as grey floats from 0 to 1: the mean of the three colours.",
        solution='''
            def to_grey(clip):
                """clip: (frames, height, width, 3) uint8. Returns (frames, height, width)."""
                return clip.mean(axis=-1) / 255
        ''',
        why="The mean is taken over the last axis, the colours; 255 becomes 1.",
        hints=("Which axis holds the colours?", "clip.mean(axis=-1) is grey, from 0 to 255.", "Divide by 255."),
        inputs=lambda rng: [(rng.integers(0, 256, size=size).astype(np.uint8),) for size in ((1, 2, 3, 3), (4, 3, 2, 3), (3, 3, 3, 3))],
        mistakes=(
            Mistake("not-scaled", "It goes from 0 to 255; divide by 255.", ((" / 255", ""),)),
            Mistake("time", "You take the mean over time: all frames become one.", (("axis=-1", "axis=0"),)),
            Mistake("rows", "You take the mean over the rows; the colours are the last axis.", (("axis=-1", "axis=1"),)),
            Mistake("256", "The largest number is 255, so that white becomes 1.", (("/ 255", "/ 256"),)),
            Mistake("one-colour", "You keep the red alone; grey is the mean of the three.", (("clip.mean(axis=-1)", "clip[..., 0]"),)),
            Mistake("whole-numbers", "A whole division leaves only 0 and 1.", (("clip.mean(axis=-1) / 255", "clip.mean(axis=-1) // 255"),)),
            Mistake("goes-round", "You add uint8 numbers, which go round at 256: make floats first, or take the mean.", (("clip.mean(axis=-1) / 255", "(clip[..., 0] + clip[..., 1] + clip[..., 2]) / 3 / 255"),)),
            Mistake("luma", "Those are the weights of brightness as the eye sees it; here the plain mean is asked for.", (("clip.mean(axis=-1)", "(clip @ np.array([0.299, 0.587, 0.114]))"),)),
            Mistake("sum", "That is the sum of the three colours; divide by 3.", (("clip.mean(axis=-1)", "clip.sum(axis=-1, dtype=float)"),)),
        ),
    ),
    Exercise(
        slug="kinetics_name", notebook="06", title="A file of Kinetics",
        prompt="The file's name for a row of the list: the id and the two times with six digits, joined by _, and .mp4.",
        solution='''
            def kinetics_name(youtube_id, time_start, time_end):
                """Returns a str."""
                return f"{youtube_id}_{time_start:06d}_{time_end:06d}.mp4"
        ''',
        why="Six digits with zeros in front; the id may have _ in it, so programs read the name from its end.",
        hints=("Look at the names in section 2.", "f\"{5:06d}\" is 000005.", "ID_START_END.mp4, the times with six digits each."),
        inputs=lambda rng: [("a-bC_9", 5, 15), ("xyz", 123, 4567), ("QQ-_0", 0, 10)],
        mistakes=(
            Mistake("no-zeros", "The times have six digits: 5 becomes 000005.", (("{time_start:06d}_{time_end:06d}", "{time_start}_{time_end}"),)),
            Mistake("no-suffix", "The ending .mp4 is missing.", ((".mp4", ""),)),
            Mistake("no-end", "The second time is missing.", (("_{time_end:06d}", ""),)),
            Mistake("length", "The second number is the end, not how long it lasts.", (("{time_end:06d}", "{time_end - time_start:06d}"),)),
            Mistake("hyphen", "The parts are joined by _, not by -.", (("{youtube_id}_{time_start:06d}_", "{youtube_id}-{time_start:06d}-"),)),
            Mistake("five-digits", "Six digits, not five.", (("{time_start:06d}_{time_end:06d}", "{time_start:05d}_{time_end:05d}"),)),
            Mistake("spaces", "Six digits are filled with zeros, not with spaces: 06d.", (("{time_start:06d}_{time_end:06d}", "{time_start:6d}_{time_end:6d}"),)),
            Mistake("avi", "The ending is .mp4.", ((".mp4", ".avi"),)),
            Mistake("times-exchanged", "Start and end are exchanged.", (("{time_start:06d}_{time_end:06d}", "{time_end:06d}_{time_start:06d}"),)),
            Mistake("milliseconds", "The times are in seconds, as in the list.", (("{time_start:06d}_{time_end:06d}", "{1000 * time_start:06d}_{1000 * time_end:06d}"),)),
            Mistake("lower", "The id keeps its capitals: a-b and A-B are two videos.", (("{youtube_id}", "{youtube_id.lower()}"),)),
        ),
    ),
    Exercise(
        slug="frames_needed", notebook="06", title="An event that cannot be missed",
        prompt="The fewest frames, taken evenly from the first to the last of n, both among them, so that an event of `length` frames cannot lie between two of them.",
        solution='''
            def frames_needed(n_frames, length):
                """A whole number."""
                return -(-(n_frames - 1) // length) + 1
        ''',
        why="From the first to the last there are n - 1 steps; neighbours may be at most `length` apart, and there is one frame more than steps between them.",
        hints=(
            "How far apart may two neighbours be, so that no event of that length fits between them?",
            "At most `length`. From the first to the last frame it is n - 1.",
            "ceil((n - 1) / length) steps, and one frame more.",
        ),
        inputs=lambda rng: [(240, 6), (25, 6), (26, 6), (10, 3), (9, 7)],
        mistakes=(
            Mistake("fence-posts", "That is the number of steps; there is one frame more than steps between them.", ((" // length) + 1", " // length)"),)),
            Mistake("n-steps", "From the first to the last frame there are n - 1 steps, not n.", (("(n_frames - 1)", "n_frames"),)),
            Mistake("rounded-down", "One too few: one of the steps is then longer than the event. Round the number of steps up.", (("-(-(n_frames - 1) // length) + 1", "(n_frames - 1) // length + 1"),)),
            Mistake("one-shorter", "Neighbours may be as far apart as the event is long: one of its frames is then always taken.", (("// length)", "// (length - 1))"),)),
            Mistake("twice", "Twice in each event is more than is needed.", (("-(-(n_frames - 1) // length) + 1", "-(-2 * (n_frames - 1) // length) + 1"),)),
        ),
    ),
    Exercise(
        slug="mirrored_label", notebook="06", title="The label of a mirrored clip",
        prompt="\"wave with the left hand\" becomes \"wave with the right hand\", \"turn clockwise\" becomes \"turn counterclockwise\", and back; others stay, \"leftover\" too.",
        solution='''
            def mirrored_label(label):
                """A str."""
                pairs = {"left": "right", "clockwise": "counterclockwise"}
                pairs |= {b: a for a, b in pairs.items()}
                return " ".join(pairs.get(word, word) for word in label.split())
        ''',
        why="Word by word, and both ways at once: \"counterclockwise\" holds \"clockwise\" in it, and two replacements in a row undo each other.",
        hints=(
            "Which words does a mirror exchange?",
            "label.replace(\"left\", \"right\").replace(\"right\", \"left\") gives left everywhere. Go word by word.",
            "A dict of the pairs, both ways, and pairs.get(word, word) for each word.",
        ),
        inputs=lambda rng: [("wave with the left hand",), ("nod",), ("turn clockwise",), ("turn counterclockwise",), ("step right",), ("from left to right",), ("step up",), ("put the leftover upright",)],
        mistakes=(
            Mistake("undone", "Two replacements, one after the other, undo each other: everything ends on the left.",
                    instead='''
                        def mirrored_label(label):
                            label = label.replace("left", "right").replace("right", "left")
                            words = {"clockwise": "counterclockwise", "counterclockwise": "clockwise"}
                            return " ".join(words.get(word, word) for word in label.split())
                    '''),
            Mistake("one-way", "Only one way: what was right must become left.", (("    pairs |= {b: a for a, b in pairs.items()}\n", ""),)),
            Mistake("no-turns", "A turn is mirrored, too: hold a watch to a mirror.", ((', "clockwise": "counterclockwise"', ""),)),
            Mistake("inside-words", "\"counterclockwise\" has \"clockwise\" in it: replace whole words.",
                    instead='''
                        def mirrored_label(label):
                            pairs = {"left": "right", "right": "left"}
                            label = " ".join(pairs.get(word, word) for word in label.split())
                            return label.replace("clockwise", "counterclockwise")
                    '''),
            Mistake("unchanged", "A mirror changes these labels.", (("pairs.get(word, word)", "word"),)),
            Mistake("up-and-down", "A mirror beside you leaves up and down as they are.", (("\"clockwise\": \"counterclockwise\"}", "\"clockwise\": \"counterclockwise\", \"up\": \"down\"}"),)),
        ),
    ),
    Exercise(
        slug="find_the_group", notebook="06", title="Which clips belong together?",
        prompt="Files are named person_room_number.mp4. The group, for a model that must work for new people: the part of the name that says who it is, alone.",
        solution='''
            def find_the_group(name):
                """A str."""
                return name.split("_")[0]
        ''',
        why="All clips of one person on one side: the group is the person.",
        hints=("What must be new in the test?", "People. So all clips of one person belong together.", "The part before the first _."),
        inputs=lambda rng: [("anna_kitchen_03.mp4",), ("ben_hall_1.mp4",), ("anna_hall_12.mp4",)],
        mistakes=(
            Mistake("room", "That is for new rooms; the model must work for new people.", (('split("_")[0]', 'split("_")[1]'),)),
            Mistake("person-and-room", "Person and room together leave one person on both sides, in two rooms.", (('name.split("_")[0]', 'name.rpartition("_")[0]'),)),
            Mistake("whole-name", "Each file would be a group of its own: that is no grouping.", (('name.split("_")[0]', "name"),)),
            Mistake("number", "The number of a clip says nothing of who is in it.", (('split("_")[0]', 'split("_")[2]'),)),
            Mistake("first-letter", "The first letter puts people together who only share it.", (('name.split("_")[0]', "name[0]"),)),
            Mistake("capitals", "Give the name as it stands in the file.", (("name.split(\"_\")[0]", "name.split(\"_\")[0].capitalize()"),)),
            Mistake("cut-by-count", "Names have different lengths: split at the _ , do not count letters.", (("name.split(\"_\")[0]", "name[:4]"),)),
        ),
    ),
    Exercise(
        slug="batch_bytes", notebook="06", title="How many bytes has a batch?",
        prompt="A batch of clips in colour, float32.",
        solution='''
            def batch_bytes(batch, frames, height, width):
                """A whole number."""
                return batch * frames * height * width * 3 * 4
        ''',
        why="Three colours a pixel, four bytes a float32.",
        hints=("How many numbers are there?", "batch x frames x height x width x colours. How many bytes has one?", "Times 3 colours and 4 bytes."),
        inputs=lambda rng: [(8, 16, 112, 112), (1, 1, 2, 3), (2, 5, 4, 3)],
        mistakes=(
            Mistake("bytes-forgotten", "These are the numbers; a float32 has 4 bytes.", ((" * 4", ""),)),
            Mistake("colours-forgotten", "Each pixel has three colours.", ((" * 3", ""),)),
            Mistake("float64", "A float32 has 4 bytes, a float64 8.", (("* 4", "* 8"),)),
            Mistake("bits", "These are bits: 32 of them are 4 bytes.", (("* 4", "* 32"),)),
            Mistake("uint8", "One byte is a uint8; the model gets float32.", (("* 3 * 4", "* 3 * 1"),)),
            Mistake("megabytes", "Bytes are wanted, not megabytes.", (("* 3 * 4", "* 3 * 4 / 10**6"),)),
            Mistake("one-clip", "You count one clip; the batch has several.", (("batch * frames", "frames"),)),
            Mistake("float16", "float32 has 4 bytes a number.", (("* 3 * 4", "* 3 * 2"),)),
        ),
        twins={"uint8": "bytes-forgotten"},
    ),
    Exercise(
        slug="stack_frames", notebook="07", title="Frames as channels",
        prompt="(batch, frames, height, width, channels) to (batch, height, width, frames * channels), for clips of any size.",
        solution='''
            def stack_frames(clips):
                """Returns (batch, height, width, frames * channels)."""
                moved = np.transpose(clips, (0, 2, 3, 1, 4))
                return moved.reshape(*moved.shape[:3], -1)
        ''',
        why="First the axes are moved, so that frames and channels are neighbours; only then can they be joined.",
        hints=(
            "A reshape alone mixes rows and frames. What must come before it?",
            "Move the axes: (batch, height, width, frames, channels).",
            "np.transpose(clips, (0, 2, 3, 1, 4)), then join the last two axes.",
        ),
        inputs=lambda rng: [(rng.normal(size=size),) for size in ((1, 2, 3, 4, 3), (2, 4, 2, 3, 3), (1, 3, 3, 3, 3))],
        mistakes=(
            Mistake("reshape-alone", "The shape is right, but a reshape alone moves no axis: rows and frames are mixed. Transpose first.",
                    (("np.transpose(clips, (0, 2, 3, 1, 4))", "clips.reshape(len(clips), *clips.shape[2:4], clips.shape[1], clips.shape[4])"),)),
            Mistake("channels-outer", "Your channels are sorted by colour; here all colours of frame 0 come first, then those of frame 1.", (("(0, 2, 3, 1, 4)", "(0, 2, 3, 4, 1)"),)),
            Mistake("width-first", "Height and width are exchanged.", (("(0, 2, 3, 1, 4)", "(0, 3, 2, 1, 4)"),)),
            Mistake("not-joined", "Frames and channels are neighbours now; join them into one axis.", (("moved.reshape(*moved.shape[:3], -1)", "moved"),)),
            Mistake("mean", "That is the mean over the frames: time is gone. Stack them.", (("moved.reshape(*moved.shape[:3], -1)", "moved.mean(axis=3)"),)),
            Mistake("reversed", "The frames are joined from the last to the first.", (("clips, (0", "clips[:, ::-1], (0"),)),
            Mistake("along-the-width", "You join the frames side by side, along the width.", (("return moved.reshape(*moved.shape[:3], -1)", "return np.concatenate(list(np.moveaxis(clips, 1, 0)), axis=2)"),)),
        ),
    ),
    Exercise(
        slug="frames_seen", notebook="07", title="How many frames does one number see?",
        prompt="After several Conv3D layers without pooling in time, whose kernels have the given numbers of frames.",
        solution='''
            def frames_seen(kernel_frames):
                """kernel_frames: a list. Returns a whole number."""
                return 1 + sum(k - 1 for k in kernel_frames)
        ''',
        why="Each layer adds its kernel less one.",
        hints=("One layer of 3 sees 3. What does a second one add?", "Two more: its neighbours see one further frame each way.", "1 + the sum of (k - 1)."),
        inputs=lambda rng: [([3, 3, 3],), ([5, 3],), ([7],), ([2],), ([1, 3],), ([4, 2, 3],)],
        mistakes=(
            Mistake("sum", "The windows overlap: each layer adds its kernel less one.", (("1 + sum(k - 1 for k in kernel_frames)", "sum(kernel_frames)"),)),
            Mistake("product", "That would be so with strides as large as the kernels; here the windows move by one frame.", (("1 + sum(k - 1 for k in kernel_frames)", "int(np.prod(kernel_frames))"),)),
            Mistake("without-itself", "The frame itself counts, too.", (("1 + sum", "sum"),)),
            Mistake("largest", "Each layer adds to what the layers before it see.", (("1 + sum(k - 1 for k in kernel_frames)", "max(kernel_frames, default=1)"),)),
            Mistake("half", "It sees both ways: k - 1 frames more, not half of them.", (("(k - 1 for", "((k - 1) // 2 for"),)),
            Mistake("two-each", "Each layer adds its kernel less one; that is two only for a kernel of 3.", (("sum(k - 1 for k in kernel_frames)", "2 * len(kernel_frames)"),)),
        ),
    ),
    Exercise(
        slug="dense_after_global_average", notebook="07", title="Dense after a global average",
        prompt="The parameters of Dense(1024) on 128 channels, after global average pooling.",
        solution="129 * 1024",
        why="128 weights and one bias for each of the 1,024 units.",
        hints=("How many numbers come in?", "128: one a channel, whatever the size of the picture.", "(128 + 1) * 1024"),
        mistakes=(
            Mistake("no-bias", "The biases are forgotten: one for each unit.", value=128 * 1024),
            Mistake("one-bias", "Each unit has a bias of its own.", value=128 * 1024 + 1),
            Mistake("bias-per-input", "There is one bias for each unit, not for each number that comes in.", value=128 * 1025),
            Mistake("flattened", "That is with 2 x 2 places left: the global average leaves one number a channel.", value=(4 * 128 + 1) * 1024),
            Mistake("inputs", "That is how many numbers come in and go out together.", value=128 + 1024),
        ),
    ),
    Exercise(
        slug="uniform_frames", notebook="06", title="Evenly from the first to the last",
        prompt="The numbers of k frames of n, evenly from the first to the last, both among them; n and k are 2 or more. Round to the nearest; no tie is asked.",
        solution='''
            def uniform_frames(n, k):
                """Returns (k,) whole numbers."""
                return np.linspace(0, n - 1, k).round().astype(int)
        ''',
        why="Frames are numbered from 0 to n - 1, and both ends are taken.",
        hints=("What are the numbers of the first frame and of the last?", "0 and n - 1. np.linspace goes evenly from one number to another.", "np.linspace(0, n - 1, k).round().astype(int)"),
        inputs=lambda rng: [(10, 4), (12, 6), (32, 7), (5, 5), (9, 2), (20, 7), (14, 5)],
        mistakes=(
            Mistake("first-frames", "Those are the first k frames: of a long clip you see the beginning only.", (("np.linspace(0, n - 1, k).round().astype(int)", "np.arange(k)"),)),
            Mistake("one-too-far", "There is no frame n: they are numbered from 0, and the last is n - 1.", (("n - 1", "n"),)),
            Mistake("end-left-out", "The last frame is left out: steps of n // k end before it.", (("np.linspace(0, n - 1, k).round().astype(int)", "np.arange(k) * (n // k)"),)),
            Mistake("cut-off", "You cut the fractions off; round to the nearest.", ((".round()", ""),)),
            Mistake("from-one", "Frames are numbered from 0.", (("np.linspace(0, n - 1, k).round().astype(int)", "np.linspace(0, n - 1, k).round().astype(int) + 1"),)),
            Mistake("middles", "Those are the middles of k equal parts; here both ends are taken.", (("np.linspace(0, n - 1, k).round()", "((np.arange(k) + 0.5) * n / k)"),)),
            Mistake("not-rounded", "Numbers of frames are whole: round.", ((".round().astype(int)", ""),)),
            Mistake("rounded-up", "You round up; round to the nearest.", ((".round()", ".__add__(1 - 1e-9)"),)),
            Mistake("last-left-out", "The last frame is left out (endpoint=False).", (("n - 1, k)", "n, k, endpoint=False)"),)),
        ),
    ),
    Exercise(
        slug="accuracy_in_one_pass", notebook="07", title="Accuracy in one pass",
        prompt="The part of the clips that is right, in one pass over batches of (x, y), which come in a new order each time. `predict(x)` gives (batch, classes). "
        "The last batch may be smaller.",
        solution='''
            def accuracy_in_one_pass(predict, batches):
                """predict: x -> (batch, classes); batches: gives (x, y), y whole numbers. Returns a number."""
                right = clips = 0
                for x, y in batches:
                    right += int((np.asarray(predict(x)).argmax(axis=1) == np.asarray(y)).sum())
                    clips += len(y)
                return right / clips
        ''',
        why="Answers and labels of one pass belong together; and each clip counts the same, whatever batch it was in.",
        hints=("Which label belongs to which answer, if the order changes each time?", "Take both from the same step of one loop.", "Add up what is right, add up the clips, divide at the end."),
        inputs=_batches,
        mistakes=(
            Mistake("two-passes", "Answers and labels come from two passes: the second has another order, so they do not belong together.",
                    instead='''
                        def accuracy_in_one_pass(predict, batches):
                            answers = np.concatenate([predict(x).argmax(axis=1) for x, _ in batches])
                            labels = np.concatenate([y for _, y in batches])
                            return (answers == labels).mean()
                    '''),
            Mistake("mean-of-means", "That is the mean of the batches' accuracies: the clips of a smaller last batch count for more.",
                    instead='''
                        def accuracy_in_one_pass(predict, batches):
                            return np.mean([(predict(x).argmax(axis=1) == y).mean() for x, y in batches])
                    '''),
            Mistake("first-batch", "Only the first batch is counted.", (("        clips += len(y)\n", "        clips += len(y)\n        break\n"),)),
            Mistake("last-batch", "You begin to count anew in each batch: only the last one is left.", (("right += ", "right = "), ("clips += ", "clips = "))),
            Mistake("count", "That is a count; divide by the number of clips.", (("return right / clips", "return right"),)),
            Mistake("wrong-axis", "argmax goes along the classes: axis 1.",
                    instead='''
                        def accuracy_in_one_pass(predict, batches):
                            right = clips = 0
                            for x, y in batches:
                                answers = predict(x).argmax(axis=0)
                                right += (answers == y[: len(answers)]).sum() if len(answers) <= len(y) else (answers[: len(y)] == y).sum()
                                clips += len(y)
                            return right / clips
                    '''),
            Mistake("error", "That is the part that is wrong.", (("return right / clips", "return 1 - right / clips"),)),
            Mistake("batches-for-clips", "You divide by the number of batches; divide by the clips.", (("clips += len(y)", "clips += 1"),)),
        ),
    ),
    Exercise(
        slug="to_model_input", notebook="07", title="From a camera to a model",
        prompt="Frames of OpenCV, a list of (height, width, 3) uint8 arrays with the colours blue, green, red, become the input of a model: one batch of one clip, "
        "float from 0 to 1, red first.",
        solution='''
            def to_model_input(frames):
                """frames: a list of (height, width, 3) uint8, BGR. Returns (1, frames, height, width, 3)."""
                clip = np.stack(frames)[..., ::-1]
                return clip[None] / 255
        ''',
        why="Batch, time, rows, columns, channels; and the numbers as the model saw them in training.",
        hints=("Which axis comes first, and which last?", "np.stack(frames) puts time first; [..., ::-1] turns the colours; [None] adds the batch.", "Divide by 255 at the end."),
        inputs=lambda rng: [([rng.integers(0, 256, size=(h, w, 3)).astype(np.uint8) for _ in range(t)],) for t, h, w in ((2, 3, 4), (3, 3, 3), (1, 2, 5))],
        mistakes=(
            Mistake("bgr", "Blue still comes first: OpenCV's order. Turn the last axis.", (("np.stack(frames)[..., ::-1]", "np.stack(frames)"),)),
            Mistake("not-scaled", "The numbers go to 255; the model saw 0 to 1.", (("clip[None] / 255", "clip[None]"),)),
            Mistake("time-last", "Time is the last axis; it comes second, after the batch.", (("np.stack(frames)[..., ::-1]", "np.stack(frames, axis=-1)[:, :, ::-1]"),)),
            Mistake("no-batch", "A model takes a batch, of one clip if need be: the first axis is missing.", (("clip[None]", "clip"),)),
            Mistake("frames-as-batch", "Your frames are a batch of pictures, each a clip of one frame.", (("clip[None]", "clip[:, None]"),)),
            Mistake("frames-as-channels", "Your frames stand among the channels.", (("clip[None] / 255", "clip.transpose(1, 2, 0, 3).reshape(*clip.shape[1:3], -1)[None] / 255"),)),
            Mistake("mirrored", "You turn the columns, not the colours: the picture is mirrored.", (("[..., ::-1]", "[..., ::-1, :]"),)),
            Mistake("grey", "The three colours become one.", (("clip[None] / 255", "clip[None].mean(axis=-1, keepdims=True) / 255"),)),
            Mistake("backwards", "You turn the time round, not the colours.", (("np.stack(frames)[..., ::-1]", "np.stack(frames)[::-1]"),)),
            Mistake("whole-division", "A whole division leaves only 0 and 1.", (("/ 255", "// 255"),)),
            Mistake("256", "The largest number is 255, so that white becomes 1.", (("/ 255", "/ 256"),)),
            Mistake("by-its-largest", "You divide by the largest number of this clip; a dark clip then looks as bright as any. By 255.", (("/ 255", "/ clip.max()"),)),
            Mistake("upside-down", "You turn the rows, not the colours: the picture stands on its head.", (("[..., ::-1]", "[:, ::-1]"),)),
        ),
    ),
    Exercise(
        slug="classes_held_back", notebook="07", title="What validation_split takes",
        prompt="Keras's validation_split=part takes the LAST int(n * part) rows of the n, before any shuffling. Which classes are then in the part for validation?",
        solution='''
            def classes_held_back(labels, part):
                """labels: (n,) whole numbers; part: from 0 to 1. Returns the classes, sorted, each once."""
                held = len(labels) - int(len(labels) * part)
                return np.unique(labels[held:])
        ''',
        why="Rows that are sorted by class end with the last classes: validation then sees nothing else.",
        hints=("Which rows are taken?", "The last ones: labels[n - int(n * part):].", "np.unique gives each class once, sorted."),
        inputs=lambda rng: [(np.repeat([0, 1, 2, 3], 5), 0.2), (np.repeat([2, 0, 1], 4), 0.5), (np.array([3, 1, 0, 2, 2, 1, 3]), 0.3), (np.repeat([5, 4], 3), 0.7), (np.array([1, 0]), 0.3), (np.array([0, 0, 0, 2, 2, 1, 3]), 0.25), (np.array([0, 1, 2, 3, 4]), 0.5)],
        mistakes=(
            Mistake("first-rows", "The first rows are for training; validation takes the last.", (("labels[held:]", "labels[: len(labels) - held]"),)),
            Mistake("training", "Those are the classes that training sees.", (("labels[held:]", "labels[:held]"),)),
            Mistake("all", "Those are all classes; only some rows are held back.", (("labels[held:]", "labels"),)),
            Mistake("shuffled", "Nothing is shuffled before the split: the last rows are taken as they stand, not every so many.", (("labels[held:]", "labels[:: max(int(round(1 / part)), 1)]"),)),
            Mistake("rows", "Those are the labels of all rows; give each class once.", (("np.unique(labels[held:])", "labels[held:]"),)),
            Mistake("how-many", "That is how many classes there are; say which.", (("np.unique(labels[held:])", "len(np.unique(labels[held:]))"),)),
            Mistake("part-exchanged", "part is what is held back, not what is left.", (("int(len(labels) * part)", "int(len(labels) * (1 - part))"),)),
            Mistake("minus-zero", "labels[-0:] is everything: where int(n * part) is 0, nothing is held back.", (("labels[held:]", "labels[-int(len(labels) * part) :]"),)),
            Mistake("rounded", "int cuts off; you round to the nearest.", (("int(len(labels) * part)", "round(len(labels) * part)"),)),
            Mistake("rounded-up", "int cuts off; you round up.", (("int(len(labels) * part)", "int(np.ceil(len(labels) * part))"),)),
        ),
    ),
)  # fmt: skip
