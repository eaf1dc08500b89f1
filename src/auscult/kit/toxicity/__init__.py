"""How toxic a reply is to whom it speaks to or of."""
