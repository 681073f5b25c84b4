"""Time as a service: the board, the calendar, bookings, hours, the wait list and slips."""
