"""Random lives of members: whatever staff and banks do, in any order, the figures are those of the rules."""
