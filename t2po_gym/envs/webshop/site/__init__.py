"""The shop as a web site: pages as HTML, one stylesheet, drawn pictures. It knows no server."""
