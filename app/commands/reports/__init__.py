"""Reports as people and machines read them: figures of the rooms as tables and plots."""
