"""What a phone does without a line: commands it numbers, and answers it goes on holding."""
