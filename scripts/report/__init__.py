"""The report: one page that says what the marts hold (`./dev report`)."""
