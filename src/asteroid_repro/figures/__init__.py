"""Every figure: from a result to axes. Only this room draws."""
