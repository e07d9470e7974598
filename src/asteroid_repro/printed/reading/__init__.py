"""The reader of running text: a tokenizer, a small grammar over the kinds of its tokens, and what papers come in.

A text goes in (``find_results``); what it prints of results comes out, each with its place, as printed.
"""
