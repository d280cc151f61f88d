"""Environments as web sites for people and browsers.

A seat is one episode that somebody plays; `Sessions` hands out unguessable addresses for seats;
`create_app` is the web application in front of them; `BackgroundServer` runs it beside a program.
Needs the extra ``serve``.
"""
