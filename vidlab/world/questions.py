"""The questions of the article's appendix, and the factors of the world that answer them.

The appendix asks 43 times "how do we handle the ... information in a video?" (42 kinds: one stands there twice), and
answers each time: by classification or generation of it, alone or together with the rest of the video. Chapter 16
answers with a measurement. The article also asks four practical questions, which chapters 02 to 05 answer by
experiment.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """One question.

    term : the article's word, in Chinese, as it stands in "如何处理视频中的...信息？"
    english : the same in English
    field : what the field calls it
    factors : the factors of the world that ask it
    generation : what answers the article's "... or generation", or why nothing here does
    """

    term: str
    english: str
    field: str
    factors: tuple[str, ...]
    generation: str


WRITES = "chapter 15 writes a caption word by word"
CONTINUES = "chapter 17 predicts the next frames"
DRAWS = "chapter 17 generates clips of a class that is asked for"
RENDERS = "no model here learns it; the world draws it by rule, which is how the clips were made"
NOT = "not tried: {}"

QUESTIONS = tuple(
    Question(*row)
    for row in (
        ("音频", "audio", "audio classification, audio-visual learning", ("sound", "sync"),
         NOT.format("to make sound from a picture needs models of sound far beyond two cores")),
        ("文本", "text", "scene text, video and language", ("written", "caption"), WRITES),
        ("空间", "space", "localisation", ("place", "spatial"), CONTINUES),
        ("时间", "time", "temporal modelling", ("order", "duration", "bounces", "memory"), CONTINUES),
        ("光照和阴影", "light and shadow", "illumination", ("light", "level", "shadow"), RENDERS),
        ("运动和动作", "motion and action", "action recognition", ("motion", "speed"), DRAWS),
        ("人脸和表情", "faces and expressions", "face detection, expression recognition", ("face", "expression"),
         RENDERS),
        ("物体和场景", "objects and scenes", "object and scene recognition", ("digit", "category", "background"),
         RENDERS),
        ("光流和流场", "optical flow and flow fields", "optical flow, egomotion", ("camera", "flow"), CONTINUES),
        ("三维", "three dimensions", "depth from motion parallax", ("depth", "relief"),
         NOT.format("new views of a scene need models of it in three dimensions")),
        ("多模态", "several modes at once", "multimodal learning", ("sync", "caption"), WRITES),
        ("高级", "high-level meaning", "reasoning about events", ("story",),
         NOT.format("a story that keeps a rule would need a model that plans")),
        ("情感", "emotion", "affect recognition", ("emotion",), RENDERS),
        ("语义", "meaning", "semantic categories", ("category",), WRITES),
        ("关系", "relations", "visual relation detection", ("spatial", "temporal", "semantic", "interaction"), WRITES),
        ("空间关系", "spatial relations", "visual relation detection", ("spatial",), WRITES),
        ("时间关系", "temporal relations", "temporal relations of events (Allen's intervals)", ("temporal", "order"),
         CONTINUES),
        ("语义关系", "semantic relations", "scene graphs", ("semantic",), RENDERS),
        ("视觉关系", "visual relations", "visual relation detection", ("spatial", "interaction"), RENDERS),
        ("视觉语言", "vision and language", "video captioning and retrieval", ("caption", "written"), WRITES),
        ("视觉情感", "visual emotion", "affect recognition", ("emotion", "expression"), RENDERS),
        ("视觉场景", "visual scenes", "scene recognition", ("background",), RENDERS),
        ("视觉对象", "visual objects", "object recognition", ("shape", "digit", "category"), DRAWS),
        ("视觉动作", "visual actions", "action recognition", ("motion", "bounces"), DRAWS),
        ("视觉关系", "visual relations", "visual relation detection", ("spatial", "interaction"), RENDERS),
        ("视觉语义", "visual meaning", "semantic categories and relations", ("category", "semantic"), WRITES),
        ("视觉时间", "visual time", "temporal modelling", ("duration", "memory", "order"), CONTINUES),
        ("视觉空间", "visual space", "localisation and depth", ("place", "depth"), CONTINUES),
        ("视觉光照", "visual light", "illumination", ("light", "level"), RENDERS),
        ("视觉阴影", "visual shadow", "shadow detection", ("shadow",), RENDERS),
        ("视觉纹理", "visual texture", "texture classification", ("texture",), RENDERS),
        ("视觉边界", "visual boundaries", "edges and boundaries", ("boundary",), RENDERS),
        ("视觉形状", "visual shape", "shape recognition", ("shape",), DRAWS),
        ("视觉颜色", "visual colour", "colour recognition", ("colour",), RENDERS),
        ("视觉特征", "visual features", "parts and attributes", ("feature",), RENDERS),
        ("视觉模式", "visual patterns", "pattern recognition", ("pattern",), RENDERS),
        ("视觉结构", "visual structure", "arrangement, layout", ("structure",), RENDERS),
        ("视觉对比", "visual contrast", "contrast", ("contrast",), RENDERS),
        ("视觉相关性", "visual correlation", "correlated motion, common fate", ("correlation",), CONTINUES),
        ("视觉相似性", "visual similarity", "visual similarity, matching", ("similarity",), RENDERS),
        ("视觉相互作用", "visual interaction", "interaction recognition", ("interaction",), CONTINUES),
        ("视觉自然语言", "visual natural language", "video captioning, grounding", ("caption",), WRITES),
        ("视觉语义关系", "visual semantic relations", "scene graphs", ("semantic",), RENDERS),
    )
)  # fmt: skip
