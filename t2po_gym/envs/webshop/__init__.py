"""WebShop: buy what an instruction asks for in a simulated shop."""
