"""The spectrum lab's player: it has a name, holds the chosen sound, and goes on where the sound stays the same."""

import pytest

from tests.browser import labs

CELLS = "from vidlab import widgets\nimport numpy as np", "widgets.spectrum(0.1 * np.ones(8000), rate=8000)"
READY = "audio => audio.readyState >= 1 && audio.duration"
pytestmark = pytest.mark.timeout(300)


def test_the_player_follows_the_sound(browser, course, address):
    with labs.opened(browser, course, address, "sound.ipynb", CELLS, 1) as (page, [root]):
        audio = root.locator("audio")
        assert (
            audio.get_attribute("aria-label") == "The sound: Your own sound" and audio.get_attribute("controls") == ""
        )
        page.wait_for_function(READY, arg=audio.element_handle())
        assert audio.evaluate("a => a.duration") == pytest.approx(1.0, abs=0.01)
        own = audio.get_attribute("src")
        for name, value, other in (("window, samples", "800", False), ("sound", "one tone", True)):
            before = labs.settled(page, root)
            page.evaluate(labs.SET, [root.element_handle(), name, value])
            labs.settled(page, root, before)
            assert (audio.get_attribute("src") != own) == other
        assert audio.get_attribute("aria-label") == "The sound: A tone of 660 hertz"
        assert page.errors == []
