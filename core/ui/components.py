"""Components of the desk: scripts that a browser fetches once, and a stub that is sent with each run."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import streamlit as st

from core.ui.server import ASSETS, PLOTLY_JS

# The script itself is fetched once and kept; this much is sent with every run of the page.
_STUB = """
export default function (component) {
  let ended = false
  let end = () => {}
  import(new URL(component.data.script, window.location.origin).href).then((module) => {
    if (!ended) end = module.mount(component)
  })
  return () => {
    ended = true
    end()
  }
}
"""


@st.cache_resource(show_spinner=False)
def _versions() -> dict[str, str]:
    """A digest of each script; of one of ours, of all that it may import with it."""
    own = sorted(ASSETS.glob("*.mjs"))
    together = sha256(b"".join(path.read_bytes() for path in own)).hexdigest()[:16]
    return {path.name: together for path in own} | {PLOTLY_JS.name: sha256(PLOTLY_JS.read_bytes()).hexdigest()[:16]}


def address(name: str) -> str:
    """Where a script is, with its version, so that a browser keeps it exactly as long as it is the same."""
    return f"/assets/{name}?v={_versions()[name]}"


def define(name: str) -> Callable[..., Any]:
    """The component of this name, drawn by the script that its data name."""
    return st.components.v2.component(name, js=_STUB, isolate_styles=False)
