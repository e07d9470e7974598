"""Where the two wings meet: simulate a block, estimate a block, keep the figures."""
