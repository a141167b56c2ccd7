"""Backtest: in the making."""
