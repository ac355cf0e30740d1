"""A fleet made of software: it speaks the contract on the real broker with real certificates."""
