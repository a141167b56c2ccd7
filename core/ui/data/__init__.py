"""The Data page: what is stored, what is missing of it, what the exchange says of it, and what it takes."""
