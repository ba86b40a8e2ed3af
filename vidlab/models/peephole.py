r"""The LSTM that the article writes: with peepholes, which Keras's LSTM lacks.

    i_t = sigma(W_xi x_t + W_hi h_{t-1} + W_ci c_{t-1} + b_i)
    f_t = sigma(W_xf x_t + W_hf h_{t-1} + W_cf c_{t-1} + b_f)
    c_t = f_t * c_{t-1} + i_t * tanh(W_xc x_t + W_hc h_{t-1} + b_c)
    o_t = sigma(W_xo x_t + W_ho h_{t-1} + W_co c_t + b_o)
    h_t = o_t * tanh(c_t)

`vidlab.reference.lstm` is the same in NumPy.
"""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="vidlab")
class PeepholeLSTMCell(keras.layers.LSTMCell):
    """One step of `PeepholeLSTM`, where the arguments are explained."""

    def __init__(self, units, peephole="diagonal", peephole_initializer="zeros", **options):
        if peephole not in ("diagonal", "full"):
            raise ValueError(f"peephole: expected 'diagonal' or 'full', got {peephole!r}")
        if options.get("recurrent_dropout"):
            raise ValueError("recurrent_dropout: not supported with peepholes, use dropout")
        super().__init__(units, **options)
        self.peephole = peephole
        self.peephole_initializer = keras.initializers.get(peephole_initializer)

    def build(self, input_shape):
        super().build(input_shape)  # kernel, recurrent_kernel, bias
        shape = (self.units,) if self.peephole == "diagonal" else (self.units, self.units)
        self.peephole_i, self.peephole_f, self.peephole_o = (
            self.add_weight(shape=shape, name=f"peephole_{gate}", initializer=self.peephole_initializer)
            for gate in "ifo"
        )

    def call(self, inputs, states, training=False):
        h, c = states
        if training and self.dropout > 0:
            inputs = inputs * self.get_dropout_mask(inputs)
        z = ops.matmul(inputs, self.kernel) + ops.matmul(h, self.recurrent_kernel)
        if self.use_bias:
            z = z + self.bias
        z_i, z_f, z_c, z_o = ops.split(z, 4, axis=-1)
        i = self.recurrent_activation(z_i + self._peep(c, self.peephole_i))
        f = self.recurrent_activation(z_f + self._peep(c, self.peephole_f))
        c = f * c + i * self.activation(z_c)
        o = self.recurrent_activation(z_o + self._peep(c, self.peephole_o))
        h = o * self.activation(c)
        return h, [h, c]

    def _peep(self, c, P):
        return c * P if self.peephole == "diagonal" else ops.matmul(c, P)

    def get_config(self):
        return super().get_config() | {
            "peephole": self.peephole,
            "peephole_initializer": keras.initializers.serialize(self.peephole_initializer),
        }


_CELL_OPTIONS = (
    "activation recurrent_activation use_bias unit_forget_bias dropout recurrent_dropout seed "
    "kernel_initializer recurrent_initializer bias_initializer kernel_regularizer recurrent_regularizer "
    "bias_regularizer kernel_constraint recurrent_constraint bias_constraint"
).split()


@keras.saving.register_keras_serializable(package="vidlab")
class PeepholeLSTM(keras.layers.RNN):
    """An LSTM whose gates see the cell state, for sequences (batch, time, features).

    Parameters
    ----------
    units
        Int
    peephole
        "diagonal" or "full"
        Each gate unit sees its own cell (c * P, 3 * units weights), or all (c @ P, 3 * units**2 weights).
    peephole_initializer
        Initializer
        Zeros unless given: training then starts from the very network that `keras.layers.LSTM` with the same
        initial weights would be.
    **options
        As for `keras.layers.LSTM`, without `recurrent_dropout` and `use_cudnn`: `return_sequences`,
        `return_state`, `go_backwards`, `stateful`, `dropout`, `unit_forget_bias`, ...

    Weights, in this order: kernel, recurrent_kernel, bias (gates i, f, c, o side by side), peephole_i,
    peephole_f, peephole_o; so `reference.LSTMWeights(*layer.get_weights())` takes them.

    Source: Gers, Schraudolph and Schmidhuber, Learning precise timing with LSTM recurrent networks, JMLR 3,
    2002; Graves, Generating sequences with recurrent neural networks, arXiv:1308.0850 (diagonal).
    """

    def __init__(self, units, peephole="diagonal", peephole_initializer="zeros", **options):
        cell_options = {name: options.pop(name) for name in _CELL_OPTIONS if name in options}
        cell = PeepholeLSTMCell(
            units,
            peephole,
            peephole_initializer,
            dtype=options.get("dtype"),
            trainable=options.get("trainable", True),
            name="peephole_lstm_cell",
            **cell_options,
        )
        super().__init__(cell, **options)
        self.input_spec = keras.layers.InputSpec(ndim=3)

    @property
    def units(self):
        return self.cell.units

    def get_config(self):
        config = super().get_config()
        del config["cell"]
        cell = self.cell.get_config()
        names = ("units", "peephole", "peephole_initializer", *_CELL_OPTIONS)
        return config | {name: cell[name] for name in names}

    @classmethod
    def from_config(cls, config):
        return cls(**config)  # RNN's own looks for a cell in the config
