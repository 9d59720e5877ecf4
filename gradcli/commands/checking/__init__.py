"""Whether a student's answer is right, and which mistake it is: the stages of `gradcli check`."""
