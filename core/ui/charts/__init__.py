"""Charts as pure functions: numbers and a Look in, a Plotly figure out. No Streamlit, no formula."""
