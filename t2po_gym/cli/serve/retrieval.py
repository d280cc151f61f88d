"""``t2po-gym serve retrieval``: a search engine over HTTP."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from t2po_gym.cli.serve.common import add_address, needed, serve
from t2po_gym.data.locate import cache_dir
from t2po_gym.retrieval.protocol import CachedRetriever, Retriever

if TYPE_CHECKING:
    from t2po_gym.envs.searchqa.data.world_files import StoredCorpus


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument(
        "--corpus",
        default="default",
        help="what to search: default, generated:SIZE:SEED, or a folder or file of real passages",
    )
    parser.add_argument(
        "--engine",
        choices=("bm25", "lucene"),
        default="bm25",
        help="bm25: the embedded one; lucene: Lucene over Java, with the extra lucene",
    )
    add_address(parser)
    parser.add_argument(
        "--k",
        type=int,
        metavar="N",
        default=3,
        help="passages if a request names no number (default 3)",
    )
    parser.add_argument(
        "--max-k",
        type=int,
        metavar="N",
        default=100,
        help="maximum passages per query (default 100)",
    )
    parser.add_argument(
        "--cache",
        type=int,
        metavar="N",
        default=16_384,
        help="queries whose results are cached; 0 for none (default 16384)",
    )
    parser.add_argument(
        "--dialect",
        choices=("both", "search-r1", "t2po"),
        default="both",
        help="both, or one of the original apps, faults included",
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted."""
    app = retrieval_app(arguments)
    serve(app, arguments, "The search engine", may="search", path="retrieve")
    return 0


def retrieval_app(arguments: argparse.Namespace) -> Any:
    """Open the corpus and build its search service."""
    from t2po_gym.envs.searchqa.worlds import open_corpus

    server = needed("t2po_gym.retrieval.http.server")
    settings = server.ServerSettings(
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
    return server.create_app(retriever, document_of, settings, health=about)


def _lucene(corpus: StoredCorpus) -> Retriever:
    """Open Lucene's index of a corpus, which is built in the cache folder the first time."""
    from t2po_gym.retrieval.lucene import open_lucene

    def passages() -> Iterator[tuple[str, str]]:
        for number in range(len(corpus)):
            passage = corpus.passage(number)
            yield passage.id, passage.contents

    folder = cache_dir("searchqa") / f"{corpus.fingerprint[:16]}.lucene"
    return open_lucene(folder, passages, fingerprint=corpus.fingerprint)
