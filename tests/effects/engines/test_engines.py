"""The table of engines: made by name, and told apart in the cache."""

import pytest

from effects.engines import ENGINES, make_engine
from effects.engines.engine import Engine
from effects.engines.gram.infinite import Infinite
from effects.engines.gram.random_cnn_1d import RandomCNN1D
from effects.engines.gram.random_cnn_2d import RandomCNN2D
from effects.engines.sampler.engine import Sampler
from effects.scores.score import Score


@pytest.mark.parametrize(
    ("engine", "options"),
    [
        (RandomCNN1D, {"n_filters": 0}),
        (RandomCNN1D, {"width": 0}),
        (RandomCNN1D, {"depth": 0}),
        (RandomCNN1D, {"n_filters": -1}),
        (RandomCNN2D, {"n_filters": 0}),
        (RandomCNN2D, {"depth": 2}),
        (RandomCNN2D, {"step": 0}),
        (RandomCNN2D, {"step": 65}),
        (RandomCNN2D, {"height": 0}),
        (Infinite, {"width": 0}),
        (Infinite, {"width": -3}),
    ],
)
def test_options_out_of_range_are_refused(engine, options):
    with pytest.raises(ValueError, match=r"must be at least 1|must be 1"):
        engine(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"drums": "solo"}, "Drums must be one of keep, play, drop, not 'solo'"),
        ({"dynamics": -0.1}, "dynamics must be between 0 and 1"),
        ({"dynamics": float("nan")}, "dynamics must be between 0 and 1"),
    ],
)
def test_the_samplers_options_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Sampler(**options)


@pytest.mark.parametrize("name", ENGINES)
def test_engines_are_made_by_name(name):
    engine = make_engine(name, seed=3)
    assert isinstance(engine, Engine)
    assert engine.name == name
    assert engine.seed == 3


def test_an_unknown_engine_is_refused_with_a_list_of_those_there_are():
    with pytest.raises(ValueError, match=r"'vgg'.*infinite, random_cnn_1d, random_cnn_2d"):
        make_engine("vgg")


def test_engines_differ_in_the_cache_when_their_statistics_differ():
    engines = [
        Infinite(),
        Infinite(width=5),
        RandomCNN1D(),
        RandomCNN1D(seed=1),
        RandomCNN1D(width=5),
        RandomCNN1D(n_filters=5),
        RandomCNN1D(depth=2),
        RandomCNN2D(),
        RandomCNN2D(height=50),
        RandomCNN2D(step=5),
    ]
    keys = [repr(sorted(engine.parameters().items())) for engine in engines]
    assert len(set(keys)) == len(engines)
    assert Infinite(seed=1).parameters() == Infinite(seed=2).parameters()


def test_what_is_learnt_of_a_clip_serves_all_options_of_the_sampler():
    assert Sampler(drums="drop", dynamics=0.1).parameters() == Sampler().parameters()


def test_options_that_an_engine_does_not_have_may_be_given_if_they_are_the_default():
    assert make_engine("infinite", drums="keep") == make_engine("infinite")
    with pytest.raises(ValueError, match=r"engine 'infinite' does not tell drums .*: leave drums"):
        make_engine("infinite", drums="play")
    with pytest.raises(ValueError, match=r"engine 'infinite' plays no notes.*: leave notes away"):
        make_engine("infinite", notes=Score("melody", 1.0))
