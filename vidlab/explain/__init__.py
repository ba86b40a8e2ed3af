"""Why a model says what it says of a clip: maps of what mattered, and how far they can be trusted.

    found = explain.grad_cam(model, clip)              # Explanation: values (frames, height, width), target, seconds
    explain.mass_on(found, masks)                      # the share of it that lies on the object

explanation    the one form of all maps, and what a model is asked for
gradients      gradients of the score: SmoothGrad, integrated gradients, expected gradients (SHAP)
class_activation  the maps of a convolution, weighed by their gradients
blocks         a clip in blocks of space and time: occlusion, LIME, Kernel SHAP, Shapley values
baselines      maps that know nothing of the model: chance, edges, what moves; and a model with weights by chance
scores         mass on the object, pointing, deletion and insertion, agreement

Each method is a function (model, clip, target=None, ...) -> Explanation. Where a library does it well, it does it here:
`shap` and `lime`. No map is evidence by itself: beside each stand the same method on a model with weights by chance
(Adebayo et al., Sanity checks for saliency maps, NeurIPS 2018), and the maps that know nothing.
"""

import vidlab.tensorflow  # noqa: F401 - first, so that TensorFlow starts without its stderr lines
from vidlab.explain.baselines import by_chance, edges, frame_difference, random_map
from vidlab.explain.blocks import kernel_shap, lime, occlusion, shapley
from vidlab.explain.class_activation import grad_cam
from vidlab.explain.explanation import Explanation
from vidlab.explain.gradients import expected_gradients, integrated_gradients, smoothgrad
from vidlab.explain.scores import agreement, area, deletion, insertion, mass_on, points_at

METHODS = {
    "grad_cam": grad_cam,
    "occlusion": occlusion,
    "integrated_gradients": integrated_gradients,
    "smoothgrad": smoothgrad,
    "expected_gradients": expected_gradients,
    "lime": lime,
    "kernel_shap": kernel_shap,
}
BASELINES = {"random_map": random_map, "edges": edges, "frame_difference": frame_difference}

__all__ = [
    "BASELINES", "Explanation", "METHODS", "agreement", "area", "by_chance", "deletion", "edges", "expected_gradients",
    "frame_difference", "grad_cam", "insertion", "integrated_gradients", "kernel_shap", "lime", "mass_on", "occlusion",
    "points_at", "random_map", "shapley", "smoothgrad",
]  # fmt: skip
