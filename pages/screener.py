"""Screener: in the making."""
