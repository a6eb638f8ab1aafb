"""Literacy: lessons tied to the moment, quizzes that explain, progress and points."""
