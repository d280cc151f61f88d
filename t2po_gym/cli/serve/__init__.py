"""``t2po-gym serve``: services for people, and for programs that cannot import the package."""
