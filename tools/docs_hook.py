"""Pages of the repository become pages of the documentation site (a hook of MkDocs).

On GitHub a page links to others by their place in the repository. The site holds the pages below
docs/, and a few more: a link to one of those goes there, a link to any other file of the repository
goes to the repository on the web, or stays plain text where nobody said where that is. A number and
its percent sign, and the ends of an interval, stay on one line also in narrow columns of tables.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
ELSEWHERE = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "leaderboards/README.md": "leaderboards.md",
}
"""Pages outside docs/, by their place in the repository, and their place in the site."""

FENCE = re.compile(r"(^ *```.*?^ *```$)", re.MULTILINE | re.DOTALL)
ASKING = ' data-md-component="source"'
"""Makes the link to the repository ask GitHub for its stars and releases, on every page."""
PERCENT = re.compile(r"(?<=\d) %(?![\w`])")
INTERVAL = re.compile(r"(?<=\s)\(\d[\d.]*-\d[\d.]*\)")
SPAN = re.compile(r"(`[^`\n]*`)")
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages from outside docs/."""
    for place, name in ELSEWHERE.items():
        text = (ROOT / place).read_text(encoding="utf-8")
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Turn a page's links into the site's, and keep numbers together."""
    text = site_links(markdown, page.file.src_uri, config.repo_url or "")
    return outside_code(text, numbers_together)


def on_post_page(output: str, page: Any, config: Any) -> str:
    """Leave the link to the repository a link: a page that is read asks nobody anything."""
    return output.replace(ASKING, "")


def on_post_template(output_content: str, template_name: str, config: Any) -> str:
    """The same for pages without a source, such as that for wrong addresses."""
    return output_content.replace(ASKING, "")


def site_links(text: str, name: str, repository: str = "") -> str:
    """Return a page's text with the links of the site.

    Args:
        text: Markdown.
        name: the page's place in the site, as `tutorials/README.md`.
        repository: address of the repository on the web; empty makes links to its files plain.

    Raises:
        FileNotFoundError: a link leads to no file of the repository.
    """
    places = {site: place for place, site in ELSEWHERE.items()}
    here = places.get(name, f"docs/{name}")

    def of_site(link: re.Match[str]) -> str:
        picture, words, target = link.groups()
        words = LINK.sub(of_site, words)  # a picture that is a link
        if re.match(r"[a-z]+:|#", target):
            return f"{picture}[{words}]({target})"
        file, mark, anchor = target.partition("#")
        place = posixpath.normpath(posixpath.join(posixpath.dirname(here), file))
        if not (ROOT / place).exists():
            raise FileNotFoundError(f"{here} links to {target}, and there is no {place}.")
        site = ELSEWHERE.get(place, place[5:] if _in_site(place) else "")
        if site:
            way = posixpath.relpath(site, posixpath.dirname(name) or ".")
            return f"{picture}[{words}]({way}{mark}{anchor})"
        if repository:
            return f"{picture}[{words}]({repository.rstrip('/')}/blob/main/{place}{mark}{anchor})"
        return words

    return outside_code(text, lambda piece: LINK.sub(of_site, piece))


def numbers_together(text: str) -> str:
    """Return a page's text with numbers that no line ends within.

    Example:
        >>> numbers_together("24.7 % (23.1-26.0)")
        '24.7&nbsp;% <span class="whole">(23.1-26.0)</span>'
    """
    pieces = SPAN.split(text)  # every other one is code within a line
    for number, piece in enumerate(pieces):
        if number % 2 == 0:
            piece = PERCENT.sub("&nbsp;%", piece)
            pieces[number] = INTERVAL.sub(r'<span class="whole">\g<0></span>', piece)
    return "".join(pieces)


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """Change a page except for its blocks of code."""
    pieces = FENCE.split(text)  # every other one is a block
    return "".join(piece if number % 2 else change(piece) for number, piece in enumerate(pieces))


def _in_site(place: str) -> bool:
    return place.startswith("docs/") and (ROOT / place).is_file()
