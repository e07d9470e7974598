"""Operating characteristics over grids of assumptions, kept in a folder that a stopped run goes on from."""
