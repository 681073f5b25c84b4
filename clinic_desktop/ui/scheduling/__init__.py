"""What the board, the calendar and the booking forms share."""
