"""What all labs share: a live view, and the figure that readers without a kernel see.

JupyterLab runs callbacks on a thread of their own, even while a cell runs. So what
a lab shows comes from one pure function, from settings to a picture's bytes and its words, which never touches pyplot.
"""

import base64
import html
from io import BytesIO
from threading import Lock

import ipywidgets
import numpy as np
from IPython.display import HTML, display
from PIL import Image

# While the view is live it hides the figure; where there is no kernel, the figure hides the view's empty place.
_STYLE = """<style>
.jp-OutputArea-child:has(.vl-live) + .jp-OutputArea-child:has(.vl-figure) {display: none}
.jp-OutputArea-child:not(:has(.vl-live)):has(+ .jp-OutputArea-child .vl-figure) {display: none}
.vl-live img {image-rendering: pixelated}
.vl-figure {margin: 0} .vl-figure img {max-width: 100%} .vl-figure figcaption {font-size: 90%; opacity: 0.8}
</style>"""


def png(picture, times=1):
    """An array (height, width) or (height, width, 3), uint8, as the bytes of a PNG, each pixel `times` as large."""
    picture = np.asarray(picture).repeat(times, 0).repeat(times, 1)
    file = BytesIO()
    Image.fromarray(picture).save(file, "PNG", compress_level=1)
    return file.getvalue()


def live(controls, update, figure, alt):
    """Show a lab: the controls above a picture that follows them, and beside it the figure for readers.

    Parameters
    ----------
    controls : list of ipywidgets; those with a `value` are handed to `update` by their `description`.
    update : function (**values) -> (PNG bytes, alt text). What it raises is shown in the view.
    figure : PNG bytes that stand in the stored notebook.
    alt : what the figure shows, in words.
    """
    picture, words, lock = ipywidgets.Image(format="png"), ipywidgets.HTML(), Lock()
    steered = [c for c in controls if hasattr(c, "value") and c.description]

    def follow(change=None):
        with lock:
            try:
                picture.value, text = update(**{c.description: c.value for c in steered})
            except Exception as error:  # invisible in a callback otherwise
                text = f"This setting does not work: {error}"
            words.value = f"<span role='status'>{html.escape(text)}</span>"

    for control in steered:
        control.observe(follow, names="value")
    follow()
    box = ipywidgets.VBox([ipywidgets.HBox(controls), picture, words])
    box.layout.align_items = "flex-start"  # each pixel of the picture as large as it is in the PNG
    picture.layout.flex = "0 0 auto"
    box.add_class("vl-live")
    bundle = box._repr_mimebundle_()
    bundle = bundle[0] if isinstance(bundle, tuple) else bundle
    bundle.pop("text/plain", None)  # it holds the picture's bytes
    display(bundle, raw=True)
    data = base64.b64encode(figure).decode("ascii")
    display(
        HTML(
            f'{_STYLE}<figure class="vl-figure"><img alt="{html.escape(alt)}" src="data:image/png;base64,{data}">'
            f"<figcaption>Run this cell to bring the lab to life.</figcaption></figure>"
        )
    )
