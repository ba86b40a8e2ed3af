"""The article's equations in NumPy, with their gradients, proved against Keras by `python -m tests.parity`.

Each file reads from top to bottom as the lesson does: the equation, a loop that reads like it, the fast form,
the gradients. In the order of the course:

    convolution    the article's formula, the shared kernel, stride, padding, dilation, through time
    pooling        max, average, global average
    activation     ReLU, sigmoid, tanh
    classifier     dense, softmax, cross-entropy
    cnn            a whole small network of these: forward, backward, a step of training
    recurrent      the RNN and back-propagation through time
    gated          the LSTM with peepholes
    spectrum       a sound as a picture: Fourier, mel bands, logarithm
    similarity     what belongs together shall be alike: the contrastive loss, recall
    structural     how alike two pictures are
    gradient       gradients checked by central differences
    receptive      which cells of the input an output depends on

and below them `sliding` (where windows lie) and `arguments` (what is accepted).

The article's letters, the names here, Keras's names, and the terms in English and Chinese:

    ===================  ==================  =======================  =====================  ================
    article              here                Keras                    English                Chinese
    ===================  ==================  =======================  =====================  ================
    x(i, j)              x                   inputs                   input (image)          输入图像
    k(i, j; x, y)        kernel, kernels     kernel                   kernel, filter         卷积核
    y(x, y)              y                   outputs                  feature map            卷积结果, 特征图
                         conv2d              Conv2D                   convolutional layer    卷积层
                         stride, padding     strides, padding         stride, padding        步长, 填充
                         dilation            dilation_rate            dilation               空洞率
    ReLU                 relu                ReLU                     rectified linear unit  线性整流函数
                         max_pool2d          MaxPooling2D             max pooling            最大池化
                         average_pool2d      AveragePooling2D         average pooling        平均池化
                         dense               Dense                    fully connected layer  全连接层
                         softmax             Softmax                  softmax                归一化指数函数
                         cross_entropy       CategoricalCrossentropy  cross-entropy          交叉熵
    x_t                  x[:, t]             inputs                   element of a sequence  序列元素
    h_t                  h[:, t]             output, hidden state     hidden state           隐藏状态
    f                    activation          activation               activation function    激活函数
    W                    W                   kernel                   input weights          输入权重矩阵
    U                    U                   recurrent_kernel         recurrent weights      循环权重矩阵
    b                    b, bias             bias                     bias                   偏置向量
                         rnn                 SimpleRNN                recurrent layer        递归层, 循环层
    i_t                  trace.i             1st of four              input gate             输入门
    f_t                  trace.f             2nd of four              forget gate            遗忘门
    tanh(W_xc ...)       trace.g             3rd of four              candidate              候选状态
    o_t                  trace.o             4th of four              output gate            输出门
    c_t                  trace.c             carry, cell state        cell state             细胞状态
    W_xi W_xf W_xc W_xo  kernel              kernel                   input weights          输入权重矩阵
    W_hi W_hf W_hc W_ho  recurrent_kernel    recurrent_kernel         recurrent weights      循环权重矩阵
    W_ci W_cf W_co       peephole_i, _f, _o  none                     peepholes              窥视孔连接
    sigma                sigmoid             sigmoid                  logistic function      Sigmoid 函数
    tanh                 tanh                tanh                     hyperbolic tangent     双曲正切函数
    ===================  ==================  =======================  =====================  ================

The article calls c_t the hidden state (隐藏状态), a name that today belongs to h_t. Keras has no
peepholes; `models.PeepholeLSTM` has. Vectors of a batch are rows, so the article's W x_t is `x_t @ W`; shapes
are Keras's.

`<name>_gradients` takes the arrays that `<name>` takes, then dL/dy (`dy`; `dh` for a sequence of states), and
gives a dict from each argument's name to its gradient. No function changes its arguments.
"""

from vidlab.reference.activation import (
    linear,
    linear_gradients,
    relu,
    relu_gradients,
    sigmoid,
    sigmoid_gradients,
    tanh,
    tanh_gradients,
)
from vidlab.reference.classifier import (
    cross_entropy,
    cross_entropy_gradients,
    dense,
    dense_gradients,
    softmax,
    softmax_gradients,
)
from vidlab.reference.cnn import cnn_forward, cnn_gradients, initial_cnn, sgd_step
from vidlab.reference.convolution import (
    conv2d,
    conv2d_gradients,
    conv2d_loops,
    conv2d_position_dependent,
    conv2d_position_dependent_gradients,
    conv3d,
    conv3d_gradients,
    conv3d_loops,
    depthwise_conv2d,
    depthwise_conv2d_gradients,
    flip_kernel,
    position_dependent_matrix,
    true_convolution2d,
    true_convolution2d_gradients,
)
from vidlab.reference.gated import LSTMTrace, LSTMWeights, lstm, lstm_gradients, lstm_step
from vidlab.reference.gradient import check_gradient, numerical_gradient
from vidlab.reference.pooling import (
    average_pool2d,
    average_pool2d_gradients,
    global_average_pool,
    global_average_pool_gradients,
    max_pool2d,
    max_pool2d_gradients,
    pool2d_loops,
)
from vidlab.reference.receptive import Window, receptive_field
from vidlab.reference.recurrent import (
    clip_by_norm,
    gradient_norms,
    rnn,
    rnn_gradients,
    rnn_step,
    spectral_radius,
    with_spectral_radius,
)
from vidlab.reference.similarity import contrastive_loss, contrastive_loss_gradients, recall_at
from vidlab.reference.sliding import output_size, same_padding
from vidlab.reference.spectrum import hann_window, log_mel, mel, mel_filters, stft, stft_loops
from vidlab.reference.structural import ssim

__all__ = [
    "LSTMTrace",
    "LSTMWeights",
    "Window",
    "average_pool2d",
    "average_pool2d_gradients",
    "check_gradient",
    "clip_by_norm",
    "cnn_forward",
    "cnn_gradients",
    "contrastive_loss",
    "contrastive_loss_gradients",
    "conv2d",
    "conv2d_gradients",
    "conv2d_loops",
    "conv2d_position_dependent",
    "conv2d_position_dependent_gradients",
    "conv3d",
    "conv3d_gradients",
    "conv3d_loops",
    "cross_entropy",
    "cross_entropy_gradients",
    "dense",
    "dense_gradients",
    "depthwise_conv2d",
    "depthwise_conv2d_gradients",
    "flip_kernel",
    "global_average_pool",
    "global_average_pool_gradients",
    "gradient_norms",
    "hann_window",
    "initial_cnn",
    "linear",
    "linear_gradients",
    "log_mel",
    "lstm",
    "lstm_gradients",
    "lstm_step",
    "max_pool2d",
    "max_pool2d_gradients",
    "mel",
    "mel_filters",
    "numerical_gradient",
    "output_size",
    "pool2d_loops",
    "position_dependent_matrix",
    "recall_at",
    "receptive_field",
    "relu",
    "relu_gradients",
    "rnn",
    "rnn_gradients",
    "rnn_step",
    "same_padding",
    "sgd_step",
    "sigmoid",
    "sigmoid_gradients",
    "softmax",
    "softmax_gradients",
    "spectral_radius",
    "ssim",
    "stft",
    "stft_loops",
    "tanh",
    "tanh_gradients",
    "true_convolution2d",
    "true_convolution2d_gradients",
    "with_spectral_radius",
]
