"""The parts of ./sam. Standard library only: it runs before anything is installed."""
