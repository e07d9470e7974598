"""Where the two wings meet: simulate trials, estimate them, keep the figures."""
