"""From a training back to the walk: an iteration of it as an edit, to be kept or to be walked."""

from __future__ import annotations

from msgspec.structs import replace

from core.branch import Setup
from core.editing import Edit
from core.files.weights import Weights
from core.learning.checkpoints import Checkpoint
from core.learning.course import Beginning, Course
from core.learning.recipe import trained
from core.learning.record import digest_of
from core.learning.training import fitting_state, initial_for
from core.session import Session


def beginning_of(session: Session) -> Beginning:
    """A training of the session's network, with its settings, from the parameters at the cursor."""
    setup, parameters = session.setup, session.parameters
    state = session.branch.iteration(session.cursor.iteration).optimiser_state
    training = setup.training.of(parameters)
    return Beginning(setup.network, parameters, state, training, setup.learning, setup.sequence, dict(setup.initial))


def weights_of(session: Session) -> Weights:
    """The weights at the cursor as a weights file holds them; the recipe is empty where nobody knows it."""
    setup, parameters = session.setup, session.parameters
    training, state = setup.training, session.branch.iteration(session.cursor.iteration).optimiser_state
    known = training.weights == digest_of(parameters)
    return Weights(dict(parameters), dict(state), recipe=training.recipe if known else {})


def kept(course: Course, stood: Checkpoint, setup: Setup) -> Edit:
    """The session goes on with what was learned. Raises DataError for a recipe that cannot be read."""
    training = trained(course.beginning.training, course.stages(stood.number), stood.parameters)
    label = f"keep what {stood.number} iterations have learned"
    state = fitting_state(setup.network, stood.parameters, setup.learning.optimiser, stood.optimiser_state)
    return Edit(label, replace(setup, training=training), stood.parameters, optimiser_state=state)


def walked(course: Course, stood: Checkpoint, setup: Setup) -> Edit:
    """The iteration after ``stood``, to be walked: its batch, its parameters, its learning; no value is overwritten.

    A training takes the mean over the batch, so the walk does too. Raises DataError for a recipe that cannot be read.
    """
    begun, number = course.beginning, stood.number + 1
    training = trained(begun.training, course.stages(stood.number), stood.parameters)
    learning = replace(course.settings_of(number), over_batch="mean")
    state = fitting_state(begun.network, stood.parameters, learning.optimiser, stood.optimiser_state)
    changed = replace(setup, learning=learning, training=training, interventions=())
    if course.supply.task is not None:
        batch = course.batch(number)
        changed = replace(changed, sequence=batch, initial=initial_for(begun.initial, batch.batch))
    label = f"walk iteration {number} of a training"
    return Edit(label, changed, stood.parameters, optimiser_state=state)
