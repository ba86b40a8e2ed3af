"""An open file: joined files, seeking, frame threads, mirrored pictures, bytes, colour tags, where sound begins."""

import io
import struct
import subprocess
import sys
import wave
from fractions import Fraction

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from tests.video.test_video import encode, numbered, numbers
from vidlab import video
from vidlab.video import file, reading

# ------------------------------------------------------------------------------------------- joined files


@pytest.mark.parametrize(("suffix", "codec"), [("mpg", "mpeg2video"), ("mpg", "mpeg1video"), ("ts", "libx264")])
def test_time_goes_on_where_files_were_joined(tmp_path, suffix, codec):
    parts = [encode(tmp_path / f"{k}.{suffix}", numbered(200)[k : k + 100], codec) for k in (0, 100)]
    path = tmp_path / f"both.{suffix}"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    info = video.probe(path)
    assert (info.frames, info.duration, info.fps) == (200, pytest.approx(8, abs=0.001), pytest.approx(25))
    assert numbers(video.read(path)) == list(range(200))  # all is there
    assert numbers(video.read(path, start=3, stop=5)) == list(range(75, 125))
    assert numbers(video.read(path, 4, by="time")) == numbers(video.read(path, 4))


def test_a_join_does_not_hide_damage(tmp_path):
    part = encode(tmp_path / "part.ts", numbered(100), "libx264").read_bytes()
    hole = len(part) // 2 // 188 * 188
    path = tmp_path / "both.ts"
    path.write_bytes(part + part[:hole] + part[hole + 188 * 3 :])
    with pytest.raises(video.Truncated):
        video.read(path)


# ------------------------------------------------------------------------------------------------ seeking

LATE = {  # suffix: encoder, its options
    "h264 with B-frames.mp4": ("libx264", {"g": "30", "bf": "3"}),
    "open groups.mp4": ("libx264", {"g": "30", "bf": "3", "x264-params": "open-gop=1:scenecut=0:b-adapt=0"}),
    "refreshed in columns.mp4": ("libx264", {"g": "30", "x264-params": "intra-refresh=1"}),
    "hevc.mp4": ("libx265", {}),
    "mpeg4.mov": ("mpeg4", {"g": "20"}),
    "mpeg4.avi": ("mpeg4", {"g": "20"}),
    "mpeg4 with B-frames.avi": ("mpeg4", {"g": "20", "bf": "2"}),
    "h264.avi": ("libx264", {"g": "30", "bf": "3"}),
    "h264.mkv": ("libx264", {"g": "30", "bf": "3"}),
    "vp8.webm": ("libvpx", {"g": "30"}),
    "h264.ts": ("libx264", {"g": "30"}),
    "mpeg2.mpg": ("mpeg2video", {"g": "15", "bf": "2"}),
    "h264.flv": ("libx264", {"g": "30"}),
    "pictures.gif": ("gif", {}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LATE)
def test_a_late_start_gives_the_same_frames_as_reading_from_the_beginning(tmp_path, monkeypatch, name):
    codec, options = LATE[name]
    path = encode(tmp_path / name, numbered(220), codec, "rgb8" if codec == "gif" else "yuv420p", options=options)
    asked = [
        {"start": 6.0, "stop": 7.0},
        {"start": 5.97, "frames": 5, "sampling": "dense"},
        {"start": 3.21, "stop": 8.1, "frames": 7, "by": "time"},
        {"start": 8.76},
        {"start": 0.01, "stop": 0.5},
    ]
    sought = [video.read(path, **words) for words in asked]
    monkeypatch.setattr(file.Stream, "seek", lambda *_: False)
    for words, clip in zip(asked, sought, strict=True):
        np.testing.assert_array_equal(clip, video.read(path, **words), err_msg=str(words))
    assert numbers(sought[0]) == list(range(150, 175))


@pytest.mark.parametrize("more", [{}, {"bf": "3", "x264-params": "open-gop=1:scenecut=0:b-adapt=0"}])
def test_a_late_start_decodes_little(tmp_path, monkeypatch, more):
    """Also where packets behind the key frame are shown before it, which no decoder shows after seeking."""
    path, passed = encode(tmp_path / "long.mp4", numbered(250), "libx264", options={"g": "30"} | more), []

    def watched(self, frames=file.Stream.frames):
        for frame in frames(self):
            passed.append(1)
            yield frame

    monkeypatch.setattr(file.Stream, "frames", watched)
    assert numbers(video.read(path, start=6.2, stop=6.6)) == list(range(155, 165))
    assert len(passed) < 70


def test_variable_times_and_a_late_first_frame_are_sought_too(tmp_path, monkeypatch):
    times = 5000 + np.cumsum(np.random.default_rng(0).integers(10, 90, 220))
    path = encode(tmp_path / "uneven.mkv", numbered(220), "libx264", times=times.tolist(), options={"g": "30"})
    sought = video.read(path, start=6, stop=8)
    begins = (times - times[0]) / 1000
    first = np.searchsorted(begins, 6, side="right") - 1
    assert numbers(sought) == list(range(first, np.searchsorted(begins, 8)))
    monkeypatch.setattr(file.Stream, "seek", lambda *_: False)
    np.testing.assert_array_equal(sought, video.read(path, start=6, stop=8))


def test_what_is_on_show_at_the_start_counts(tmp_path):
    path = encode(tmp_path / "uneven.mp4", numbered(6), "libx264", times=[0, 100, 200, 4000, 4100, 4200])
    assert numbers(video.read(path, 4, start=0.3, stop=4.1, by="time")) == [2, 2, 2, 2]
    assert numbers(video.read(path, start=1, stop=3)) == [2]
    assert numbers(video.read(path, start=0.1, stop=0.15)) == [1]
    assert numbers(video.read(path, start=0.0999, stop=0.15)) == [1]  # frame 0 leaves 0.1 ms later
    assert numbers(video.read(path, start=4.15)) == [4, 5]


def test_the_middle_of_each_step_of_time_is_taken(tmp_path):
    path = encode(tmp_path / "uneven.mp4", numbered(3), "mpeg4", times=[0, 400, 2000])
    times = np.array([0, 0.4, 2, 3])
    assert reading._at_constant_rate(times, np.arange(3), 0, np.inf).tolist() == [1, 1, 2]
    assert numbers(video.read(path, start=0, stop=1.2, by="time")) == [0, 1]  # steps of 0.6 s


# ------------------------------------------------------------------------------------------------ threads


@pytest.mark.slow
def test_frame_threads_are_closed_safely_a_thousand_times(tmp_path):
    path = encode(tmp_path / "wide.mp4", numbered(40, 240, 320), "libx264", options={"g": "20"})
    script = f"""
from vidlab.video import file
from vidlab.video.file import LIMIT_BYTES, opened
for k in range(1000):
    with opened({str(path)!r}, "video", LIMIT_BYTES, 2, strict=True) as stream:
        assert stream.stream.thread_type.name == "FRAME" or k
        for n, frame in enumerate(stream.frames()):
            if n == k % 7:
                break
print("closed")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300)
    assert done.stdout == "closed\n", done.stderr


@pytest.mark.parametrize("damage", [1500, 4000, 6000])
def test_frame_threads_tell_of_damage_as_slices_do(tmp_path, monkeypatch, damage):
    """And repair, which reads without them, keeps the same frames as before."""
    path = encode(tmp_path / "wide.avi", numbered(60, 240, 320), "libx264", options={"bf": "0", "slices": "1"})
    data = bytearray(path.read_bytes())
    with av.open(io.BytesIO(bytes(data))) as container:
        packet = [p for p in container.demux(video=0) if p.size][30]
        data[packet.pos + 8 : packet.pos + 8 + packet.size] = bytes(packet.size)
    path.write_bytes(data)
    with pytest.raises(video.Truncated):
        video.read(path)
    assert len(video.read(path, on_error="repair")) >= 58


# ---------------------------------------------------------------------------------- mirrored and turned


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
def test_every_display_matrix_of_right_angles(tmp_path, degrees, mirrored):
    """A white quarter, brought to the top left by the matrix; its numbers are written into the file by hand."""
    stored = np.zeros((4, 32, 64, 3), np.uint8)
    stored[:, :16, :32] = 255
    path = tmp_path / "plain.mp4"
    video.write(path, stored, crf=1)
    turn = np.linalg.matrix_power(np.array([[0, 1], [-1, 0]]), degrees // 90)  # counter-clockwise, y downwards
    turn = turn @ np.diag([-1, 1]) if mirrored else turn
    data = bytearray(path.read_bytes())
    (a, c), (b, d) = turn * 65536
    struct.pack_into(">9i", data, data.find(b"tkhd") + 44, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    upright = stored[:, :, ::-1] if mirrored else stored
    upright = np.rot90(upright, degrees // 90, axes=(1, 2))
    clip, info = video.read(path), video.probe(path)
    assert clip.shape == upright.shape and np.abs(clip.astype(int) - upright).max() < 40
    assert (info.rotation, info.mirrored, info.width) == (degrees, mirrored, upright.shape[2])


# --------------------------------------------------------------------------- long files, bytes, colours, sound


def test_probing_a_long_file_counts_what_the_decoder_still_holds(tmp_path, monkeypatch):
    options = {"bf": "2", "x264-params": "b-adapt=0"}
    path = encode(tmp_path / "long.mp4", numbered(100), "libx264", options=options)
    whole = video.probe(path)
    monkeypatch.setattr(reading, "PROBED", 50 * 32 * 128)
    assert video.probe(path) == whole and whole.frames == 100 and whole.fps == 25


def test_bytes_and_file_objects_are_read_as_files_are(tmp_path):
    path = tmp_path / "clip.mp4"
    video.write(path, numbered(20), audio=np.zeros(8000), rate=8000)
    data = path.read_bytes()
    for use in (video.probe, video.read, lambda p: video.read(p, start=0.4), lambda p: video.read_audio(p)[0]):
        expected = use(path)
        for given in (data, bytearray(data), io.BytesIO(data)):
            np.testing.assert_equal(use(given), expected)
        with open(path, "rb") as opened:
            np.testing.assert_equal(use(opened), expected)
            assert not opened.closed
    with pytest.raises(video.NotAVideo, match="^the video given as bytes: the file is empty"):
        video.read(b"")
    with pytest.raises(video.NotAVideo, match="^the video given as bytes: it cannot be read"):
        video.read(b"no video at all" * 50)
    with pytest.raises(video.Truncated, match="^the video given as bytes: "):
        video.read(data[: len(data) // 2])


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm", ".ts", ".mov"])
def test_what_is_written_says_how_its_colours_are_to_be_read(tmp_path, suffix):
    clip = np.empty((20, 64, 64, 3), np.uint8)
    clip[...] = 200, 40, 90
    path = tmp_path / f"red{suffix}"
    video.write(path, clip)
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        assert (frame.colorspace, frame.color_range) == (Colorspace.ITU601, ColorRange.MPEG)
    assert np.abs(video.read(path).astype(int) - clip).max() <= 4


@pytest.mark.parametrize("late", [0.0, 0.5, -0.4])
def test_where_sound_begins_against_the_picture(tmp_path, late):
    path, rate = tmp_path / "sound.mkv", 8000
    with av.open(str(path), "w") as container:
        stream, sound = container.add_stream("mpeg4", rate=25), container.add_stream("flac", rate=rate, layout="mono")
        stream.height, stream.width, stream.pix_fmt = 32, 128, "yuv420p"
        for k, picture in enumerate(numbered(25)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = k * 40 + 1000, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        samples = av.AudioFrame.from_ndarray(np.zeros((1, rate), np.int16), format="s16", layout="mono")
        samples.sample_rate, samples.pts, samples.time_base = rate, round((1 + late) * rate), Fraction(1, rate)
        container.mux([*stream.encode(), *sound.encode(samples), *sound.encode()])
    assert video.probe(path).audio_start == pytest.approx(late, abs=0.002)


def test_no_sound_no_beginning(tmp_path):
    assert video.probe(encode(tmp_path / "mute.mp4", numbered(3))).audio_start is None


def test_sound_of_more_than_eight_channels_is_refused(tmp_path):
    path = tmp_path / "many.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setparams((16, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(16 * 2 * 800))
    with pytest.raises(video.Truncated, match="of a strange form"):
        video.read_audio(path)


@pytest.mark.parametrize("part", [0.15, 0.3, 0.5, 0.7, 0.9, 0.99])
@pytest.mark.parametrize("with_sound", [False, True])
def test_a_cut_file_with_its_index_in_front(tmp_path, part, with_sound):
    clip = np.random.default_rng(0).integers(0, 256, (60, 64, 128, 3), dtype=np.uint8)
    whole = tmp_path / "whole.mp4"
    video.write(whole, clip, **({"audio": np.zeros(19200), "rate": 8000} if with_sound else {}))
    front = tmp_path / "front.mp4"
    with av.open(str(whole)) as source, av.open(str(front), "w", options={"movflags": "+faststart"}) as target:
        streams = {s.index: target.add_stream_from_template(s) for s in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    data = front.read_bytes()
    assert data.find(b"moov") < data.find(b"mdat")
    path = tmp_path / "cut.mp4"
    path.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(video.Truncated):
        video.read(path)
    try:
        assert 0 < len(video.read(path, on_error="repair")) < 60
    except (video.NoFrames, video.Truncated):
        assert part < 0.3
