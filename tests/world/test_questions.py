"""The article's questions are all there, in its order; each factor answers one; each varies in a mix of the survey."""

import re
from pathlib import Path

import numpy as np
import pytest

from vidlab import world

ARTICLE = Path(__file__).parents[3] / "shared" / "article.zh.txt"


@pytest.mark.skipif(not ARTICLE.exists(), reason="the article is not there")
def test_they_are_the_articles():
    asked = re.findall(r"^Q: 如何处理视频中的(.+?)信息", ARTICLE.read_text(encoding="utf8"), re.MULTILINE)
    assert [question.term for question in world.QUESTIONS] == asked


def test_there_are_43_of_42_kinds():
    terms = [question.term for question in world.QUESTIONS]
    assert len(terms) == 43 and len(set(terms)) == 42
    twice = [question for question in world.QUESTIONS if question.term == "视觉关系"]
    assert len(twice) == 2 and twice[0] == twice[1]


def test_each_has_an_answer():
    factors = {name for question in world.QUESTIONS for name in question.factors}
    assert factors == set(world.FACTORS)
    for question in world.QUESTIONS:
        assert question.factors and question.english and question.field and question.generation, question


def test_every_factor_varies_in_a_mix():
    assert {name for mix in world.MIXES for name in mix} == set(world.FACTORS)


def test_a_survey_knows_what_it_asked():
    made = world.survey(6, frames=4, size=(16, 16), seed=5)
    n = 6 * len(world.MIXES)
    assert len(made) == n == len(made.captions) == len(made.sound) and made.clips.shape == (n, 4, 16, 16, 3)
    for name, row in made.answers.items():
        asked = np.array([name in world.MIXES[mix] for mix in made.mixes])
        assert ((row >= 0) == asked).all() and row.max() < len(world.FACTORS[name].values), name
    assert np.bincount(made.mixes).tolist() == [6] * len(world.MIXES) and (np.diff(made.mixes) != 0).sum() > n / 2


def test_clips_sounds_captions_and_answers_stay_together():
    mixes = [("level", "sound"), ("colour", "sound")]
    made = world.survey(20, frames=4, size=(16, 16), seed=2, mixes=mixes)
    for i in range(len(made)):
        tone = np.argmax(np.abs(np.fft.rfft(made.sound[i]))) / (made.sound.shape[1] / world.RATE)
        assert abs(tone - (330, 660)[made.answers["sound"][i]]) < 20
        said = [value for value in ("dim", "bright") if f"in {value} light" in made.captions[i]]
        level = made.answers["level"][i]
        assert said == ([("dim", "bright")[level]] if level >= 0 else [])
    light = made.clips.mean(axis=(1, 2, 3, 4))
    assert light[made.answers["level"] == 0].max() < light[made.answers["level"] == 1].min()


def test_another_seed_is_another_survey():
    a, b, c = (world.survey(3, frames=2, size=(8, 8), seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(a.clips, b.clips) and not np.array_equal(a.clips, c.clips)
