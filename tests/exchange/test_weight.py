from core.exchange.weight import WeightBudget


def test_a_clock_minute_starts_afresh() -> None:
    now = [59.0]
    budget = WeightBudget(100, lambda: now[0])
    assert budget.charge(100)
    assert not budget.charge(1)
    assert (budget.used, budget.retry_after()) == (101, 1)
    now[0] = 60.0
    assert budget.charge(25)
    assert (budget.used, budget.retry_after()) == (25, 60)
