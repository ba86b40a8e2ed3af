"""The end of a network: a dense layer, probabilities, and how wrong they are.

Step 5 of the article (section 3.1) puts the feature maps into a fully connected layer that classifies:

    logits = x W + b,    p = softmax(logits),    loss = -mean log p[label]
"""

import numpy as np

from vidlab.reference.arguments import as_floats, expect


def dense(x, W, b):
    """Fully connected layer: y = x W + b.

    Parameters
    ----------
    x
        Array (..., features)
    W
        Array (features, units)
    b
        Array (units,), or None

    Returns
    -------
    array (..., units)

    Raises
    ------
    ValueError
        If features or units differ.

    Source: the article, section 3.1, step 5.

    Examples
    --------
    >>> dense(np.array([[1.0, 2.0]]), np.eye(2), np.array([0.5, 0]))
    array([[1.5, 2. ]])
    """
    x, W, b = _check_dense(x, W, b)
    y = x @ W
    return y if b is None else y + b


def dense_gradients(x, W, dy):
    """Gradients of `dense`, given dy = dL/dy (..., units).

        dL/dx = dy W^T,    dL/dW = x^T dy,    dL/db = sum dy         (sums over all axes but the last)

    Returns
    -------
    dict with `x`, `W`, `b`

    Examples
    --------
    >>> dense_gradients(np.array([[1.0, 2.0]]), np.eye(2), np.array([[1.0, 0]]))["W"]
    array([[1., 0.],
           [2., 0.]])
    """
    x, W, _ = _check_dense(x, W, None)
    dy = np.asarray(dy, x.dtype)
    expect("dy", dy, (*x.shape[:-1], W.shape[1]), f" for x {x.shape} and W {W.shape}")
    rows, drows = x.reshape(-1, x.shape[-1]), dy.reshape(-1, dy.shape[-1])
    return {"x": dy @ W.T, "W": rows.T @ drows, "b": drows.sum(axis=0)}


def softmax(logits):
    """Probabilities from logits (..., classes): p[n] = exp(z[n]) / sum_m exp(z[m]), over the last axis.

    The largest logit is taken off first: the quotient is the same, and exp cannot overflow.

    >>> softmax([[0.0, 0.0, -1000.0]])
    array([[0.5, 0.5, 0. ]])
    """
    logits = _with_classes(logits)
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def softmax_gradients(logits, dy):
    """dL/dz[n] = p[n] * (dy[n] - sum_m p[m] dy[m]). Key `logits`.

    >>> softmax_gradients([[0.0, 0.0]], [[1.0, 0.0]])["logits"]
    array([[ 0.25, -0.25]])
    """
    p = softmax(logits)
    dy = np.asarray(dy, p.dtype)
    expect("dy", dy, p.shape, f", that of logits {p.shape}")
    return {"logits": p * (dy - (p * dy).sum(axis=-1, keepdims=True))}


def cross_entropy(logits, labels):
    """Mean cross-entropy of a batch, from logits (before softmax) and true labels.

        loss = mean_b (log sum_m exp(z[b, m]) - z[b, label_b])  =  -mean_b log softmax(z_b)[label_b]

    Working from logits it never takes the logarithm of a probability that has become 0.

    Parameters
    ----------
    logits
        Array (batch, classes)
    labels
        Integers (batch,)

    Returns
    -------
    A number, of the logits' type. Keras: `SparseCategoricalCrossentropy(from_logits=True)`.

    Raises
    ------
    ValueError
        If the sizes differ, a label is not an integer, or is not one of the classes.

    Examples
    --------
    >>> float(cross_entropy([[0.0, 0.0]], [1]).round(4))  # the logarithm of 2
    0.6931
    """
    logits, labels = _check_labels(logits, labels)
    z = logits - logits.max(axis=-1, keepdims=True)
    log_sum = np.log(np.exp(z).sum(axis=-1))
    return (log_sum - z[np.arange(len(z)), labels]).mean()


def cross_entropy_gradients(logits, labels):
    """dL/dz[b, n] = (softmax(z_b)[n] - 1[n is label_b]) / batch. Key `logits`.

    >>> cross_entropy_gradients([[0.0, 0.0]], [1])["logits"]
    array([[ 0.5, -0.5]])
    """
    logits, labels = _check_labels(logits, labels)
    dlogits = softmax(logits)
    dlogits[np.arange(len(labels)), labels] -= 1
    return {"logits": dlogits / len(labels)}


def _check_dense(x, W, b):
    x, W, b = as_floats(x=x, W=W, b=b)
    if x.ndim < 1:
        raise ValueError(f"x: expected shape (..., features), got {x.shape}")
    expect("W", W, (x.shape[-1], "units"), f" for x {x.shape}")
    if b is not None:
        expect("b", b, W.shape[1:], f" for W {W.shape}")
    return x, W, b


def _with_classes(logits):
    logits = as_floats(logits=logits)
    if logits.ndim < 1 or logits.shape[-1] == 0:
        raise ValueError(f"logits: expected shape (..., classes), got {logits.shape}")
    return logits


def _check_labels(logits, labels):
    logits, labels = _with_classes(logits), np.asarray(labels)
    expect("logits", logits, ("batch", "classes"))
    expect("labels", labels, logits.shape[:1], f" for logits {logits.shape}")
    if labels.dtype.kind not in "iu":
        raise ValueError(f"labels: expected integers, got {labels.dtype}")
    if labels.size == 0:
        raise ValueError(f"labels: the batch is empty, labels {labels.shape} and logits {logits.shape}")
    if labels.min() < 0 or labels.max() >= logits.shape[-1]:
        raise ValueError(
            f"labels: expected 0 to {logits.shape[-1] - 1} for logits {logits.shape}, "
            f"got {labels.min()} to {labels.max()}"
        )
    return logits, labels
