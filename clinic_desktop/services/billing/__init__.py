"""Money: what is charged, invoices, payments, accounts."""
