"""``t2po-gym serve``: services for programs that cannot import the package themselves."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from t2po_gym.cli import serve_adapters, serve_webshop
from t2po_gym.data.locate import cache_dir
from t2po_gym.retrieval.protocol import CachedRetriever, Retriever

if TYPE_CHECKING:
    from t2po_gym.envs.searchqa.data.world_files import StoredCorpus

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
        "--engine",
        choices=("bm25", "lucene"),
        default="bm25",
        help="bm25: the embedded one; lucene: Lucene over Java, with the extra lucene",
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

    shop = services.add_parser(
        "webshop",
        help="the shop as a web site, for people and browsers",
        description="Serve WebShop as a web site; docs/site.md describes it.",
    )
    serve_webshop.add_arguments(shop)
    openenv = services.add_parser(
        "openenv",
        help="an environment for OpenEnv's clients",
        description="Serve an environment through OpenEnv; docs/adapters.md describes it.",
    )
    serve_adapters.add_openenv_arguments(openenv)
    mcp = services.add_parser(
        "mcp",
        help="an environment as tools of the Model Context Protocol",
        description="Serve an environment as MCP tools; docs/adapters.md describes it.",
    )
    serve_adapters.add_mcp_arguments(mcp)


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted."""
    others = {
        "webshop": serve_webshop.run,
        "openenv": serve_adapters.run_openenv,
        "mcp": serve_adapters.run_mcp,
    }
    if arguments.service in others:
        return others[arguments.service](arguments)
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
    engine = _lucene(corpus) if arguments.engine == "lucene" else embedded
    retriever = CachedRetriever(engine, arguments.cache) if arguments.cache else engine

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


def _lucene(corpus: StoredCorpus) -> Retriever:
    """Open Lucene's index of a corpus, which is built in the cache folder the first time."""
    from t2po_gym.retrieval.lucene import open_lucene

    def passages() -> Iterator[tuple[str, str]]:
        for number in range(len(corpus)):
            passage = corpus.passage(number)
            yield passage.id, passage.contents

    folder = cache_dir("searchqa") / f"{corpus.fingerprint[:16]}.lucene"
    return open_lucene(folder, passages, fingerprint=corpus.fingerprint)
