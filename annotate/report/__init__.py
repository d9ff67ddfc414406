"""Pages for people: one self-contained HTML file each, made from what the store holds."""
