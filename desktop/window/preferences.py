"""What a person likes: colours, size of type, motion, speed. Applied at once, and remembered."""

from __future__ import annotations

from typing import Any

from desktop.settings import Settings, ThemeChoice
from desktop.walking.animation import DEFAULT_DURATION_MS
from desktop.widgets.speed_slider import speed_of_stop, stop_of_speed
from desktop.window.look import Look


class Preferences:
    """Intents that change settings. ``window`` is the main window, whose parts they are applied to."""

    def __init__(self, settings: Settings, look: Look, window: Any) -> None:
        self._settings, self._look, self._window = settings, look, window

    def apply(self) -> None:
        """Set everything as it is remembered."""
        window, settings = self._window, self._settings
        window.commands[f"theme_{settings.theme_choice}"].setChecked(True)
        window.commands["hide_predictions"].setChecked(settings.hide_predictions)
        window.bar.speed.set_speed(settings.speed)
        window.bridge.set_speed(settings.speed)
        self._animate()

    def choose_theme(self, choice: ThemeChoice) -> None:
        """Light, dark, or as the system."""
        self._window.commands[f"theme_{choice}"].setChecked(True)
        self._look.choose(choice)

    def scale_type(self, factor: float) -> None:
        """Larger or smaller type; 0 for the usual."""
        self._look.scale_type(factor)

    def toggle_animation(self) -> None:
        """Let values glide, or not."""
        wanted = not self._settings.animations_on
        self._settings.animations = wanted
        if wanted:
            self._settings.reduced_motion = False
        self._animate()

    def toggle_predictions(self) -> None:
        """Hide predictions, or show them."""
        hidden = self._settings.hide_predictions = not self._settings.hide_predictions
        self._window.commands["hide_predictions"].setChecked(hidden)
        self._window.show_again()

    def change_speed(self, stops: int) -> None:
        """Walk faster or more slowly."""
        speed = speed_of_stop(max(0, stop_of_speed(self._window.bar.speed.speed) + stops))
        self._window.bar.speed.set_speed(speed)
        self.take_speed(speed)

    def take_speed(self, speed: float) -> None:
        """Walk at this speed from now on."""
        self._settings.speed = speed
        self._window.bridge.set_speed(speed)

    def _animate(self) -> None:
        on = self._settings.animations_on
        self._window.commands["toggle_animation"].setChecked(on)
        self._window.unrolled.set_animation_ms(DEFAULT_DURATION_MS if on else 0)
