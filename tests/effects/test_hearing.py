"""`effects.listen` refuses options that it could not use, as effects do."""

import numpy as np
import pytest

from effects import listen

STEM = np.zeros(8000, np.float32)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"threads": 0}, ValueError, "at least 1"),
        ({"threads": "two"}, TypeError, "whole number"),
        ({"on_progress": 3}, TypeError, "callable"),
    ],
)
def test_options_are_checked(options, error, said):
    with pytest.raises(error, match=said):
        listen(STEM, 8000, **options)
