"""The mechanics of the shop: pages, sessions, rewards."""
