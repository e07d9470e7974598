"""What happened to people rather than to means: responders, standardised effects, changes within arms."""
