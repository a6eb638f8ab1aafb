"""The arithmetic of loans: pure functions over whole fen, exact fractions and dates."""
