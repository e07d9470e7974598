"""What the sources say, and nothing else: the ledger of claims and the audit of printed numbers."""
