"""Money on the screen: what is to bill, checkout, documents, payments."""
