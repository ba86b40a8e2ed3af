"""One process on the devices that there are: a processor, one GPU, several GPUs, a TPU."""

from vidlab.tensorflow import tf


def strategy(tpu: str | None = None) -> tf.distribute.Strategy:
    """The strategy in whose scope a model is made: MirroredStrategy where there are several GPUs, else none.

    Parameters
    ----------
    tpu
        Name of a TPU, or "local" on a TPU's own machine: TPUStrategy. A TPU wants whole batches of one size and
        works in bfloat16; what `Batches` decodes runs on the machine beside it.

    Raises
    ------
    ValueError
        There is no such TPU.

    Examples
    --------
    >>> strategy().num_replicas_in_sync
    1
    """
    if tpu is not None:
        logger = tf.get_logger()
        level = logger.level
        logger.setLevel("ERROR")
        try:
            resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu=tpu)
            tf.config.experimental_connect_to_cluster(resolver)
            tf.tpu.experimental.initialize_tpu_system(resolver)
        except (ValueError, tf.errors.OpError, OSError) as error:
            why = str(error).splitlines()[0].split(". ")[0]
            raise ValueError(
                f"tpu={tpu!r}: no TPU answers ({why}); on a TPU's own machine say local, and install the TensorFlow "
                "that is made for it"
            ) from None
        finally:
            logger.setLevel(level)
        return tf.distribute.TPUStrategy(resolver)
    gpus = tf.config.list_logical_devices("GPU")
    return tf.distribute.MirroredStrategy() if len(gpus) > 1 else tf.distribute.get_strategy()
