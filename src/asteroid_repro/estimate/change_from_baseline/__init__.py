"""What happened to people rather than to means: responders and numbers needed to treat.

And changes in other units than points between the arms: within each arm, and in standard deviations.
"""
