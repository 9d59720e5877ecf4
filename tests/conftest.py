"""The tests read English, whatever the locale they are run in."""

import os

os.environ["LC_ALL"] = "C.UTF-8"
