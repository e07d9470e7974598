"""What is supposed of a trial, and where each supposition comes from."""
