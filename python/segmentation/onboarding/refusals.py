"""What stops an onboarding, in words for the person who called it."""


class OnboardingError(Exception):
    """A source, a mapping or a folder that cannot be used; the message says what to do."""
