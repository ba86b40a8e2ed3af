"""All exercises, in the order of the course; a file for some chapters each."""

from vidlab.check.exercises import (
    attention,
    convolution,
    data,
    explaining,
    forecasting,
    own,
    pooling,
    recurrent,
    scaling,
    seeing,
    sequences,
    sound_words,
    space_time,
)

_FILES = (
    data,
    convolution,
    pooling,
    recurrent,
    sequences,
    space_time,
    attention,
    explaining,
    scaling,
    sound_words,
    seeing,
    forecasting,
    own,
)
EXERCISES = {
    one.slug: one for one in sorted((one for file in _FILES for one in file.EXERCISES), key=lambda one: one.notebook)
}
