"""The service: segments of customers and of new people, over HTTP, from the published file."""
