"""vidlab.video against files made here (every container and codec of the list) and against real ones."""

import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import psutil
import pytest

from vidlab import video
from vidlab.video import file, reading, writing

CLIPS = Path(os.environ.get("VIDLAB_CLIPS", Path(__file__).resolve().parents[3] / "shared" / "clips"))
needs_clips = pytest.mark.skipif(not CLIPS.is_dir(), reason="the development clips are not here")

BITS = 8
os.environ.setdefault("SVT_LOG", "1")


# ------------------------------------------------------------- clips whose frames bear their number


def numbered(n, height=32, width=BITS * 16):
    """Frame k shows k in binary: eight white or black bars, strong enough for any codec."""
    bits = (np.arange(n)[:, None] >> np.arange(BITS)) & 1
    bars = np.repeat(np.where(bits, 235, 20).astype(np.uint8), width // BITS, axis=1)
    return np.repeat(np.broadcast_to(bars[:, None, :, None], (n, height, bars.shape[1], 1)), 3, axis=3)


def numbers(clip):
    """The numbers that the frames of a clip bear, at any size."""
    bars = np.array_split(clip.mean(axis=(1, 3)), BITS, axis=1)
    quarter = bars[-1].shape[1] // 4
    middles = np.stack([bar[:, quarter : -quarter or None].mean(axis=1) for bar in bars], axis=1)
    return ((middles > 127) << np.arange(BITS)).sum(axis=1).tolist()


def encode(path, clip, codec="mpeg4", pix_fmt="yuv420p", times=None, rotation=None, options=None, muxer=None):
    """Write with av itself, so that no test of reading rests on `video.write`."""
    with av.open(str(path), "w", container_options=muxer or {}) as container:
        try:
            stream = container.add_stream(codec, rate=25)
        except ValueError:
            pytest.skip(f"this build of av has no encoder {codec}")
        stream.height, stream.width, stream.pix_fmt = *clip.shape[1:3], pix_fmt
        stream.options = {"x265-params": "log-level=none"} if codec == "libx265" else options or {}
        if times is not None:
            stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        if rotation is not None:
            stream.set_display_rotation(rotation)
        for k, picture in enumerate(clip):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            if times is not None:
                frame.pts, frame.time_base = times[k], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="module")
def clip_path(tmp_path_factory):
    return encode(tmp_path_factory.mktemp("clips") / "numbered.mp4", numbered(40))


# -------------------------------------------------------------------------------- containers, codecs


@pytest.mark.parametrize(
    "suffix, codec, pix_fmt, name",
    [
        ("mp4", "libx264", "yuv420p", "h264"),
        ("mp4", "libx264", "yuv420p10le", "h264"),
        ("mp4", "libx264", "yuv444p", "h264"),
        ("mp4", "libx265", "yuv420p", "hevc"),
        ("mp4", "libx265", "yuv420p10le", "hevc"),
        ("mp4", "mpeg4", "yuv420p", "mpeg4"),
        ("mov", "libx264", "yuv420p", "h264"),
        ("avi", "mpeg4", "yuv420p", "mpeg4"),
        ("avi", "libx264", "yuv420p", "h264"),
        ("avi", "mjpeg", "yuvj420p", "mjpeg"),
        ("mkv", "libx264", "yuv420p", "h264"),
        ("mkv", "libsvtav1", "yuv420p", "av1"),
        ("webm", "libvpx", "yuv420p", "vp8"),
        ("webm", "libvpx-vp9", "yuv420p", "vp9"),
        ("mkv", "libsvtav1", "yuv420p10le", "av1"),
        ("gif", "gif", "rgb8", "gif"),
        ("mpg", "mpeg1video", "yuv420p", "mpeg1video"),
        ("mpg", "mpeg2video", "yuv420p", "mpeg2video"),
        ("ts", "libx264", "yuv420p", "h264"),
        ("ts", "mpeg2video", "yuv420p", "mpeg2video"),
        ("flv", "flv", "yuv420p", "flv1"),
        ("flv", "libx264", "yuv420p", "h264"),
        ("3gp", "libx264", "yuv420p", "h264"),
        ("3gp", "mpeg4", "yuv420p", "mpeg4"),
    ],
)
def test_every_frame_of_every_format_is_the_right_one(tmp_path, suffix, codec, pix_fmt, name):
    path = encode(tmp_path / f"clip.{suffix}", numbered(30, 64), codec, pix_fmt)
    info = video.probe(path)
    assert (info.frames, info.height, info.width, info.codec, info.rotation) == (30, 64, 128, name, 0)
    assert info.fps == pytest.approx(25, abs=0.01) and info.duration == pytest.approx(1.2, abs=0.002)
    assert not info.has_audio
    clip = video.read(path)
    assert clip.shape == (30, 64, 128, 3) and clip.dtype == np.uint8
    assert numbers(clip) == list(range(30))
    for sampling in ("uniform", "dense", "segments", "random"):
        few = video.read(path, 5, size=(24, 80), sampling=sampling, seed=3)
        assert numbers(few) == video.indices(30, 5, sampling, seed=3).tolist()
    middle = video.read(path, start=0.4, stop=0.8)
    assert numbers(middle) == list(range(10, 20))


@pytest.mark.parametrize(
    "suffix, codec, pix_fmt",
    [
        ("mp4", "libx264", "yuv444p"),
        ("avi", "mpeg4", "yuv420p"),
        ("gif", "gif", "rgb8"),
        ("avi", "mjpeg", "yuvj444p"),
        ("webm", "libvpx-vp9", "yuv420p"),
    ],
)
@pytest.mark.parametrize("height, width", [(1, 1), (314, 273), (2, 500)])
def test_odd_sizes(tmp_path, codec, suffix, pix_fmt, height, width):
    pictures = np.full((3, height, width, 3), 200, np.uint8)
    try:
        path = encode(tmp_path / f"odd.{suffix}", pictures, codec, pix_fmt)
    except av.FFmpegError as error:
        pytest.skip(f"{codec} does not encode {height}x{width}: {error.strerror}")
    clip = video.read(path)
    assert clip.shape == pictures.shape and abs(clip.mean() - 200) < 20
    for fit in ("stretch", "crop", "pad"):
        assert video.read(path, 2, (30, 20), fit).shape == (2, 30, 20, 3)


def test_colours_are_rgb_in_this_order(tmp_path):
    pictures = np.zeros((4, 32, 32, 3), np.uint8)
    pictures[...] = 220, 120, 30
    clip = video.read(encode(tmp_path / "orange.mp4", pictures, "libx264"))
    np.testing.assert_allclose(clip.mean(axis=(0, 1, 2)), (220, 120, 30), atol=4)


def test_one_frame(tmp_path):
    path = encode(tmp_path / "one.mp4", numbered(1), "libx264")
    assert video.probe(path).frames == 1 and video.probe(path).duration == pytest.approx(0.04)
    assert video.read(path, 16).shape == (16, 32, 128, 3)


def test_one_packet_may_hold_less_or_more_than_one_frame(clip_path, monkeypatch):
    """Where the count of packets was wrong, the choice is made again from the decoded frames."""
    for wrong in (7, 400):
        monkeypatch.setattr(file.Stream, "indexed_times", lambda _, n=wrong: np.arange(n + 1) / 25)
        assert numbers(video.read(clip_path, 5)) == video.indices(40, 5).tolist()
        assert numbers(video.read(clip_path)) == list(range(40))


def test_fragmented_mp4(tmp_path):
    muxer = {"movflags": "frag_keyframe+empty_moov"}
    path = encode(tmp_path / "fragments.mp4", numbered(40), "libx264", options={"g": "9"}, muxer=muxer)
    assert video.probe(path).frames == 40
    assert numbers(video.read(path, 7)) == video.indices(40, 7).tolist()


# --------------------------------------------------------------------------------------------- times

BEGINS = [0, 40, 80, 120, 1120, 1160, 2160, 2200]  # milliseconds: two frames stand for a whole second


@pytest.mark.parametrize(
    "suffix, codec", [("mp4", "libx264"), ("mkv", "libx264"), ("mov", "mpeg4"), ("webm", "libvpx")]
)
def test_variable_frame_rate(tmp_path, suffix, codec):
    path = encode(tmp_path / f"vfr.{suffix}", numbered(8), codec, times=BEGINS)
    assert video.probe(path).frames == 8
    assert video.probe(path).duration == pytest.approx(2.24, abs=0.3)
    assert video.probe(path).fps == pytest.approx(7 / 2.2, abs=0.1)
    assert numbers(video.read(path)) == list(range(8))
    assert numbers(video.read(path, start=1.0, stop=2.1)) == [3, 4, 5]  # 3 is on show at 1.0
    by_time = numbers(video.read(path, by="time"))
    assert len(by_time) == 8 and by_time == sorted(by_time)
    assert by_time.count(3) >= 3 and by_time.count(5) >= 3
    assert numbers(video.read(path, 4, by="time")) == [by_time[k] for k in video.indices(8, 4)]


def test_at_a_constant_rate_time_and_frame_agree(clip_path):
    assert numbers(video.read(clip_path, 9, by="time")) == numbers(video.read(clip_path, 9))


def test_start_and_stop_count_from_the_first_frame(tmp_path):
    late = [5000 + 40 * k for k in range(20)]
    path = encode(tmp_path / "late.mkv", numbered(20), "libx264", times=late)
    assert numbers(video.read(path, start=0.2, stop=0.4)) == list(range(5, 10))
    assert numbers(video.read(path, stop=0.08)) == [0, 1]


def test_a_stream_says_when_each_frame_begins(tmp_path):
    path = encode(tmp_path / "vfr.mkv", numbered(8), "libx264", times=BEGINS)
    seconds, pictures = zip(*video.stream(path, (24, 96)), strict=True)
    assert np.allclose(seconds, np.array(BEGINS) / 1000, atol=0.002)
    assert np.array_equal(np.stack(pictures), video.read(path, size=(24, 96)))
    with open(path, "rb") as opened:
        assert len(list(video.stream(opened))) == 8


def test_a_stream_of_a_damaged_file_gives_what_stands_before_the_damage(tmp_path):
    noise = np.random.default_rng(0).integers(0, 15, (40, 32, 128, 3), dtype=np.uint8)
    whole = encode(tmp_path / "whole.mkv", numbered(40) + noise, "libx264", options={"g": "10"})
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 3 // 4])
    seen = []
    with pytest.raises(video.Truncated, match="cut.mkv"):
        for _, picture in video.stream(cut):
            seen.append(picture)
    assert numbers(np.stack(seen)) == list(range(len(seen))) and 10 < len(seen) < 32


def test_decoding_ends_soon_behind_stop(tmp_path, monkeypatch):
    path, passed = encode(tmp_path / "long.mp4", numbered(200)), []
    decoded = file.Stream.frames

    def watched(*args):
        for frame in decoded(*args):
            passed.append(1)
            yield frame

    monkeypatch.setattr(file.Stream, "frames", watched)
    assert numbers(video.read(path, start=0.4, stop=0.6)) == list(range(10, 15))
    assert len(passed) < 60


# ------------------------------------------------------------------------------------- fit, rotation


def test_fit(tmp_path):
    """A wide picture, black | white | black in thirds, into a square."""
    pictures = np.full((2, 40, 120, 3), 16, np.uint8)
    pictures[:, :, 40:80] = 235
    path = encode(tmp_path / "wide.mp4", pictures, "libx264", "yuv444p")
    stretch, crop, pad = (video.read(path, 1, (40, 40), fit)[0] for fit in ("stretch", "crop", "pad"))
    assert stretch.shape == crop.shape == pad.shape == (40, 40, 3)
    assert stretch[20, 20, 0] > 200 and stretch[20, 3, 0] < 60 and stretch[2, 20, 0] > 200
    assert crop[3:-3, 3:-3].min() > 200
    assert pad[20, 20, 0] > 200 and pad[20, 3, 0] < 60 and (pad[:12] == 0).all() and (pad[-12:] == 0).all()


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_rotation(tmp_path, degrees):
    """What a phone held sideways writes: the pictures lie on their side, a matrix says by how much."""
    upright = np.full((3, 32, 64, 3), 20, np.uint8)
    upright[:, :12, :20] = 235  # a light in the top left corner
    lying = np.rot90(upright, -(degrees // 90), axes=(1, 2))
    plain = encode(tmp_path / "plain.mp4", np.ascontiguousarray(lying), "libx264", "yuv444p")
    path = encode(tmp_path / "phone.mp4", np.ascontiguousarray(lying), "libx264", "yuv444p", rotation=degrees)
    info = video.probe(path)
    assert (info.rotation, info.height, info.width) == (degrees, 32, 64)
    clip = video.read(path)
    np.testing.assert_array_equal(clip, np.rot90(video.read(plain), degrees // 90, axes=(1, 2)))
    assert clip[:, :8, :16].min() > 180 and clip[:, 20:, 30:].max() < 60
    assert video.read(path, 2, (16, 20), "pad").shape == (2, 16, 20, 3)
    assert video.read(path, 2, (16, 32))[:, :4, :8].min() > 180


# ------------------------------------------------------------------------------------------- indices


def test_uniform_indices():
    assert video.indices(10, 4).tolist() == [0, 3, 6, 9]
    assert video.indices(10, 10).tolist() == list(range(10))
    assert video.indices(9, 1).tolist() == [4]
    assert video.indices(5).tolist() == [0, 1, 2, 3, 4]
    for n in range(1, 60):
        for frames in range(1, n + 1):
            assert len(set(video.indices(n, frames).tolist())) == frames


def test_dense_indices():
    assert video.indices(20, 4, "dense").tolist() == [8, 9, 10, 11]
    assert video.indices(20, 4, "dense", stride=3).tolist() == [5, 8, 11, 14]
    assert video.indices(6, 4, "dense", stride=3).tolist() == [0, 3, 5, 5]
    starts = {video.indices(20, 4, "dense", seed=s, stride=3)[0] for s in range(300)}
    assert starts == set(range(11))


def test_segment_indices():
    assert video.indices(12, 4, "segments").tolist() == [1, 4, 7, 10]
    assert video.indices(10, 4, "segments").tolist() == [0, 3, 5, 8]  # of [0, 2), [2, 5), [5, 7) and [7, 10)
    for seed in range(50):
        chosen = video.indices(13, 4, "segments", seed=seed)
        assert all(k * 13 // 4 <= i < (k + 1) * 13 // 4 for k, i in enumerate(chosen))
    assert len({tuple(video.indices(13, 4, "segments", seed=s)) for s in range(50)}) > 10


def test_random_indices():
    chosen = video.indices(30, 8, "random", seed=1)
    assert len(set(chosen.tolist())) == 8 and (np.diff(chosen) > 0).all()
    assert (chosen == video.indices(30, 8, "random", seed=np.random.default_rng(1))).all()
    assert (chosen != video.indices(30, 8, "random", seed=2)).any()


@pytest.mark.parametrize("sampling", ["uniform", "dense", "segments", "random"])
@pytest.mark.parametrize("seed", [None, 5])
def test_more_frames_than_there_are_repeat_the_last(sampling, seed):
    assert video.indices(3, 6, sampling, seed).tolist() == [0, 1, 2, 2, 2, 2]


@pytest.mark.parametrize(
    "arguments, named",
    [
        ({"n_frames": 0}, "n_frames"),
        ({"n_frames": 2.5}, "n_frames"),
        ({"frames": 0}, "frames"),
        ({"frames": True}, "frames"),
        ({"sampling": "evenly"}, "sampling"),
        ({"sampling": "all", "frames": 3}, "frames"),
        ({"stride": 0}, "stride"),
    ],
)
def test_indices_name_the_wrong_argument(arguments, named):
    with pytest.raises(ValueError, match=f"^{named}[ =]"):
        video.indices(**{"n_frames": 9} | arguments)


@pytest.mark.parametrize(
    "arguments, named",
    [
        ({"frames": -1}, "frames"),
        ({"size": 112}, "size"),
        ({"size": (0, 4)}, "size"),
        ({"fit": "zoom"}, "fit"),
        ({"start": -1}, "start"),
        ({"start": 2, "stop": 1}, "stop"),
        ({"stop": float("nan")}, "stop"),
        ({"on_error": "ignore"}, "on_error"),
        ({"by": "second"}, "by"),
        ({"threads": 0}, "threads"),
    ],
)
def test_read_names_the_wrong_argument(clip_path, arguments, named):
    with pytest.raises(ValueError, match=f"^{named}[ =]"):
        video.read(clip_path, **arguments)


def test_the_same_seed_reads_the_same_frames(clip_path):
    for sampling in ("dense", "segments", "random"):
        first, second = (numbers(video.read(clip_path, 5, sampling=sampling, seed=7)) for _ in range(2))
        assert first == second
    assert numbers(video.read(clip_path, 4, sampling="dense", stride=5)) == [12, 17, 22, 27]


# --------------------------------------------------------------------------------------------- names


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "two words.mp4",
        "éàü.mp4",
        "视频 一.mp4",
        "-dash.mp4",
        "concat:a|b.mp4",
        "http:x.mp4",
        "%03d.mp4",
        "a#b?c.mp4",
    ],
)
@pytest.mark.parametrize("kind", [str, Path])
def test_names(tmp_path, monkeypatch, clip_path, name, kind):
    if os.name == "nt" and set(':|?"') & set(name):
        pytest.skip("Windows allows no such name")
    monkeypatch.chdir(tmp_path)
    clip = numbered(6)
    video.write(kind(name), clip)
    video.write(kind("sound " + name), clip, audio=np.zeros(8000), rate=8000)
    assert numbers(video.read(kind(name))) == list(range(6))
    assert video.probe(kind("sound " + name)).has_audio
    assert sorted(os.listdir()) == sorted([name, "sound " + name])


# ------------------------------------------------------------------------------------------- memory


def test_memory_does_not_grow_with_the_length(tmp_path):
    """Peak memory of a process that reads 16 small frames: 60 frames of 640x480 against 660."""
    pytest.importorskip("resource", reason="this system does not tell the peak of a process")
    grey = np.full((1, 480, 640, 3), 90, np.uint8)
    script = (
        "import sys, resource; from vidlab import video; video.read(sys.argv[1], 16, (112, 112));"
        "peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "print(peak // (1024 if sys.platform == 'darwin' else 1))"
    )
    peaks = []
    for n in (60, 660):
        path = encode(tmp_path / f"{n}.avi", np.broadcast_to(grey, (n, *grey.shape[1:])), "mpeg4")
        peaks.append(int(subprocess.check_output([sys.executable, "-c", script, path])))
    assert peaks[1] - peaks[0] < 20_000, "kB; 600 frames kept as yuv420p would be 270,000"


def test_only_wanted_frames_are_converted(clip_path, monkeypatch):
    converted, picture = [], reading._picture

    def watched(*args):
        converted.append(1)
        return picture(*args)

    monkeypatch.setattr(reading, "_picture", watched)
    video.read(clip_path, 5)
    assert len(converted) == 5


def test_no_file_stays_open(tmp_path, clip_path):
    bad = tmp_path / "bad.avi"
    bad.write_bytes(b"RIFF" + bytes(500))
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(clip_path.read_bytes()[:-900])
    process = psutil.Process()

    def handles():
        return sorted(file.path for file in process.open_files())

    before = handles()
    for path in (clip_path, bad, cut, tmp_path):
        for use in (video.probe, video.read, video.read_audio):
            try:
                use(path)
            except video.VideoError:
                pass
            assert handles() == before
    video.write(tmp_path / "new.mp4", numbered(3))
    video.write(tmp_path / "new.webm", numbered(3), audio=np.zeros(999), rate=8000)
    assert handles() == before


# -------------------------------------------------------------------------------------------- errors


def raises_naming(error, path, use):
    """The error, with the file's name and a remedy in one sentence, and nothing of av's traceback."""
    with pytest.raises(video.VideoError) as caught:
        use(path)
    assert type(caught.value) is error
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and "; " in message
    assert "\n" not in message and "Errno" not in message
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return message


def everywhere(error, path):
    for use in (video.probe, video.read, video.read_audio, lambda p: video.read(p, 4, on_error="repair")):
        raises_naming(error, path, use)


def test_missing(tmp_path):
    everywhere(video.VideoNotFound, tmp_path / "nowhere.mp4")
    everywhere(video.VideoNotFound, "no\0name.mp4")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_no_permission(tmp_path, clip_path):
    path = tmp_path / "secret.mp4"
    path.write_bytes(clip_path.read_bytes())
    path.chmod(0)
    everywhere(video.VideoNotFound, path)


def test_folder(tmp_path):
    everywhere(video.NotAVideo, tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    everywhere(video.NotAVideo, tmp_path / "pipe.mp4")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<!DOCTYPE html><html><head><title>404</title></head><body>Not found</body></html>" * 20,
        np.random.default_rng(0).bytes(20000),
        bytes(5000),
        b"just a line of text\n",
        b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nother.ts\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile other.mp4\n",
        b"<MPD xmlns='urn:mpeg:dash:schema:mpd:2011'><Period/></MPD>",
    ],
    ids=["empty", "html", "random", "zeros", "text", "hls", "concat", "dash"],
)
def test_not_a_video(tmp_path, content):
    path = tmp_path / "clip.avi"
    path.write_bytes(content)
    everywhere(video.NotAVideo, path)


@pytest.mark.parametrize(
    "name, script",
    [
        ("clip.mp4", "ffconcat version 1.0\nfile other.ts\n"),
        ("clip.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:2.4,\nother.ts\n#EXT-X-ENDLIST\n"),
    ],
)
def test_a_playlist_cannot_open_another_file(tmp_path, monkeypatch, name, script):
    """Neither its format nor the opening of the other file is allowed, and each by itself is enough."""
    monkeypatch.chdir(tmp_path)
    encode(Path("other.ts"), numbered(60), "libx264")
    Path(name).write_text(script)
    both = dict(file.OPTIONS)
    formats, nothing = {"format_whitelist": "hls,concat,mpegts"}, {"protocol_whitelist": "file"}
    for options in (both, both | formats, both | nothing):
        monkeypatch.setattr(file, "OPTIONS", options)
        raises_naming(video.NotAVideo, name, video.read)
    monkeypatch.setattr(file, "OPTIONS", both | formats | nothing)
    assert len(video.read(name, on_error="repair")) == 60, "this test's script would open the other file"


def test_an_image_is_not_a_video(tmp_path):
    from PIL import Image

    Image.new("RGB", (30, 20)).save(tmp_path / "picture.png")
    everywhere(video.NotAVideo, tmp_path / "picture.png")


def test_sound_alone_is_not_a_video(tmp_path):
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    raises_naming(video.NotAVideo, path, video.read)
    raises_naming(video.NotAVideo, path, video.probe)
    assert video.read_audio(path)[1] == 8000


def test_no_frames(tmp_path, clip_path):
    path = tmp_path / "header.avi"
    video.write(path, numbered(3))
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"movi") + 4])
    for use in (video.probe, lambda p: video.read(p, on_error="repair")):
        raises_naming(video.NoFrames, path, use)
    raises_naming(video.NoFrames, clip_path, lambda p: video.read(p, start=10))
    raises_naming(video.NoFrames, clip_path, video.read_audio)


@pytest.mark.parametrize("part", [0.5, 0.8, 0.98])
@pytest.mark.parametrize(
    "suffix, codec, muxer",
    [
        ("mp4", "libx264", {"movflags": "faststart"}),
        ("mp4", "mpeg4", {"movflags": "faststart"}),
        ("mp4", "libx264", {"movflags": "frag_keyframe+empty_moov"}),
        ("mkv", "libx264", None),
        ("webm", "libvpx-vp9", None),
        ("avi", "mpeg4", None),
        ("flv", "flv", None),
    ],
)
def test_truncated(tmp_path, suffix, codec, muxer, part):
    noise = np.random.default_rng(0).integers(0, 255, (40, 32, 128, 3), dtype=np.uint8)
    whole = encode(tmp_path / f"whole.{suffix}", noise, codec, muxer=muxer, options={"g": "10"})
    assert len(video.read(whole)) == 40
    data = whole.read_bytes()
    path = tmp_path / f"cut.{suffix}"
    path.write_bytes(data[: int(len(data) * part)])
    raises_naming(video.Truncated, path, video.read)
    raises_naming(video.Truncated, path, lambda p: video.read(p, 4))
    left = len(video.read(path, on_error="repair"))
    assert 40 * part - 12 < left < 40 or (left == 40 and part == 0.98)
    assert video.probe(path).frames == left


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
def test_truncated_before_its_index(tmp_path, suffix):
    path = tmp_path / f"cut.{suffix}"
    video.write(path, numbered(20))
    path.write_bytes(path.read_bytes()[:-700])
    everywhere(video.Truncated, path)


def test_a_header_that_promises_too_many_frames_is_not_believed(tmp_path):
    path = tmp_path / "lying.avi"
    video.write(path, numbered(30), codec="mpeg4")
    data = bytearray(path.read_bytes())
    at = data.index(b"strh") + 8 + 32  # dwLength of the stream
    assert int.from_bytes(data[at : at + 4], "little") == 30
    for lie, more in ((1136, 0), (3, 0), (0, 0), (30, 5000)):  # about its frames; about its bytes
        data[at : at + 4] = lie.to_bytes(4, "little")
        data[4:8] = (len(data) - 8 + more).to_bytes(4, "little")
        path.write_bytes(data)
        assert numbers(video.read(path)) == list(range(30))
        assert numbers(video.read(path, 4)) == video.indices(30, 4).tolist()
        assert video.probe(path).frames == 30


def test_repair_keeps_what_stands_behind_a_bad_packet(tmp_path):
    path = encode(tmp_path / "bad.avi", numbered(30), "mjpeg", "yuvj420p")
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        packet = [p for p in container.demux(video=0) if p.size][12]
    data[packet.pos : packet.pos + packet.size] = bytes(packet.size)
    path.write_bytes(data)
    raises_naming(video.Truncated, path, video.read)
    rest = [k for k in range(30) if k != 12]
    assert numbers(video.read(path, on_error="repair")) == rest
    assert numbers(video.read(path, 5, on_error="repair")) == [rest[k] for k in video.indices(29, 5)]


def test_a_recording_that_starts_in_mid_stream_is_no_damage(tmp_path):
    """The decoder refuses every packet before the first key frame, here 8 seconds of them."""
    options = {"g": "220", "bf": "0", "sc_threshold": "0"}
    whole = encode(tmp_path / "whole.ts", numbered(250), "libx264", options=options)
    with av.open(str(whole)) as container:
        packets = [p for p in container.demux(video=0) if p.size]
    tables, data = slice(188 * 3), whole.read_bytes()
    path = tmp_path / "tuned in.ts"
    path.write_bytes(data[tables] + data[packets[20].pos :])
    assert numbers(video.read(path))[-30:] == list(range(220, 250))


def test_too_large(tmp_path, clip_path):
    message = raises_naming(video.TooLarge, clip_path, lambda p: video.read(p, size=(9000, 9000)))
    assert "9.72 GB" in message and "2 GB" in message and "limit_bytes" in message
    raises_naming(video.TooLarge, clip_path, lambda p: video.read(p, limit_bytes=40 * 32 * 128 * 3 - 1))
    assert len(video.read(clip_path, limit_bytes=40 * 32 * 128 * 3)) == 40
    path = tmp_path / "sound.mp4"
    video.write(path, numbered(2), audio=np.zeros(80000), rate=8000)
    raises_naming(video.TooLarge, path, lambda p: video.read_audio(p, limit_bytes=100_000))


def test_absurd_dimensions_are_refused_before_anything_is_decoded(clip_path, monkeypatch):
    for room in (file, reading):
        monkeypatch.setattr(room, "LIMIT_BYTES", 32 * 128 * 20 - 1)  # for one picture less than the clip's
    monkeypatch.setattr(file.Stream, "frames", lambda *_: pytest.fail("it went on to decode"))
    for use in (video.probe, lambda p: video.read(p, 1, (8, 8), on_error="repair", limit_bytes=10**4)):
        assert "32 x 128" in raises_naming(video.TooLarge, clip_path, use)


@pytest.mark.parametrize("side", [12_000, 60_000])
def test_a_header_with_absurd_dimensions(tmp_path, side):
    path = encode(tmp_path / "huge.avi", numbered(3), "rawvideo", "bgr24")
    data = bytearray(path.read_bytes())
    at = data.index(b"strf") + 8 + 4  # biWidth, biHeight
    data[at : at + 8] = side.to_bytes(4, "little") * 2
    path.write_bytes(data)
    error = video.TooLarge if side == 12_000 else video.NoFrames  # ffmpeg itself has no faith in the second
    for use in (video.probe, lambda p: video.read(p, 1, (8, 8), on_error="repair")):
        raises_naming(error, path, use)


def test_path_of_another_type():
    with pytest.raises(TypeError, match="path"):
        video.read(3)


# ------------------------------------------------------------------------------------------ writing


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [s for s in writing.CODECS if s != ".gif"])
@pytest.mark.parametrize("with_sound", [False, True])
def test_what_is_written_can_be_read(tmp_path, suffix, with_sound):
    path = tmp_path / f"clip{suffix}"
    wave = 0.5 * np.sin(np.arange(16000) * 2 * np.pi * 440 / 16000)
    video.write(path, numbered(10), fps=10, **({"audio": wave, "rate": 16000} if with_sound else {}))
    info = video.probe(path)
    assert (info.frames, info.has_audio) == (10, with_sound)
    assert info.fps == pytest.approx(10, abs=0.01)
    assert numbers(video.read(path)) == list(range(10))
    if with_sound:
        samples, rate = video.read_audio(path)
        assert samples.dtype == np.float32 and samples.shape[1] == 1 and samples.flags.c_contiguous
        assert len(samples) / rate == pytest.approx(1, abs=0.15)
        middle = samples[rate // 4 : rate // 4 * 3, 0]
        pitch = np.abs(np.fft.rfft(middle)).argmax() * rate / len(middle)
        assert pitch == pytest.approx(440, abs=4) and np.abs(middle).max() == pytest.approx(0.5, abs=0.1)


def test_gif(tmp_path):
    clip = numbered(10, 31)[:, :, :-1]
    video.write(tmp_path / "clip.gif", clip, fps=10)
    assert video.probe(tmp_path / "clip.gif").fps == pytest.approx(10)
    np.testing.assert_allclose(video.read(tmp_path / "clip.gif"), clip, atol=3)


def test_stereo(tmp_path):
    left, right = np.zeros(8000), 0.5 * np.sin(np.arange(8000) / 5)
    video.write(tmp_path / "s.mp4", numbered(10), audio=np.stack([left, right], 1), rate=8000)
    samples, rate = video.read_audio(tmp_path / "s.mp4")
    assert rate == 8000 and samples.shape[1] == 2
    assert np.abs(samples[:, 0]).max() < 0.05 and np.abs(samples[:, 1]).max() > 0.4


@pytest.mark.slow
def test_odd_sizes_grow_by_one(tmp_path):
    clip = np.random.default_rng(0).integers(0, 255, (3, 7, 9, 3), dtype=np.uint8)
    np.testing.assert_array_equal(writing._even(clip)[:, :7, :9], clip)
    np.testing.assert_array_equal(writing._even(clip)[:, 7, :9], clip[:, 6])
    np.testing.assert_array_equal(writing._even(clip)[:, :7, 9], clip[:, :, 8])
    for height, width in ((1, 1), (273, 314), (314, 273)):
        video.write(tmp_path / "odd.mp4", np.full((2, height, width, 3), 128, np.uint8))
        assert video.read(tmp_path / "odd.mp4").shape == (2, height + height % 2, width + width % 2, 3)


def test_crf_and_codec(tmp_path):
    clip = np.random.default_rng(0).integers(0, 255, (8, 8, 8, 3), dtype=np.uint8).repeat(8, 1).repeat(8, 2)
    sizes = []
    for crf in (10, 40):
        video.write(tmp_path / "clip.mp4", clip, crf=crf)
        sizes.append((tmp_path / "clip.mp4").stat().st_size)
    assert sizes[0] > 1.5 * sizes[1]
    video.write(tmp_path / "clip.mp4", clip, codec="mpeg4")
    assert video.probe(tmp_path / "clip.mp4").codec == "mpeg4"


@pytest.mark.slow
@pytest.mark.parametrize("fps", [1, 12.5, 29.97, Fraction(30000, 1001), np.float32(15), 60])
def test_frame_rates(tmp_path, fps):
    video.write(tmp_path / "clip.mp4", numbered(30), fps=fps)
    assert video.probe(tmp_path / "clip.mp4").fps == pytest.approx(float(fps), rel=1e-4)


@pytest.mark.parametrize(
    "arguments, named",
    [
        ({"path": "clip.txt"}, "path"),
        ({"path": "clip"}, "path"),
        ({"clip": numbered(2) / 2}, "clip"),
        ({"clip": numbered(2)[..., :2]}, "clip"),
        ({"clip": "clip.mp4"}, "clip"),
        ({"clip": numbered(2)[:0]}, "clip"),
        ({"fps": 0}, "fps"),
        ({"fps": float("nan")}, "fps"),
        ({"audio": np.zeros(100)}, "rate"),
        ({"audio": np.zeros(100, np.int16), "rate": 8000}, "audio"),
        ({"audio": np.zeros((100, 3)), "rate": 8000}, "audio"),
        ({"path": "clip.gif", "crf": 3}, "a gif"),
    ],
)
def test_write_names_the_wrong_argument(tmp_path, monkeypatch, arguments, named):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=f"^{named}[ :]"):
        video.write(**{"path": "clip.mp4", "clip": numbered(2)} | arguments)
    assert not os.listdir()


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "clip.mp4"
    video.write(path, numbered(5))
    old = path.read_bytes()
    for options in ({"codec": "no-such-codec"}, {"codec": "no-such-codec", "crf": 20}, {"codec": "gif"}):
        raises_naming(video.VideoError, path, lambda p, o=options: video.write(p, numbered(9), **o))
    assert path.read_bytes() == old and os.listdir(tmp_path) == ["clip.mp4"]
    raises_naming(video.VideoNotFound, tmp_path / "no" / "clip.mp4", lambda p: video.write(p, numbered(2)))


# --------------------------------------------------------------------------------------- real files


@needs_clips
@pytest.mark.parametrize(
    "name, frames, height, width, fps, codec, rotation, has_audio",
    [
        ("realshort.mp4", 36, 240, 320, 30.02, "h264", 0, True),
        ("newtonscradle.gif", 36, 150, 200, 43.75, "gif", 0, False),
        ("nasa_13013.mp4", 325, 180, 320, 25, "h264", 0, True),
        ("h265_video.mp4", 10, 128, 128, 10, "hevc", 0, False),
        ("video_0.mov", 3, 320, 568, 30, "h264", 0, False),
        ("video_90.mov", 3, 568, 320, 30, "h264", 270, False),
        ("corrupted.mp4", 49, 720, 1280, 9.8, "h264", 0, False),
    ],
)
def test_real_clips(name, frames, height, width, fps, codec, rotation, has_audio):
    info = video.probe(CLIPS / name)
    assert (info.frames, info.height, info.width) == (frames, height, width)
    assert (info.codec, info.rotation, info.has_audio) == (codec, rotation, has_audio)
    assert info.fps == pytest.approx(fps, abs=0.01)
    on_error = "repair" if name == "corrupted.mp4" else "raise"
    assert video.read(CLIPS / name, on_error=on_error).shape == (frames, height, width, 3)
    assert video.read(CLIPS / name, 16, (112, 112), on_error=on_error).shape == (16, 112, 112, 3)
    if has_audio:
        samples, rate = video.read_audio(CLIPS / name)
        assert samples.ndim == 2 and 0 < np.abs(samples).max() <= 1.5 and rate >= 8000


@needs_clips
def test_real_damage_is_told():
    raises_naming(video.Truncated, CLIPS / "corrupted.mp4", video.read)


@needs_clips
def test_real_good_clips_are_never_refused():
    paths = sorted((CLIPS / "shape_motion").glob("*/*.mp4"))
    assert len(paths) == 135
    for path in paths:
        assert video.read(path, 4, (16, 16)).shape == (4, 16, 16, 3)
    assert video.probe(paths[0]).frames == 32
