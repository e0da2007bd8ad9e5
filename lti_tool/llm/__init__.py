"""Language models behind three ports: a Writer answers in a given JSON shape, an Embedder turns text into vectors,
a Reranker orders documents by a query. `local` needs no key and no network, `cohere` needs both.

Nothing here is imported when the web process starts: the models and their libraries load on first use.
"""
