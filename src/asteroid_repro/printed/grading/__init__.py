"""The graded verdicts on what a text prints: compatible, on which scale, if p is from elsewhere, or not at all.

``grade`` judges one found result, ``audit_text`` and ``audit_lines`` make the table of a text or of a file of lines.
"""
