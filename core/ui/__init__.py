"""The face: Streamlit and Plotly, and the server that carries them."""
