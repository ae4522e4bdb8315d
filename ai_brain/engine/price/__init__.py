"""What tokens cost: usage as vendors report it, dated prices, the catalogue."""
