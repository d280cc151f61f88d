"""``t2po-gym serve``: services for programs that cannot import the package themselves."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from t2po_gym.retrieval.protocol import CachedRetriever

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    services = parser.add_subparsers(dest="service", metavar="SERVICE", required=True)
    retrieval = services.add_parser(
        "retrieval",
        help="search a corpus over HTTP",
        description="Serve POST /retrieve in Search-R1's and T2PO's dialects, and GET /health.",
    )
    retrieval.add_argument(
        "--corpus",
        default="default",
        help="what to search: default, generated:SIZE:SEED, or a folder or file of real passages",
    )
    retrieval.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
    )
    retrieval.add_argument("--port", type=int, default=8000)
    retrieval.add_argument("--k", type=int, default=3, help="passages if a request names no number")
    retrieval.add_argument("--max-k", type=int, default=100, help="maximum passages per query")
    retrieval.add_argument(
        "--cache", type=int, default=16_384, help="queries whose results are cached; 0 for none"
    )
    retrieval.add_argument(
        "--dialect",
        choices=("both", "search-r1", "t2po"),
        default="both",
        help="both, or one of the original apps, faults included",
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted."""
    try:
        import uvicorn
    except ImportError as error:
        raise ValueError(
            "serving needs FastAPI and uvicorn; install them with: pip install 't2po-gym[serve]'"
        ) from error
    app = retrieval_app(arguments)
    if arguments.host not in LOOPBACK:
        sys.stderr.write(
            f"t2po-gym: {arguments.host} can be reached from other machines, and anyone there may "
            "search; there is no password.\n"
        )
    uvicorn.run(
        app, host=arguments.host, port=arguments.port, access_log=False, log_level="warning"
    )
    return 0


def retrieval_app(arguments: argparse.Namespace) -> Any:
    """Open the corpus and build its search service."""
    from t2po_gym.envs.searchqa.worlds import open_corpus
    from t2po_gym.retrieval.http.server import ServerSettings, create_app

    settings = ServerSettings(
        default_k=arguments.k, max_k=arguments.max_k, dialect=arguments.dialect
    )
    corpus, embedded = open_corpus(arguments.corpus)
    retriever = CachedRetriever(embedded, arguments.cache) if arguments.cache else embedded

    def document_of(index: int) -> dict[str, str]:
        passage = corpus.passage(index)
        return {
            "id": passage.id,
            "title": passage.title,
            "text": passage.text,
            "contents": passage.contents,
        }

    about = {"passages": len(corpus), "corpus_fingerprint": corpus.fingerprint}
    return create_app(retriever, document_of, settings, health=about)
