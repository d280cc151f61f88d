"""Search services over HTTP: client, retriever, server."""
