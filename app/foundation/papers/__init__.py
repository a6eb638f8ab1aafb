"""
Papers: documents to keep and print, as PDF, set in a Chinese font that is embedded in them.

The same paper is the same bytes under the same versions of typesetter and font: its only date is
the one handed in. Nothing that it says is markup, whatever people typed. `blocks` are values; only
`setting` needs the typesetter.
"""
