"""Around every page: menu, sidebar, summary strip, dialogs."""
