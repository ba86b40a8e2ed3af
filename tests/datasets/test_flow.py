"""Optical flow against shifts that are known."""

import numpy as np
import pytest
from scipy import ndimage

from vidlab.clips import Frames
from vidlab.datasets import Augment, Batches, Sample, optical_flow


def shifted(velocity, frames=4, size=48, seed=0):
    """Smooth noise that moves by (dx, dy) pixels a frame, as clip."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).random((3 * size, 3 * size)), 1.5, mode="wrap")
    noise = 255 * (noise - noise.min()) / np.ptp(noise)
    y, x = np.mgrid[size : 2 * size, size : 2 * size].astype(float)
    grey = [ndimage.map_coordinates(noise, [y - velocity[1] * t, x - velocity[0] * t]) for t in range(frames)]
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, -1)


@pytest.mark.parametrize("velocity", [(0, 0), (0.5, 0), (1, 0), (0, -1), (2, 1), (-1.5, 2.5)])
def test_known_shifts_are_found_to_a_tenth_of_a_pixel(velocity):
    flow = optical_flow(shifted(velocity))
    assert flow.shape == (3, 48, 48, 2) and flow.dtype == np.float32
    error = np.hypot(*np.moveaxis(flow - np.array(velocity), -1, 0))
    assert error[:, 4:-4, 4:-4].mean() < 0.1  # end-point error, away from the rim where texture comes in


def test_a_still_clip_does_not_move():
    assert np.abs(optical_flow(np.repeat(shifted((0, 0), 1), 3, 0))).max() < 1e-3
    assert not optical_flow(np.full((3, 16, 16, 3), 99, np.uint8)).any()


def test_batches_give_flow_beside_the_clips_after_augmentation():
    samples = [Sample(shifted((1.5, 0), seed=n), "still") for n in range(6)]
    batches = Batches(
        samples, Frames(4, (48, 48)), batch=4, shuffle=True, flow=True, augment=Augment(flip=True, colour=0.1)
    )
    seen = set()
    for inputs, labels in batches.epoch(0):
        clips, flow = inputs["clip"].numpy(), inputs["flow"].numpy()
        assert clips.shape == (len(labels), 4, 48, 48, 3) and flow.shape == (len(labels), 3, 48, 48, 2)
        assert clips.dtype == flow.dtype == np.float32
        for clip, one in zip(clips, flow, strict=True):
            assert np.array_equal(one, optical_flow(np.round(clip * 255).astype(np.uint8)))
            dx = one[:, 8:-8, 8:-8, 0].mean()
            assert abs(abs(dx) - 1.5) < 0.1
            seen.add(np.sign(dx))
    assert seen == {-1, 1}  # a mirrored clip moves the other way


def test_mistakes_are_named():
    clip = shifted((0, 0), 2)
    for wrong in (clip / 2, clip[..., :2], clip.astype(int)):
        with pytest.raises(ValueError, match="clip: expected .* got "):
            optical_flow(wrong)
    for wrong in (clip[:1], clip[0], clip[:, :11]):
        with pytest.raises(ValueError, match="clip: flow needs 2 frames or more of 12x12 pixels or more, not "):
            optical_flow(wrong)
    with pytest.raises(ValueError, match="flow needs 2 frames or more"):
        Batches([Sample(clip, "a")], Frames(1, (48, 48)), flow=True)
