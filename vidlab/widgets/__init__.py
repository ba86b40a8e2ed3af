"""The labs: drag a slider, see the answer.

lab        what all labs share: controls, panels, and the figure that readers without a kernel see
convolution  kernels over a picture, every output explained
player     a clip, frame by frame, with what belongs to each frame laid over it
receptive  the receptive field of a cell, in a stack or a model: field_words says it
filming    the recorder: clips of one's own, a folder for each class
watching   a model that answers live, to the camera or to a file
tuning     a small network trained before your eyes, two settings side by side
explorer   what each layer of a model answers to a clip: layer_strip, layer_views and number_view draw it
explaining what of a clip mattered for a class, method by method
planning   what a large training costs
seeing     what families of models can tell of a clip, as measured
sound      a sound and its spectrogram
recurrent  one or two recurrent units over a drawn sequence; a larger layer: recurrent_layer; recurrent_views draws them
gated      an LSTM step by step, with gates to push and force: gate_views draws it
all_units  all units of a layer over time, and which of them follow marked steps; inputs: what such layers read
browser/   what runs in the page: plain ES modules and one style sheet
"""

from vidlab.widgets.convolution import convolve
from vidlab.widgets.explaining import explain
from vidlab.widgets.explorer import explore
from vidlab.widgets.filming import record
from vidlab.widgets.gated import gates
from vidlab.widgets.planning import budget
from vidlab.widgets.player import play
from vidlab.widgets.receptive import receptive_field
from vidlab.widgets.recurrent import rnn
from vidlab.widgets.seeing import survey
from vidlab.widgets.sound import spectrum
from vidlab.widgets.tuning import train
from vidlab.widgets.watching import live

__all__ = [
    "budget",
    "convolve",
    "explain",
    "explore",
    "gates",
    "live",
    "play",
    "receptive_field",
    "record",
    "rnn",
    "spectrum",
    "survey",
    "train",
]
