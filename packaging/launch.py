"""What the built program runs."""

import sys

from clinic_desktop.__main__ import main

sys.exit(main())
