"""Generated worlds: a graph of facts, passages about them, questions over them."""
