"""A slow link in a box: two network namespaces, a TUN device in each, and a small emulator."""
