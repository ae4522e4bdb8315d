"""Sentences, money and text: what every other room of the engine stands on."""
