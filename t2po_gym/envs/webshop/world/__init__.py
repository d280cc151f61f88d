"""How the shop plays: pages, sessions, rewards."""
