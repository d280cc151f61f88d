"""Resolve the ``catalogue`` argument: from a short text to the products it names.

| text | catalogue |
|---|---|
| ``default`` | generated, 1,000 products |
| ``generated:SIZE[:SEED]`` | generated, this many products |
| ``compact[:SIZE[:SEED]]`` | generated with short texts, 3,000 products by default |
| ``original`` | the original files in the folder that ``T2PO_GYM_DATA`` names |
| a folder or ``items_shuffle*.json`` | these original files |
| any other file | a compiled catalogue |
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from t2po_gym.data.arrayfile import ArrayFile, ArrayFileError
from t2po_gym.data.compiling import compile_once
from t2po_gym.data.locate import CacheFolderError, cache_dir
from t2po_gym.envs.webshop.data.catalogue_file import (
    CompiledCatalogue,
    as_data_error,
    shared_catalogue,
)
from t2po_gym.envs.webshop.data.catalogue_writer import STORE_VERSION, compile_catalogue
from t2po_gym.envs.webshop.data.original_files import (
    AttributeTable,
    OriginalFiles,
    find_original_files,
    iter_original_products,
    load_nouns,
    load_requests,
    original_from_environment,
)
from t2po_gym.envs.webshop.data.readers import DataFileError
from t2po_gym.envs.webshop.generate.products import GeneratorSpec, generate_products
from t2po_gym.envs.webshop.world.winnable import is_winnable

COMPACT_SIZE = 3_000
"""Default size of ``compact``: enough for a few hundred goals in ``test``."""

OnProduct = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class CompiledFile:
    """A catalogue that is already compiled."""

    path: Path
    """The file."""


Source = GeneratorSpec | OriginalFiles | CompiledFile


def open_catalogue(
    spec: str | Path = "default",
    *,
    nouns: str | Path | None = None,
    num_products: int | None = None,
    verify: bool = False,
    on_product: OnProduct | None = None,
) -> CompiledCatalogue:
    """Open a catalogue, compiling it first if necessary.

    Several processes may call this at once: one compiles, the others wait and map its file. Within
    a process, equal catalogues are the same object.

    Args:
        spec: ``default``, ``generated:SIZE[:SEED]``, ``compact[:SIZE[:SEED]]``, ``original``, a
            folder or product file of the original layout, or a compiled file.
        nouns: noun file of original data; by default one in the data folder.
        num_products: read only this many products of original files, from the start; None for all.
        verify: compare the checksums of the whole file.
        on_product: called regularly with the number of products compiled so far.

    Raises:
        DataFileError: If the data are missing or malformed, or cannot be read or written.
        ValueError: If a size or seed is out of range.
    """
    try:
        source = parse_source(spec, None if nouns is None else Path(nouns))
        if num_products is not None:
            source = first_products(source, num_products)
        if isinstance(source, CompiledFile):
            return shared_catalogue(source.path, lambda path: ArrayFile.open(path, verify), verify)
        fingerprint = source_fingerprint(source)
        return shared_catalogue(
            cache_path(fingerprint),
            lambda path: compile_once(
                path, fingerprint, lambda new: build(source, new, fingerprint, on_product), verify
            ),
            verify,
        )
    except (ArrayFileError, CacheFolderError) as error:
        raise DataFileError(str(error)) from error
    except OSError as error:
        raise as_data_error(error) from error


def parse_source(spec: str | Path, nouns: Path | None = None) -> Source:
    """Parse a catalogue text; see the table at the top.

    Args:
        spec: the text, or a path.
        nouns: noun file of original data.

    Raises:
        DataFileError: If original files are missing, the text is not recognised, or a noun file is
            given for a generated catalogue.
        ValueError: If a generated size or seed is out of range.
    """
    text = str(spec)
    name, *numbers = text.split(":")
    if isinstance(spec, str) and name in ("default", "generated", "compact"):
        if nouns is not None:
            raise DataFileError(
                f"a noun file goes with original data, not with the catalogue {text!r}, which "
                "knows its own nouns; name the original files, or leave the noun file out"
            )
        return _generator_spec(text, name, numbers)
    if text == "original":
        return original_from_environment(nouns)
    place = Path(spec).expanduser()
    if place.is_dir() or place.suffix == ".json":
        return find_original_files(place, nouns)
    if not place.is_file():
        raise DataFileError(
            f"catalogue {text!r} is neither a file nor a folder; use 'default', "
            "'generated:SIZE[:SEED]', 'compact[:SIZE[:SEED]]', 'original' or a path"
        )
    return CompiledFile(place)


def first_products(source: Source, num_products: int) -> OriginalFiles:
    """Return original files of which only the first products are read.

    Raises:
        ValueError: If it is no source of original files, or the number is none.
    """
    wrong = isinstance(num_products, bool) or not isinstance(num_products, int)
    if wrong or num_products < 1:
        raise ValueError(
            f"num_products must be None or an integer of at least 1; got {num_products!r}."
        )
    if not isinstance(source, OriginalFiles):
        raise ValueError(
            "num_products goes with original files; a generated catalogue names its own size, "
            "'generated:SIZE', and a compiled file is whole."
        )
    return replace(source, num_products=num_products)


def _generator_spec(text: str, name: str, numbers: list[str]) -> GeneratorSpec:
    fits = len(numbers) <= 2 and all(number.isdecimal() for number in numbers)
    if not fits or ((name == "default") != (not numbers) and name != "compact"):
        raise DataFileError(
            f"catalogue {text!r} is not of the form 'default', 'generated:SIZE[:SEED]' or "
            "'compact[:SIZE[:SEED]]' with whole numbers"
        )
    if name == "default":
        return GeneratorSpec()
    return GeneratorSpec(
        size=int(numbers[0]) if numbers else COMPACT_SIZE,
        seed=int(numbers[1]) if len(numbers) > 1 else 0,
        profile="compact" if name == "compact" else "standard",
    )


def source_fingerprint(source: GeneratorSpec | OriginalFiles) -> str:
    """Return the fingerprint of an up-to-date compiled file of a source."""
    if isinstance(source, GeneratorSpec):
        content = source.fingerprint_text
    else:
        content = f"original/{source.digest()}"
    return hashlib.sha256(f"{STORE_VERSION}/{content}".encode()).hexdigest()


def describe_source(source: Source) -> str:
    """Return a one-line description of a source, without local paths."""
    if isinstance(source, GeneratorSpec):
        return f"generated ({source.profile}, {source.size} products, seed {source.seed})"
    if isinstance(source, OriginalFiles):
        files = (source.items, source.attributes, source.human, source.nouns)
        names = ", ".join(path.name for path in files if path is not None)
        limit = source.num_products
        return names if limit is None else f"{names} (first {limit} products)"
    return source.path.name


def cache_path(fingerprint: str) -> Path:
    """Return the path of the compiled file with a fingerprint."""
    return cache_dir("webshop") / f"{fingerprint[:16]}.arrays"


def build(
    source: GeneratorSpec | OriginalFiles,
    path: Path,
    fingerprint: str,
    on_product: OnProduct | None = None,
) -> None:
    """Compile a source into ``path``; the caller holds the lock of that path.

    Raises:
        DataFileError: If an original file is malformed.
        OSError: If a file cannot be read or written.
    """
    for left_over in path.parent.glob(f".{path.name}.*.tmp"):
        left_over.unlink(missing_ok=True)  # left by a killed run; we hold the lock
    label = describe_source(source)
    if isinstance(source, GeneratorSpec):
        rows = generate_products(source)
        compile_catalogue(
            rows,
            path,
            fingerprint=fingerprint,
            source=label,
            is_winnable=is_winnable,
            on_product=on_product,
        )
        return
    nouns = load_nouns(source.nouns) if source.nouns is not None else {}
    human = load_requests(source.human) if source.human is not None else {}
    with AttributeTable(source.attributes) as described:
        products = iter_original_products(source, described)
        compile_catalogue(
            ((product, nouns.get(product.asin)) for product in products),
            path,
            fingerprint=fingerprint,
            source=label,
            is_winnable=is_winnable,
            human=human,
            on_product=on_product,
        )
