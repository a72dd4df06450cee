"""What a build has written for readers."""
