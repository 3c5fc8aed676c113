"""What is proven about raw documents: `prove` blocks of a guarantees file, and guarantees by name."""
