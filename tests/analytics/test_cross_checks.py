"""Phillips-Perron beside arch's figures, KPSS beside statsmodels, and both on series with known truth."""

import subprocess
import sys

import numpy as np
import pytest
from statsmodels.datasets import macrodata

from core.analytics.cross_checks import kpss, phillips_perron
from core.errors import BadParameter, Degenerate, NotEnoughData
from tests.analytics.reference import tied, walk

INFLATION = np.diff(np.log(macrodata.load_pandas().data["cpi"].to_numpy()))


def test_arch() -> None:
    assert phillips_perron(INFLATION, lags=12).statistic == pytest.approx(-7.8076512, abs=1e-4)
    assert phillips_perron(INFLATION).statistic == pytest.approx(-8.135547778, abs=1e-4)


@pytest.mark.parametrize("trend", ["c", "ct"])
def test_size_and_power(trend: str) -> None:
    rejected = sum(phillips_perron(walk(seed, 300), trend).p_value < 0.05 for seed in range(300))  # type: ignore[arg-type]
    assert 4 <= rejected <= 34
    assert all(
        phillips_perron(np.subtract(*tied(seed, 300, hedge=1.0, phi=0.5)), trend).p_value < 0.05 for seed in range(20)
    )  # type: ignore[arg-type]
    assert all(kpss(walk(seed, 800), "c").p_value < 0.1 for seed in range(10))
    assert sum(kpss(np.random.default_rng(seed).standard_normal(300), trend).p_value < 0.05 for seed in range(40)) <= 7  # type: ignore[arg-type]


def test_units_do_not_matter() -> None:
    values = walk(1, 200)
    assert phillips_perron(1e5 * values + 3e5).statistic == pytest.approx(phillips_perron(values).statistic, rel=1e-8)
    assert kpss(1e5 * values + 3e5).statistic == pytest.approx(kpss(values).statistic, rel=1e-8)


def test_what_cannot_be_tested_says_so() -> None:
    for test in (phillips_perron, kpss):
        with pytest.raises(NotEnoughData):
            test(walk(0, 9))
        with pytest.raises(Degenerate):
            test(np.ones(50))
        with pytest.raises(BadParameter, match="trend"):
            test(walk(0, 50), "n")  # type: ignore[arg-type]
    with pytest.raises(BadParameter, match="lags"):
        phillips_perron(walk(0, 50), lags=60)


def test_statsmodels_is_loaded_by_who_asks_for_it_alone() -> None:
    code = (
        "import sys, pkgutil, importlib, core.analytics\n"
        "for found in pkgutil.walk_packages(core.analytics.__path__, 'core.analytics.'): importlib.import_module(found.name)\n"
        "import core.pairs, core.metrics, core.monitor, core.__main__\n"
        "print(sorted(name for name in ('statsmodels', 'scipy', 'streamlit') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
