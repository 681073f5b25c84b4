"""What an exchange between PCs costs, beside other programs that exchange rows.

``python -m bench.sync`` measures; ``RESULTS.md`` here says what was found and how to repeat it.
"""
