"""The API: JSON over HTTP and a live stream over WebSocket, asked of the monitor and of nothing below it."""

from core.api.app import create_api

__all__ = ["create_api"]
