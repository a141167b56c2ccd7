"""The pair trader's desk: ``streamlit run dashboard.py`` starts the server, the collector, the API and the pages.

Streamlit runs this file twice over. As the server's module it makes the application, whose lifespan owns the collector;
as ``__main__``, once for each visit of a browser, it draws the frame around the page.
"""

import streamlit as st

if __name__ == "__main__":
    from core.ui import shell

    shell.run()
else:
    from core.ui.server import Server

    server = Server()
    app = st.App(__file__, lifespan=server.lifespan, routes=server.routes())
