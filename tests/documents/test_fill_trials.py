"""Files of fills and prices made from known data and changed: right, or a doubt. `make trials` reads many more.

By hand: 2 lots sold at 100 and 1 bought at 90 leave 1 lot short; a file that gives another position must say so.
"""

from __future__ import annotations

import pytest

from tests.support.fill_tables import judged_fills, judged_prices, made_fills, made_prices


@pytest.mark.parametrize("seed", range(0, 200, 5))
def test_no_file_of_fills_is_read_wrongly_without_a_word(seed):
    for number in range(seed, seed + 5):
        assert not judged_fills(made_fills(number)).startswith("wrong"), number


@pytest.mark.parametrize("seed", range(0, 200, 5))
def test_no_price_file_is_read_wrongly_without_a_word(seed):
    for number in range(seed, seed + 5):
        assert not judged_prices(made_prices(number)).startswith("wrong"), number


def test_most_files_are_read_without_a_question():
    results = [judged_fills(made_fills(seed)) for seed in range(200)]
    priced = [judged_prices(made_prices(seed)) for seed in range(200)]

    assert results.count("right") > 80
    assert priced.count("right") > 120
