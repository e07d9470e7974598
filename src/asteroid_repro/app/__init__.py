"""The interactive what-if page: parse, call functions of the lower floors, show. No statistics here."""
