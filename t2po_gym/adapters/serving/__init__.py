"""Parts of the servers for OpenEnv and MCP clients; none of them needs either framework.

* ``players`` - which client plays which episode.
* ``connections`` - a bound on the connections of clients, in which dead ones make room.
* ``arguments`` - what a tool is called with, and one sentence for what is wrong.
* ``messages`` - what is refused before a framework reads it.
"""
