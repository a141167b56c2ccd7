"""How long browsers may keep the chart's scripts."""

import asyncio

import httpx
from starlette.applications import Starlette

from core.ui.server import ASSETS, Server


def get(path: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(Starlette(routes=Server().routes()))
        async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
            return await client.get(path)

    return asyncio.run(ask())


def test_an_address_with_a_version_lasts_and_one_without_is_asked_for_again() -> None:
    assert "immutable" in get("/assets/live_chart.mjs?v=1").headers["cache-control"]
    assert get("/assets/gap_bands.mjs").headers["cache-control"] == "no-cache"


def test_what_a_script_imports_is_there() -> None:
    imports = [
        line.split('"')[1]
        for path in ASSETS.glob("*.mjs")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("import ")
    ]
    assert {"./clock.mjs", "./gap_bands.mjs", "./price_scale.mjs"} <= set(imports)
    assert all(get(f"/assets/{name.removeprefix('./')}").status_code == 200 for name in imports)


def test_nothing_else_is_served() -> None:
    assert get("/assets/server.py").status_code == 404
