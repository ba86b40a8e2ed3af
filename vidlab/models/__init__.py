"""Keras models for clips, a family a file. Each is a function (clip_shape, classes, **sizes) -> keras.Model.

frame        see frames, not their order
recurrent    a vector for each frame, then a recurrent layer
peephole     an LSTM layer whose gates look at the cell
space_time   convolution over time, convolution in the recurrence, optical flow
attention    a transformer, and which frames it looks at
fusion       picture and sound together
many_heads   one network, an answer to each of many questions
words        read sentences, write captions, find the clip of a sentence
forecasting  the next frame: networks, simple forecasts, the roll-out on own predictions
listings     the three models of the article's listings, and repairs of the one that fails
layers       of any Keras model: what each answers to a clip
layer_costs  what each of them multiplies and moves
frame_parts  what a model computes of each frame by itself
fields       and what each of its numbers depends on
pretrained   networks that somebody else trained, on photographs and on video: efficientnet, transnet, torch_file
"""

import vidlab.tensorflow  # noqa: F401 - first, so that TensorFlow starts without its stderr lines
from vidlab.models.attention import attention_over_frames, video_transformer
from vidlab.models.fields import receptive_fields
from vidlab.models.forecasting import (
    coded_frame,
    constant_velocity,
    copy_last,
    linear_forecast,
    next_frame_conv_lstm,
    next_frame_unet,
    roll_out,
)
from vidlab.models.frame import each_frame, frame_average, frame_cnn, frame_features
from vidlab.models.frame_parts import InParts, by_frame
from vidlab.models.fusion import FUSIONS, ModalityDropout, picture_and_sound, sound_cnn
from vidlab.models.layer_costs import Cost, costs
from vidlab.models.layers import LayerAnswers, layer_answers
from vidlab.models.listings import (
    listing_cnn,
    listing_cnn_each_frame,
    listing_cnn_stacked,
    listing_conv3d,
    listing_lstm,
    listing_rnn,
)
from vidlab.models.many_heads import Heads, with_heads
from vidlab.models.peephole import PeepholeLSTM
from vidlab.models.pretrained import BLOCKS, WeightsError, backbone, clip_features
from vidlab.models.recurrent import cnn_lstm, cnn_peephole_lstm, cnn_rnn
from vidlab.models.space_time import conv3d, conv_lstm, r2plus1d, two_stream
from vidlab.models.words import (
    caption_slots,
    caption_writer,
    contrastive,
    text_attention,
    text_average,
    text_rnn,
    two_towers,
    write,
)

CLIP_MODELS = {  # by name; a new one is added here, and the command line and the tests know it
    build.__name__: build
    for build in (
        frame_cnn,
        frame_average,
        cnn_rnn,
        cnn_lstm,
        cnn_peephole_lstm,
        conv_lstm,
        conv3d,
        r2plus1d,
        two_stream,
        video_transformer,
    )
}

__all__ = [
    "BLOCKS",
    "CLIP_MODELS",
    "Cost",
    "FUSIONS",
    "Heads",
    "InParts",
    "LayerAnswers",
    "ModalityDropout",
    "PeepholeLSTM",
    "WeightsError",
    "attention_over_frames",
    "backbone",
    "by_frame",
    "caption_slots",
    "caption_writer",
    "clip_features",
    "contrastive",
    "coded_frame",
    "constant_velocity",
    "copy_last",
    "costs",
    "each_frame",
    "frame_features",
    "layer_answers",
    "linear_forecast",
    "listing_cnn",
    "listing_cnn_each_frame",
    "listing_cnn_stacked",
    "listing_conv3d",
    "listing_lstm",
    "listing_rnn",
    "next_frame_conv_lstm",
    "next_frame_unet",
    "picture_and_sound",
    "receptive_fields",
    "roll_out",
    "sound_cnn",
    "with_heads",
    "text_attention",
    "text_average",
    "text_rnn",
    "two_towers",
    "write",
    *CLIP_MODELS,
]
