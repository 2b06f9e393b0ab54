"""Predictions stay hidden until the loss."""

from __future__ import annotations

from core.frame import Phase
from desktop.window.veil import veiled
from tests.desktop.fake_frames import fake_frame


def test_the_forward_phase_shows_no_prediction_and_the_loss_uncovers_them():
    forward = veiled(fake_frame(phase=Phase.FORWARD, t=8, ghost=True))
    assert all(each is None for lane in forward.lanes for each in lane.predictions)
    loss = fake_frame(phase=Phase.LOSS, t=8)
    assert veiled(loss) is loss
