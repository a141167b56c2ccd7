"""What stands in the place of a page that has no data yet: why, and until when; it goes away by itself."""

import streamlit as st

from core.pairs import PairSpec, Unknown
from core.pairs.provenance import told
from core.ui import desk


@st.fragment(run_every=1.0)
def until_known(spec: PairSpec, words: str) -> None:
    """Say that nothing is known of the pair yet, and why; draw the page anew once something is."""
    found = told(lambda: desk.monitor().analysis(spec))
    if not isinstance(found, Unknown):
        st.rerun()
    st.info(f"{words}: {found.reason}.", icon=":material/hourglass_empty:")
