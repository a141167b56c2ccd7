"""Phillips-Perron beside arch's figures, KPSS beside statsmodels, and both on series with known truth."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.datasets import macrodata
from statsmodels.tsa import stattools

from core.analytics.cross_checks import kpss, phillips_perron
from core.errors import AnalysisError, BadParameter, Degenerate, NotEnoughData
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


@pytest.mark.parametrize("trend", ["c", "ct"])
@pytest.mark.filterwarnings("ignore:The test statistic is outside")
def test_kpss_is_statsmodels(trend: str) -> None:
    for column in ("realgdp", "infl", "unemp"):
        values = macrodata.load_pandas().data[column].to_numpy()
        statistic, p, lags, _ = stattools.kpss(values, regression=trend, nlags="auto", result_object=False)
        found = kpss(values, trend)  # type: ignore[arg-type]
        assert (found.statistic, found.lags) == (pytest.approx(statistic, rel=1e-9), lags)
        assert (found.p_value, found.bounded) == (pytest.approx(p, abs=1e-9), p in (0.01, 0.1))


@settings(derandomize=True, max_examples=150, deadline=None)
@given(
    st.lists(st.floats() | st.sampled_from([0.0, 1.0, -1.0, 1e300, 1e-300]), max_size=24),
    st.sampled_from(["c", "ct"]),
    st.sampled_from([None, 0, 2]),
)
def test_whatever_comes_in_a_number_or_words_come_out(values: list[float], trend: str, lags: int | None) -> None:
    for test in (lambda: kpss(values, trend), lambda: phillips_perron(values, trend, lags)):  # type: ignore[arg-type]
        try:
            found = test()
        except AnalysisError:
            continue
        assert math.isfinite(found.statistic)
        assert 0 <= found.p_value <= 1


def test_units_do_not_matter() -> None:
    for test in (phillips_perron, kpss):
        for unit in (1e-300, 1e300):
            assert test(walk(2, 200) * unit).statistic == pytest.approx(test(walk(2, 200)).statistic, rel=1e-9)
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
    for lags in (60, -1, 1.5, "aic", True):
        with pytest.raises(BadParameter, match="lags"):
            phillips_perron(walk(0, 50), lags=lags)  # type: ignore[arg-type]
    assert phillips_perron(walk(0, 10)).lags == 5  # what so few rows allow
    line = np.arange(60) * 0.1
    for trend in ("c", "ct"):
        with pytest.raises(Degenerate):
            phillips_perron(line, trend)  # type: ignore[arg-type]
    with pytest.raises(Degenerate, match="line"):
        kpss(line, "ct")
    with pytest.raises(Degenerate, match="no lags"):
        kpss([1, 1, 0, 0, 1, 0, 1, 0, 1, 0])  # what statsmodels chooses its lags by is 0


def test_statsmodels_is_loaded_by_who_asks_for_it_alone() -> None:
    code = (
        "import sys, pkgutil, importlib, core.analytics\n"
        "for found in pkgutil.walk_packages(core.analytics.__path__, 'core.analytics.'): importlib.import_module(found.name)\n"
        "import core.pairs, core.metrics, core.monitor, core.__main__\n"
        "print(sorted(name for name in ('statsmodels', 'scipy', 'streamlit') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
