"""A small world that lives for a while by real operations: people, staff, carriers, a clock."""
